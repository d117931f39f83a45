//! Pictures in uploads: what their head says is checked before anything of them is decoded.

mod jpeg;
mod png;
mod shapes;
mod svg;

use std::fmt;

use serde::{Serialize, Serializer};

use crate::options::Limits;
pub use shapes::{Fill, Segment, Shape, Stroke};
pub use svg::Drawing;

/// A sound picture of few enough pixels, as documents show it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Logo {
    /// The file as it was sent.
    pub bytes: Vec<u8>,
    /// The width in pixels as it is shown, at least 1; of a drawing, as it is printed.
    pub width: u32,
    /// The height in pixels as it is shown, at least 1; of a drawing, as it is printed.
    pub height: u32,
    /// What documents show of the file.
    pub content: LogoContent,
}

/// What documents show of a picture: never what its file says beside it, such as where a photograph was taken.
#[derive(Clone)]
pub enum LogoContent {
    /// Shapes, which are drawn when the size is known.
    Drawing(Drawing),
    /// Decoded row by row from the upper left corner, one byte a sample.
    Pixels {
        /// Red, green and blue of each pixel.
        colors: Vec<u8>,
        /// How opaque each pixel is; none where all are.
        alpha: Option<Vec<u8>>,
    },
    /// A JPEG file that stays encoded, without segments that are not needed to show it.
    Jpeg {
        /// The file.
        file: Vec<u8>,
        /// Whether it has one component instead of three.
        is_gray: bool,
    },
}

/// Why a file is no picture that documents can show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogoError {
    /// None of these by its first bytes.
    #[error("the logo is neither a PNG nor a JPEG picture, nor an SVG drawing")]
    UnknownKind,
    /// More pixels than allowed; found before anything was decoded.
    #[error("the logo has too many pixels: {width} × {height}, and at most {limit} are allowed")]
    TooManyPixels {
        /// The width that the file names.
        width: u32,
        /// The height that the file names.
        height: u32,
        /// How many are allowed.
        limit: u32,
    },
    /// A JPEG picture of a kind that not every reader of PDF shows.
    #[error("the logo is a JPEG picture of an unusual kind: {0}")]
    UnusualJpeg(&'static str),
    /// An SVG drawing with more than shapes in it, or with too many.
    #[error("the logo is an SVG drawing that documents cannot show: {0}")]
    UnusualSvg(String),
    /// It ends too early, or says what such a file cannot say.
    #[error("the logo cannot be decoded: {0}")]
    Broken(String),
}

impl LogoError {
    /// The rule of a finding about it.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::TooManyPixels { .. } => "logo-pixels",
            Self::UnknownKind | Self::UnusualJpeg(_) | Self::UnusualSvg(_) | Self::Broken(_) => "logo",
        }
    }
}

impl Logo {
    /// Reads a picture. Its pixels, and with them time and memory, are limited by what its head says, a drawing by its
    /// elements and by how much they cover.
    ///
    /// # Errors
    ///
    /// Where it is no PNG or JPEG picture and no SVG drawing of shapes, is too large, or cannot be decoded.
    pub fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Self, LogoError> {
        match kind_of(&bytes) {
            Some(Kind::Png) => png::read(bytes, limits.picture_pixels),
            Some(Kind::Jpeg) => jpeg::read(bytes, limits.picture_pixels),
            Some(Kind::Svg) => svg::read(bytes),
            None => Err(LogoError::UnknownKind),
        }
    }

    /// The media type (IANA registry).
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        match kind_of(&self.bytes) {
            Some(Kind::Jpeg) => "image/jpeg",
            Some(Kind::Svg) => "image/svg+xml",
            Some(Kind::Png) | None => "image/png",
        }
    }
}

/// What documents show follows from the file.
impl PartialEq for Logo {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Logo {}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({self})")
    }
}

impl fmt::Display for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} × {}, {} bytes)", self.media_type(), self.width, self.height, self.bytes.len())
    }
}

impl Serialize for Logo {
    /// Says what the picture is, without its bytes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The kinds of files that are read.
enum Kind {
    Png,
    Jpeg,
    Svg,
}

/// The kind of a file by its first bytes.
fn kind_of(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Kind::Png);
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Some(Kind::Jpeg);
    }
    svg::is_markup(bytes).then_some(Kind::Svg)
}

fn check_pixels(width: u32, height: u32, limit: u32) -> Result<(), LogoError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > u64::from(limit) {
        return Err(LogoError::TooManyPixels { width, height, limit });
    }
    Ok(())
}
