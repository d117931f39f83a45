//! Files that came with the invoice travel in its PDF document.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invoice::Format;
use lopdf::{Dictionary, Document, Object};
use samples::{full, parse, render};
use serde_json::{Value, json};
use tools::run;

fn with_files(files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut json = full();
    let documents = files.iter().enumerate().map(|(index, (name, media_type, bytes))| -> Value {
        json!({
            "reference": format!("TS-{index}"),
            "description": "Zeitnachweis März",
            "attachment": { "file_name": name, "media_type": media_type, "content": STANDARD.encode(bytes) },
        })
    });
    json["supporting_documents"] = documents.collect();
    render(&parse(&json), Format::Pdf).bytes
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> &'a Dictionary {
    document.dereference(object).unwrap().1.as_dict().unwrap()
}

#[test]
fn other_programs_find_the_files_whole() {
    let table = "day,hours\n".repeat(5_000).into_bytes();
    let noise: Vec<u8> = (0..100_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let files: [(&str, &str, &[u8]); 4] = [
        ("Stunden März.csv", "text/csv", &table),
        ("photo.jpg", "image/jpeg", &noise),
        ("Stunden März.csv", "text/csv", b"another of the same name"),
        ("../../empty.csv", "text/csv", b""),
    ];
    let pdf = with_files(&files);
    assert!(pdf.len() < 200_000, "{} bytes: the table is not compressed", pdf.len());
    let list = run("pdfdetach", &["-list", "{}"], &pdf);
    assert!(list.starts_with("4 embedded files"), "{list}");
    assert!(list.contains("1: Stunden März.csv") && list.contains("4: _.._empty.csv"), "{list}");
    let folder = tempfile::tempdir().unwrap();
    for (index, (_, _, bytes)) in files.iter().enumerate() {
        let target = folder.path().join("file");
        let number = (index + 1).to_string();
        run("pdfdetach", &["-save", &number, "-o", target.to_str().unwrap(), "{}"], &pdf);
        assert!(std::fs::read(&target).unwrap() == *bytes, "file {number}");
    }
    let report = run("qpdf", &["--check", "{}"], &pdf);
    assert!(report.contains("No syntax or stream encoding errors"), "{report}");
}

/// ISO 19005-3, 6.8: a file says what it is, when it was changed and why it is there, and is named as a part.
#[test]
fn files_say_what_they_are() {
    let document =
        Document::load_mem(&with_files(&[("a.csv", "text/csv", b"1"), ("b.pdf", "application/pdf", b"%PDF-1.7")]))
            .unwrap();
    let catalog = document.catalog().unwrap();
    let parts = catalog.get(b"AF").unwrap().as_array().unwrap();
    assert_eq!(parts.len(), 2);
    for (part, (name, media_type)) in parts.iter().zip([("a.csv", "text/csv"), ("b.pdf", "application/pdf")]) {
        let file = dictionary(&document, part);
        assert_eq!(file.get(b"Type").unwrap().as_name().unwrap(), b"Filespec");
        assert_eq!(file.get(b"AFRelationship").unwrap().as_name().unwrap(), b"Supplement");
        for key in [b"F".as_slice(), b"UF"] {
            assert_eq!(file.get(key).unwrap().as_str().unwrap(), name.as_bytes());
        }
        let streams = dictionary(&document, file.get(b"EF").unwrap());
        let (_, stream) = document.dereference(streams.get(b"F").unwrap()).unwrap();
        let stream = stream.as_stream().unwrap();
        assert_eq!(stream.dict.get(b"Subtype").unwrap().as_name().unwrap(), media_type.as_bytes());
        let parameters = dictionary(&document, stream.dict.get(b"Params").unwrap());
        assert_eq!(parameters.get(b"ModDate").unwrap().as_str().unwrap(), b"D:20260417000000Z");
    }
    let names =
        dictionary(&document, dictionary(&document, catalog.get(b"Names").unwrap()).get(b"EmbeddedFiles").unwrap());
    assert_eq!(names.get(b"Names").unwrap().as_array().unwrap().len(), 4);
}

#[test]
fn another_file_makes_another_document() {
    let one = with_files(&[("a.csv", "text/csv", b"1")]);
    assert_eq!(one, with_files(&[("a.csv", "text/csv", b"1")]));
    let identifier = |pdf: &[u8]| {
        let document = Document::load_mem(pdf).unwrap();
        format!("{:?}", document.trailer.get(b"ID").unwrap())
    };
    assert_ne!(identifier(&one), identifier(&with_files(&[("a.csv", "text/csv", b"2")])));
    assert_ne!(identifier(&one), identifier(&with_files(&[("b.csv", "text/csv", b"1")])));
}
