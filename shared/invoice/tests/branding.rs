//! Brandings: every fault at its place, and what an upload says goes before them.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{Branding, Layout, Limits, ParseOptions, parse};
use serde_json::{Value, json};

/// One pixel of the colour #1a73e8.
const LOGO: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQKn4BAAIgAXZmNuK1AAAAAElFTkSuQmCC";

fn whole() -> Value {
    json!({
        "logo": LOGO, "accent_color": "#1a73e8", "style": "modern", "footer": "Since 1987.\nBristol", "locale": "de-AT",
        "paper": "letter", "csv_dialect": "excel-de", "logo_width": 40, "logo_side": "right",
        "mail": { "subject": "Rechnung {number}", "greeting": "Guten Tag,\nRechnung {number} ist da.", "closing": "Bis bald" },
    })
}

fn read(json: &Value) -> Branding {
    Branding::parse(json.to_string().as_bytes(), &Limits::default()).unwrap_or_else(|rejected| panic!("{rejected:#?}"))
}

fn presentation(more: &Value) -> invoice::Presentation {
    let mut flat = json!({
        "company_name": "A", "date": "2026-03-09", "invoice_no": "F-1", "bill_to_name": "B",
        "items": [{ "description": "Shelf", "unit_price": 1 }],
    });
    flat.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parse(flat.to_string().as_bytes(), &ParseOptions::default()).unwrap().invoice.presentation
}

#[test]
fn it_says_what_the_upload_does_not() {
    let mut completed = presentation(&json!({}));
    read(&whole()).complete(&mut completed);
    assert_eq!(completed.logo.as_ref().unwrap().media_type(), "image/png");
    let texts = serde_json::to_value(&completed).unwrap();
    assert_eq!(texts["accent_color"], "#1a73e8");
    assert_eq!((&texts["style"], &texts["locale"]), (&json!("modern"), &json!("de-AT")));
    assert_eq!((&texts["paper"], &texts["csv_dialect"]), (&json!("letter"), &json!("excel-de")));
    assert_eq!(texts["footer"], "Since 1987.\nBristol");
}

#[test]
fn what_the_upload_says_goes_before_it() {
    let own = json!({
        "accent_color": "#000000", "style": "classic", "footer": "own", "locale": "fr", "logo": LOGO,
        "logo_width": 20, "logo_side": "left", "paper": "a4", "csv_dialect": "rfc4180",
    });
    let mut completed = presentation(&own);
    let before = completed.clone();
    read(&whole()).complete(&mut completed);
    assert_eq!(completed, before);
    assert_eq!(completed.layout, Some(Layout::Classic));
}

#[test]
fn it_is_kept_as_json_without_the_picture() {
    let branding = read(&whole());
    let mut kept = read(&serde_json::from_str(&branding.to_json_without_logo()).unwrap());
    assert!(kept.logo.is_none());
    kept.logo.clone_from(&branding.logo);
    assert_eq!(kept, branding);
    assert_eq!(read(&json!({})).to_json_without_logo(), "{}");
}

#[test]
fn texts_of_mails_name_the_invoice() {
    let mail = read(&whole()).mail.unwrap();
    assert_eq!(mail.subject_for("HP-1").unwrap(), "Rechnung HP-1");
    assert_eq!(mail.greeting_for("HP-1").unwrap(), "Guten Tag,\nRechnung HP-1 ist da.");
    assert_eq!(mail.closing_for("HP-1").unwrap(), "Bis bald");
}

#[test]
fn every_fault_stands_at_its_place() {
    let cases = [
        ("/logo", json!("aGVsbG8="), "/logo", "logo"),
        ("/accent_color", json!("red"), "/accent_color", "color"),
        ("/style", json!("baroque"), "/style", "style"),
        ("/paper", json!("legal"), "/paper", "paper"),
        ("/csv_dialect", json!("tsv"), "/csv_dialect", "csv-dialect"),
        ("/mark", json!("paid"), "/mark", "unknown-key"),
        ("/footer", json!("x".repeat(301)), "/footer", "text-length"),
        ("/locale", json!(7), "/locale", "locale"),
        ("/colour", json!("#123456"), "/colour", "unknown-key"),
        ("/mail", json!("hello"), "/mail", "type"),
        ("/mail", json!({ "subject": "a\r\nBcc: x@example.org" }), "/mail/subject", "control-character"),
        ("/mail", json!({ "subject": "x".repeat(151) }), "/mail/subject", "text-length"),
        ("/mail", json!({ "greeting": "x".repeat(2001) }), "/mail/greeting", "text-length"),
        ("/mail", json!({ "greeting": "a\u{7}" }), "/mail/greeting", "control-character"),
        ("/mail", json!({ "body": "x" }), "/mail/body", "unknown-key"),
    ];
    for (member, value, place, rule) in cases {
        let mut document = whole();
        document[member.trim_start_matches('/')] = value;
        let rejected = Branding::parse(document.to_string().as_bytes(), &Limits::default()).unwrap_err();
        let fault = &rejected.faults[0];
        assert_eq!((rejected.faults.len(), fault.pointer.as_str(), fault.rule), (1, place, rule), "{document}");
    }
    for text in ["", "[]", "{\"style\":\"modern\",\"style\":\"classic\"}", "{\"style\":"] {
        assert!(Branding::parse(text.as_bytes(), &Limits::default()).is_err(), "{text}");
    }
}

#[test]
fn the_schema_describes_every_member() {
    let schema = invoice::branding_json_schema();
    let members = schema["properties"].as_object().unwrap();
    assert_eq!(members.len(), whole().as_object().unwrap().len());
    for (member, definition) in members {
        assert!(definition["description"].is_string() && definition["examples"].is_array(), "{member}");
    }
}
