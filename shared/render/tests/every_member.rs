//! Nothing that is accepted vanishes: whatever an invoice says is on the page, or in the CSV file and the workbook.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use invoice::{Format, ParseOptions, Parsed, json_schema};
use samples::render;
use serde_json::{Value, json};
use tools::text_of;

/// An invoice that uses every member, with texts and figures that stand nowhere else.
const DOCUMENT: &str = include_str!("every_member.json");
/// One pixel.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQKn4BAAIgAXZmNuK1AAAAAElFTkSuQmCC";

/// Members whose value is not to be found as it was sent. Changing it must change what documents say.
fn changes() -> Vec<(&'static str, Value)> {
    vec![
        ("/type_code", json!("384")),
        ("/currency", json!("SEK")),
        ("/tax_category", json!("L")),
        ("/tax_point_date", json!("2026-03-11")),
        ("/period/start", json!("2026-03-02")),
        ("/period/end", json!("2026-03-30")),
        ("/delivery/date", json!("2026-03-06")),
        ("/invoiced_object/scheme", json!("AAB")),
        ("/seller/address/country", json!("AT")),
        ("/seller/identifiers/0/scheme", json!("0060")),
        ("/seller/legal_id/scheme", json!("0131")),
        ("/seller/electronic_address/scheme", json!("0088")),
        ("/buyer/address/country", json!("DE")),
        ("/buyer/identifiers/0/scheme", json!("0088")),
        ("/buyer/legal_id/scheme", json!("0130")),
        ("/buyer/electronic_address/scheme", json!("0088")),
        ("/payee/identifier/scheme", json!("0060")),
        ("/payee/legal_id/scheme", json!("0060")),
        ("/tax_representative/address/country", json!("BE")),
        ("/delivery/location/scheme", json!("0060")),
        ("/delivery/address/country", json!("DE")),
        ("/lines/0/unit", json!("TNE")),
        ("/lines/0/tax_category", json!("L")),
        ("/lines/0/allowances/0/reason_code", json!("100")),
        ("/lines/0/charges/0/reason_code", json!("AA")),
        ("/lines/0/invoiced_object/scheme", json!("AAA")),
        ("/lines/0/period/start", json!("2026-02-03")),
        ("/lines/0/period/end", json!("2026-02-28")),
        ("/lines/0/standard_item_id/scheme", json!("0088")),
        ("/lines/0/classifications/0/scheme", json!("TSP")),
        ("/lines/0/origin_country", json!("PT")),
        ("/allowances/0/reason_code", json!("95")),
        ("/charges/0/reason_code", json!("FC")),
        ("/payment/means", json!("30")),
        ("/payment_terms/discounts/0/days", json!(12)),
        ("/notes/0/subject", json!("AAA")),
        ("/preceding_invoices/0/issue_date", json!("2026-01-30")),
        ("/supporting_documents/0/attachment/media_type", json!("application/pdf")),
        ("/supporting_documents/0/attachment/content", json!("bm8gaG91cnMK")),
        ("/lines/3/kind", json!("text")),
        ("/lines/4/kind", json!("heading")),
        ("/logo", json!(LOGO)),
        ("/accent_color", json!("#e8731a")),
        ("/style", json!("classic")),
        ("/paper", json!("a4")),
        ("/mark", json!("draft")),
        ("/csv_dialect", json!("excel")),
        ("/locale", json!("de")),
    ]
}

