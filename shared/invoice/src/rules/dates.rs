//! Dates that contradict each other.

use jiff::civil::Date;

use crate::finding::{Finding, Findings};
use crate::input::InvoiceInput;
use crate::model::Period;

pub(super) fn check_dates(input: &InvoiceInput, findings: &mut Findings) {
    if let (Some(issued), Some(due)) = (input.issue_date.0, input.due_date)
        && due < issued
    {
        let finding = Finding::new("/due_date".to_owned(), "due-date", "the due date is before the date of issue");
        findings.warning(finding.expected(format!("{issued} or later")).found(due.to_string()));
    }
    check_terms(input, findings);
    if input.tax_point_date.is_some() && input.tax_point_code.is_some() {
        let message = "a tax_point_date and a tax_point_code exclude each other";
        findings.fault(Finding::new("/tax_point_code".to_owned(), "BR-CO-03", message));
    }
    if let Some(period) = &input.period {
        check_period(period, "/period", ["BR-29", "BR-CO-19"], findings);
    }
    for (index, line) in input.lines().iter().enumerate() {
        if let Some(period) = &line.period {
            check_period(period, &format!("/lines/{index}/period"), ["BR-30", "BR-CO-20"], findings);
        }
    }
}

/// Checks that the due date is the one that the days of the payment terms lead to.
fn check_terms(input: &InvoiceInput, findings: &mut Findings) {
    let days = input.payment_terms.as_ref().and_then(|terms| terms.days);
    let (Some(issued), Some(due), Some(days)) = (input.issue_date.0, input.due_date, days) else {
        return;
    };
    let by_terms: Option<Date> = crate::compute::days_after(issued, days);
    if by_terms.is_some_and(|by_terms| by_terms != due) {
        let expected = by_terms.map(|date| date.to_string()).unwrap_or_default();
        let message = format!("{} days after the date of issue is another day", days.0);
        let finding = Finding::new("/due_date".to_owned(), "due-date", message);
        findings.fault(finding.expected(expected).found(due.to_string()));
    }
}

fn check_period(period: &Period, pointer: &str, [order, presence]: [&'static str; 2], findings: &mut Findings) {
    match (period.start, period.end) {
        (None, None) => {
            findings.fault(Finding::new(pointer.to_owned(), presence, "a period has a start, an end or both"));
        }
        (Some(start), Some(end)) if end < start => {
            let finding = Finding::new(format!("{pointer}/end"), order, "the period ends before it starts");
            findings.fault(finding.expected(format!("{start} or later")).found(end.to_string()));
        }
        _ => {}
    }
}
