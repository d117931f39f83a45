//! Identifiers and the schemes that give them meaning, as people write them.

use invoice::{Identifier, ItemClassification, ItemIdentifier};

use crate::wording::Wording;

/// What identifiers of a scheme (ISO/IEC 6523) are called wherever they are used.
const SCHEME_NAMES: [(&str, &str); 11] = [
    ("0002", "SIREN"),
    ("0009", "SIRET"),
    ("0060", "D-U-N-S"),
    ("0088", "GLN"),
    ("0106", "KVK"),
    ("0151", "ABN"),
    ("0184", "CVR"),
    ("0192", "Org.nr."),
    ("0195", "UEN"),
    ("0199", "LEI"),
    ("0204", "Leitweg-ID"),
];
/// What classes of a system (UNTDID 7143) are called wherever they are used.
const CLASSIFICATION_NAMES: [(&str, &str); 4] = [("HS", "HS"), ("STI", "CPV"), ("STL", "ATC"), ("TSP", "UNSPSC")];

fn name_of(names: &[(&str, &'static str)], scheme: &str) -> Option<&'static str> {
    names.iter().find(|(code, _)| *code == scheme).map(|(_, name)| *name)
}

/// For example `GLN 4304171000002`; a scheme without a name stands before a colon, as participants of Peppol write it.
pub(super) fn identifier(identifier: &Identifier) -> String {
    let Some(scheme) = identifier.scheme else { return identifier.id.clone() };
    within_scheme(scheme.code(), &identifier.id)
}

/// For example `GTIN 04012345000016`.
pub(super) fn item_identifier(identifier: &ItemIdentifier, wording: &Wording) -> String {
    match identifier.scheme.code() {
        "0160" => format!("{} {}", wording.standard_item, identifier.id),
        scheme => within_scheme(scheme, &identifier.id),
    }
}

fn within_scheme(scheme: &str, id: &str) -> String {
    match name_of(&SCHEME_NAMES, scheme) {
        Some(name) => format!("{name} {id}"),
        None => format!("{scheme}:{id}"),
    }
}

/// The number in a register of companies, with the name of the register where its scheme has one.
pub(super) fn registration(identifier: &Identifier, wording: &Wording) -> String {
    let name = identifier.scheme.and_then(|scheme| name_of(&SCHEME_NAMES, scheme.code()));
    format!("{} {}", name.unwrap_or(wording.registration), identifier.id)
}

/// For example `HS 998311`, or `UNSPSC 56101704 (24.0)`.
pub(super) fn classification(class: &ItemClassification) -> String {
    let scheme = class.scheme.code();
    let name = name_of(&CLASSIFICATION_NAMES, scheme).unwrap_or(scheme);
    let version = class.version.as_deref().map(|version| format!(" ({version})")).unwrap_or_default();
    format!("{name} {}{version}", class.code)
}