/// Members that cannot stand beside others of the document, with what is to be said instead of those.
fn alternatives() -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    vec![
        // Only other taxes with a base of their own stand beside such prices.
        (
            "/prices_include_tax",
            vec![
                ("/prices_include_tax", json!(true)),
                ("/lines/0/net_amount", Value::Null),
                ("/other_taxes/1/base_amount", json!("66.61")),
            ],
        ),
        ("/logo_width", vec![("/logo", json!(LOGO)), ("/logo_width", json!(40))]),
        ("/logo_side", vec![("/logo", json!(LOGO)), ("/logo_side", json!("left"))]),
        ("/tax_point_code", vec![("/tax_point_date", Value::Null), ("/tax_point_code", json!("432"))]),
        (
            "/tax_total_in_tax_currency",
            vec![("/tax_exchange_rate", Value::Null), ("/tax_total_in_tax_currency", json!("17.68"))],
        ),
        ("/payment_terms/days", vec![("/due_date", Value::Null), ("/payment_terms/days", json!(31))]),
        ("/due_date", vec![("/due_date", json!("2026-04-09")), ("/payment_terms/days", Value::Null)]),
        ("/issue_date", vec![("/issue_date", json!("2026-03-08")), ("/due_date", Value::Null)]),
        (
            "/payment/account_number",
            vec![("/payment/iban", Value::Null), ("/payment/account_number", json!("4711-42"))],
        ),
        (
            "/payment/credit_transfers/0/account_number",
            vec![
                ("/payment/credit_transfers/0/iban", Value::Null),
                ("/payment/credit_transfers/0/account_number", json!("4711-43")),
            ],
        ),
        (
            "/tax_exemptions/0/tax_category",
            vec![("/tax_exemptions/0/tax_category", json!("AE")), ("/lines/1/tax_category", json!("AE"))],
        ),
        (
            "/allowances/0/tax_category",
            vec![("/allowances/0/tax_category", json!("E")), ("/allowances/0/tax_rate", Value::Null)],
        ),
        (
            "/charges/0/tax_category",
            vec![("/charges/0/tax_category", json!("E")), ("/charges/0/tax_rate", Value::Null)],
        ),
        ("/rounding", vec![("/rounding_amount", Value::Null), ("/rounding", json!("0.05"))]),
        ("/other_taxes/0/on/0", vec![("/other_taxes/1/on", json!(["other-tax-174"]))]),
        ("/lines/0/other_taxes/0", vec![("/lines/0/other_taxes", json!(["other-tax-177"]))]),
        ("/allowances/0/other_taxes/0", vec![("/allowances/0/other_taxes", json!(["other-tax-177"]))]),
        ("/charges/0/other_taxes/0", vec![("/charges/0/other_taxes", json!(["other-tax-177"]))]),
        ("/prepayments/0/amount", prepaid(json!({ "amount": "3.38" }))),
        ("/prepayments/0/number", prepaid(json!({ "amount": "3.37", "number": "deposit-178" }))),
        ("/prepayments/0/date", prepaid(json!({ "amount": "3.37", "date": "2026-02-06" }))),
        ("/prepayments/0/tax_amount", prepaid(json!({ "amount": "3.37", "tax_amount": "0.54" }))),
        ("/prepayments/0/tax_rate", prepaid(json!({ "amount": "3.37", "tax_rate": 19 }))),
    ]
}

/// One prepayment in the place of the sum of them, which is 3.37.
fn prepaid(prepayment: Value) -> Vec<(&'static str, Value)> {
    vec![("/prepaid_amount", Value::Null), ("/prepayments", json!([prepayment]))]
}

/// What an entry is when it does not say so.
const IMPLIED: &str = "/lines/0/kind";

/// What is refused there: parts that only some parties have, and taxes of a line's adjustments, which have the line's.
const REFUSED: [&str; 15] = [
    "/lines/0/allowances/0/tax_category",
    "/lines/0/allowances/0/tax_rate",
    "/lines/0/allowances/0/other_taxes",
    "/lines/0/charges/0/tax_category",
    "/lines/0/charges/0/tax_rate",
    "/lines/0/charges/0/other_taxes",
    "/buyer/tax_id",
    "/buyer/legal_information",
    "/tax_representative/identifiers",
    "/tax_representative/legal_id",
    "/tax_representative/tax_id",
    "/tax_representative/trading_name",
    "/tax_representative/legal_information",
    "/tax_representative/electronic_address",
    "/tax_representative/contact",
];

