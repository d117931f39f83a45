//! JPEG files (ITU-T T.81), which stay encoded unless they have to be turned.

mod orientation;

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Logo, LogoContent, LogoError, check_pixels};
use orientation::Orientation;

pub(super) fn read(bytes: Vec<u8>, most_pixels: u32) -> Result<Logo, LogoError> {
    let Parts { file, frame, orientation } = Parts::of(&bytes)?;
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
    if orientation == Orientation::UPRIGHT {
        return Ok(Logo { width, height, content: LogoContent::Jpeg { file, is_gray }, bytes });
    }
    let colors = orientation.turn(&decode(&file)?, (width as usize, height as usize));
    let (width, height) = if orientation.swaps_axes() { (height, width) } else { (width, height) };
    Ok(Logo { width, height, content: LogoContent::Pixels { colors, alpha: None }, bytes })
}

/// Red, green and blue of each pixel.
fn decode(file: &[u8]) -> Result<Vec<u8>, LogoError> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(file), options);
    decoder.decode().map_err(|error| LogoError::Broken(error.to_string()))
}

struct Frame {
    width: u16,
    height: u16,
    components: u8,
}

/// A file taken apart.
struct Parts {
    /// The picture without what is not needed to show it: where and how it was taken, thumbnails, comments, and what
    /// stands behind its end, such as further pictures.
    file: Vec<u8>,
    frame: Frame,
    orientation: Orientation,
}

/// The start of the picture, and its end.
const START: [u8; 2] = [0xFF, 0xD8];
const END: [u8; 2] = [0xFF, 0xD9];

impl Parts {
    /// Walks the segments of the file (annex B) to its end.
    fn of(bytes: &[u8]) -> Result<Self, LogoError> {
        let ends_early = || LogoError::Broken("it ends too early".to_owned());
        let mut file = Vec::with_capacity(bytes.len());
        file.extend(START);
        let (mut frame, mut orientation, mut has_scan) = (None, None, false);
        let mut rest = bytes.get(START.len()..).ok_or_else(ends_early)?;
        loop {
            let (marker, after) = marker(rest).ok_or_else(ends_early)?;
            if marker == END[1] {
                break;
            }
            let (content, after) = segment(after).ok_or_else(ends_early)?;
            rest = after;
            match marker {
                0xC0..=0xC2 if frame.is_none() => frame = Some(frame_head(content).ok_or_else(ends_early)??),
                0xC0..=0xC2 => return Err(LogoError::UnusualJpeg("it has several frames")),
                // DHT, JPG and DAC stand among the numbers of frames.
                0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    return Err(LogoError::UnusualJpeg("it is lossless, hierarchical or arithmetic"));
                }
                0xDA if frame.is_none() => return Err(LogoError::Broken("it has no frame before its scan".to_owned())),
                0xE1 => orientation = orientation.or_else(|| Orientation::of_exif(content)),
                _ => {}
            }
            if is_needed(marker) {
                push_segment(&mut file, marker, content);
            }
            if marker == 0xDA {
                has_scan = true;
                let length = scan_length(rest).ok_or_else(ends_early)?;
                file.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
            }
        }
        file.extend(END);
        let frame = frame.filter(|_| has_scan).ok_or_else(ends_early)?;
        Ok(Self { file, frame, orientation: orientation.unwrap_or_default() })
    }
}

/// Of the segments for applications (APPn) only JFIF's and Adobe's say how colours are to be read.
const fn is_needed(marker: u8) -> bool {
    let is_comment = marker == 0xFE;
    let is_of_application = matches!(marker, 0xE1..=0xED | 0xEF);
    !is_comment && !is_of_application
}

/// The first marker, which may follow any number of fill bytes, and what stands behind it.
fn marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first != 0xFF {
        return None;
    }
    let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
    let (marker, rest) = rest[fill..].split_first()?;
    Some((*marker, rest))
}

/// What stands in a segment, and what follows it.
fn segment(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16::from_be_bytes(*bytes.first_chunk()?));
    let content = bytes.get(2..length)?;
    Some((content, &bytes[length..]))
}

fn push_segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    file.extend([0xFF, marker]);
    file.extend(length.to_be_bytes());
    file.extend_from_slice(content);
}

/// How long the data of a scan are: up to a marker that is no restart and no stuffed byte.
fn scan_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF))
}

fn frame_head(content: &[u8]) -> Option<Result<Frame, LogoError>> {
    let [precision, h1, h2, w1, w2, components] = *content.first_chunk()?;
    if precision != 8 {
        return Some(Err(LogoError::UnusualJpeg("its samples have more than 8 bits")));
    }
    Some(Ok(Frame { width: u16::from_be_bytes([w1, w2]), height: u16::from_be_bytes([h1, h2]), components }))
}
