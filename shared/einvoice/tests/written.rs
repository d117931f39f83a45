//! Invoices become e-invoices: those made by hand in the formats that they are made for, random ones where the rules
//! allow it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod corpus;

use invoice::{Format, Invoice};
use proptest::prelude::*;

use corpus::xml::texts;
use corpus::{cases, parse, random, write};

/// Where a syntax keeps what is compared.
struct Paths {
    number: &'static str,
    payable: &'static str,
    line_amounts: &'static str,
    names: &'static str,
    tax: &'static str,
}

fn paths(format: Format, invoice: &Invoice) -> Paths {
    let is_cii = matches!(format, Format::Cii | Format::XRechnungCii | Format::FacturX | Format::FacturXFr);
    if is_cii {
        return Paths {
            number: "CrossIndustryInvoice/ExchangedDocument/ID",
            payable: "CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/\
                      SpecifiedTradeSettlementHeaderMonetarySummation/DuePayableAmount",
            line_amounts: "CrossIndustryInvoice/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem/\
                           SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
            names: "CrossIndustryInvoice/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem/\
                    SpecifiedTradeProduct/Name",
            tax: "CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/ApplicableTradeTax/\
                  CalculatedAmount",
        };
    }
    if invoice.type_code.is_credit_note() {
        return Paths {
            number: "CreditNote/ID",
            payable: "CreditNote/LegalMonetaryTotal/PayableAmount",
            line_amounts: "CreditNote/CreditNoteLine/LineExtensionAmount",
            names: "CreditNote/CreditNoteLine/Item/Name",
            tax: "CreditNote/TaxTotal/TaxSubtotal/TaxAmount",
        };
    }
    Paths {
        number: "Invoice/ID",
        payable: "Invoice/LegalMonetaryTotal/PayableAmount",
        line_amounts: "Invoice/InvoiceLine/LineExtensionAmount",
        names: "Invoice/InvoiceLine/Item/Name",
        tax: "Invoice/TaxTotal/TaxSubtotal/TaxAmount",
    }
}

/// Compares what is written with the invoice: number, names, and every amount of lines and taxes.
fn assert_same(xml: &[u8], format: Format, invoice: &Invoice) {
    let (texts, paths) = (texts(xml), paths(format, invoice));
    let at = |path: &str| texts.get(path).cloned().unwrap_or_default();
    let amounts = |path: &str| -> Vec<invoice::Decimal> { at(path).iter().map(|text| text.parse().unwrap()).collect() };
    assert_eq!(at(paths.number), std::slice::from_ref(&invoice.number));
    assert_eq!(amounts(paths.payable), [invoice.totals.payable_amount.to_decimal()]);
    let lines: Vec<_> = invoice.lines.iter().map(|line| line.net_amount.to_decimal()).collect();
    assert_eq!(amounts(paths.line_amounts), lines);
    let names: Vec<_> = invoice.lines.iter().map(|line| line.name.to_string()).collect();
    assert_eq!(at(paths.names), names);
    let taxes: Vec<_> = invoice.tax_breakdown.iter().map(|group| group.tax_amount.to_decimal()).collect();
    assert_eq!(amounts(paths.tax), taxes);
}

#[test]
fn each_invoice_becomes_the_formats_that_it_is_made_for() {
    let cases = cases();
    assert!(cases.len() >= 60, "only {} invoices", cases.len());
    let mut refused = Vec::new();
    for case in &cases {
        let invoice = parse(&case.json);
        for format in &case.formats {
            match write(&invoice, *format) {
                Ok(xml) => assert_same(&xml, *format, &invoice),
                Err(faults) => refused.push(format!("{} as {format}: {faults:#?}", case.name)),
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn each_example_becomes_the_format_that_it_is_named_by() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/einvoices");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let format: Format = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let invoice = parse(&serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap());
        assert_same(&write(&invoice, format).unwrap(), format, &invoice);
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn an_invoice_gives_the_same_bytes_again() {
    for case in cases() {
        let invoice = parse(&case.json);
        for format in Format::LEGAL {
            assert_eq!(write(&invoice, format), write(&invoice, format));
        }
    }
}

#[test]
fn a_discount_is_written_in_the_notation_of_xrechnung_with_its_line_break() {
    let case = cases().into_iter().find(|case| case.name == "de-skonto").unwrap();
    let invoice = parse(&case.json);
    for format in case.formats {
        let xml = String::from_utf8(write(&invoice, format).unwrap()).unwrap();
        let terms = "Zahlbar in 30 Tagen\n#SKONTO#TAGE=10#PROZENT=3.00#\n#SKONTO#TAGE=14#PROZENT=2.50#\n</";
        assert!(xml.contains(terms), "{format}");
    }
}

#[test]
fn texts_between_lines_become_notes_and_faults_count_them() {
    let case = cases().into_iter().find(|case| case.name.contains("interludes")).unwrap();
    for format in case.formats {
        let xml = String::from_utf8(write(&parse(&case.json), format).unwrap()).unwrap();
        assert!(xml.contains("Lieferung in Teilen"), "{format}");
        assert!(!xml.contains("Erdgeschoss"), "{format}: a heading is no term of the norm");
    }
    let mut json = case.json;
    json["lines"][2]["period"] = serde_json::json!({ "start": "1999-12-31" });
    let faults = write(&parse(&json), Format::FacturXFr).unwrap_err();
    assert!(faults.iter().any(|fault| fault.pointer == "/lines/2/period/start"), "{faults:#?}");
}

#[test]
fn prices_in_france_have_six_decimals_and_lead_to_the_same_amounts() {
    for case in cases().into_iter().filter(|case| case.formats.contains(&Format::FacturXFr)) {
        let xml = write(&parse(&case.json), Format::FacturXFr).unwrap();
        let price = "CrossIndustryInvoice/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem/\
                     SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount";
        for text in texts(&xml).remove(price).unwrap() {
            assert!(text.split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 6), "{}: {text}", case.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_the_invoice(json in random::invoice()) {
        let Ok(parsed) = invoice::parse(json.to_string().as_bytes(), &invoice::ParseOptions::default()) else {
            return Ok(());
        };
        for format in Format::LEGAL {
            if let Ok(xml) = write(&parsed.invoice, format) {
                assert_same(&xml, format, &parsed.invoice);
            }
        }
    }
}
