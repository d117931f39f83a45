//! How long a document takes: `cargo bench -p render`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use invoice::{Format, Invoice, ParseOptions};
use render::Style;

fn invoice_of(lines: usize) -> Invoice {
    let mut items = String::new();
    for number in 1..=lines {
        let comma = if number > 1 { "," } else { "" };
        let (quantity, units, cents) = (number % 7 + 1, 20 + number % 80, number % 100);
        let _ = write!(
            items,
            r#"{comma}{{"id":"SKU-{number:05}","description":"Article {number}, oak, oiled by hand","qty":{quantity},"unit_price":{units}.{cents:02}}}"#
        );
    }
    let json = format!(
        r#"{{"company_name":"Harbour & Pine Ltd","company_address":"14 Quay Street, Bristol BS1 4QT",
        "company_phone":"+44 117 496 0017","date":"2026-03-09","invoice_no":"HP-2026-0093","bill_to_name":"Ana Moreno",
        "bill_to_company":"Cooperativa Río Claro","bill_to_address":"Calle Mayor 8, 28013 Madrid","tax_rate":20,
        "items":[{items}]}}"#
    );
    invoice::parse(json.as_bytes(), &ParseOptions::default()).unwrap().invoice
}

fn documents(criterion: &mut Criterion) {
    let style = Style::default();
    for format in Format::ALL {
        let mut group = criterion.benchmark_group(format.name());
        group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        for lines in [2, 100, 1_000, 10_000] {
            let invoice = invoice_of(lines);
            let bytes = render::render(&invoice, format, &style).unwrap().bytes.len();
            group.bench_function(BenchmarkId::new(format!("{lines} lines"), format!("{bytes} bytes")), |bencher| {
                bencher.iter(|| render::render(black_box(&invoice), format, &style).unwrap());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, documents);
criterion_main!(benches);
