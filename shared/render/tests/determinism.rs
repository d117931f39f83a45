//! The same invoice gives the same bytes.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;

use invoice::Format;
use samples::{flat, full, item, many_lines, parse, render};

#[test]
fn the_same_input_gives_the_same_bytes() {
    for json in [flat(vec![item("One", "1", "1")]), full(), many_lines(120)] {
        for format in Format::ALL.into_iter().filter(|format| !format.is_legal()) {
            let first = render(&parse(&json), format);
            // Another document between them, which could leave a trace in what is kept for the process.
            render(&parse(&flat(vec![item("Ωμέγα и другие", "2", "3.5")])), format);
            assert_eq!(first, render(&parse(&json), format), "{format}");
        }
    }
}

#[test]
fn threads_do_not_disturb_each_other() {
    let invoices =
        [flat(vec![item("One", "1", "1")]), flat(vec![item("Δύο", "2", "2")]), full()].map(|json| parse(&json));
    let alone: Vec<_> = invoices.iter().map(|invoice| render(invoice, Format::Pdf)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (invoice, alone) in invoices.iter().zip(&alone) {
                    assert_eq!(&render(invoice, Format::Pdf), alone);
                }
            });
        }
    });
}

#[test]
fn file_names_are_made_of_safe_characters() {
    let mut json = flat(vec![item("One", "1", "1")]);
    for (number, name) in [
        ("HP-2026-0093", "HP-2026-0093.pdf"),
        ("../../etc/passwd", "etc-passwd.pdf"),
        ("2026/04 \"x\"; filename=\"y", "2026-04-x-filename-y.pdf"),
        ("請求書", "invoice.pdf"),
        ("-rf", "rf.pdf"),
    ] {
        json["invoice_no"] = serde_json::json!(number);
        assert_eq!(render(&parse(&json), Format::Pdf).file_name, name);
    }
}