/// Figures that are checked against the computed ones.
const CHECKED: &str = "/totals/";

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn parse(json: &Value) -> Parsed {
    let parsed = invoice::parse(json.to_string().as_bytes(), &ParseOptions::default());
    parsed.unwrap_or_else(|rejected| panic!("{:#?}\n{json}", rejected.faults))
}

/// Sets a member, or removes it.
fn set(document: &mut Value, pointer: &str, value: &Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    let members = parent.as_object_mut().unwrap_or_else(|| panic!("{pointer}"));
    if value.is_null() {
        members.remove(key);
    } else {
        members.insert(key.to_owned(), value.clone());
    }
}

/// The places of all values that the schema knows, an index for each list.
fn places() -> Vec<String> {
    let schema = json_schema();
    let mut places = Vec::new();
    walk(&schema, &schema, String::new(), &mut places);
    places
}

fn walk(root: &Value, schema: &Value, place: String, places: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return walk(root, root.pointer(name.trim_start_matches('#')).unwrap(), place, places);
    }
    let is_structure = |one: &&Value| !one["$ref"].is_null() || !one["properties"].is_null();
    if let Some(structure) = schema["anyOf"].as_array().and_then(|all| all.iter().find(is_structure)) {
        return walk(root, structure, place, places);
    }
    if let Some(members) = schema["properties"].as_object() {
        members.iter().for_each(|(name, member)| walk(root, member, format!("{place}/{name}"), places));
    } else if let Some(entry) = schema.get("items") {
        match entry["anyOf"].as_array() {
            Some(kinds) => kinds.iter().for_each(|kind| walk(root, kind, place_of_kind(root, kind, &place), places)),
            None => walk(root, entry, format!("{place}/0"), places),
        }
    } else {
        places.push(place);
    }
}

/// Where the test's document has the first entry of a kind.
fn place_of_kind(root: &Value, kind: &Value, list: &str) -> String {
    let schema = root.pointer(kind["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
    let word = &schema["properties"]["kind"]["const"];
    let document = document();
    let entries = document.pointer(list).unwrap().as_array().unwrap();
    let is_wanted = |entry: &Value| entry.get("kind").unwrap_or(&json!("line")) == word;
    format!("{list}/{}", entries.iter().position(is_wanted).unwrap_or_else(|| panic!("no {word} in the document")))
}

/// What the three documents of an invoice say, and how they look.
#[derive(PartialEq, Eq)]
struct Documents {
    page: String,
    table: String,
    workbook: Vec<String>,
    pdf: Vec<u8>,
    csv: Vec<u8>,
    warnings: String,
}

impl Documents {
    fn of(json: &Value) -> Self {
        let parsed = parse(json);
        let bytes = |format| render(&parsed.invoice, format).bytes;
        let (pdf, csv) = (bytes(Format::Pdf), bytes(Format::Csv));
        Self {
            page: text_of(&pdf).split_whitespace().collect(),
            table: String::from_utf8_lossy(&csv).into_owned(),
            workbook: cells(&bytes(Format::Excel)),
            warnings: format!("{:?}", parsed.warnings),
            pdf,
            csv,
        }
    }

    fn shows(&self, text: &str) -> bool {
        let squeezed: String = text.split_whitespace().collect();
        let decimal_comma = text.replace('.', ",");
        let is_in_table = self.table.contains(text) || self.table.contains(&decimal_comma);
        self.page.contains(&squeezed) || is_in_table && self.workbook.iter().any(|cell| cell.contains(text))
    }

    /// Whether another invoice's documents say something else, or are another picture or another form of file.
    fn differ_from(&self, other: &Self) -> bool {
        let in_tables = self.table != other.table && self.workbook != other.workbook;
        self.page != other.page
            || in_tables
            || self.pdf != other.pdf
            || self.csv != other.csv
            || self.warnings != other.warnings
    }
}

fn cells(workbook: &[u8]) -> Vec<String> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook.to_vec())).unwrap();
    let mut texts = Vec::new();
    for name in book.sheet_names() {
        let sheet = book.worksheet_range(&name).unwrap();
        texts.extend(sheet.used_cells().map(|(_, _, cell)| match cell {
            Data::Float(number) => number.to_string(),
            Data::DateTime(day) => day.as_f64().to_string(),
            other => other.to_string(),
        }));
    }
    texts
}

