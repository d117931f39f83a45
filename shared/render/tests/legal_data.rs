//! What the law asks for on letters stands on each page, whole.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use invoice::Format;
use samples::{full, parse, render};
use serde_json::{Value, json};
use tools::{run, text_of};

/// What `pdftotext` knows of a word, in points from the upper left corner of its page.
struct Word {
    left: f64,
    right: f64,
    upper: f64,
    lower: f64,
}

/// A page with its size.
struct Page {
    width: f64,
    height: f64,
    words: Vec<Word>,
}

/// The value of an attribute of a line of XML.
fn attribute(line: &str, name: &str) -> f64 {
    let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

fn pages_of(pdf: &[u8]) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for line in run("pdftotext", &["-bbox", "{}", "-"], pdf).lines().map(str::trim) {
        let value = |name: &str| attribute(line, name);
        if line.starts_with("<page ") {
            pages.push(Page { width: value("width"), height: value("height"), words: Vec::new() });
        } else if line.starts_with("<word ") {
            let word = Word { left: value("xMin"), right: value("xMax"), upper: value("yMin"), lower: value("yMax") };
            pages.last_mut().unwrap().words.push(word);
        }
    }
    pages
}

/// Lines stand at least ten points under each other, which is less than the height that fonts ask for.
fn overlap(one: &Word, other: &Word) -> bool {
    let shared = one.right.min(other.right) - one.left.max(other.left);
    let apart = (one.upper + one.lower - other.upper - other.lower).abs() / 2.0;
    shared > 1.0 && apart < 6.0
}

fn assert_all_words_have_a_place(pdf: &[u8]) {
    let pages = pages_of(pdf);
    assert!(!pages.is_empty());
    for page in pages {
        assert!(!page.words.is_empty());
        for (index, word) in page.words.iter().enumerate() {
            assert!(word.left >= 0.0 && word.right <= page.width, "{} to {}", word.left, word.right);
            assert!(word.upper >= 0.0 && word.lower <= page.height, "{} to {}", word.upper, word.lower);
            let is_covered = page.words[index + 1..].iter().any(|other| overlap(word, other));
            assert!(!is_covered, "two words at {}, {}", word.left, word.upper);
        }
    }
}

/// An invoice of several pages.
fn with_legal_information(text: &str) -> Value {
    let mut json = full();
    let lines = json["lines"].as_array().unwrap().clone();
    json["lines"] = std::iter::repeat_n(lines, 40).flatten().collect();
    json["locale"] = json!("de-DE");
    json["seller"]["tax_id"] = json!("22/815/08154");
    json["seller"]["legal_information"] = json!(text);
    json
}

fn numbered_words(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("Angabe{number:04}")).collect()
}

#[test]
fn long_legal_data_stand_whole_at_the_foot_of_each_page() {
    let information = [
        "Sitz der Gesellschaft: Lübeck, eingetragen beim Amtsgericht Lübeck, Handelsregister Abteilung B",
        "Geschäftsführung: Dr. Annegret Petersen-Holm, Karl-Friedrich von der Wisch, Maria Żurawska und Jens Clausen",
        "Vorsitz des Aufsichtsrats: Prof. Dr. Johann Matthiesen, Stammkapital 250.000 Euro, vollständig eingezahlt",
    ]
    .join("\n");
    let mut json = with_legal_information(&information);
    json["footer"] = json!("Eigene Zeile am Ende");
    let pdf = render(&parse(&json), Format::Pdf).bytes;
    assert_all_words_have_a_place(&pdf);
    let text = text_of(&pdf);
    let pages: Vec<&str> = text.split_terminator('\u{c}').collect();
    assert!(pages.len() > 1);
    for page in pages {
        assert!(page.contains("Eigene Zeile am Ende"), "{page}");
        assert!(!page.contains('…'), "{page}");
        // A line may end behind a hyphen or a slash.
        let letters: String = page.split_whitespace().collect();
        let others = "Nordlicht Werkstatt GmbH HRB 12345 22/815/08154 DE123456789";
        for word in others.split(' ').chain(information.split_whitespace()).flat_map(|word| word.split('-')) {
            assert!(letters.contains(word), "{word} in\n{page}");
        }
    }
}

#[test]
fn legal_data_without_end_stand_once_and_leave_the_pages_to_the_invoice() {
    let words = numbered_words(800);
    let pdf = render(&parse(&with_legal_information(&words.join(" "))), Format::Pdf).bytes;
    assert_all_words_have_a_place(&pdf);
    let text = text_of(&pdf);
    for word in &words {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    assert!(text.split_terminator('\u{c}').count() < 12, "{text}");
}

#[test]
fn whatever_their_length_nothing_is_lost_or_covered() {
    for count in (1..160).step_by(13) {
        let words = numbered_words(count);
        let pdf = render(&parse(&with_legal_information(&words.join(" "))), Format::Pdf).bytes;
        assert_all_words_have_a_place(&pdf);
        let text = text_of(&pdf);
        for word in &words {
            assert!(text.contains(word), "{word} of {count} in\n{text}");
        }
    }
}
