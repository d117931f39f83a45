//! One range of bytes (RFC 9110 section 14.1.2).

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// The whole: no range, several, or none that the standard knows.
    Whole,
    /// This part, within the document.
    Part(Range<u64>),
    /// A range that the document does not have.
    Unsatisfiable,
}

/// Reads the header for a document of `bytes` bytes.
pub(crate) fn read(header: &str, bytes: u64) -> ByteRange {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return ByteRange::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.is_empty(), last.is_empty()) {
        (true, false) => number(last).map(|suffix| bytes.saturating_sub(suffix)..bytes),
        (false, true) => number(first).map(|first| first..bytes),
        (false, false) => number(first)
            .zip(number(last))
            .and_then(|(first, last)| (first <= last).then(|| first..last.saturating_add(1).min(bytes))),
        (true, true) => None,
    };
    match range {
        None => ByteRange::Whole,
        Some(range) if range.start >= range.end => ByteRange::Unsatisfiable,
        Some(range) => ByteRange::Part(range),
    }
}

#[cfg(test)]
mod tests {
    use super::ByteRange::{Part, Unsatisfiable, Whole};
    use super::read;

    #[test]
    fn ranges_are_those_of_the_standard() {
        for (header, expected) in [
            ("bytes=2-5", Part(2..6)),
            ("bytes=2-", Part(2..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-99", Part(0..10)),
            ("bytes=8-99", Part(8..10)),
            ("bytes=10-", Unsatisfiable),
            ("bytes=99-100", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-2", Whole),
            ("bytes=0-1,4-5", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("lines=1-2", Whole),
        ] {
            assert_eq!(read(header, 10), expected, "{header}");
        }
        assert_eq!(read("bytes=0-", 0), Unsatisfiable);
    }
}
