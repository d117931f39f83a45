//! Check digits of identifiers by their scheme (PEPPOL-COMMON).

/// What is wrong with an identifier of a scheme, as the rule that it breaks and what is expected.
pub(super) fn fault(scheme: &str, id: &str) -> Option<(&'static str, &'static str)> {
    let (rule, expected, holds): (_, _, fn(&str) -> bool) = match scheme {
        "0088" => ("PEPPOL-COMMON-R040", "a GLN: digits, of which the last is the check digit", is_gln),
        "0192" => {
            ("PEPPOL-COMMON-R041", "a Norwegian organisation number of 9 digits", |id| id.len() == 9 && is_mod_11(id))
        }
        "0184" => ("PEPPOL-COMMON-R042", "a Danish CVR number: 8 digits, perhaps after DK", |id| {
            is_number(id, 8) || is_danish(id)
        }),
        "0208" => ("PEPPOL-COMMON-R043", "a Belgian enterprise number of 10 digits", is_belgian),
        "0007" => ("PEPPOL-COMMON-R049", "a Swedish organisation number of 10 digits", is_swedish),
        "0151" => ("PEPPOL-COMMON-R050", "an Australian business number of 11 digits", is_australian),
        "0096" => ("PEPPOL-COMMON-R052", "a Danish P number of 10 digits", |id| is_number(id, 10)),
        "0198" => ("PEPPOL-COMMON-R053", "a Danish SE number: DK and 8 digits", is_danish),
        _ => return None,
    };
    (!holds(id)).then_some((rule, expected))
}

/// The values of the digits of a text; `None` if it has anything else.
fn digits(id: &str) -> Option<Vec<u32>> {
    (!id.is_empty()).then(|| id.chars().map(|c| c.to_digit(10)).collect())?
}

fn is_number(id: &str, length: usize) -> bool {
    id.len() == length && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_danish(id: &str) -> bool {
    id.strip_prefix("DK").is_some_and(|rest| is_number(rest, 8))
}

fn is_gln(id: &str) -> bool {
    let Some(digits) = digits(id) else { return false };
    let Some((check, rest)) = digits.split_last() else { return false };
    let sum: u32 = rest.iter().rev().zip([3, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    (10 - sum % 10) % 10 == *check
}

pub(super) fn is_mod_11(id: &str) -> bool {
    let Some(digits) = digits(id) else { return false };
    let Some((check, rest)) = digits.split_last() else { return false };
    let sum: u32 = rest.iter().rev().zip((2..=7).cycle()).map(|(digit, weight)| digit * weight).sum();
    digits.iter().any(|digit| *digit > 0) && (11 - sum % 11) % 11 == *check
}

fn is_belgian(id: &str) -> bool {
    let number = |range| id.get(range).and_then(|part: &str| part.parse::<u64>().ok());
    is_number(id, 10) && number(0..8).is_some_and(|front| number(8..10) == Some(97 - front % 97))
}

/// The algorithm of Luhn over ten digits.
pub(super) fn is_swedish(id: &str) -> bool {
    let Some(digits) = digits(id).filter(|digits| digits.len() == 10) else { return false };
    let doubled = |digit: u32| (digit * 2) % 10 + (digit * 2) / 10;
    let sum: u32 =
        digits[..9].iter().rev().enumerate().map(|(n, digit)| if n % 2 == 0 { doubled(*digit) } else { *digit }).sum();
    (10 - sum % 10) % 10 == digits[9]
}

fn is_australian(id: &str) -> bool {
    const WEIGHTS: [u32; 11] = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];
    let Some(digits) = digits(id).filter(|digits| digits.len() == WEIGHTS.len() && digits[0] > 0) else { return false };
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    (sum - WEIGHTS[0]).is_multiple_of(89)
}

/// The check digit of a Greek tax number.
pub(super) fn is_greek(id: &str) -> bool {
    let Some(digits) = digits(id).filter(|digits| digits.len() == 9) else { return false };
    let sum: u32 = digits[..8].iter().rev().enumerate().map(|(n, digit)| digit * (2 << n)).sum();
    sum % 11 % 10 == digits[8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_real_numbers() {
        let right = [("0088", "4304171000002"), ("0192", "974760673"), ("0208", "0403170701"), ("0007", "5560360793")];
        for (scheme, id) in right {
            assert_eq!(fault(scheme, id), None, "{scheme} {id}");
        }
        let wrong = [("0088", "4304171000003"), ("0192", "974760674"), ("0208", "0403170702"), ("0007", "5560360794")];
        for (scheme, id) in wrong {
            assert!(fault(scheme, id).is_some(), "{scheme} {id}");
        }
        assert!(is_greek("094014201") && !is_greek("094014202"));
        assert!(is_australian("51824753556") && !is_australian("51824753557"));
        assert!(fault("0184", "DK12345678").is_none() && fault("0184", "DE12345678").is_some());
    }
}
