//! Places in a JSON document.

use std::borrow::Cow;

/// A place in a JSON document, linked to the place that holds it; printed (RFC 6901) only when there is a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'p> {
    /// The whole document.
    Root,
    /// The member of an object.
    Member(&'p Path<'p>, &'p str),
    /// The element of an array, from 0.
    Element(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    pub(crate) const fn member(&'p self, key: &'p str) -> Self {
        Path::Member(self, key)
    }

    pub(crate) const fn element(&'p self, index: usize) -> Self {
        Path::Element(self, index)
    }

    /// Whether names, reasons and the like stand here, where white space is layout; in identifiers it is not.
    pub(crate) fn is_prose(&self) -> bool {
        const PROSE: [&str; 21] = [
            "account_name",
            "bill_to_company",
            "bill_to_name",
            "city",
            "company_name",
            "contact_name",
            "custom_fields",
            "description",
            "holder",
            "lines",
            "means_text",
            "name",
            "other_taxes",
            "reason",
            "remittance_information",
            "ship_to_company",
            "ship_to_name",
            "subdivision",
            "tax_name",
            "trading_name",
            "value",
        ];
        match self {
            Path::Root => false,
            Path::Element(parent, _) => parent.is_prose(),
            Path::Member(Path::Member(_, "custom_fields"), _) => true,
            Path::Member(_, key) => PROSE.contains(key),
        }
    }

    /// The JSON pointer of this place (RFC 6901).
    pub(crate) fn pointer(&self) -> String {
        match self {
            Path::Root => String::new(),
            Path::Member(parent, key) => format!("{}/{}", parent.pointer(), escape(key)),
            Path::Element(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// Escapes a key for a JSON pointer (RFC 6901, section 3).
pub(crate) fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { Cow::Owned(key.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(key) }
}
