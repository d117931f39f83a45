//! Bodies of JSON: what is no JSON, what is no invoice, and what is an invoice though nobody would write it.

use std::fmt::Write as _;

use crate::attack::{Answer, Attack, Made, Problem, Target, fault};

type Case = (String, Vec<u8>, Answer);

pub(crate) const PATH: &str = "/invoices?format=pdf,excel,csv&notify=none";

pub(crate) fn attacks(target: &Target) -> Vec<Attack> {
    let cases = [no_json(), no_unicode(), bombs(), numbers(), texts(), members(), presentation()].into_iter().flatten();
    cases
        .map(|(name, body, answer)| Attack::http(name, target.post(PATH, body).header("prefer", "wait=30"), answer))
        .collect()
}

fn case(name: impl Into<String>, body: impl Into<Vec<u8>>, answer: Answer) -> Case {
    (name.into(), body.into(), answer)
}

/// A right invoice in the flat form, with members changed or added as they stand in JSON.
pub(crate) fn flat(changes: &[(&str, &str)]) -> String {
    let members = [
        ("company_name", r#""Harbour""#),
        ("invoice_no", r#""HP-1""#),
        ("date", r#""2026-03-09""#),
        ("bill_to_name", r#""Ana""#),
        ("items", r#"[{"description":"Shelf","qty":1,"unit_price":1}]"#),
    ];
    object(&members, changes)
}

/// The same in the full form.
pub(crate) fn full(changes: &[(&str, &str)]) -> String {
    let members = [
        ("number", r#""HP-1""#),
        ("issue_date", r#""2026-03-09""#),
        ("seller", r#"{"name":"Harbour"}"#),
        ("buyer", r#"{"name":"Ana"}"#),
        ("lines", r#"[{"name":"Shelf","quantity":1,"unit_price":1}]"#),
    ];
    object(&members, changes)
}

fn object(members: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let kept = members.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let members: Vec<String> = kept.chain(changes).map(|(name, value)| format!("{name:?}:{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// A right flat invoice but for its one item.
fn item(changes: &[(&str, &str)]) -> String {
    let members = [("description", r#""Shelf""#), ("qty", "1"), ("unit_price", "1")];
    flat(&[("items", &format!("[{}]", object(&members, changes)))])
}

/// An item whose description is this text, as it stands in JSON.
fn item_of(text: &str) -> String {
    format!(r#"{{"description":"{text}","unit_price":1}}"#)
}

/// An invoice of one item whose description is this text.
fn described(text: &str) -> String {
    item(&[("description", &serde_json::to_string(text).unwrap())])
}

fn no_json() -> Vec<Case> {
    let everywhere = [
        "",
        " \n ",
        "{",
        "}",
        "{\"number\"",
        "\"",
        "nonsense",
        "{'number':1}",
        "{number:1}",
        "{} {}",
        "{}x",
        "/**/{}",
        "<?xml version=\"1.0\"?><Invoice/>",
        "--- {}",
        "number=1&lines=2",
        "\u{feff}\u{feff}{}",
        "%PDF-1.7",
        "GIF89a/*<svg/onload=alert(1)>*/",
        "undefined",
        "TRUE",
        "{\"number\":\"1\",}",
    ];
    let within = [
        ("+1", "json-syntax"),
        ("01", "json-syntax"),
        ("-01", "json-syntax"),
        ("1.", "json-syntax"),
        (".5", "json-syntax"),
        ("0x10", "json-syntax"),
        ("1e", "json-syntax"),
        ("- 1", "json-syntax"),
        ("1_000", "json-syntax"),
        ("NaN", "number"),
        ("Infinity", "number"),
        ("-Infinity", "number"),
        ("nan", "json-syntax"),
        ("1,2", "json-syntax"),
        ("True", "json-syntax"),
        ("`1`", "json-syntax"),
    ];
    let everywhere =
        everywhere.into_iter().map(|body| case(format!("no JSON {body:?}"), body, fault("", "json-syntax")));
    let within = within.into_iter().map(|(value, rule)| {
        // A number that is whole already is followed by what does not belong into the object.
        let place = if ["1,2", "0x10", "1_000"].contains(&value) { "" } else { "/tax_rate" };
        case(format!("no JSON value {value}"), flat(&[("tax_rate", value)]), fault(place, rule))
    });
    let unfinished = [("{\"number\":", "/number"), ("[", "/0"), ("[1", "/1"), ("{\"lines\":[{", "/lines/0")];
    let unfinished = unfinished
        .into_iter()
        .map(|(body, place)| case(format!("unfinished {body:?}"), body, fault(place, "json-syntax")));
    let others = ["null", "true", "17", "\"text\"", "[]", "[{}]"];
    let others = others.into_iter().map(|body| case(format!("no object {body}"), body, fault("", "type")));
    everywhere.chain(within).chain(unfinished).chain(others).collect()
}

fn no_unicode() -> Vec<Case> {
    let with = |bytes: &[u8]| {
        let text = flat(&[("company_name", "\"a@b\"")]);
        let (before, after) = text.split_once('@').unwrap();
        [before.as_bytes(), bytes, after.as_bytes()].concat()
    };
    let escape = |name: &str, text: &str, rule| {
        case(format!("escape {name}"), with(text.as_bytes()), fault("/company_name", rule))
    };
    let bytes = |name: &str, bytes: &[u8]| case(format!("bytes {name}"), with(bytes), fault("/company_name", "utf-8"));
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    vec![
        bytes("ff", b"\xff"),
        bytes("overlong slash", b"\xc0\xaf"),
        bytes("overlong null", b"\xc0\x80"),
        bytes("surrogate as UTF-8", b"\xed\xa0\x80"),
        bytes("beyond Unicode", b"\xf5\x80\x80\x80"),
        bytes("cut sequence", b"\xe2\x82"),
        bytes("latin-1", b"caf\xe9"),
        case("UTF-16", [b"\xff\xfe".as_slice(), &utf16(&flat(&[]))].concat(), fault("", "json-syntax")),
        case("UTF-16 without mark", utf16(&flat(&[])), fault("", "json-syntax")),
        case("UTF-32 mark", b"\x00\x00\xfe\xff{}".as_slice(), fault("", "json-syntax")),
        case("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00".as_slice(), fault("", "json-syntax")),
        case("zip", b"PK\x03\x04".as_slice(), fault("", "json-syntax")),
        case("byte order mark", format!("\u{feff}{}", flat(&[])), Made),
        escape("leading surrogate", r"\ud800", "lone-surrogate"),
        escape("trailing surrogate", r"\udc00", "lone-surrogate"),
        escape("surrogate and letter", r"\ud800x", "lone-surrogate"),
        escape("surrogates turned round", r"\udc00\ud800", "lone-surrogate"),
        escape("two leading surrogates", r"\ud800\ud800", "lone-surrogate"),
        escape("unknown", r"\x41", "json-syntax"),
        escape("cut", r"\u00", "json-syntax"),
        escape("null", r"\u0000", "control-character"),
        escape("bell", r"\u0007", "control-character"),
        escape("colours of a terminal", r"\u001b[31m", "control-character"),
        escape("delete", r"\u007f", "control-character"),
        escape("next line", r"\u0085", "control-character"),
        // It becomes a space, with a warning: a name reaches the mail's headers.
        case("escape line break in a header", with(br"\r\nBcc: x@example.com"), Made),
        escape("no character", r"\uffff", "control-character"),
        escape("raw null", "\0", "control-character"),
        escape("raw line break", "\n", "control-character"),
    ]
}

fn bombs() -> Vec<Case> {
    let nested = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let many = |count: usize, element: &dyn Fn(usize) -> String| {
        let mut all = String::new();
        for number in 0..count {
            let _ = write!(all, "{}{}", if number > 0 { "," } else { "" }, element(number));
        }
        all
    };
    let depth_33 = format!("{{\"lines\":{}}}", nested("[", "]", 32));
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let long_key = "k".repeat(4_000_000);
    let duplicates = many(1_001, &|_| "\"a\":1".to_owned());
    vec![
        case("10,000 lists deep", nested("[", "]", 10_000), fault(&"/0".repeat(32), "json-depth")),
        case("100,000 objects deep", objects, fault(&"/a".repeat(32), "json-depth")),
        case("4 million lists never closed", "[".repeat(4_000_000), fault(&"/0".repeat(32), "json-depth")),
        case("one deeper than allowed", depth_33, fault(&format!("/lines{}", "/0".repeat(31)), "json-depth")),
        case("more values than allowed", format!("[{}]", many(500_001, &|_| "1".to_owned())), fault("", "count")),
        case("empty objects", format!("[{}]", many(500_001, &|_| "{}".to_owned())), fault("", "count")),
        case("a key of 4 MB", format!("{{\"{long_key}\":1}}"), fault("", "key-length")),
        case("faults under a long key", format!("{{\"{long_key}\":{{{duplicates}}}}}"), fault("", "key-length")),
        case(
            "duplicate keys",
            format!("{{{}}}", many(10_000, &|_| "\"number\":1".to_owned())),
            fault("/number", "duplicate-key"),
        ),
        case(
            "one duplicate key",
            flat(&[]).replacen('{', "{\"date\":\"2026-01-01\",", 1),
            fault("/date", "duplicate-key"),
        ),
        case(
            "an escaped duplicate key",
            flat(&[]).replacen('{', "{\"d\\u0061te\":\"2026-01-01\",", 1),
            fault("/date", "duplicate-key"),
        ),
        case(
            "a duplicate key of an item",
            item(&[]).replace("\"qty\":1", "\"qty\":1,\"qty\":2"),
            fault("/items/0/qty", "duplicate-key"),
        ),
        case(
            "100,000 unknown keys",
            flat(&[]).replacen('{', &format!("{{{},", many(100_000, &|key| format!("\"x{key}\":1"))), 1),
            Made,
        ),
        case(
            "100,000 unknown keys of the full form",
            full(&[]).replacen('{', &format!("{{{},", many(100_000, &|key| format!("\"x{key}\":1"))), 1),
            fault("/x0", "unknown-key"),
        ),
        case(
            "more lines than allowed",
            flat(&[("items", &format!("[{}]", many(10_001, &|_| r#"{"description":"x","unit_price":1}"#.to_owned())))]),
            fault("/items", "count"),
        ),
        case(
            "10,000 items of nothing",
            flat(&[("items", &format!("[{}]", many(10_000, &|_| "{}".to_owned())))]),
            fault("/items/0/unit_price", "BR-26"),
        ),
        case(
            "a number of a million digits",
            flat(&[("tax_rate", &"9".repeat(1_000_000))]),
            fault("/tax_rate", "number"),
        ),
        case(
            "a million zeros",
            flat(&[("tax_rate", &format!("0.{}1", "0".repeat(1_000_000)))]),
            fault("/tax_rate", "number"),
        ),
        case(
            "more than may be uploaded",
            format!("{}{}", flat(&[]), " ".repeat(5 << 20)),
            Problem(413, "5242880 bytes"),
        ),
        case(
            "400 words of 10,000 letters",
            flat(&[("items", &format!("[{}]", many(400, &|_| item_of(&"W".repeat(10_000)))))]),
            Made,
        ),
        case(
            "line breaks up to the limit",
            flat(&[("items", &format!("[{}]", many(10, &|_| item_of(&(r"x\n".repeat(4_999) + "x")))))]),
            Made,
        ),
        case(
            "line breaks beyond the limit",
            flat(&[("items", &format!("[{}]", many(300, &|_| item_of(&(r"x\n".repeat(4_999) + "x")))))]),
            fault("/items/20/description", "count"),
        ),
        case("white space up to the limit", format!("{}{}", flat(&[]), " ".repeat(5_000_000)), Made),
    ]
}

fn numbers() -> Vec<Case> {
    let refused = [
        "1e400",
        "-1e400",
        "1e-400",
        "1E+99999999999999999999",
        "1e-99999999999999999999",
        "1000000000000000",
        "0.0000000000001",
        "\"NaN\"",
        "\"Infinity\"",
        "\"-inf\"",
        "\"1,000.00\"",
        "\"1.000,00\"",
        "\"1 000\"",
        "\"0x1F\"",
        "\"１２\"",
        "\"٣\"",
        "\"1e\"",
        "\"--1\"",
        "\"1\\u0000\"",
        "\"½\"",
        "\"∞\"",
    ];
    let kinds = ["true", "[]", "{}", "[1]"];
    let refused = refused.into_iter().map(|value| (value, fault("/items/0/qty", "number")));
    let kinds = kinds.into_iter().map(|value| (value, fault("/items/0/qty", "type")));
    let legal =
        ["\" 2 \"", "1e2", "\"1E2\"", "-0", "-0.0", "0", "-3", "0.000000000001", "999999999999999", "null", "\"\""];
    let legal = legal.into_iter().map(|value| (value, Made));
    let all = refused.chain(kinds).chain(legal);
    let mut cases: Vec<Case> =
        all.map(|(value, answer)| case(format!("quantity {value}"), item(&[("qty", value)]), answer)).collect();
    let largest = "999999999999999";
    cases.push(case(
        "a product beyond all amounts",
        item(&[("qty", largest), ("unit_price", largest)]),
        fault("/items/0/total", "amount-range"),
    ));
    cases.push(case("a rate below nothing", flat(&[("tax_rate", "-1")]), fault("/tax_rate", "tax-rate")));
    cases.push(case(
        "a rate beyond everything",
        flat(&[("tax_rate", "100.000000000001")]),
        fault("/tax_rate", "tax-rate"),
    ));
    cases.push(case("a negative price", item(&[("unit_price", "-1")]), Made));
    cases.push(case("a total off by a cent", flat(&[("total_amount", "1.01")]), fault("/total_amount", "BR-CO-15")));
    cases
}

fn texts() -> Vec<Case> {
    let legal = [
        ("override of the direction", "a\u{202e}fdp.exe\u{202c}b".to_owned()),
        ("isolates never closed", "\u{2066}\u{2067}\u{2068}".repeat(50) + "x"),
        ("embeddings beyond the depth of bidi", "\u{202b}".repeat(200) + "x"),
        ("markup", "<script>alert(1)</script><img src=x onerror=alert(1)>".to_owned()),
        ("entities", "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>&a;]]>".to_owned()),
        ("templates", "{{7*7}} ${jndi:ldap://localhost/a} #{1} %s%n <%= 1 %>".to_owned()),
        ("SQL", "'; drop table uploads; --".to_owned()),
        ("PDF", ") Tj ET endstream endobj << /JS (app.alert\\(1\\)) >>".to_owned()),
        ("formula", "=HYPERLINK(\"http://localhost\",\"x\")".to_owned()),
        ("command of a formula", "+cmd|' /C calc'!A0".to_owned()),
        ("formula after a tab", "\t=1+1".to_owned()),
        ("formula in wide letters", "＝1+1".to_owned()),
        ("at formula", "@SUM(1+1)*cmd|' /C calc'!A0".to_owned()),
        ("marks without end", format!("a{}", "\u{301}".repeat(9_999))),
        ("joined emoji", "👩\u{200d}".repeat(3_000) + "👩"),
        ("a word without end", "W".repeat(10_000)),
        ("an Arabic word without end", "م".repeat(10_000)),
        ("nothing but line breaks", "a\n".repeat(4_999) + "b"),
        ("separators of lines and paragraphs", "a\u{2028}b\u{2029}c".to_owned()),
        ("white space of all kinds", "a\u{a0}\u{2003}\u{3000}\u{200b}\u{feff}b".to_owned()),
        ("private use", "\u{e000}\u{f8ff}\u{10fffd}".to_owned()),
        ("tags", "\u{e0041}\u{e007f}x".to_owned()),
        ("replacement", "\u{fffd}".to_owned()),
        ("what no font has", "\u{12000}\u{1f9ff}\u{30000}".to_owned()),
    ];
    let mut cases: Vec<Case> =
        legal.into_iter().map(|(name, text)| case(format!("text: {name}"), described(&text), Made)).collect();
    let number = |text: &str| flat(&[("invoice_no", &serde_json::to_string(text).unwrap())]);
    for text in [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "CON",
        "-rf",
        ".htaccess",
        "a/b:c*d?e\"f<g>h|i",
        "💥",
        "\u{202e}fdp.1",
        "=1+1",
    ] {
        cases.push(case(format!("file name of {text:?}"), number(text), Made));
    }
    cases.push(case(
        "a number with a header",
        number("1\r\nSet-Cookie: a=b"),
        fault("/invoice_no", "control-character"),
    ));
    cases.push(case("a number too long", number(&"9".repeat(1_001)), fault("/invoice_no", "text-length")));
    cases.push(case("a text too long", described(&"x".repeat(10_001)), fault("/items/0/description", "text-length")));
    cases.push(case("a text of 4 MB", described(&"x".repeat(4_000_000)), fault("/items/0/description", "text-length")));
    cases.push(case("a text of spaces", described(&" ".repeat(10_000)), fault("/items/0/description", "BR-25")));
    cases
}

fn members() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, value, rule) in [
        ("date", r#""2026-02-30""#, "date"),
        ("date", r#""0000-00-00""#, "date"),
        ("date", "20260309", "type"),
        ("date", r#""2026-03-09T00:00:00Z""#, "date"),
        ("date", r#""+292277026596-12-04""#, "date"),
        ("date", r#""09/03/2026""#, "date"),
        ("currency", r#""US$""#, "BR-CL-04"),
        ("currency", r#""XXX""#, "BR-CL-04"),
        ("currency", r#""🤑""#, "BR-CL-04"),
        ("currency", "840", "type"),
        ("company_name", "null", "BR-06"),
        ("company_name", "[]", "type"),
        ("company_name", r#"{"$ne":null}"#, "type"),
        ("items", "{}", "type"),
        ("items", "[]", "BR-16"),
        ("items", r#""[]""#, "type"),
    ] {
        cases.push(case(format!("{member} {value}"), flat(&[(member, value)]), fault(&format!("/{member}"), rule)));
    }
    for value in ["null", "1", "\"x\"", "[]", "[[[]]]"] {
        cases.push(case(
            format!("an item {value}"),
            flat(&[("items", &format!("[{value}]"))]),
            fault("/items/0", "type"),
        ));
    }
    for key in ["__proto__", "constructor", "$where", "", "a/b~c", "company_name "] {
        cases.push(case(format!("the key {key:?}"), flat(&[(key, r#"{"admin":true}"#)]), Made));
    }
    cases.push(case("__proto__ of the full form", full(&[("__proto__", "{}")]), fault("/__proto__", "unknown-key")));
    cases.push(case("both forms", full(&[("items", "[]"), ("company_name", "\"x\"")]), fault("/items", "unknown-key")));
    cases
}

fn presentation() -> Vec<Case> {
    let base64 = |bytes: &str| serde_json::to_string(bytes).unwrap();
    let large = base64(&"A".repeat(2_800_000));
    let refused = [
        ("logo", r#""""#.to_owned(), None),
        ("logo", base64("***"), Some("base64")),
        ("logo", base64("PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"), Some("logo")),
        ("logo", base64("http://169.254.169.254/latest/meta-data"), Some("base64")),
        ("logo", base64("file:///etc/passwd"), Some("base64")),
        ("logo", base64("data:image/svg+xml;base64,PHN2Zy8+"), Some("logo")),
        ("logo", "[137,80,78,71]".to_owned(), Some("type")),
        ("logo", large, Some("file-size")),
        ("accent_color", base64("url(javascript:alert(1))"), Some("color")),
        ("accent_color", base64("#🤑🤑"), Some("color")),
        ("locale", base64("../../etc/passwd"), Some("locale")),
        ("locale", base64("en-US-u-ca-buddhist-x-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), Some("locale")),
        ("locale", base64("tlh"), None),
    ];
    let of = |(member, value, rule): (&str, String, Option<&'static str>)| {
        let answer = rule.map_or(Made, |rule| fault(&format!("/{member}"), rule));
        let shown: String = value.chars().take(60).collect();
        case(format!("{member} {shown}"), full(&[(member, &value)]), answer)
    };
    refused.into_iter().map(of).collect()
}
