//! Pictures of not more pixels than documents need.

use std::borrow::Cow;

use invoice::Drawing;

/// A longer side is reduced to this: on the page a logo is some 60 mm wide, which that gives more than 400 dots an inch.
const MOST_PIXELS_A_SIDE: usize = 1_000;

/// Pixels row by row from the upper left.
pub(crate) struct Raster<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green and blue of each pixel.
    pub(crate) colors: Cow<'a, [u8]>,
    /// How opaque each pixel is; none where all are.
    pub(crate) alpha: Option<Cow<'a, [u8]>>,
}

impl Raster<'_> {
    /// The pixels of a drawing.
    pub(crate) fn drawn(drawing: &Drawing, width: u32, height: u32) -> Self {
        let (colors, alpha) = drawing.pixels(width, height);
        let is_translucent = alpha.iter().any(|alpha| *alpha != u8::MAX);
        Self {
            width: width as usize,
            height: height as usize,
            colors: Cow::Owned(colors),
            alpha: is_translucent.then_some(Cow::Owned(alpha)),
        }
    }
}

impl<'a> Raster<'a> {
    /// The picture, reduced where it has more pixels than are seen.
    pub(crate) fn reduced((width, height): (usize, usize), colors: &'a [u8], alpha: Option<&'a [u8]>) -> Self {
        let whole = Self { width, height, colors: Cow::Borrowed(colors), alpha: alpha.map(Cow::Borrowed) };
        let side = width.max(height).div_ceil(MOST_PIXELS_A_SIDE).max(1);
        if side == 1 { whole } else { whole.in_squares(side) }
    }

    /// A picture of which each pixel is the mean of a square.
    fn in_squares(&self, side: usize) -> Self {
        let (width, height) = (self.width.div_ceil(side), self.height.div_ceil(side));
        let mut colors = Vec::with_capacity(3 * width * height);
        let mut alpha = Vec::with_capacity(width * height);
        for top in (0..self.height).step_by(side) {
            for left in (0..self.width).step_by(side) {
                let (color, opacity) = self.mean(left, top, side);
                colors.extend(color);
                alpha.push(opacity);
            }
        }
        Self { width, height, colors: Cow::Owned(colors), alpha: self.alpha.as_ref().map(|_| Cow::Owned(alpha)) }
    }

    /// The mean of a square: of its colours, each as far as its pixel is opaque, and of how opaque they are.
    fn mean(&self, left: usize, top: usize, side: usize) -> ([u8; 3], u8) {
        let (right, bottom) = ((left + side).min(self.width), (top + side).min(self.height));
        let mut sums = [0_u64; 3];
        let mut opacity = 0;
        for index in (top..bottom).flat_map(|y| (left..right).map(move |x| y * self.width + x)) {
            let alpha = u64::from(self.alpha.as_ref().and_then(|alpha| alpha.get(index).copied()).unwrap_or(u8::MAX));
            let color = self.colors.get(3 * index..3 * index + 3).unwrap_or(&[u8::MAX; 3]);
            for (sum, part) in sums.iter_mut().zip(color) {
                *sum += u64::from(*part) * alpha;
            }
            opacity += alpha;
        }
        let quotient = |sum: u64, count: u64| u8::try_from((sum + count / 2) / count.max(1)).unwrap_or(u8::MAX);
        let count = u64::try_from((right - left) * (bottom - top)).unwrap_or(1);
        (sums.map(|sum| quotient(sum, opacity)), quotient(opacity, count))
    }

    /// The picture as a PNG file, which says nothing but its pixels.
    pub(crate) fn to_png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side(self.width), side(self.height));
        let samples: Cow<'_, [u8]> = match &self.alpha {
            None => {
                encoder.set_color(png::ColorType::Rgb);
                Cow::Borrowed(&self.colors)
            }
            Some(alpha) => {
                encoder.set_color(png::ColorType::Rgba);
                let pixels = self.colors.as_chunks::<3>().0.iter().zip(alpha.iter());
                Cow::Owned(pixels.flat_map(|([red, green, blue], alpha)| [*red, *green, *blue, *alpha]).collect())
            }
        };
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&samples)?;
        writer.finish()?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_pixels_do_not_color_their_neighbours() {
        let colors = [255, 0, 0, 0, 255, 0];
        let raster = Raster::reduced((2, 1), &colors, Some(&[255, 0]));
        assert_eq!(raster.mean(0, 0, 2), ([255, 0, 0], 128));
        let opaque = Raster::reduced((2, 1), &colors, None);
        assert_eq!(opaque.mean(0, 0, 2), ([128, 128, 0], 255));
    }

    #[test]
    fn large_pictures_are_reduced() {
        let colors = vec![7; 3 * 2_500 * 10];
        let reduced = Raster::reduced((2_500, 10), &colors, None);
        assert_eq!((reduced.width, reduced.height, reduced.colors.len()), (834, 4, 3 * 834 * 4));
    }
}
