//! Random invoices.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{german, set};

/// Decimals as text: up to a thousand, with at most this number of decimals.
fn decimal(decimals: u32) -> impl Strategy<Value = String> {
    (0_u32..100_000, 0..=decimals).prop_map(|(digits, decimals)| {
        let scale = 10_u32.pow(decimals);
        if decimals == 0 {
            return digits.to_string();
        }
        format!("{}.{:0width$}", digits / scale, digits % scale, width = decimals as usize)
    })
}

fn text() -> impl Strategy<Value = String> {
    // What XML and people make trouble with: markup, quotes, other scripts, spaces within.
    "[A-Za-zÄöüß€ćλЖ中 &<>\"'#/.-]{0,20}[a-z]"
}

fn adjustment(key: &'static str) -> impl Strategy<Value = (String, Value)> {
    let amount = decimal(2).prop_map(|amount| json!({ "amount": amount, "reason": "by amount" }));
    let percent = (0_u32..4000)
        .prop_map(|hundredths| json!({ "percent": format!("{}.{:02}", hundredths / 100, hundredths % 100), "reason": "by percent" }));
    prop_oneof![amount, percent].prop_map(move |value| (key.to_owned(), json!([value])))
}

fn line() -> impl Strategy<Value = Value> {
    let tax = prop_oneof![
        6 => Just(json!({ "tax_rate": 19 })),
        3 => Just(json!({ "tax_rate": 7 })),
        1 => Just(json!({ "tax_category": "Z" })),
        1 => Just(json!({ "tax_category": "E" })),
        1 => Just(json!({ "tax_category": "AE" })),
        1 => Just(json!({ "tax_category": "K" })),
        1 => Just(json!({ "tax_category": "G" })),
    ];
    let extras = prop::collection::vec(prop_oneof![adjustment("allowances"), adjustment("charges")], 0..2);
    let figures = (decimal(3), decimal(4), any::<bool>(), prop_oneof![Just("1"), Just("10"), Just("1000")]);
    (text(), figures, tax, extras, prop_oneof![Just("C62"), Just("HUR"), Just("KGM")]).prop_map(
        |(name, (quantity, price, is_negative, base), tax, extras, unit)| {
            let sign = if is_negative && quantity.starts_with('1') { "-" } else { "" };
            let mut line = json!({
                "name": name, "quantity": format!("{sign}{quantity}"), "unit": unit, "unit_price": price,
                "price_base_quantity": base,
            });
            let members = line.as_object_mut().expect("an object");
            members.extend(tax.as_object().expect("an object").clone());
            members.extend(extras);
            line
        },
    )
}

/// An invoice that the model mostly accepts; it is German, and its buyer has what each category asks for.
pub(crate) fn invoice() -> impl Strategy<Value = Value> {
    let document = prop::collection::vec(
        prop_oneof![
            adjustment("allowances"),
            adjustment("charges"),
            Just(("prices_include_tax".to_owned(), json!(true))),
            decimal(2).prop_map(|amount| ("prepaid_amount".to_owned(), json!(amount))),
            text().prop_map(|text| ("notes".to_owned(), json!([text, { "text": "second", "subject": "AAI" }]))),
            text().prop_map(|text| ("purchase_order_reference".to_owned(), json!(text))),
            (1_u32..90, 0_u32..10).prop_map(|(days, percent)| {
                let discounts = json!([{ "days": days, "percent": percent }]);
                ("payment_terms".to_owned(), json!({ "days": 90, "discounts": discounts }))
            }),
            prop_oneof![Just("381"), Just("384"), Just("389"), Just("380")]
                .prop_map(|code| ("type_code".to_owned(), json!(code))),
            prop_oneof![4 => Just("EUR"), 1 => Just("USD"), 1 => Just("JPY"), 1 => Just("KWD")]
                .prop_map(|code| ("currency".to_owned(), json!(code))),
        ],
        0..5,
    );
    (prop::collection::vec(line(), 1..6), document).prop_map(|(lines, members)| {
        let mut json = german();
        let has_exempt = lines.iter().any(|line| line["tax_category"] == "E");
        json["lines"] = Value::Array(lines);
        json.as_object_mut().expect("an object").extend(members);
        if has_exempt {
            json["tax_exemptions"] = json!([{ "tax_category": "E", "reason": "exempt" }]);
        }
        set(&mut json, "/buyer/vat_id", json!("ATU12345678"));
        set(&mut json, "/delivery/address", json!({ "city": "Linz", "postal_code": "4020", "country": "AT" }));
        json
    })
}
