//! How a camera was held (Exif 2.32, 4.6.4, tag 0x0112).

/// Which way a picture is to be turned: the value of the tag, 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation(u8);

impl Default for Orientation {
    fn default() -> Self {
        Self::UPRIGHT
    }
}

impl Orientation {
    pub(super) const UPRIGHT: Self = Self(1);

    /// Reads it from a segment APP1; none where that is no Exif, or does not say it.
    pub(super) fn of_exif(segment: &[u8]) -> Option<Self> {
        const ORIENTATION: u16 = 0x0112;
        const SHORT: u16 = 3;
        let tiff = segment.strip_prefix(b"Exif\0\0")?;
        let order = match tiff.first_chunk()? {
            b"II" => u16::from_le_bytes,
            b"MM" => u16::from_be_bytes,
            _ => return None,
        };
        let short = |at: usize| Some(order(*tiff.get(at..)?.first_chunk()?));
        // Of the four bytes of an offset the larger two are zero: a segment has no more than 65,533.
        let (high, low) = if tiff.starts_with(b"II") { (6, 4) } else { (4, 6) };
        let directory = usize::from(short(low).filter(|_| short(high) == Some(0))?);
        let count = usize::from(short(directory)?);
        let mut entries = (0..count).map(|index| directory + 2 + 12 * index).take_while(|at| at + 12 <= tiff.len());
        let entry = entries.find(|at| short(*at) == Some(ORIENTATION) && short(at + 2) == Some(SHORT))?;
        let value = u8::try_from(short(entry + 8)?).ok()?;
        (1..=8).contains(&value).then_some(Self(value))
    }

    /// Whether what was the width becomes the height.
    pub(super) const fn swaps_axes(self) -> bool {
        self.0 >= 5
    }

    /// Turns a picture of three bytes a pixel.
    pub(super) fn turn(self, pixels: &[u8], (width, height): (usize, usize)) -> Vec<u8> {
        let (across, down) = if self.swaps_axes() { (height, width) } else { (width, height) };
        let mut turned = Vec::with_capacity(pixels.len());
        for row in 0..down {
            for column in 0..across {
                let (x, y) = self.source((column, row), (width, height));
                let at = 3 * (y * width + x);
                turned.extend_from_slice(pixels.get(at..at + 3).unwrap_or(&[u8::MAX; 3]));
            }
        }
        turned
    }

    /// Where the pixel that is shown at a place stands in the file.
    const fn source(self, (column, row): (usize, usize), (width, height): (usize, usize)) -> (usize, usize) {
        let (last_x, last_y) = (width - 1, height - 1);
        match self.0 {
            2 => (last_x - column, row),
            3 => (last_x - column, last_y - row),
            4 => (column, last_y - row),
            5 => (row, column),
            6 => (row, last_y - column),
            7 => (last_x - row, last_y - column),
            8 => (last_x - row, column),
            _ => (column, row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An F of 3 × 2 pixels, as every orientation has it in its file: shown upright it reads `ABC` over `DEF`.
    #[test]
    fn pictures_stand_upright() {
        let cases: [(u8, (usize, usize), &str); 8] = [
            (1, (3, 2), "ABCDEF"),
            (2, (3, 2), "CBAFED"),
            (3, (3, 2), "FEDCBA"),
            (4, (3, 2), "DEFABC"),
            (5, (2, 3), "ADBECF"),
            (6, (2, 3), "CFBEAD"),
            (7, (2, 3), "FCEBDA"),
            (8, (2, 3), "DAEBFC"),
        ];
        for (value, size, file) in cases {
            let pixels: Vec<u8> = file.bytes().flat_map(|letter| [letter; 3]).collect();
            let turned = Orientation(value).turn(&pixels, size);
            let shown: String = turned.as_chunks::<3>().0.iter().map(|pixel| char::from(pixel[0])).collect();
            assert_eq!(shown, "ABCDEF", "orientation {value}");
        }
    }

    #[test]
    fn broken_exif_says_nothing() {
        let whole = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        assert_eq!(Orientation::of_exif(whole), Some(Orientation(6)));
        let little = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
        assert_eq!(Orientation::of_exif(little), Some(Orientation(8)));
        for end in 0..whole.len() {
            assert_eq!(Orientation::of_exif(&whole[..end]), None, "{end} bytes");
        }
        let mut strange = whole.to_vec();
        strange[25] = 9;
        assert_eq!(Orientation::of_exif(&strange), None);
    }
}
