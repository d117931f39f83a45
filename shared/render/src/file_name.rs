//! Names of files.

use invoice::Format;

/// Longer numbers are cut: file systems take 255 bytes, and people read fewer.
const LONGEST_STEM: usize = 80;

/// A file name made of the invoice's number, and of the format's name where others have the same extension. What is not
/// safe in every file system and every header becomes `-`.
pub(crate) fn file_name(number: &str, format: Format) -> String {
    let mut stem = String::new();
    for character in number.chars().take(LONGEST_STEM) {
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '.') {
            stem.push(character);
        } else if !stem.ends_with('-') {
            stem.push('-');
        }
    }
    // Neither hidden, nor read as an option of a command.
    let stem = stem.trim_matches(['-', '.']);
    let stem = if stem.is_empty() { "invoice" } else { stem };
    let extension = format.extension();
    if format.is_legal() { format!("{stem}-{format}.{extension}") } else { format!("{stem}.{extension}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn documents_of_one_invoice_have_names_of_their_own() {
        let names: BTreeSet<_> = Format::ALL.map(|format| file_name("RE/2026 7", format)).into();
        assert_eq!(names.len(), Format::ALL.len());
        assert!(names.contains("RE-2026-7.pdf") && names.contains("RE-2026-7-factur-x.pdf"), "{names:?}");
        assert!(names.contains("RE-2026-7-xrechnung-cii.xml"), "{names:?}");
    }
}
