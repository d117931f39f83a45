//! The shapes of VAT numbers.

use crate::code_lists::CountryCode;

/// What is wrong with a VAT number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VatIdFault {
    /// It does not begin with a country (BR-CO-09).
    Prefix,
    /// It does not have a shape of its country; the shapes are given.
    Shape(&'static str),
}

/// The shapes by country: `9` is a digit, `A` a letter, `*` a digit or a letter, `+` a digit, a letter, `+` or `*`; other
/// characters are themselves. Countries that are not listed have no shape that is checked.
const SHAPES: &[(&str, &str)] = &[
    ("AT", "U99999999"),
    ("BE", "0999999999 1999999999"),
    ("BG", "999999999 9999999999"),
    ("CH", "E999999999 E999999999MWST E999999999TVA E999999999IVA"),
    ("CY", "99999999A"),
    ("CZ", "99999999 999999999 9999999999"),
    ("DE", "999999999"),
    ("DK", "99999999"),
    ("EE", "999999999"),
    ("EL", "999999999"),
    ("ES", "*9999999*"),
    ("FI", "99999999"),
    ("FR", "**999999999"),
    ("GB", "999999999 999999999999 GD999 HA999"),
    ("HR", "99999999999"),
    ("HU", "99999999"),
    ("IE", "9*99999A 9999999AA"),
    ("IT", "99999999999"),
    ("LT", "999999999 999999999999"),
    ("LU", "99999999"),
    ("LV", "99999999999"),
    ("MT", "99999999"),
    ("NL", "++++++++++99"),
    ("NO", "999999999 999999999MVA"),
    ("PL", "9999999999"),
    ("PT", "999999999"),
    ("RO", "99 999 9999 99999 999999 9999999 99999999 999999999 9999999999"),
    ("SE", "999999999999"),
    ("SI", "99999999"),
    ("SK", "9999999999"),
    ("XI", "999999999 999999999999 GD999 HA999"),
];

/// Checks a VAT number; spaces, dots and hyphens in it are layout.
pub(super) fn check_vat_id(vat_id: &str) -> Result<(), VatIdFault> {
    let compact: String = vat_id.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    // A prefix of two letters; the rest may be anything until it is known whose it is.
    let (Some(prefix), Some(rest)) = (compact.get(..2), compact.get(2..)) else {
        return Err(VatIdFault::Prefix);
    };
    // Greece has EL where ISO 3166-1 has GR.
    if rest.is_empty() || (prefix != "EL" && CountryCode::from_code(prefix).is_none()) {
        return Err(VatIdFault::Prefix);
    }
    let Some((_, shapes)) = SHAPES.iter().find(|(country, _)| *country == prefix) else {
        return Ok(());
    };
    let fits = shapes.split(' ').any(|shape| has_shape(rest, shape));
    if fits { Ok(()) } else { Err(VatIdFault::Shape(shapes)) }
}

fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(character, pattern): (u8, u8)| match pattern {
        b'9' => character.is_ascii_digit(),
        b'A' => character.is_ascii_uppercase(),
        b'*' => character.is_ascii_digit() || character.is_ascii_uppercase(),
        b'+' => character.is_ascii_digit() || character.is_ascii_uppercase() || matches!(character, b'+' | b'*'),
        literal => character == literal,
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// Whether the country is a member state of the European Union, or Northern Ireland.
pub(super) fn is_in_european_union(country: &str) -> bool {
    const MEMBERS: [&str; 29] = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
        "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
    ];
    MEMBERS.contains(&country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_by_country() {
        for right in
            ["DE123456789", "ATU12345678", "NL123456789B01", "IE1234567WA", "ESX1234567L", "EL123456789", "US99"]
        {
            assert_eq!(check_vat_id(right), Ok(()), "{right}");
        }
        for wrong in ["DE12345678", "ATX12345678", "FR1", "BE2123456789"] {
            assert!(matches!(check_vat_id(wrong), Err(VatIdFault::Shape(_))), "{wrong}");
        }
        for wrong in ["", "D", "DE", "123456789", "ÄÖ1", "QQ123"] {
            assert_eq!(check_vat_id(wrong), Err(VatIdFault::Prefix), "{wrong}");
        }
    }
}
