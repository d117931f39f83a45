//! Characters that cannot be printed.

use std::collections::BTreeSet;

use invoice::{Invoice, Line, LineEntry};

use crate::facts::{Facts, line_details, subtotal_facts};
use crate::font::Weight;
use crate::style::Style;
use crate::text::is_covered;

/// The characters of an invoice that no font covers, in rising order.
///
/// A PDF document shows a visible replacement for them, and gives the characters themselves when somebody copies its
/// text; the other formats have them as they are.
#[must_use]
pub fn uncovered_characters(invoice: &Invoice) -> Vec<char> {
    let facts = Facts::new(invoice, &Style::default());
    let mut found = BTreeSet::new();
    let mut take_in = |text: &str| {
        if !text.is_ascii() {
            found.extend(text.chars().filter(|character| !is_covered(*character, Weight::Regular)));
        }
    };
    take_in(&invoice.number);
    for party in std::iter::once(&facts.seller).chain(&facts.parties) {
        take_in(party.name);
        party.lines.iter().for_each(|line| take_in(line));
    }
    for pair in facts.references.iter().chain(&facts.payment) {
        take_in(&pair.label);
        take_in(&pair.value);
    }
    facts.totals.iter().for_each(|total| take_in(&total.label));
    facts.notes.iter().chain(&facts.legal).for_each(|text| take_in(text));
    take_in(facts.footer);
    for entry in invoice.lines.entries() {
        match entry {
            LineEntry::Line(line) => line_texts(line, &facts, &mut take_in),
            LineEntry::Heading(text) | LineEntry::Text(text) => take_in(text),
            LineEntry::Subtotal(subtotal) => take_in(subtotal_facts(subtotal, &facts).0),
        }
    }
    found.into_iter().collect()
}

/// The characters of a text that no font covers, in rising order.
#[must_use]
pub fn uncovered_characters_of(text: &str) -> Vec<char> {
    let found: BTreeSet<char> =
        text.chars().filter(|character| !is_covered(*character, Weight::Regular) && !character.is_control()).collect();
    found.into_iter().collect()
}

fn line_texts(line: &Line, facts: &Facts<'_>, take_in: &mut impl FnMut(&str)) {
    take_in(&line.name);
    line.seller_item_id.as_deref().into_iter().for_each(&mut *take_in);
    line_details(line, facts).iter().for_each(|detail| take_in(detail));
}

#[cfg(all(test, feature = "cjk"))]
mod tests {
    use super::uncovered_characters_of;

    #[test]
    fn other_scripts_and_symbols_are_covered() {
        for text in [
            "Ɓala ɗan Ƙano ɛkɔ ŋɖe ɣ ʋ ɩ ʊ Ẹ̀kọ́ ṣe ꞌ Ꞌ Ɱ Ⱳ ǃ ǂ",
            "Nguyễn Thị Ưu Đặng",
            "ᾠδή Ἀθῆναι ὕδωρ ᾳ ῥ",
            "საქართველო ᲡᲐᲥ",
            "Հայաստան և",
            "বাংলাদেশ চালান ক্ষ্ম",
            "தமிழ்நாடு ஸ்ரீ",
            "✔ ☑ ㎥ ↔ ☐ ✗ ☎ ✉",
            "€ £ ¥ ₹ ₩ ₽ ₺ ₴ ₸ ₼ ₾ ֏ ৳ ฿ ៛ ₫ ₪ ₦ ₱ ₲ ₡ ₵ ₭ ₮ ؋ ﷼ ƒ",
            "😀 🚚 📦 👍🏽 👩\u{200d}🔧 🇨🇭 ❤\u{fe0f}",
        ] {
            assert_eq!(uncovered_characters_of(text), Vec::<char>::new(), "{text}");
        }
    }

    #[test]
    fn what_invoices_of_east_asia_write_is_covered() {
        for text in [
            "統一發票 營業稅 產品 鄉鎮 絕緣 麵包",
            "增值税发票 地址 电话 开户行",
            "髙橋 山﨑 ㈱ ①②③ ㎡ ㎏ 請求書",
            "세금계산서 샾 똠 쿈 ㄱㄴㄷ",
            "→ ← ≤ ≥ ≠ ≈ ✓ ★ ● ℃",
            // JIS X 0213 and CNS 11643, also beyond the basic plane.
            "俱 剝 𠮟 𠮷野家 𡈽 彅 堃 喆 㴪 䶮 𨋢",
        ] {
            assert_eq!(uncovered_characters_of(text), Vec::<char>::new(), "{text}");
        }
    }
}
