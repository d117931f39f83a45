//! Numbers and dates as people of a place write them (Unicode CLDR).

use icu_calendar::{Date as CalendarDate, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal as CldrDecimal;
use icu_locale_core::Locale;
use icu_plurals::PluralRules;
use invoice::{Amount, Decimal};
use jiff::civil::Date;

use crate::wording::Wording;

/// How numbers and dates are written.
///
/// Figures are exact, and there are many of them in a document: so the signs and digits are asked of CLDR once, and
/// each figure is then written digit by digit.
pub(crate) struct NumberFormat {
    /// Between the whole and the fraction.
    pub(crate) decimal: char,
    /// Between groups of digits, if there is a sign.
    group: Option<char>,
    /// The digits of a group other than the last one: 3, in India 2.
    group_size: usize,
    /// How many digits a number has at least before it is grouped.
    least_grouped: usize,
    zero: char,
    /// Whether months stand before days, as in the United States.
    pub(crate) month_first: bool,
    /// Which form words take beside a number.
    pub(crate) plurals: Option<PluralRules>,
    long_date: Option<DateFormatter>,
    short_date: Option<DateFormatter>,
}

type DateFormatter = FixedCalendarDateTimeFormatter<Gregorian, YMD>;

impl NumberFormat {
    /// The format of a locale (BCP 47); British English where it is none.
    pub(crate) fn of(tag: &str) -> Self {
        let locale: Locale = tag.parse().unwrap_or(icu_locale_core::locale!("en-GB"));
        let mut format = Self {
            decimal: '.',
            group: Some(','),
            group_size: 3,
            least_grouped: 4,
            zero: '0',
            month_first: tag == "en" || tag.ends_with("-US"),
            plurals: PluralRules::try_new_cardinal((&locale).into()).ok(),
            long_date: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long()).ok(),
            short_date: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::medium()).ok(),
        };
        if let Ok(formatter) = DecimalFormatter::try_new((&locale).into(), Default::default()) {
            format.learn(&formatter);
        }
        format
    }

    /// Takes signs and digits from examples.
    fn learn(&mut self, formatter: &DecimalFormatter) {
        let example = |number: i64, exponent: i16| {
            let mut decimal = CldrDecimal::from(number);
            decimal.multiply_pow10(exponent);
            formatter.format(&decimal).to_string()
        };
        let zero = example(0, 0).chars().next().unwrap_or('0');
        let is_digit = |character: &char| (zero..).take(10).any(|digit| digit == *character);
        let signs = |text: &str| text.chars().filter(|character| !is_digit(character)).collect::<Vec<_>>();
        self.zero = zero;
        self.decimal = signs(&example(15, -1)).first().copied().unwrap_or('.');
        let large = example(12_345_678, 0);
        let groups = signs(&large);
        // No font needs to know the narrow space.
        self.group = groups.first().map(|sign| if *sign == '\u{202f}' { '\u{a0}' } else { *sign });
        self.group_size = if groups.len() > 2 || large.chars().nth(1) == groups.first().copied() { 2 } else { 3 };
        self.least_grouped = if signs(&example(1234, 0)).is_empty() { 5 } else { 4 };
    }

    /// An amount with the decimals of its currency, without the currency.
    pub(crate) fn amount(&self, amount: Amount) -> String {
        self.plain(&amount.to_string())
    }

    /// A price: at least the decimals of the currency.
    pub(crate) fn price(&self, price: Decimal, decimals: u8) -> String {
        self.plain(&price.with_decimals(decimals))
    }

    /// A quantity: no more decimals than it has.
    pub(crate) fn quantity(&self, quantity: Decimal) -> String {
        self.plain(&quantity.to_string())
    }

    /// A rate in percent.
    pub(crate) fn percent(&self, rate: Decimal, wording: &Wording) -> String {
        wording.percent.fill(&[("number", &self.quantity(rate))])
    }

    /// A date with the name of its month.
    pub(crate) fn date(&self, date: Date) -> String {
        written(self.long_date.as_ref(), date)
    }

    /// A span of days; in the languages where that is simple the common part is said once.
    pub(crate) fn span(&self, start: Date, end: Date) -> String {
        let is_same_month = start.year() == end.year() && start.month() == end.month();
        let last = written(self.long_date.as_ref(), end);
        let day = end.day().to_string();
        match last.strip_prefix(&day) {
            Some(rest) if is_same_month => {
                // In some languages a full stop makes the day an ordinal number.
                let ordinal = rest.split(' ').next().unwrap_or_default();
                format!("{}{ordinal}–{last}", start.day())
            }
            _ => format!("{} – {}", written(self.short_date.as_ref(), start), written(self.short_date.as_ref(), end)),
        }
    }

    /// Writes the digits of a plain number (`-1234.5`) with groups and the sign of a minus.
    fn plain(&self, number: &str) -> String {
        let (sign, digits) = match number.strip_prefix('-') {
            Some(digits) => ("\u{2212}", digits),
            None => ("", number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut text = String::with_capacity(number.len() + 8);
        text.push_str(sign);
        let group = self.group.filter(|_| whole.len() >= self.least_grouped);
        for (index, digit) in whole.char_indices() {
            let rest = whole.len() - index;
            if let Some(group) = group
                && index > 0
                && rest >= 3
                && (rest - 3).is_multiple_of(self.group_size)
            {
                text.push(group);
            }
            text.push(self.digit(digit));
        }
        if !fraction.is_empty() {
            text.push(self.decimal);
            text.extend(fraction.chars().map(|digit| self.digit(digit)));
        }
        text
    }

    fn digit(&self, digit: char) -> char {
        let value = digit.to_digit(10).unwrap_or_default();
        char::from_u32(u32::from(self.zero) + value).unwrap_or(digit)
    }
}

/// A date in words; in the form of ISO 8601 where CLDR cannot say it.
fn written(formatter: Option<&DateFormatter>, date: Date) -> String {
    let month = u8::try_from(date.month()).unwrap_or_default();
    let day = u8::try_from(date.day()).unwrap_or_default();
    let calendar_date = CalendarDate::try_new_gregorian(i32::from(date.year()), month, day);
    match (formatter, calendar_date) {
        (Some(formatter), Ok(calendar_date)) => {
            formatter.format(&calendar_date).to_string().replace('\u{202f}', "\u{a0}")
        }
        _ => date.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn quantity(tag: &str, number: &str) -> String {
        NumberFormat::of(tag).quantity(number.parse().unwrap())
    }

    #[test]
    fn numbers_follow_the_locale() {
        assert_eq!(quantity("en-GB", "1234567.5"), "1,234,567.5");
        assert_eq!(quantity("de", "1234567.5"), "1.234.567,5");
        assert_eq!(quantity("fr", "1234.5"), "1\u{a0}234,5");
        assert_eq!(quantity("es", "1234.5"), "1234,5");
        assert_eq!(quantity("es", "12345.5"), "12.345,5");
        assert_eq!(quantity("en-IN", "12345678"), "1,23,45,678");
        assert_eq!(quantity("ja", "-1234"), "\u{2212}1,234");
        assert_eq!(quantity("no such locale", "1234"), "1,234");
    }

    #[test]
    fn dates_follow_the_locale() {
        let date = jiff::civil::date(2026, 4, 17);
        let written = |tag| NumberFormat::of(tag).date(date);
        assert_eq!(written("en-GB"), "17 April 2026");
        assert_eq!(written("en-US"), "April 17, 2026");
        assert_eq!(written("de"), "17. April 2026");
        assert_eq!(written("ja"), "2026年4月17日");
        assert_eq!(NumberFormat::of("de").span(jiff::civil::date(2026, 4, 1), date), "1.–17. April 2026");
        assert_eq!(NumberFormat::of("en-GB").span(jiff::civil::date(2026, 4, 1), date), "1–17 April 2026");
    }
}
