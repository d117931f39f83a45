//! Figures that the client sends and that follow from others: checked, equal after rounding, never taken over.

use super::Computation;
use crate::figures::{Amount, Decimal, Exact};
use crate::finding::Finding;

impl Computation<'_> {
    /// Checks one figure.
    pub(super) fn check(
        &mut self,
        sent: Option<Decimal>,
        computed: Amount,
        pointer: impl FnOnce() -> String,
        rule: &'static str,
        what: &str,
    ) {
        let Some(sent) = sent else {
            return;
        };
        let rounded = Exact::from(sent).round(computed.currency());
        if rounded == Some(computed) {
            return;
        }
        let found = rounded.map_or_else(|| sent.to_string(), |rounded| rounded.to_string());
        let finding = Finding::new(pointer(), rule, format!("{what} is {computed}, not {found}"));
        self.mismatch(finding.expected(computed.to_string()).found(found));
    }

    /// Checks the net amount of the line with that index (BT-131).
    pub(super) fn check_line(&mut self, sent: Option<Decimal>, computed: Amount, index: usize) {
        let pointer = || format!("/lines/{index}/net_amount");
        self.check(sent, computed, pointer, "line-net-amount", "the net amount of this line");
    }

    /// Checks one of the totals, and gives the figure to go on with: where it could not be computed, the one that was
    /// sent, so that what follows from it is checked all the same.
    pub(super) fn check_total(
        &mut self,
        sent: Option<Decimal>,
        computed: Option<Amount>,
        (key, rule, what): (&str, &'static str, &str),
    ) -> Option<Amount> {
        let Some(computed) = computed else {
            return sent.and_then(|sent| Exact::from(sent).round(self.currency));
        };
        self.check(sent, computed, || format!("/totals/{key}"), rule, what);
        Some(computed)
    }
}
