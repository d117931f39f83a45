//! Documents as other programs see them.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use invoice::Format;
use samples::{flat, full, item, many_lines, parse, render};
use serde_json::json;
use tools::{run, text_of};

#[test]
fn text_of_a_small_invoice() {
    let invoice =
        parse(&flat(vec![item("Oak shelving unit, 12 bays", "3", "418.5"), item("Fitting, per hour", "7.5", "36")]));
    insta::assert_snapshot!(text_of(&render(&invoice, Format::Pdf).bytes));
}

#[test]
fn text_of_a_full_invoice() {
    insta::assert_snapshot!(text_of(&render(&parse(&full()), Format::Pdf).bytes));
}

#[test]
fn csv_of_a_full_invoice() {
    let bytes = render(&parse(&full()), Format::Csv).bytes;
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
}

#[test]
fn files_are_sound_for_qpdf() {
    for json in [flat(vec![item("One", "1", "1")]), full(), many_lines(300)] {
        let document = render(&parse(&json), Format::Pdf);
        let report = run("qpdf", &["--check", "{}"], &document.bytes);
        assert!(report.contains("No syntax or stream encoding errors"), "{report}");
    }
}

#[test]
fn every_page_has_the_head_of_the_table_and_its_number() {
    let document = render(&parse(&many_lines(120)), Format::Pdf);
    let text = text_of(&document.bytes);
    let pages: Vec<&str> = text.split_terminator('\u{c}').collect();
    assert!(pages.len() > 3);
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {}", index + 1, pages.len())), "{page}");
        assert!(page.contains("Description"), "{page}");
    }
    assert!(pages[0].contains("Carried forward"));
    assert!(pages[1].contains("Carried forward"));
    for number in 1..=120 {
        assert_eq!(text.matches(&format!("SKU-{number:05}")).count(), 1, "line {number}");
    }
}

#[test]
fn the_users_own_footer_stands_whole_at_the_foot_of_each_page() {
    let mut json = many_lines(120);
    let footer =
        "Harbour & Pine builds reading rooms since 1987 and sends its joiners to wherever books are kept. ".repeat(3);
    json["footer"] = json!(format!("{}\nlast line", &footer[..250]));
    let text = text_of(&render(&parse(&json), Format::Pdf).bytes);
    let pages: Vec<&str> = text.split_terminator('\u{c}').collect();
    for page in &pages {
        let lines: Vec<&str> = page.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let number = lines.iter().position(|line| line.ends_with(&format!("of {}", pages.len()))).unwrap();
        assert_eq!(lines[number + 1..].join(" "), format!("{} last line", &footer[..250]).replace("  ", " "), "{page}");
    }
    for number in 1..=120 {
        assert_eq!(text.matches(&format!("SKU-{number:05}")).count(), 1, "line {number}");
    }
    let mut book: calamine::Xlsx<_> =
        calamine::Reader::new(std::io::Cursor::new(render(&parse(&json), Format::Excel).bytes)).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Invoice").unwrap();
    assert!(sheet.used_cells().any(|(_, _, cell)| *cell == "last line"));
}

#[test]
fn an_invoice_chooses_its_style() {
    let mut json = full();
    json["style"] = json!("modern");
    let mut modern = render::Style::default();
    modern.layout = render::Layout::Modern;
    let plain = parse(&full());
    assert_eq!(render(&parse(&json), Format::Pdf).bytes, render::render(&plain, Format::Pdf, &modern).unwrap().bytes);
    assert_ne!(render(&parse(&json), Format::Pdf).bytes, render(&plain, Format::Pdf).bytes);
}

#[test]
fn carried_sums_are_those_of_the_lines_above() {
    let invoice = parse(&many_lines(120));
    let text = text_of(&render(&invoice, Format::Pdf).bytes);
    let first_page = text.split('\u{c}').next().unwrap();
    let shown = first_page.matches("SKU-").count();
    let sum: i128 = invoice.lines[..shown].iter().map(|line| line.net_amount.minor_units()).sum();
    let carried = first_page.lines().find(|line| line.contains("Carried forward")).unwrap();
    let digits: String = carried.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits, sum.to_string());
}

#[test]
fn totals_stay_together_whatever_the_number_of_lines() {
    for count in 1..60 {
        let text = text_of(&render(&parse(&many_lines(count)), Format::Pdf).bytes);
        let page = text.split('\u{c}').find(|page| page.contains("Subtotal")).unwrap();
        assert!(page.contains("Tax 20%") && page.contains("Amount due"), "{count} lines");
        assert!(page.contains("SKU-"), "{count} lines: totals alone on a page");
    }
}

#[test]
fn words_of_300_characters_break_and_lose_nothing() {
    let word = "Donaudampfschifffahrt".repeat(15);
    let invoice = parse(&flat(vec![item(&word, "1", "1")]));
    let text = text_of(&render(&invoice, Format::Pdf).bytes);
    let letters: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let pieces: String = letters.split("100.1").collect();
    assert!(pieces.contains("schifffahrtDonau"), "{text}");
    let count = letters.matches("fff").count();
    assert!(count >= 13, "{count} of 15 found in {text}");
}

