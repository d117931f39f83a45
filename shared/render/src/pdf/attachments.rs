//! Files within the document (ISO 32000-2, 7.11.4; ISO 19005-3, 6.8).

use invoice::{Attachment, Invoice};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::document::{Digest, text_string};
use crate::RenderError;
use crate::compression::deflate;
use crate::legal::CarriedXml;

/// A file that the document holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct EmbeddedFile<'a> {
    name: &'a str,
    media_type: &'a str,
    description: &'a str,
    /// Why it is in the document (ISO 32000-2, table 43).
    relationship: &'static str,
    bytes: &'a [u8],
}

/// The invoice as XML, then the supporting documents that came as files.
pub(super) fn files<'a>(invoice: &'a Invoice, xml: Option<CarriedXml<'a>>) -> Vec<EmbeddedFile<'a>> {
    let xml = xml.map(|CarriedXml { bytes, hybrid }| EmbeddedFile {
        name: hybrid.file_name,
        media_type: "text/xml",
        description: "The invoice as XML",
        relationship: hybrid.relationship,
        bytes,
    });
    let supporting = invoice.supporting_documents.iter().filter_map(|document| {
        let Attachment { file_name, media_type, content, .. } = document.attachment.as_ref()?;
        Some(EmbeddedFile {
            name: file_name,
            media_type,
            description: document.description.as_deref().unwrap_or(&document.reference),
            relationship: "Supplement",
            bytes: content.bytes(),
        })
    });
    xml.into_iter().chain(supporting).collect()
}

/// Puts files into the document, so that readers list them, and names them as a part of it. `modified` is their date.
pub(super) fn embed(document: &mut Document, files: &[EmbeddedFile<'_>], modified: &str) -> Result<(), RenderError> {
    if files.is_empty() {
        return Ok(());
    }
    let mut specifications = Vec::with_capacity(files.len());
    let mut names = Vec::with_capacity(2 * files.len());
    for (index, file) in files.iter().enumerate() {
        let specification = Object::Reference(file.add_to(document, modified));
        specifications.push(specification.clone());
        // The keys of a name tree rise and are unique, names of files need not be.
        names.push(Object::string_literal(format!("{index:06}")));
        names.push(specification);
    }
    let mut leaf = Dictionary::new();
    leaf.set("Names", names);
    let mut trees = Dictionary::new();
    trees.set("EmbeddedFiles", Object::Dictionary(leaf));
    let catalog = document.catalog_mut()?;
    catalog.set("Names", Object::Dictionary(trees));
    catalog.set("AF", specifications);
    Ok(())
}

impl EmbeddedFile<'_> {
    /// Lets the identifier of the document depend on the file.
    pub(super) fn digest(&self, digest: &mut Digest) {
        for part in [self.name.as_bytes(), self.media_type.as_bytes(), self.description.as_bytes(), self.bytes] {
            digest.take_in(&part.len().to_be_bytes());
            digest.take_in(part);
        }
    }

    fn add_to(&self, document: &mut Document, modified: &str) -> ObjectId {
        let stream = document.add_object(self.stream(modified));
        let name = text_string(&plain_name(self.name));
        let mut streams = Dictionary::new();
        streams.set("F", Object::Reference(stream));
        streams.set("UF", Object::Reference(stream));
        let mut specification = Dictionary::new();
        specification.set("Type", Object::Name(b"Filespec".to_vec()));
        specification.set("F", name.clone());
        specification.set("UF", name);
        specification.set("Desc", text_string(self.description));
        specification.set("AFRelationship", Object::Name(self.relationship.into()));
        specification.set("EF", Object::Dictionary(streams));
        document.add_object(specification)
    }

    fn stream(&self, modified: &str) -> Stream {
        let mut parameters = Dictionary::new();
        parameters.set("Size", i64::try_from(self.bytes.len()).unwrap_or(i64::MAX));
        parameters.set("ModDate", Object::string_literal(modified));
        let mut dictionary = Dictionary::new();
        dictionary.set("Type", Object::Name(b"EmbeddedFile".to_vec()));
        dictionary.set("Subtype", Object::Name(self.media_type.as_bytes().to_vec()));
        dictionary.set("Params", Object::Dictionary(parameters));
        // Text shrinks; the other kinds are compressed as they come.
        if !self.media_type.starts_with("text/") {
            return Stream::new(dictionary, self.bytes.to_vec()).with_compression(false);
        }
        dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        Stream::new(dictionary, deflate(self.bytes)).with_compression(false)
    }
}

/// A name that is no path: what parts folders or drives becomes `_`, and no dot leads.
fn plain_name(name: &str) -> String {
    let is_strange = |character: char| character.is_control() || r#"/\:*?"<>|"#.contains(character);
    let plain: String = name.chars().map(|character| if is_strange(character) { '_' } else { character }).collect();
    let plain = plain.trim_start_matches(['.', ' ']);
    if plain.is_empty() { "file".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn names_of_files_are_no_paths() {
        assert_eq!(plain_name("Stunden März.csv"), "Stunden März.csv");
        assert_eq!(plain_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(plain_name("C:\\autoexec.bat"), "C__autoexec.bat");
        assert_eq!(plain_name("..."), "file");
    }
}
