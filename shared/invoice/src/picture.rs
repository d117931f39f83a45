//! Pictures in uploads: what their head says is checked before anything of them is decoded.

use std::fmt;
use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Transformations};
use serde::{Serialize, Serializer};

use crate::options::Limits;

/// A sound picture of few enough pixels, as documents show it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logo {
    /// The file as it was sent.
    pub bytes: Vec<u8>,
    /// The width in pixels, at least 1.
    pub width: u32,
    /// The height in pixels, at least 1.
    pub height: u32,
    /// What the file holds.
    pub content: LogoContent,
}

/// What the file of a picture holds.
#[derive(Clone, PartialEq, Eq)]
pub enum LogoContent {
    /// Portable Network Graphics, decoded row by row from the upper left corner, one byte a sample.
    Png {
        /// Red, green and blue of each pixel.
        colors: Vec<u8>,
        /// How opaque each pixel is; none where all are.
        alpha: Option<Vec<u8>>,
    },
    /// A JPEG file, whose head was read. It stays encoded: documents hold it as it is.
    Jpeg {
        /// Whether it has one component instead of three.
        is_gray: bool,
    },
}

/// Why a file is no picture that documents can show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogoError {
    /// Neither PNG nor JPEG by its first bytes.
    #[error("the logo is neither a PNG nor a JPEG picture")]
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
            Self::UnknownKind | Self::UnusualJpeg(_) | Self::Broken(_) => "logo",
        }
    }
}

impl Logo {
    /// Reads a picture. Its pixels, and with them time and memory, are limited by what its head says.
    ///
    /// # Errors
    ///
    /// Where it is no PNG or JPEG picture, has too many pixels, or cannot be decoded.
    pub fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Self, LogoError> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return read_png(bytes, limits.picture_pixels);
        }
        if bytes.starts_with(b"\xff\xd8\xff") {
            return read_jpeg(bytes, limits.picture_pixels);
        }
        Err(LogoError::UnknownKind)
    }

    /// The media type (IANA registry).
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match self.content {
            LogoContent::Png { .. } => "image/png",
            LogoContent::Jpeg { .. } => "image/jpeg",
        }
    }
}

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

fn check_pixels(width: u32, height: u32, limit: u32) -> Result<(), LogoError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > u64::from(limit) {
        return Err(LogoError::TooManyPixels { width, height, limit });
    }
    Ok(())
}

fn read_png(bytes: Vec<u8>, most_pixels: u32) -> Result<Logo, LogoError> {
    let broken = |error: png::DecodingError| LogoError::Broken(error.to_string());
    let mut decoder = Decoder::new(Cursor::new(bytes.as_slice()));
    // Texts and profiles are compressed, too, and say nothing that documents show.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let head = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (head.width, head.height);
    check_pixels(width, height, most_pixels)?;
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let size = reader.output_buffer_size().ok_or_else(|| LogoError::Broken("it is too large".to_owned()))?;
    let mut samples = vec![0; size];
    let frame = reader.next_frame(&mut samples).map_err(broken)?;
    samples.truncate(frame.buffer_size());
    if (frame.width, frame.height, frame.bit_depth) != (width, height, BitDepth::Eight) {
        return Err(LogoError::Broken("its first frame is not the whole picture".to_owned()));
    }
    let content = png_content(frame.color_type, samples);
    Ok(Logo { width, height, content, bytes })
}

/// Takes the samples of pixels apart into colours and alpha.
fn png_content(color_type: ColorType, samples: Vec<u8>) -> LogoContent {
    let gray = |value: u8| [value; 3];
    let (colors, alpha): (Vec<u8>, Option<Vec<u8>>) = match color_type {
        ColorType::Grayscale => (samples.into_iter().flat_map(gray).collect(), None),
        ColorType::GrayscaleAlpha => {
            let pixels = samples.as_chunks::<2>().0;
            (
                pixels.iter().flat_map(|[value, _]| gray(*value)).collect(),
                Some(pixels.iter().map(|[_, a]| *a).collect()),
            )
        }
        ColorType::Rgba => {
            let pixels = samples.as_chunks::<4>().0;
            let colors = pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
            (colors, Some(pixels.iter().map(|[.., a]| *a).collect()))
        }
        // Palettes are expanded to this.
        ColorType::Rgb | ColorType::Indexed => (samples, None),
    };
    let is_translucent = |alpha: &Vec<u8>| alpha.iter().any(|alpha| *alpha != u8::MAX);
    LogoContent::Png { colors, alpha: alpha.filter(is_translucent) }
}

fn read_jpeg(bytes: Vec<u8>, most_pixels: u32) -> Result<Logo, LogoError> {
    let frame = jpeg_frame(&bytes)?;
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    check_pixels(width, height, most_pixels)?;
    if width == 0 || height == 0 {
        return Err(LogoError::UnusualJpeg("its head does not name its size"));
    }
    let is_gray = match frame.components {
        1 => true,
        3 => false,
        _ => return Err(LogoError::UnusualJpeg("its colours are for print (CMYK)")),
    };
    Ok(Logo { width, height, content: LogoContent::Jpeg { is_gray }, bytes })
}

struct JpegFrame {
    width: u16,
    height: u16,
    components: u8,
}

/// Walks the segments of a JPEG file (ITU-T T.81, annex B) to the head of its frame, and checks that a scan and the
/// end of the picture follow.
fn jpeg_frame(bytes: &[u8]) -> Result<JpegFrame, LogoError> {
    let ends_early = || LogoError::Broken("it ends too early".to_owned());
    let mut frame = None;
    let mut rest = bytes.get(2..).ok_or_else(ends_early)?;
    loop {
        let (marker, segment, next) = jpeg_segment(rest).ok_or_else(ends_early)?;
        match marker {
            0xC0..=0xC2 if frame.is_none() => frame = Some(jpeg_frame_head(segment).ok_or_else(ends_early)?),
            0xC0..=0xC2 => return Err(LogoError::UnusualJpeg("it has several frames")),
            // DHT, JPG and DAC stand among the numbers of frames.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Err(LogoError::UnusualJpeg("it is lossless, hierarchical or arithmetic"));
            }
            0xDA => break,
            _ => {}
        }
        rest = next;
    }
    let frame = frame.ok_or_else(|| LogoError::Broken("it has no frame before its scan".to_owned()))?;
    if frame.precision != 8 {
        return Err(LogoError::UnusualJpeg("its samples have more than 8 bits"));
    }
    let has_end = rest.windows(2).any(|pair| pair == b"\xff\xd9");
    if has_end { Ok(frame.frame) } else { Err(ends_early()) }
}

/// The marker of the first segment, what stands in it, and what follows.
fn jpeg_segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first != 0xFF {
        return None;
    }
    // A marker may follow any number of fill bytes.
    let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
    let (marker, rest) = rest[fill..].split_first()?;
    let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    let segment = rest.get(2..length)?;
    Some((*marker, segment, &rest[length..]))
}

struct JpegFrameHead {
    precision: u8,
    frame: JpegFrame,
}

fn jpeg_frame_head(segment: &[u8]) -> Option<JpegFrameHead> {
    let [precision, h1, h2, w1, w2, components] = *segment.first_chunk()?;
    let frame = JpegFrame { width: u16::from_be_bytes([w1, w2]), height: u16::from_be_bytes([h1, h2]), components };
    Some(JpegFrameHead { precision, frame })
}
