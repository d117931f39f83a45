//! Names of files.

use invoice::Format;

/// Longer numbers are cut: file systems take 255 bytes, and people read fewer.
const LONGEST_STEM: usize = 80;

/// A file name made of the invoice's number. What is not safe in every file system and every header becomes `-`.
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
    format!("{stem}.{}", format.extension())
}