#[test]
fn a_row_that_is_longer_than_a_page_is_parted_between_lines() {
    let long = (1..=1_400).map(|number| format!("w{number:04}")).collect::<Vec<_>>().join(" ");
    let invoice = parse(&flat(vec![item(&long, "1", "1"), item("After it", "1", "1")]));
    let document = render(&invoice, Format::Pdf);
    let text = text_of(&document.bytes);
    for number in 1..=1_400 {
        assert!(text.contains(&format!("w{number:04}")), "w{number:04}");
    }
    assert!(text.contains("After it"));
}

#[test]
fn uncovered_characters_are_shown_and_can_be_copied() {
    let invoice = parse(&flat(vec![item("Cuneiform 𒀀 here", "1", "1")]));
    let document = render(&invoice, Format::Pdf);
    assert_eq!(document.uncovered_characters, ['𒀀']);
    assert!(text_of(&document.bytes).contains("Cuneiform 𒀀 here"));
}

#[test]
fn paper_follows_the_country_of_the_seller() {
    let mut american = full();
    american["seller"]["address"] = json!({ "city": "Portland", "country": "US" });
    american["seller"]["vat_id"] = json!(null);
    let sizes = [(full(), "(A4)"), (american, "(letter)")];
    for (json, size) in sizes {
        let report = run("pdfinfo", &["{}"], &render(&parse(&json), Format::Pdf).bytes);
        assert!(report.contains(size), "{report}");
    }
}

#[test]
fn all_fonts_are_embedded_subsets() {
    let report = run("pdffonts", &["{}"], &render(&parse(&full()), Format::Pdf).bytes);
    let fonts: Vec<&str> = report.lines().skip(2).collect();
    assert!(!fonts.is_empty());
    for font in fonts {
        assert!(font.contains("yes yes yes"), "{font}");
    }
}

#[test]
fn ten_thousand_lines() {
    let invoice = parse(&many_lines(10_000));
    let text = text_of(&render(&invoice, Format::Pdf).bytes);
    assert!(text.contains("SKU-10000"));
    for format in [Format::Excel, Format::Csv] {
        assert!(!render(&invoice, format).bytes.is_empty());
    }
}

#[test]
fn every_language_is_covered_by_the_fonts_and_extractable() {
    for (locale, title) in [
        ("de-DE", "Rechnung"),
        ("fr", "Facture"),
        ("es", "Factura"),
        ("it", "Fattura"),
        ("nl", "Factuur"),
        ("pt", "Fatura"),
        ("pl", "Faktura"),
        ("ja", "請求書"),
        ("zh-CN", "发票"),
        ("ar", "فاتورة"),
        ("he", "חשבונית"),
    ] {
        let mut json = full();
        json["locale"] = json!(locale);
        let document = render(&parse(&json), Format::Pdf);
        assert!(document.uncovered_characters.is_empty(), "{locale}");
        let text = text_of(&document.bytes);
        assert!(text.contains(title), "{locale}: {text}");
        assert!(!text.contains('\u{fffd}'), "{locale}: {text}");
    }
}

#[test]
fn scripts_come_back_in_reading_order() {
    let texts = [
        "شركة النور للتجارة",
        "सेवा शुल्क (वार्षिक)",
        "ค่าบริการรายเดือน",
        "東京サービス",
        "한국어 서비스",
        "שירותי ייעוץ",
        "Ελληνικά и русский",
    ];
    let invoice = parse(&flat(texts.iter().map(|text| item(text, "1", "1")).collect()));
    let document = render(&invoice, Format::Pdf);
    assert!(document.uncovered_characters.is_empty());
    let text = text_of(&document.bytes);
    for expected in texts {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

#[test]
fn chinese_documents_take_the_forms_of_their_country() {
    for (locale, face, other) in [
        ("zh-CN", "NotoSansSC", "NotoSansJP"),
        ("ja", "NotoSansJP", "NotoSansSC"),
        ("zh-TW", "NotoSansJP", "NotoSansKR"),
    ] {
        let mut json = full();
        json["locale"] = json!(locale);
        json["buyer"]["name"] = json!("直角骨");
        let fonts = run("pdffonts", &["{}"], &render(&parse(&json), Format::Pdf).bytes);
        assert!(fonts.contains(face) && !fonts.contains(other), "{locale}: {fonts}");
    }
}

#[test]
fn units_and_countries_stand_in_the_language_of_the_document() {
    for (locale, unit, country) in
        [("de-DE", "12,5 Std.", "Polen"), ("fr", "12,5 h", "Pologne"), ("ja", "12.5 時間", "ポーランド")]
    {
        let mut json = full();
        json["locale"] = json!(locale);
        let text = text_of(&render(&parse(&json), Format::Pdf).bytes);
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(spaced.contains(unit) && spaced.contains(country), "{locale}: {text}");
    }
}
