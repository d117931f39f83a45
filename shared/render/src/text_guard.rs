//! Texts that programs which open a CSV file would not take for texts.

/// Whether a text begins like a formula. The wide forms count too, which programs in East Asia read as the plain ones, and
/// so does what follows characters that are not seen: some programs drop them.
pub(crate) fn is_like_formula(text: &str) -> bool {
    const SIGNS: [char; 12] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫'];
    text.starts_with(['\t', '\r']) || text.trim_start_matches(is_unseen).starts_with(SIGNS)
}

/// White space, and format characters without a width (general category Cf).
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'
                | '\u{1160}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
        )
}

/// The most digits that a cell shows of a whole number, rather than an exponent.
const SHOWN_DIGITS: usize = 11;
/// Words for true and false in languages of spreadsheet programs.
const TRUTH_VALUES: [&str; 20] = [
    "TRUE",
    "FALSE",
    "WAHR",
    "FALSCH",
    "VRAI",
    "FAUX",
    "VERDADERO",
    "FALSO",
    "VERO",
    "WAAR",
    "ONWAAR",
    "VERDADEIRO",
    "PRAWDA",
    "FAŁSZ",
    "SAND",
    "FALSK",
    "SANT",
    "TOSI",
    "EPÄTOSI",
    "PRAVDA",
];

/// Whether a spreadsheet program might show another text in its place: a number without its leading zeros or last digits,
/// a date, a time, a truth value. What is harmless may count, too, as names of months are in many languages.
pub(crate) fn is_changed_by_spreadsheets(text: &str) -> bool {
    let is_whole_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole_number {
        return text.len() > SHOWN_DIGITS || (text.len() > 1 && text.starts_with('0'));
    }
    // Numbers and dates have at most a month, and an AM, an exponent or a currency, in letters.
    let words = text.split(|character: char| !character.is_alphabetic()).filter(|word| !word.is_empty()).count();
    let has_digit = text.contains(char::is_numeric);
    (has_digit && words <= 2 && !is_identifier(text)) || TRUTH_VALUES.contains(&text.to_uppercase().as_str())
}

/// Whether a text begins with letters that no date does: one or two of the alphabet, or some before more digits side by
/// side than a year has.
fn is_identifier(text: &str) -> bool {
    let word = text.split(|character: char| !character.is_alphabetic()).next().unwrap_or_default();
    let mut digits = text.split(|character: char| !character.is_numeric());
    let is_short = word.is_ascii() && word.len() <= 2;
    !word.is_empty() && (is_short || digits.any(|run| run.chars().count() > 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_known_in_all_their_forms() {
        for sign in ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦"] {
            for unseen in ["", " ", "\u{a0}", "\u{200b}", "\u{feff}", "\u{2060}\u{3000}", "\u{200f}", "\u{ad}", "\n"] {
                assert!(is_like_formula(&format!("{unseen}{sign}1+1")), "{unseen:?} {sign}");
            }
        }
        for text in ["a=1", "1-1", "Łódź", "'=1", "#1", "", "\u{200b}"] {
            assert!(!is_like_formula(text), "{text:?}");
        }
    }

    #[test]
    fn what_spreadsheets_change_is_known() {
        for text in [
            "000451",
            "12E4567",
            "3-4",
            "1/2",
            "MAR1",
            "1 Mar 2026",
            "2026-03-09",
            "12:30 PM",
            "10%",
            "$5",
            "5 €",
            "1.234,56",
            "12.5",
            "00123456789012345678",
            "123456789012",
            "true",
            "Wahr",
            "(5)",
            "٣",
            "3 мая",
        ] {
            assert!(is_changed_by_spreadsheets(text), "{text}");
        }
        for text in [
            "380",
            "0",
            "12345678901",
            "S",
            "DE123456789",
            "SKU-00001",
            "HP-2026-0093",
            "C62",
            "Oak shelving unit, 12 bays",
            "Truth",
            "",
            "14 Quay Street, Bristol BS1 4QT",
        ] {
            assert!(!is_changed_by_spreadsheets(text), "{text}");
        }
    }
}
