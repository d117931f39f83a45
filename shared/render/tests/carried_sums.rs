//! What is carried from page to page, also where a row is parted by the end of a page.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use invoice::{Format, Invoice};
use samples::{flat, item, parse, render};
use serde_json::Value;
use tools::{run, text_of};

/// Lines of so many words each, whose amounts in cents differ and stand nowhere else.
fn with_lines(words: &[usize]) -> Invoice {
    let item_of = |(number, words): (usize, &usize)| -> Value {
        let text = std::iter::repeat_n("lorem", *words).collect::<Vec<_>>().join(" ");
        item(&text, "1", &format!("{}.{:02}", 211 + number, 13 + number))
    };
    parse(&flat(words.iter().enumerate().map(item_of).collect()))
}

/// The amounts of the page's rows and the sums brought and carried forward, in cents.
struct PageSums {
    rows: i128,
    forward: Vec<i128>,
}

fn sums_of(page: &str) -> PageSums {
    let cents = |line: &str| {
        let figure = line.split_whitespace().last()?;
        let is_amount = figure.contains('.') && figure.chars().all(|one| one.is_ascii_digit() || ".,".contains(one));
        let digits: String = figure.chars().filter(char::is_ascii_digit).collect();
        if is_amount { digits.parse().ok() } else { None }
    };
    let table = page.split("Subtotal").next().unwrap();
    let is_forward = |line: &&str| line.contains("Carried forward");
    let amounts = |wanted: bool| table.lines().filter(move |line| is_forward(line) == wanted).filter_map(cents);
    PageSums { rows: amounts(false).sum(), forward: amounts(true).collect() }
}

#[test]
fn carried_forward_is_what_was_printed_so_far() {
    let long_rows: [&[usize]; 8] = [
        &[3, 900, 3],
        &[900, 900],
        &[1_600],
        &[3, 3, 3, 1_500, 200, 3, 3, 400],
        &[60; 30],
        &[150; 12],
        &[230; 9],
        &[1; 90],
    ];
    let mut parted = 0;
    for words in long_rows {
        let text = text_of(&render(&with_lines(words), Format::Pdf).bytes);
        let pages: Vec<&str> = text.split_terminator('\u{c}').collect();
        assert!(pages.len() > 1, "{words:?}");
        let mut printed = 0;
        for (index, page) in pages.iter().enumerate() {
            let sums = sums_of(page);
            let is_continued = index > 0 && page.contains("Description");
            let mut forward = sums.forward.iter();
            if is_continued {
                assert_eq!(forward.next(), Some(&printed), "{words:?}: brought to page {}\n{text}", index + 1);
            }
            printed += sums.rows;
            if let Some(carried) = forward.next() {
                assert_eq!(*carried, printed, "{words:?}: carried from page {}\n{text}", index + 1);
                parted += 1;
            }
        }
    }
    assert!(parted > 15, "{parted} pages carry a sum");
}

/// The lowest word of the first page above its foot, in points from the upper edge.
fn lowest_of_first_page(pdf: &[u8]) -> f64 {
    let words = run("pdftotext", &["-bbox", "-l", "1", "{}", "-"], pdf);
    let lower = words.lines().filter_map(|line| {
        let (_, rest) = line.trim().strip_prefix("<word ")?.split_once("yMax=\"")?;
        rest.split('"').next()?.parse::<f64>().ok()
    });
    lower.filter(|lower| *lower < 778.0).fold(0.0, f64::max)
}

#[test]
fn a_long_row_begins_on_the_page_that_is_being_filled() {
    for words in [150, 250, 400, 700, 1_500] {
        let pdf = render(&with_lines(&[3, words, words, 3]), Format::Pdf).bytes;
        let text = text_of(&pdf);
        if text.matches('\u{c}').count() > 1 {
            let lowest = lowest_of_first_page(&pdf);
            assert!(lowest > 700.0, "{words} words: the first page ends at {lowest} points");
        }
    }
}

#[test]
fn totals_stay_together_under_a_row_that_is_longer_than_a_page() {
    for words in (700..760).step_by(7).chain([1_500]) {
        let text = text_of(&render(&with_lines(&[3, words]), Format::Pdf).bytes);
        let page = text.split('\u{c}').find(|page| page.contains("Subtotal")).unwrap();
        assert!(page.contains("Tax 20%") && page.contains("Amount due"), "{words} words\n{text}");
        assert!(page.contains("lorem"), "{words} words: totals alone on a page");
    }
}
