//! What breaks a rule is refused with all reasons: rule, term, place and what is expected.

#![allow(clippy::unwrap_used, reason = "a test")]

mod corpus;

use invoice::Format;
use serde_json::json;

use corpus::{german, mutants, parse, set, write};

#[test]
fn each_mutant_is_refused_by_the_rule_that_it_breaks() {
    let mutants = mutants::mutants();
    assert!(mutants.len() >= 40, "only {} mutants", mutants.len());
    for mutant in mutants {
        let faults = write(&parse(&mutant.json), mutant.format).err().unwrap_or_default();
        let rules: Vec<_> = faults.iter().map(|fault| fault.rule).collect();
        assert!(rules.contains(&mutant.rule), "{} as {}: {rules:?}", mutant.rule, mutant.format);
        for fault in faults {
            assert!(fault.term.is_some() && fault.expected.is_some(), "{fault:?}");
            assert!(fault.pointer.starts_with('/'), "{fault:?}");
        }
    }
}

#[test]
fn all_reasons_are_named_at_once() {
    let mut json = german();
    set(&mut json, "/seller/address", json!({ "country": "DE" }));
    set(&mut json, "/buyer/address", json!({ "country": "DE" }));
    json.as_object_mut().unwrap().remove("buyer_reference");
    let faults = write(&parse(&json), Format::XRechnung).unwrap_err();
    let rules: Vec<_> = faults.iter().map(|fault| fault.rule).collect();
    assert_eq!(rules, ["BR-DE-3", "BR-DE-4", "BR-DE-8", "BR-DE-9", "BR-DE-15"]);
    assert_eq!(faults[0].pointer, "/seller/address/city");
    assert_eq!(faults[0].term, Some("BT-37"));
}

#[test]
fn what_the_norm_has_no_term_for_is_refused_and_never_dropped() {
    let edits: [(&str, corpus::Edit); 3] = [
        ("/other_taxes", |json| json["other_taxes"] = json!([{ "name": "NY sales tax", "amount": "8.00" }])),
        ("/withholding_taxes", |json| json["withholding_taxes"] = json!([{ "name": "IRPF", "rate": 15 }])),
        ("/delivery/contact_name", |json| {
            json["delivery"] = json!({ "name": "Lager", "contact_name": "Tor 3", "date": "2026-03-05" });
        }),
    ];
    for (pointer, edit) in edits {
        let mut json = german();
        edit(&mut json);
        for format in Format::LEGAL {
            let faults = write(&parse(&json), format).unwrap_err();
            let is_named = faults.iter().any(|fault| fault.pointer == pointer && fault.rule == "not-carried");
            assert!(is_named, "{pointer} as {format}: {faults:?}");
        }
    }
}

#[test]
fn an_amount_of_three_decimals_is_refused_and_never_rounded() {
    let mut json = german();
    json["currency"] = json!("KWD");
    set(&mut json, "/lines/0/unit_price", json!("418.505"));
    set(&mut json, "/lines/0/quantity", json!("1"));
    let faults = write(&parse(&json), Format::Ubl).unwrap_err();
    let line = faults.iter().find(|fault| fault.rule == "BR-DEC-23").unwrap();
    assert_eq!((line.pointer.as_str(), line.found.as_deref()), ("/lines/0/net_amount", Some("418.505")));
}

#[test]
fn faults_are_listed_up_to_a_limit() {
    let mut json = german();
    json["currency"] = json!("KWD");
    set(&mut json, "/lines/0/unit_price", json!("0.005"));
    let line = json["lines"][0].clone();
    json["lines"] = json!(vec![line; 5_000]);
    assert_eq!(write(&parse(&json), Format::Ubl).unwrap_err().len(), 1_000);
}
