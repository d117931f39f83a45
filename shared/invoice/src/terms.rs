//! Which business term (BT) or group (BG) of EN 16931-1 a place of the full form is.

mod full;

use crate::finding::Finding;
use full::TERMS;

/// Adds the term of a finding's place, and for what is missing the rule of the norm that requires it.
pub(crate) fn annotate(finding: &mut Finding) {
    let pattern = pattern(&finding.pointer);
    finding.term = finding.term.or_else(|| find(TERMS, &pattern));
    if finding.rule == "required" {
        finding.rule = find(REQUIRED, &pattern).unwrap_or(finding.rule);
    }
}

/// The same for a place of the flat form.
pub(crate) fn annotate_flat(finding: &mut Finding) {
    let pattern = pattern(&finding.pointer);
    finding.term = finding.term.or_else(|| find(FLAT_TERMS, &pattern));
    if finding.rule == "required" {
        finding.rule = find(FLAT_REQUIRED, &pattern).unwrap_or(finding.rule);
    }
}

fn find(table: &[(&str, &'static str)], pattern: &str) -> Option<&'static str> {
    table.iter().find(|(place, _)| *place == pattern).map(|(_, term)| *term)
}

/// The pointer with `*` for each index.
fn pattern(pointer: &str) -> String {
    let is_index = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let segments = pointer.split('/').map(|segment| if is_index(segment) { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The rules of the norm that require a value.
const REQUIRED: &[(&str, &str)] = &[
    ("/number", "BR-02"),
    ("/issue_date", "BR-03"),
    ("/seller", "BR-06"),
    ("/seller/name", "BR-06"),
    ("/buyer", "BR-07"),
    ("/buyer/name", "BR-07"),
    ("/lines", "BR-16"),
    ("/lines/*/name", "BR-25"),
    ("/payee/name", "BR-17"),
    ("/tax_representative/name", "BR-18"),
    ("/payment/card/number", "BR-51"),
    ("/supporting_documents/*/reference", "BR-52"),
    ("/lines/*/attributes/*/name", "BR-54"),
    ("/lines/*/attributes/*/value", "BR-54"),
    ("/preceding_invoices/*/number", "BR-55"),
    ("/seller/electronic_address/scheme", "BR-62"),
    ("/buyer/electronic_address/scheme", "BR-63"),
    ("/lines/*/standard_item_id/scheme", "BR-64"),
    ("/lines/*/classifications/*/scheme", "BR-65"),
];

/// The rules of the norm that require a value of the flat form.
const FLAT_REQUIRED: &[(&str, &str)] = &[
    ("/invoice_no", "BR-02"),
    ("/date", "BR-03"),
    ("/company_name", "BR-06"),
    ("/items", "BR-16"),
    ("/items/*/description", "BR-25"),
    ("/items/*/unit_price", "BR-26"),
];

/// The terms of the flat form.
const FLAT_TERMS: &[(&str, &str)] = &[
    ("/invoice_no", "BT-1"),
    ("/date", "BT-2"),
    ("/currency", "BT-5"),
    ("/company_name", "BT-27"),
    ("/company_address", "BT-35"),
    ("/company_phone", "BT-42"),
    ("/bill_to_name", "BT-44"),
    ("/bill_to_company", "BT-44"),
    ("/bill_to_address", "BT-50"),
    ("/ship_to_name", "BT-70"),
    ("/ship_to_company", "BT-70"),
    ("/ship_to_address", "BT-75"),
    ("/items", "BG-25"),
    ("/items/*/id", "BT-155"),
    ("/items/*/description", "BT-153"),
    ("/items/*/qty", "BT-129"),
    ("/items/*/unit_price", "BT-146"),
    ("/items/*/total", "BT-131"),
    ("/subtotal", "BT-109"),
    ("/tax_rate", "BT-152"),
    ("/tax_amount", "BT-110"),
    ("/total_amount", "BT-112"),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The schema of the member, through references and alternatives.
    fn member<'s>(root: &'s Value, schema: &'s Value, segment: &str) -> Option<&'s Value> {
        if let Some(name) = schema["$ref"].as_str() {
            return member(root, root.pointer(name.trim_start_matches('#'))?, segment);
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            return alternatives.iter().find_map(|one| member(root, one, segment));
        }
        if segment == "*" { schema.get("items") } else { schema["properties"].get(segment) }
    }

    #[test]
    fn every_place_is_in_the_schema() {
        let root = crate::json_schema();
        for (place, term) in TERMS {
            let mut segments = place.split('/').skip(1);
            let found = segments.try_fold(&root, |schema, segment| member(&root, schema, segment));
            assert!(found.is_some(), "{place} ({term}) is no place of the full form");
        }
    }

    #[test]
    fn every_place_stands_once() {
        let mut places: Vec<&str> = TERMS.iter().map(|(place, _)| *place).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), TERMS.len());
    }
}
