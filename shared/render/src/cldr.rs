//! Names of countries and short forms of units by Unicode CLDR, in the languages that we have
//! (`cldr/prepare.py` writes the tables).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use icu_decimal::input::Decimal as CldrDecimal;
use icu_plurals::{PluralCategory, PluralRules};
use invoice::Decimal;

static COUNTRIES: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("cldr/countries.tsv")));
static UNITS: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("cldr/units.tsv")));

/// The name of a country (ISO 3166-1 alpha-2, and the two codes that EN 16931 adds).
pub(crate) fn country_name(code: &'static str, language: &str) -> &'static str {
    COUNTRIES.cell(code, language).unwrap_or(code)
}

/// The short form of a unit (UN/ECE Recommendation 20) beside a quantity; the code itself for a rare one.
pub(crate) fn unit_name(
    code: &'static str,
    quantity: Decimal,
    language: &str,
    plurals: Option<&PluralRules>,
) -> &'static str {
    let Some(cell) = UNITS.cell(code, language) else { return code };
    if !cell.contains('=') {
        return cell;
    }
    let number: Option<CldrDecimal> = quantity.to_string().trim_start_matches('-').parse().ok();
    let category = plurals.zip(number).map(|(rules, number)| rules.category_for(&number));
    let word = category.map_or("other", name_of);
    let form = |word: &str| cell.split('|').find_map(|form| form.strip_prefix(word)?.strip_prefix('='));
    form(word).or_else(|| form("other")).unwrap_or(code)
}

const fn name_of(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

/// A row a code, a column a language.
struct Table {
    languages: Vec<&'static str>,
    rows: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Table {
    fn read(source: &'static str) -> Self {
        let mut lines = source.lines().map(|line| line.split('\t'));
        let languages = lines.next().map(|head| head.skip(1).collect()).unwrap_or_default();
        let rows = lines.filter_map(|mut cells| Some((cells.next()?, cells.collect()))).collect();
        Self { languages, rows }
    }

    fn cell(&self, code: &str, language: &str) -> Option<&'static str> {
        let column = self.languages.iter().position(|known| *known == language)?;
        self.rows.get(code)?.get(column).copied()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use icu_locale_core::Locale;

    use super::*;
    use crate::font::Weight;
    use crate::text::is_covered;

    fn unit(code: &'static str, quantity: &str, language: &str) -> &'static str {
        let locale: Locale = language.parse().unwrap();
        let plurals = PluralRules::try_new_cardinal((&locale).into()).ok();
        unit_name(code, quantity.parse().unwrap(), language, plurals.as_ref())
    }

    #[test]
    fn units_follow_language_and_quantity() {
        assert_eq!([unit("DAY", "1", "en"), unit("DAY", "1.5", "en"), unit("DAY", "-1", "en")], ["day", "days", "day"]);
        assert_eq!([unit("DAY", "3", "pl"), unit("DAY", "5", "pl"), unit("DAY", "1.5", "pl")], ["dni", "dni", "dnia"]);
        assert_eq!([unit("HUR", "12.5", "de"), unit("H87", "2", "fr"), unit("KGM", "2", "zh")], ["Std.", "pce", "kg"]);
        assert_eq!(unit("ZZ", "2", "de"), "ZZ");
    }

    #[test]
    fn every_cell_of_both_tables_is_there_and_can_be_printed() {
        for table in [&*COUNTRIES, &*UNITS] {
            assert_eq!(table.languages.len(), 12);
            for (code, cells) in &table.rows {
                assert_eq!(cells.len(), 12, "{code}");
                for cell in cells {
                    let uncovered = cell.chars().find(|character| !is_covered(*character, Weight::Regular));
                    assert!(!cell.is_empty() && uncovered.is_none(), "{code}: {cell} has {uncovered:?}");
                }
            }
        }
    }

    #[test]
    fn every_country_that_an_invoice_can_name_has_a_name() {
        let codes = (b'0'..=b'Z').flat_map(|one| (b'A'..=b'Z').map(move |two| [one, two]));
        let known: Vec<_> =
            codes.filter_map(|code| invoice::CountryCode::from_code(std::str::from_utf8(&code).ok()?)).collect();
        assert!(known.len() > 240);
        for code in known {
            assert_ne!(country_name(code.code(), "de"), code.code());
        }
    }
}
