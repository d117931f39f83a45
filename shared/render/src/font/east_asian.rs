//! The fonts of Chinese, Japanese and Korean, of rarer scripts and of symbols: compiled in by the feature `cjk`, or files, as in a layer of Lambda.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// How many there are. The last two are the weights of Devanagari; the others have one weight.
pub(super) const COUNT: usize = 13;

pub(super) const NAMES: [&str; COUNT] = [
    "NotoSansJP-Regular",
    "NotoSansSC-Regular",
    "NotoSansKR-Regular",
    "NotoSansHK-Regular",
    "NotoSansArmenian-Regular",
    "NotoSansGeorgian-Regular",
    "NotoSansBengali-Regular",
    "NotoSansTamil-Regular",
    "NotoSansKhmer-Regular",
    "NotoSansSymbols2-Regular",
    "NotoEmoji-Regular",
    "NotoSansDevanagari-Regular",
    "NotoSansDevanagari-Bold",
];

#[cfg(feature = "cjk")]
const COMPILED_IN: [&[u8]; COUNT] = [
    include_bytes!("../../fonts/east-asian/NotoSansJP-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansSC-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansKR-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansHK-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansArmenian-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansGeorgian-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansBengali-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansTamil-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansKhmer-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansSymbols2-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoEmoji-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("../../fonts/east-asian/NotoSansDevanagari-Bold.ttf"),
];
#[cfg(not(feature = "cjk"))]
const COMPILED_IN: [&[u8]; COUNT] = [&[]; COUNT];

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Has the fonts of Chinese, Japanese and Korean, of rarer scripts and of symbols read from the files of a folder, those of `fonts/east-asian`, instead
/// of the program. Each is read when the first document needs it, so this comes before any document.
///
/// # Errors
/// A file is missing or may not be read, which the error names; or a folder was named before.
pub fn east_asian_fonts_in(folder: &Path) -> io::Result<()> {
    for index in 0..COUNT {
        let file = file(folder, index);
        File::open(&file).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    }
    FOLDER.set(folder.to_owned()).map_err(|_| io::Error::other("the folder of the fonts was named before"))
}

/// The file of a font. One that vanished since the start has no glyphs, and its characters are reported as uncovered.
pub(super) fn data(index: usize) -> &'static [u8] {
    match FOLDER.get() {
        // Read once, for as long as the process lives.
        Some(folder) => fs::read(file(folder, index)).unwrap_or_default().leak(),
        None => COMPILED_IN[index],
    }
}

fn file(folder: &Path, index: usize) -> PathBuf {
    folder.join(NAMES[index]).with_extension("ttf")
}
