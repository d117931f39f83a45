//! Logos as image XObjects (ISO 32000-1, 8.9.5).

use std::sync::{Arc, Mutex, PoisonError};

use invoice::{Logo, LogoContent};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use sha2::{Digest as _, Sha256};

use crate::compression::deflate;
use crate::raster::Raster;
use crate::recent::Recent;

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
        LogoContent::Pixels { colors, alpha } => {
            let size = (logo.width as usize, logo.height as usize);
            let encoded = encoded(logo, || encode(&Raster::reduced(size, colors, alpha.as_deref())));
            add_encoded(document, &encoded)
        }
        LogoContent::Drawing(drawing) => {
            let encoded = encoded(logo, || encode(&Raster::drawn(drawing, logo.width, logo.height)));
            add_encoded(document, &encoded)
        }
        LogoContent::Jpeg { file, is_gray } => {
            let space = if *is_gray { "DeviceGray" } else { "DeviceRGB" };
            let size = (i64::from(logo.width), i64::from(logo.height));
            document.add_object(stream(size, space, "DCTDecode", file.clone()))
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

fn encoded(logo: &Logo, encode: impl FnOnce() -> Encoded) -> Arc<Encoded> {
    let digest: [u8; 32] = Sha256::digest(&logo.bytes).into();
    // A panic elsewhere cannot leave the list half changed, so a poisoned lock is as good as another.
    let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache().find(|key| *key == digest) {
        return found;
    }
    let encoded = Arc::new(encode());
    let bytes = encoded.colors.len() + encoded.alpha.as_ref().map_or(0, Vec::len);
    cache().keep(digest, &encoded, bytes);
    encoded
}

fn encode(raster: &Raster<'_>) -> Encoded {
    Encoded {
        width: raster.width,
        height: raster.height,
        colors: deflate(&raster.colors),
        alpha: raster.alpha.as_deref().map(deflate),
    }
}
