//! Legal e-invoices: XML alone, and PDF documents that carry it.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use einvoice::Profile;
use invoice::{Format, Invoice};
use lopdf::{Dictionary, Document, Object};
use render::{RenderError, Style};
use samples::{flat, item, parse, render};
use serde_json::{Value, json};
use tools::run;

const XRECHNUNG: &str = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0";
const EN16931: &str = "urn:cen.eu:en16931:2017";
const BASIC: &str = "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic";
const EXTENDED: &str = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended";

/// The example of a format, as a reader of the events finds it.
fn example(name: &str) -> Value {
    let path = format!("{}/../../events/einvoices/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn xml_of(invoice: &Invoice, format: Format) -> Vec<u8> {
    einvoice::write(invoice, Profile::of(format, invoice).unwrap()).unwrap().xml
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> &'a Dictionary {
    document.dereference(object).unwrap().1.as_dict().unwrap()
}

fn name(dictionary: &Dictionary, key: &[u8]) -> String {
    String::from_utf8(dictionary.get(key).unwrap().as_name().unwrap().to_vec()).unwrap()
}

/// What the document as a whole is associated with (ISO 19005-3, 6.8): name, relationship and content of each file.
fn associated(document: &Document) -> Vec<(String, String, Vec<u8>)> {
    let files = document.catalog().unwrap().get(b"AF").unwrap().as_array().unwrap();
    let file = |part: &Object| {
        let specification = dictionary(document, part);
        let streams = dictionary(document, specification.get(b"EF").unwrap());
        let (_, stream) = document.dereference(streams.get(b"UF").unwrap()).unwrap();
        let file_name = String::from_utf8(specification.get(b"UF").unwrap().as_str().unwrap().to_vec()).unwrap();
        let stream = stream.as_stream().unwrap();
        let content = stream.decompressed_content().unwrap_or_else(|_| stream.content.clone());
        (file_name, name(specification, b"AFRelationship"), content)
    };
    files.iter().map(file).collect()
}

fn xmp(document: &Document) -> String {
    let (_, stream) = document.dereference(document.catalog().unwrap().get(b"Metadata").unwrap()).unwrap();
    String::from_utf8(stream.as_stream().unwrap().content.clone()).unwrap()
}

#[test]
fn each_example_becomes_its_format_with_a_report() {
    for (name, extension) in [("peppol", "xml"), ("xrechnung", "xml"), ("factur-x", "pdf"), ("factur-x-fr", "pdf")] {
        let (invoice, format) = (parse(&example(name)), name.parse().unwrap());
        let rendered = render(&invoice, format);
        assert_eq!(rendered, render(&invoice, format), "the same bytes again");
        assert!(rendered.file_name.ends_with(&format!("-{name}.{extension}")), "{}", rendered.file_name);
        let report = rendered.report.unwrap();
        assert!(report.rules_version >= 1 && report.rules[0].starts_with("EN 16931"), "{report:?}");
        if extension == "xml" {
            assert!(rendered.bytes == xml_of(&invoice, format), "{name}");
        }
    }
}

/// The relationship and the names are what no validator of PDF/A looks at.
#[test]
fn a_hybrid_document_as_a_whole_names_its_xml_and_how_it_stands_to_it() {
    let mut json = example("factur-x");
    json["buyer_reference"] = json!("04011000-1234512345-06");
    for (specification, file, level) in [
        (None, "factur-x.xml", "EN 16931"),
        (Some(BASIC), "factur-x.xml", "BASIC"),
        (Some(EXTENDED), "factur-x.xml", "EXTENDED"),
        (Some(XRECHNUNG), "xrechnung.xml", "XRECHNUNG"),
    ] {
        json["specification"] = json!(specification.unwrap_or(EN16931));
        let mut json = json.clone();
        if level == "BASIC" {
            remove_what_basic_lacks(&mut json);
        }
        let invoice = parse(&json);
        let document = Document::load_mem(&render(&invoice, Format::FacturX).bytes).unwrap();
        let parts = associated(&document);
        let (name, relationship, content) = &parts[0];
        assert_eq!((name.as_str(), relationship.as_str()), (file, "Alternative"));
        assert!(*content == xml_of(&invoice, Format::FacturX), "{level}");
        let xmp = xmp(&document);
        let version = if file == "xrechnung.xml" { "3.0" } else { "1.0" };
        for statement in [
            format!("<fx:DocumentFileName>{file}</fx:DocumentFileName>"),
            format!("<fx:ConformanceLevel>{level}</fx:ConformanceLevel>"),
            format!("<fx:Version>{version}</fx:Version>"),
            "<fx:DocumentType>INVOICE</fx:DocumentType>".to_owned(),
            "<pdfaid:part>3</pdfaid:part>".to_owned(),
        ] {
            assert_eq!(xmp.matches(&statement).count(), 1, "{level}: {statement}");
        }
    }
}

fn remove_what_basic_lacks(json: &mut Value) {
    let mut remove = |parent: &str, keys: &[&str]| {
        let members = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        members.retain(|key, _| !keys.contains(&key.as_str()));
    };
    remove("/seller", &["contact", "legal_information"]);
    remove("/payment", &["account_name"]);
    remove("/lines/0", &["order_line_reference", "description", "seller_item_id"]);
}

#[test]
fn the_xml_belongs_to_the_document_and_to_no_single_page() {
    let mut json = example("factur-x");
    let line = json["lines"][0].clone();
    json["lines"] = json!(vec![line; 100]);
    json["supporting_documents"] = json!([{
        "reference": "TS-1", "attachment": { "file_name": "hours.csv", "media_type": "text/csv", "content": "YQ==" },
    }]);
    let pdf = render(&parse(&json), Format::FacturX).bytes;
    let document = Document::load_mem(&pdf).unwrap();
    let names: Vec<_> = associated(&document).into_iter().map(|(name, relationship, _)| (name, relationship)).collect();
    let expected = [("factur-x.xml", "Alternative"), ("hours.csv", "Supplement")];
    assert_eq!(names, expected.map(|(name, relationship)| (name.to_owned(), relationship.to_owned())));
    let pages = document.get_pages();
    assert!(pages.len() > 1);
    for page in pages.into_values() {
        let page = document.get_dictionary(page).unwrap();
        assert!(page.get(b"AF").is_err() && page.get(b"Annots").is_err(), "{page:?}");
    }
    let trees = dictionary(&document, document.catalog().unwrap().get(b"Names").unwrap());
    let leaf = dictionary(&document, trees.get(b"EmbeddedFiles").unwrap());
    assert_eq!(leaf.get(b"Names").unwrap().as_array().unwrap().len(), 4);
    assert!(run("pdfdetach", &["-list", "{}"], &pdf).contains("1: factur-x.xml"));
    assert!(run("qpdf", &["--check", "{}"], &pdf).contains("No syntax or stream encoding errors"));
}

#[test]
fn a_document_without_xml_claims_none() {
    let pdf = render(&parse(&example("factur-x")), Format::Pdf);
    assert!(pdf.report.is_none());
    let document = Document::load_mem(&pdf.bytes).unwrap();
    assert!(!xmp(&document).contains("fx:"));
    assert!(document.catalog().unwrap().get(b"AF").is_err());
}

#[test]
fn what_the_rules_refuse_is_not_rendered() {
    let invoice = parse(&flat(vec![item("One", "1", "1")]));
    for format in Format::LEGAL {
        let error = render::render(&invoice, format, &Style::default()).unwrap_err();
        let RenderError::Refused(faults) = &error else { panic!("{format}: {error}") };
        assert!(faults.iter().any(|fault| fault.rule == "BR-09"), "{format}: {faults:?}");
        assert!(error.to_string().contains("(BR-09)"), "{error}");
    }
}
