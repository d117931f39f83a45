//! Allowances and charges as they are sent: with tax where prices include it, else without.

use super::Computation;
use super::tax::TaxKey;
use crate::code_lists::{AllowanceReasonCode, ChargeReasonCode};
use crate::figures::{Amount, Decimal, Exact};
use crate::finding::Finding;
use crate::input::AdjustmentInput;
use crate::model::AdjustmentReason;

/// An allowance or a charge, its amount known.
#[derive(Debug, Clone)]
pub(crate) struct SentAdjustment {
    pub(crate) amount: Amount,
    pub(crate) base_amount: Option<Amount>,
    pub(crate) percent: Option<Decimal>,
    pub(crate) reason: AdjustmentReason,
    /// The other taxes whose base it changes, by name.
    pub(crate) other_taxes: Vec<String>,
    pub(crate) tax: TaxKey,
}

/// What kind of adjustment it is; the norm counts its rules by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AdjustmentKind {
    Allowance,
    Charge,
    LineAllowance,
    LineCharge,
}

impl AdjustmentKind {
    const fn is_allowance(self) -> bool {
        matches!(self, Self::Allowance | Self::LineAllowance)
    }

    /// The rules on the amount's decimals, the base amount's decimals, a missing amount and a missing reason.
    const fn rules(self) -> [&'static str; 4] {
        match self {
            Self::Allowance => ["BR-DEC-01", "BR-DEC-02", "BR-31", "BR-33"],
            Self::Charge => ["BR-DEC-05", "BR-DEC-06", "BR-36", "BR-38"],
            Self::LineAllowance => ["BR-DEC-24", "BR-DEC-25", "BR-41", "BR-42"],
            Self::LineCharge => ["BR-DEC-27", "BR-DEC-28", "BR-43", "BR-44"],
        }
    }
}

/// Finds the amount of an allowance or a charge whose percentage is, unless said otherwise, of `default_base`; none where
/// that is not known.
pub(crate) fn compute_adjustment(
    input: &AdjustmentInput,
    kind: AdjustmentKind,
    default_base: Option<Amount>,
    tax: TaxKey,
    pointer: &str,
    computation: &mut Computation<'_>,
) -> Option<SentAdjustment> {
    let [amount_rule, base_rule, missing_rule, _] = kind.rules();
    let reason = read_reason(input, kind, pointer, computation);
    let sent = match input.amount {
        Some(amount) => Some(computation.amount(amount, amount_rule, || format!("{pointer}/amount"))?),
        None => None,
    };
    let sent_base = match input.base_amount {
        Some(base) => Some(computation.amount(base, base_rule, || format!("{pointer}/base_amount"))?),
        None => None,
    };
    let other_taxes = input.other_taxes.clone();
    let Some(percent) = input.percent else {
        let base = sent_base.or(default_base);
        let amount = fixed_amount(sent, base, (missing_rule, pointer), computation)?;
        // The norm lets a base stand beside an amount: it says what the amount was agreed on.
        let (base_amount, percent) = (sent_base, None);
        return Some(SentAdjustment { amount, base_amount, percent, reason: reason?, other_taxes, tax });
    };
    check_percent(percent, kind, pointer, computation)?;
    let base_amount = sent_base.or(default_base)?;
    let figure = if computation.prices_include_tax { "amount_with_tax" } else { "amount" };
    let amount = computation.round(Exact::from(base_amount).percent(percent), || format!("{pointer}/{figure}"))?;
    if let Some(sent) = sent.filter(|sent| *sent != amount) {
        let message = format!("{percent} percent of {base_amount} is {amount}");
        let finding = Finding::new(format!("{pointer}/amount"), "adjustment-amount", message);
        computation.mismatch(finding.expected(amount.to_string()).found(sent.to_string()));
        return None;
    }
    let (base_amount, percent) = (Some(base_amount), Some(percent));
    Some(SentAdjustment { amount, base_amount, percent, reason: reason?, other_taxes, tax })
}

/// The amount of an adjustment without a percentage.
fn fixed_amount(
    sent: Option<Amount>,
    base: Option<Amount>,
    (missing_rule, pointer): (&'static str, &str),
    computation: &mut Computation<'_>,
) -> Option<Amount> {
    let Some(amount) = sent else {
        let message = "an amount or a percent is required";
        computation.findings.fault(Finding::new(format!("{pointer}/amount"), missing_rule, message));
        return None;
    };
    if amount.is_negative() && base.is_some_and(|base| !base.is_negative()) {
        let message = "allowances are subtracted and charges added as they are: give the amount without a sign";
        let finding = Finding::new(format!("{pointer}/amount"), "adjustment-sign", message);
        computation.findings.fault(finding.expected(amount.negated().to_string()).found(amount.to_string()));
        return None;
    }
    Some(amount)
}

fn check_percent(
    percent: Decimal,
    kind: AdjustmentKind,
    pointer: &str,
    computation: &mut Computation<'_>,
) -> Option<()> {
    let most = if kind.is_allowance() { Decimal::HUNDRED } else { Decimal::from(1000) };
    if !percent.is_negative() && percent <= most {
        return Some(());
    }
    let expected = format!("0 to {most}");
    let finding = Finding::new(format!("{pointer}/percent"), "percent", format!("this percentage is from {expected}"));
    computation.findings.fault(finding.expected(expected).found(percent.to_string()));
    None
}

/// The reason in words and as a code of the list for its kind; one of both must be there.
fn read_reason(
    input: &AdjustmentInput,
    kind: AdjustmentKind,
    pointer: &str,
    computation: &mut Computation<'_>,
) -> Option<AdjustmentReason> {
    let [.., missing_rule] = kind.rules();
    let text = input.reason.clone();
    let Some(sent) = input.reason_code.as_deref() else {
        if text.is_none() {
            let message = "a reason or a reason_code is required";
            computation.findings.fault(Finding::new(format!("{pointer}/reason"), missing_rule, message));
            return None;
        }
        return Some(AdjustmentReason { text, code: None });
    };
    let (code, rule, list) = if kind.is_allowance() {
        (AllowanceReasonCode::from_code(sent).map(AllowanceReasonCode::code), "BR-CL-19", "UNTDID 5189, such as 95")
    } else {
        (ChargeReasonCode::from_code(sent).map(ChargeReasonCode::code), "BR-CL-20", "UNTDID 7161, such as FC")
    };
    if code.is_none() {
        let finding = Finding::new(format!("{pointer}/reason_code"), rule, format!("this is no code of {list}"));
        computation.findings.fault(finding.expected(format!("a code of {list}")).found(sent));
        return None;
    }
    Some(AdjustmentReason { text, code })
}
