//! How long it takes to parse and compute an invoice of 2, 100 and 10,000 lines, in both forms.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use invoice::{ParseOptions, parse};
use serde_json::{Value, json};

fn flat(lines: u32) -> Vec<u8> {
    let items: Vec<Value> = (0..lines)
        .map(|index| {
            let cents = 1000 + index % 977;
            json!({
                "id": format!("SKU-{index:05}"),
                "description": format!("Article {index}, boxed"),
                "qty": 1 + index % 7,
                "unit_price": format!("{}.{:02}", cents / 100, cents % 100),
            })
        })
        .collect();
    let invoice = json!({
        "company_name": "Harbour & Pine Ltd",
        "company_address": "14 Quay Street, Bristol BS1 4QT",
        "company_phone": "+44 117 496 0017",
        "date": "2026-03-09",
        "invoice_no": "HP-2026-0093",
        "bill_to_name": "Ana Moreno",
        "bill_to_company": "Cooperativa Río Claro",
        "bill_to_address": "Calle Mayor 8, 28013 Madrid",
        "items": items,
        "tax_rate": 20,
    });
    serde_json::to_vec(&invoice).unwrap()
}

fn full(lines: u32, prices_include_tax: bool) -> Vec<u8> {
    let lines: Vec<Value> = (0..lines)
        .map(|index| {
            json!({
                "name": format!("Article {index}, boxed"),
                "seller_item_id": format!("SKU-{index:05}"),
                "quantity": format!("{}.125", 1 + index % 7),
                "unit_price": format!("{}.{:04}", 10 + index % 90, index % 9973),
                "tax_rate": if index % 3 == 0 { 7 } else { 19 },
            })
        })
        .collect();
    let invoice = json!({
        "number": "HP-2026-0093",
        "issue_date": "2026-03-09",
        "currency": "EUR",
        "prices_include_tax": prices_include_tax,
        "seller": { "name": "Harbour & Pine GmbH", "vat_id": "DE123456789", "address": { "city": "Hamburg", "country": "DE" } },
        "buyer": { "name": "Cooperativa Río Claro", "address": { "city": "Madrid", "country": "ES" } },
        "lines": lines,
    });
    serde_json::to_vec(&invoice).unwrap()
}

fn parse_and_compute(criterion: &mut Criterion) {
    let options = ParseOptions::default();
    let mut group = criterion.benchmark_group("parse_and_compute");
    for lines in [2, 100, 10_000] {
        group.throughput(Throughput::Elements(1));
        let forms = [("flat", flat(lines)), ("full", full(lines, false)), ("full_with_tax", full(lines, true))];
        for (form, document) in forms {
            assert!(parse(&document, &options).is_ok());
            group.bench_with_input(BenchmarkId::new(form, lines), &document, |bencher, document| {
                bencher.iter(|| parse(black_box(document), &options));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, parse_and_compute);
criterion_main!(benches);
