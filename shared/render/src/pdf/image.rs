//! Logos as image XObjects (ISO 32000-1, 8.9.5).

use std::sync::{Arc, Mutex, PoisonError};

use invoice::{Logo, LogoContent};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use sha2::{Digest as _, Sha256};

use crate::compression::deflate;
use crate::recent::Recent;

/// A longer side is reduced to this: on the page a logo is some 60 mm wide, which that gives more than 400 dots an inch.
const MOST_PIXELS_A_SIDE: usize = 1_000;

/// Pictures that were reduced and compressed, by the digests of their files.
static CACHE: Mutex<Recent<[u8; 32], Encoded>> = Mutex::new(Recent::new(32, 8 * 1024 * 1024));

/// A decoded picture, reduced and compressed.
struct Encoded {
    width: usize,
    height: usize,
    colors: Vec<u8>,
    alpha: Option<Vec<u8>>,
}

/// Adds a logo to a document, and gives its object.
pub(super) fn add_image(document: &mut Document, logo: &Logo) -> ObjectId {
    match &logo.content {
        LogoContent::Png { colors, alpha } => {
            let encoded = encoded(logo, colors, alpha.as_deref());
            add_encoded(document, &encoded)
        }
        LogoContent::Jpeg { is_gray } => {
            let space = if *is_gray { "DeviceGray" } else { "DeviceRGB" };
            let size = (i64::from(logo.width), i64::from(logo.height));
            document.add_object(stream(size, space, "DCTDecode", logo.bytes.clone()))
        }
    }
}

fn add_encoded(document: &mut Document, encoded: &Encoded) -> ObjectId {
    let length = |pixels: usize| i64::try_from(pixels).unwrap_or(i64::MAX);
    let size = (length(encoded.width), length(encoded.height));
    let mut image = stream(size, "DeviceRGB", "FlateDecode", encoded.colors.clone());
    if let Some(alpha) = &encoded.alpha {
        let mask = document.add_object(stream(size, "DeviceGray", "FlateDecode", alpha.clone()));
        image.dict.set("SMask", Object::Reference(mask));
    }
    document.add_object(image)
}

fn stream((width, height): (i64, i64), space: &str, filter: &str, content: Vec<u8>) -> Stream {
    let name = |name: &str| Object::Name(name.as_bytes().to_vec());
    let mut dictionary = Dictionary::new();
    dictionary.set("Type", name("XObject"));
    dictionary.set("Subtype", name("Image"));
    dictionary.set("Width", width);
    dictionary.set("Height", height);
    dictionary.set("ColorSpace", name(space));
    dictionary.set("BitsPerComponent", 8);
    dictionary.set("Filter", name(filter));
    Stream::new(dictionary, content).with_compression(false)
}

fn encoded(logo: &Logo, colors: &[u8], alpha: Option<&[u8]>) -> Arc<Encoded> {
    let digest: [u8; 32] = Sha256::digest(&logo.bytes).into();
    // A panic elsewhere cannot leave the list half changed, so a poisoned lock is as good as another.
    let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache().find(|key| *key == digest) {
        return found;
    }
    let raster = Raster { width: logo.width as usize, height: logo.height as usize, colors, alpha };
    let encoded = Arc::new(raster.encoded());
    let bytes = encoded.colors.len() + encoded.alpha.as_ref().map_or(0, Vec::len);
    cache().keep(digest, &encoded, bytes);
    encoded
}

/// Pixels row by row from the upper left.
struct Raster<'a> {
    width: usize,
    height: usize,
    colors: &'a [u8],
    alpha: Option<&'a [u8]>,
}

impl Raster<'_> {
    fn encoded(&self) -> Encoded {
        let side = self.width.max(self.height).div_ceil(MOST_PIXELS_A_SIDE).max(1);
        if side == 1 {
            let (colors, alpha) = (deflate(self.colors), self.alpha.map(deflate));
            return Encoded { width: self.width, height: self.height, colors, alpha };
        }
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
        Encoded { width, height, colors: deflate(&colors), alpha: self.alpha.map(|_| deflate(&alpha)) }
    }

    /// The mean of a square: of its colours, each as far as its pixel is opaque, and of how opaque they are.
    fn mean(&self, left: usize, top: usize, side: usize) -> ([u8; 3], u8) {
        let (right, bottom) = ((left + side).min(self.width), (top + side).min(self.height));
        let mut sums = [0_u64; 3];
        let mut opacity = 0;
        for index in (top..bottom).flat_map(|y| (left..right).map(move |x| y * self.width + x)) {
            let alpha = u64::from(self.alpha.and_then(|alpha| alpha.get(index).copied()).unwrap_or(u8::MAX));
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_pixels_do_not_color_their_neighbours() {
        let colors = [255, 0, 0, 0, 255, 0];
        let raster = Raster { width: 2, height: 1, colors: &colors, alpha: Some(&[255, 0]) };
        assert_eq!(raster.mean(0, 0, 2), ([255, 0, 0], 128));
        let opaque = Raster { alpha: None, ..raster };
        assert_eq!(opaque.mean(0, 0, 2), ([128, 128, 0], 255));
    }

    #[test]
    fn large_pictures_are_reduced() {
        let colors = vec![7; 3 * 2_500 * 10];
        let encoded = Raster { width: 2_500, height: 10, colors: &colors, alpha: None }.encoded();
        assert_eq!((encoded.width, encoded.height), (834, 4));
    }
}
