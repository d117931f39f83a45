//! Invoices that show what documents can be, each with a picture of a page.

/// An invoice of the gallery.
#[derive(Debug, Clone, Copy)]
pub struct GalleryInvoice {
    /// Its name in addresses.
    pub name: &'static str,
    /// What it shows, for people.
    pub title: &'static str,
    /// Its data, which [`invoice::parse`] takes.
    pub json: &'static str,
    /// Its page as a PNG picture.
    pub picture: &'static [u8],
}

macro_rules! gallery {
    ($( $name:literal $file:literal $title:literal )*) => {
        &[$( GalleryInvoice {
            name: $name,
            title: $title,
            json: include_str!(concat!("../gallery/", $file, ".json")),
            picture: include_bytes!(concat!("../gallery/", $file, ".png")),
        } ),*]
    };
}

/// Those whose picture shows just what their data say.
pub const GALLERY: &[GalleryInvoice] = gallery! {
    "sample" "sample" "A plain invoice in the flat form"
    "german" "german" "German, with a transfer code"
    "german-modern" "german.modern" "The modern style, with a logo"
    "credit-note" "credit-note" "A credit note in French"
    "long" "long" "More lines than a page has"
    "japanese" "japanese" "Japanese, without cents"
    "chinese" "chinese" "Chinese"
    "arabic" "arabic" "Arabic, from right to left"
    "scripts" "scripts" "Many scripts in one invoice"
};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::GALLERY;

    #[test]
    fn every_invoice_is_right_and_has_a_name_of_its_own() {
        let mut names = std::collections::BTreeSet::new();
        for one in GALLERY {
            assert!(names.insert(one.name), "{} stands twice", one.name);
            let parsed = invoice::parse(one.json.as_bytes(), &invoice::ParseOptions::default());
            let parsed = parsed.unwrap_or_else(|rejected| panic!("{}: {:#?}", one.name, rejected.faults));
            assert!(parsed.warnings.is_empty(), "{}: {:#?}", one.name, parsed.warnings);
            assert!(one.picture.starts_with(b"\x89PNG"), "{}", one.name);
        }
    }
}
