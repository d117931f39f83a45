//! What a process holds that makes the largest documents: a test of its own, since memory is that of the process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use invoice::{Format, Invoice, ParseOptions};
use render::Style;

/// The most, in KiB, with the program and the invoice itself.
const MOST: u64 = 44 * 1024;

#[test]
fn the_largest_documents_fit_into_44_mebibytes() {
    let invoice = invoice();
    for format in [Format::Csv, Format::Pdf, Format::Excel] {
        let document = render::render(&invoice, format, &Style::default()).unwrap();
        assert!(document.bytes.len() > 100_000);
        let peak = peak();
        assert!(peak <= MOST, "{format}: {peak} KiB");
    }
}

fn invoice() -> Invoice {
    let item = |number: usize| {
        let (quantity, price) = (number % 7 + 1, 20 + number % 80);
        format!(
            r#"{{"id":"SKU-{number:05}","description":"Article {number}, oak, oiled by hand","qty":{quantity},"unit_price":{price}.25}}"#
        )
    };
    let items: Vec<String> = (1..=10_000).map(item).collect();
    let json = format!(
        r#"{{"company_name":"A","date":"2026-03-09","invoice_no":"F-1","bill_to_name":"B","tax_rate":20,"items":[{}]}}"#,
        items.join(",")
    );
    invoice::parse(json.as_bytes(), &ParseOptions::default()).unwrap().invoice
}

/// The most memory that the process has held, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}
