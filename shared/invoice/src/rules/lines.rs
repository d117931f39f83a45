//! Rules about the lines as a whole.

use std::collections::HashMap;

use crate::finding::{Finding, Findings};
use crate::input::InvoiceInput;

/// Checks that no two lines have one identifier; a line without one has its number, from 1.
pub(super) fn check_lines(input: &InvoiceInput, findings: &mut Findings) {
    let lines = input.lines();
    if lines.iter().all(|line| line.id.is_none()) {
        return;
    }
    let mut first_with: HashMap<String, usize> = HashMap::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let id = line.id.clone().unwrap_or_else(|| (index + 1).to_string());
        if let Some(first) = first_with.get(&id) {
            let message = format!("the line {first} has this id too", first = first + 1);
            let finding = Finding::new(format!("/lines/{index}/id"), "line-id-unique", message);
            findings.fault(finding.expected("an id of its own").found(id));
            continue;
        }
        first_with.insert(id, index);
    }
}
