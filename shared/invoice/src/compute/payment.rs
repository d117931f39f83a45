//! When and how the invoice is to be paid.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Computation;
use crate::code_lists::PaymentMeansCode;
use crate::figures::{Amount, Currency, Decimal, Exact};
use crate::finding::Finding;
use crate::input::{Days, EarlyPaymentDiscountInput, InvoiceInput, PaymentInput};
use crate::model::{CreditTransfer, EarlyPaymentDiscount, Payment};

/// The day that many days after another.
pub(crate) fn days_after(date: Date, days: Days) -> Option<Date> {
    date.checked_add(i64::from(days.0).days()).ok()
}

/// Computes the discounts for early payment, each of what is to be paid in the end; none where nothing is.
pub(crate) fn early_payment_discounts(
    input: &InvoiceInput,
    amount_to_pay: Option<Amount>,
    computation: &mut Computation<'_>,
) -> Option<Vec<EarlyPaymentDiscount>> {
    let inputs = input.payment_terms.as_ref().map_or(&[][..], |terms| &terms.discounts);
    for (index, percent) in inputs.iter().enumerate().filter_map(|(index, input)| Some((index, input.percent.0?))) {
        if percent.is_negative() || percent > Decimal::HUNDRED {
            let pointer = format!("/payment_terms/discounts/{index}/percent");
            let finding = Finding::new(pointer, "percent", "a discount is from 0 to 100 percent");
            computation.findings.fault(finding.expected("0 to 100").found(percent.to_string()));
        }
    }
    let (amount_to_pay, issue_date) = (amount_to_pay?, input.issue_date.0?);
    if inputs.is_empty() {
        return Some(Vec::new());
    }
    if amount_to_pay.minor_units() <= 0 || input.type_code.is_credit_note() {
        let message = "there is no discount for early payment where nothing is to be paid, and none on a credit note";
        let finding = Finding::new("/payment_terms/discounts".to_owned(), "early-payment", message);
        computation.findings.warning(finding);
        return Some(Vec::new());
    }
    let discount = |(index, input): (usize, &EarlyPaymentDiscountInput)| {
        let (days, percent) = (input.days.0?, input.percent.0?);
        let place = || format!("/early_payment_discounts/{index}/amount");
        let amount = computation.round(Exact::from(amount_to_pay).percent(percent), place)?;
        let until = days_after(issue_date, days)?;
        let amount_to_pay = amount_to_pay.minus(amount);
        Some(EarlyPaymentDiscount { days: days.0, until, percent, amount, amount_to_pay })
    };
    inputs.iter().enumerate().map(discount).collect()
}

/// Completes the payment: the account in short form becomes the first of the list, the means follow from what is given.
pub(crate) fn payment(input: PaymentInput, currency: Currency) -> Payment {
    let means = input.means.or_else(|| usual_means(&input, currency)).unwrap_or_default();
    let mut credit_transfers = Vec::new();
    if input.iban.is_some() || input.account_number.is_some() {
        credit_transfers.push(CreditTransfer {
            iban: input.iban,
            account_number: input.account_number,
            account_name: input.account_name,
            bank: input.bank,
        });
    }
    credit_transfers.extend(input.credit_transfers);
    for transfer in &mut credit_transfers {
        if let Some(iban) = &mut transfer.iban {
            iban.retain(|c| c != ' ');
            iban.make_ascii_uppercase();
        }
    }
    Payment {
        means,
        means_text: input.means_text,
        remittance_information: input.remittance_information,
        link: input.link,
        credit_transfers,
        card: input.card,
        direct_debit: input.direct_debit,
    }
}

/// The payment means (UNTDID 4461) of what is given: SEPA's own codes where the currency is the euro.
fn usual_means(input: &PaymentInput, currency: Currency) -> Option<PaymentMeansCode> {
    let is_euro = currency.code() == "EUR";
    let has_iban = input.iban.is_some() || input.credit_transfers.iter().any(|transfer| transfer.iban.is_some());
    let has_account = has_iban || input.account_number.is_some() || !input.credit_transfers.is_empty();
    let code = match (has_account, &input.card, &input.direct_debit) {
        (true, ..) if is_euro && has_iban => "58",
        (true, ..) => "30",
        (false, Some(_), _) => "48",
        (false, None, Some(_)) if is_euro => "59",
        (false, None, Some(_)) => "49",
        (false, None, None) => "1",
    };
    PaymentMeansCode::from_code(code)
}
