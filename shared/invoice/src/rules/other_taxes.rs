//! Taxes other than VAT: what names them, and whether prices can include tax beside them.

use crate::finding::{Finding, Findings};
use crate::input::{AdjustmentInput, InvoiceInput};

pub(super) fn check_other_taxes(input: &InvoiceInput, findings: &mut Findings) {
    let names: Vec<&str> = input.other_taxes.iter().filter_map(|tax| tax.name.0.as_deref()).collect();
    // A name that could not be read may be any.
    if names.len() == input.other_taxes.len() {
        check_names(input, &names, findings);
    }
    for (index, tax) in input.other_taxes.iter().enumerate() {
        let before: Vec<&str> = input.other_taxes[..index].iter().filter_map(|tax| tax.name.0.as_deref()).collect();
        check_list(&tax.on, &before, &format!("/other_taxes/{index}/on"), "before this one ", findings);
    }
    check_prices(input, findings);
}

fn check_names(input: &InvoiceInput, names: &[&str], findings: &mut Findings) {
    for (index, line) in input.lines().iter().enumerate().filter(|(_, line)| !line.other_taxes.is_empty()) {
        check_list(&line.other_taxes, names, &format!("/lines/{index}/other_taxes"), "", findings);
    }
    let adjustments: [(&[AdjustmentInput], &str); 2] = [(&input.allowances, "allowances"), (&input.charges, "charges")];
    for (list, key) in adjustments {
        for (index, adjustment) in list.iter().enumerate() {
            check_list(&adjustment.other_taxes, names, &format!("/{key}/{index}/other_taxes"), "", findings);
        }
    }
}

fn check_list(list: &[String], names: &[&str], pointer: &str, place: &str, findings: &mut Findings) {
    for (index, name) in list.iter().enumerate().filter(|(_, name)| !names.contains(&name.as_str())) {
        let message = format!("{name} is the name of no tax {place}in other_taxes");
        let finding = Finding::new(format!("{pointer}/{index}"), "other-tax-name", message);
        let expected = if names.is_empty() { "nothing".to_owned() } else { format!("one of {}", names.join(", ")) };
        findings.fault(finding.expected(expected).found(name.clone()));
    }
}

/// Prices can include VAT, but no other tax: a rate on top of them would be taken of what nobody sees on the page.
fn check_prices(input: &InvoiceInput, findings: &mut Findings) {
    if !input.prices_include_tax || input.other_taxes.is_empty() {
        return;
    }
    let lines = input.lines().iter();
    let rates = lines.map(|line| line.tax_rate.or(input.tax_rate));
    let has_vat = rates.flatten().any(|rate| !rate.is_zero());
    let has_own_rate = input.other_taxes.iter().any(|tax| tax.rate.is_some() && tax.base_amount.is_none());
    if has_vat && !has_own_rate {
        return;
    }
    let message = "prices include VAT alone, so that other taxes would come on top of what is called with tax: \
                   give prices without tax, or other taxes as an amount beside VAT";
    let finding = Finding::new("/prices_include_tax".to_owned(), "prices-include-tax", message);
    findings.fault(finding.expected("false").found("true"));
}
