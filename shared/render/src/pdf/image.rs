//! Logos as image XObjects (ISO 32000-1, 8.9.5), drawings of plain shapes as forms.

use std::sync::{Arc, Mutex, PoisonError};

use invoice::{Drawing, Logo, LogoContent};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use sha2::{Digest as _, Sha256};

use super::shapes;
use crate::compression::deflate;
use crate::raster::Raster;
use crate::recent::Recent;

/// Pictures that were reduced and compressed, and shapes that were, by the digests of their files.
static CACHE: Mutex<Recent<[u8; 32], Encoded>> = Mutex::new(Recent::new(32, 8 * 1024 * 1024));

/// What a document holds of a logo, compressed.
enum Encoded {
    Pixels(EncodedPixels),
    Shapes { size: (f32, f32), content: Vec<u8> },
}

/// A decoded picture, reduced and compressed.
struct EncodedPixels {
    width: usize,
    height: usize,
    colors: Vec<u8>,
    alpha: Option<Vec<u8>>,
}

/// Adds a logo to a document, and gives its object.
pub(super) fn add_image(document: &mut Document, logo: &Logo) -> ObjectId {
    match &logo.content {
        LogoContent::Pixels { colors, alpha } => {
            let size = (logo.width as usize, logo.height as usize);
            add_encoded(document, &encoded(logo, || encode(&Raster::reduced(size, colors, alpha.as_deref()))))
        }
        LogoContent::Drawing(drawing) => {
            add_encoded(document, &encoded(logo, || encode_drawing(drawing, (logo.width, logo.height))))
        }
        LogoContent::Jpeg { file, is_gray } => {
            let space = if *is_gray { "DeviceGray" } else { "DeviceRGB" };
            let size = (i64::from(logo.width), i64::from(logo.height));
            document.add_object(stream(size, space, "DCTDecode", file.clone()))
        }
    }
}

fn add_encoded(document: &mut Document, encoded: &Encoded) -> ObjectId {
    match encoded {
        Encoded::Pixels(pixels) => add_pixels(document, pixels),
        Encoded::Shapes { size, content } => document.add_object(shapes::form(*size, content.clone())),
    }
}

fn add_pixels(document: &mut Document, encoded: &EncodedPixels) -> ObjectId {
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

fn encoded(logo: &Logo, encode: impl FnOnce() -> Encoded) -> Arc<Encoded> {
    let digest: [u8; 32] = Sha256::digest(&logo.bytes).into();
    // A panic elsewhere cannot leave the list half changed, so a poisoned lock is as good as another.
    let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache().find(|key| *key == digest) {
        return found;
    }
    let encoded = Arc::new(encode());
    cache().keep(digest, &encoded, encoded.bytes());
    encoded
}

impl Encoded {
    fn bytes(&self) -> usize {
        match self {
            Self::Pixels(pixels) => pixels.colors.len() + pixels.alpha.as_ref().map_or(0, Vec::len),
            Self::Shapes { content, .. } => content.len(),
        }
    }
}

fn encode(raster: &Raster<'_>) -> Encoded {
    Encoded::Pixels(EncodedPixels {
        width: raster.width,
        height: raster.height,
        colors: deflate(&raster.colors),
        alpha: raster.alpha.as_deref().map(deflate),
    })
}

/// Shapes stay what they are; what PDF has no plain words for, such as gradients, becomes pixels.
fn encode_drawing(drawing: &Drawing, (width, height): (u32, u32)) -> Encoded {
    match drawing.shapes() {
        Some(shapes) => Encoded::Shapes { size: drawing.size(), content: deflate(&shapes::content(&shapes)) },
        None => encode(&Raster::drawn(drawing, width, height)),
    }
}