#[test]
fn documents_show_every_member_of_the_schema() {
    let (document, changes, alternatives) = (document(), changes(), alternatives());
    let documents = Documents::of(&document);
    let mut missing = Vec::new();
    let mut count = 0;
    for place in places() {
        if place == IMPLIED || place.starts_with(CHECKED) || REFUSED.iter().any(|part| place.starts_with(part)) {
            continue;
        }
        count += 1;
        let change =
            changes.iter().find(|(member, _)| *member == place).map(|(member, value)| vec![(*member, value.clone())]);
        let change =
            change.or_else(|| alternatives.iter().find(|(member, _)| *member == place).map(|(_, sets)| sets.clone()));
        let is_shown = match change {
            Some(sets) => {
                let mut other = document.clone();
                sets.iter().for_each(|(pointer, value)| set(&mut other, pointer, value));
                if let Err(rejected) = invoice::parse(other.to_string().as_bytes(), &ParseOptions::default()) {
                    missing.push(format!("{place}, whose change is refused: {rejected}"));
                    continue;
                }
                documents.differ_from(&Documents::of(&other))
            }
            None => match document.pointer(&place) {
                Some(Value::String(text)) => documents.shows(text),
                Some(Value::Number(number)) => documents.shows(&number.to_string()),
                Some(Value::Object(fields)) => {
                    fields.iter().all(|(name, value)| documents.shows(name) && documents.shows(value.as_str().unwrap()))
                }
                _ => {
                    missing.push(format!("{place}, which is not in the document of this test"));
                    continue;
                }
            },
        };
        if !is_shown {
            missing.push(place);
        }
    }
    assert!(missing.is_empty(), "no document shows {missing:#?}");
    assert!(count > 150, "{count} members");
}

#[test]
fn totals_that_are_sent_are_checked() {
    for place in places().into_iter().filter(|place| place.starts_with(CHECKED)) {
        let mut json = document();
        json["totals"] = json!({});
        set(&mut json, &place, &json!("0.01"));
        let rejected = invoice::parse(json.to_string().as_bytes(), &ParseOptions::default()).unwrap_err();
        assert!(rejected.faults.iter().any(|fault| fault.pointer == place), "{place}: {:#?}", rejected.faults);
    }
}

#[test]
fn what_readers_of_the_page_need_stands_on_it() {
    let page = Documents::of(&document()).page;
    for text in [
        "List price 10.24, discount 0.53",
        "HS class-167 (version-168)",
        "SIRET buyer-legal-131",
        "D-U-N-S buyer-identifier-130",
        "GLN location-150",
        "GLN seller-identifier-116",
        "payee-140, LEI payee-identifier-141, KVK payee-legal-142",
        "(1 EUR = 4.3217 PLN)",
        "Enclosed: support-190, support-description-191, https://files.harbour-pine.example/192, file-193.csv",
        "Booking reference line-accounting-163",
    ] {
        let squeezed: String = text.split_whitespace().collect();
        assert!(page.contains(&squeezed), "{text} in\n{page}");
    }
}

#[test]
fn prices_before_a_discount_include_tax_where_prices_do() {
    let mut json = document();
    json["prices_include_tax"] = json!(true);
    set(&mut json, "/lines/0/net_amount", &Value::Null);
    set(&mut json, "/other_taxes/1/base_amount", &json!("66.61"));
    let page = Documents::of(&json).page;
    assert!(page.contains("Listprice10.24,discount0.53"), "{page}");
}

/// The buyer's country is said wherever it is not known to be the seller's.
#[test]
fn countries_are_named_unless_they_are_the_sellers() {
    let mut json = document();
    set(&mut json, "/seller/address/country", &Value::Null);
    set(&mut json, "/buyer/address/country", &json!("ES"));
    assert!(Documents::of(&json).page.contains("Spain"));
}
