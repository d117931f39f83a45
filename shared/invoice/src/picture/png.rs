//! Portable Network Graphics.

use std::io::Cursor;

use ::png::{BitDepth, ColorType, Decoder, DecodingError, Transformations};

use super::{Logo, LogoContent, LogoError, check_pixels};

pub(super) fn read(bytes: Vec<u8>, most_pixels: u32) -> Result<Logo, LogoError> {
    let broken = |error: DecodingError| LogoError::Broken(error.to_string());
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
    LogoContent::Pixels { colors, alpha: alpha.filter(is_translucent) }
}
