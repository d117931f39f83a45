//! The codes of the payment block, as a telephone reads them off the page.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use std::io::Cursor;

use invoice::{Format, Invoice};
use render::{Layout, Style};
use samples::{full, parse};
use serde_json::{Value, json};

/// What a decoder finds on the pages of the document.
fn scanned(invoice: &Invoice, style: &Style) -> Vec<String> {
    scanned_at("200", invoice, style)
}

/// The same at another resolution, in dots an inch; printers have 600.
fn scanned_at(resolution: &str, invoice: &Invoice, style: &Style) -> Vec<String> {
    let pdf = render::render(invoice, Format::Pdf, style).unwrap().bytes;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("page");
    tools::run("pdftoppm", &["-png", "-gray", "-r", resolution, "{}", target.to_str().unwrap()], &pdf);
    let mut pages: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages.iter().flat_map(|page| codes_of(&std::fs::read(page).unwrap())).collect()
}

/// Looks at the page as a telephone does that is held over it: part by part, each of which overlaps the next.
fn codes_of(png: &[u8]) -> Vec<String> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (info.width as usize, info.height as usize);
    // Grey pages come as pixels of three equal samples.
    let samples = info.color_type.samples();
    let lightness = |x: usize, y: usize| pixels[(y * width + x) * samples];
    let mut found = Vec::new();
    for top in (0..=height * 3 / 4).step_by(height / 8) {
        for left in [0, width * 6 / 10] {
            let view = |x, y| lightness(left + x, top + y);
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(width * 4 / 10, height / 4, view);
            let grids = image.detect_grids().into_iter();
            found.extend(grids.filter_map(|grid| grid.decode().ok()).map(|(_, content)| content));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn with(changes: &[(&str, Value)]) -> Invoice {
    let mut json = full();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        json.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    parse(&json)
}

fn layouts() -> [Style; 2] {
    let mut modern = Style::default();
    modern.layout = Layout::Modern;
    [Style::default(), modern]
}

#[test]
fn a_sepa_transfer_is_scanned_whole() {
    let invoice = with(&[]);
    let due = invoice.totals.amount_to_pay;
    let expected = format!(
        "BCD\n002\n1\nSCT\nBYLADEM1001\nNordlicht Werkstatt GmbH\nDE02120300000000202051\nEUR{due}\n\n\nRE-2026-0417"
    );
    for style in layouts() {
        assert_eq!(scanned(&invoice, &style), [expected.as_str()]);
    }
}

#[test]
fn a_creditor_reference_stands_in_the_line_of_structured_references() {
    let changes = [
        ("/payment/remittance_information", json!("RF18 5390 0754 7034")),
        ("/payment/bank", json!(null)),
        ("/payment/account_name", json!("Łódź Żółć Sp. z o.o.")),
    ];
    let invoice = with(&changes);
    let codes = scanned(&invoice, &Style::default());
    let due = invoice.totals.amount_to_pay;
    let expected =
        format!("BCD\n002\n1\nSCT\n\nŁódź Żółć Sp. z o.o.\nDE02120300000000202051\nEUR{due}\n\nRF18539007547034");
    assert_eq!(codes, [expected]);
}

#[test]
fn without_a_reference_the_payee_still_learns_the_number() {
    let invoice = with(&[("/payment/remittance_information", json!(null))]);
    assert!(scanned(&invoice, &Style::default())[0].ends_with("\n\n\nRE-2026-0417"));
}

#[test]
fn a_link_has_a_code_of_its_own() {
    let link = "https://pay.nordlicht.example/RE-2026-0417?k=ä";
    for locale in ["de-DE", "ar"] {
        for style in layouts() {
            let invoice = with(&[("/payment/link", json!(link)), ("/locale", json!(locale))]);
            let codes = scanned(&invoice, &style);
            assert_eq!(codes.len(), 2, "{locale}: {codes:?}");
            assert!(codes.iter().any(|code| code == link), "{locale}: {codes:?}");
            assert!(codes.iter().any(|code| code.starts_with("BCD\n002\n")), "{locale}: {codes:?}");
        }
    }
    let sterling = with(&[("/payment/link", json!(link)), ("/currency", json!("GBP"))]);
    assert_eq!(scanned(&sterling, &Style::default()), [link]);
}

#[test]
fn the_largest_code_is_still_read() {
    let changes = [
        ("/payment/account_name", json!("Łódź".repeat(17))),
        ("/payment/remittance_information", json!("Rechnung 2026 ".repeat(10).trim())),
    ];
    let codes = scanned_at("400", &with(&changes), &Style::default());
    assert!(codes.len() == 1 && codes[0].len() > 300, "{codes:?}");
}

#[test]
fn what_is_not_to_be_transferred_has_no_code() {
    let cases: [&[(&str, Value)]; 7] = [
        &[("/mark", json!("paid"))],
        &[("/currency", json!("GBP"))],
        &[("/payment/iban", json!("BR1800360305000010009795493C1"))],
        &[("/payment/means", json!("59"))],
        &[("/type_code", json!("credit_note"))],
        &[("/prepaid_amount", json!("5000.00"))],
        &[("/payment/remittance_information", json!("A very long reference ".repeat(7)))],
    ];
    for changes in cases {
        assert_eq!(scanned(&with(changes), &Style::default()), Vec::<String>::new(), "{changes:?}");
    }
}
