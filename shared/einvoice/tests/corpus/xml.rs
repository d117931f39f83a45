//! Reads documents back.

use std::collections::BTreeMap;

use quick_xml::events::Event;

/// The texts of a document by the path of their element, without namespaces.
pub(crate) fn texts(xml: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let (mut path, mut texts) = (Vec::<String>::new(), BTreeMap::<String, Vec<String>>::new());
    let mut text = String::new();
    loop {
        match reader.read_event().expect("well-formed XML in UTF-8") {
            Event::Start(start) => {
                path.push(String::from_utf8(start.local_name().as_ref().to_vec()).expect("well-formed XML in UTF-8"));
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.decode().expect("well-formed XML in UTF-8")),
            Event::GeneralRef(reference) => {
                text.push_str(entity(&reference.decode().expect("well-formed XML in UTF-8")))
            }
            Event::End(_) => {
                if !text.trim().is_empty() {
                    texts.entry(path.join("/")).or_default().push(std::mem::take(&mut text));
                }
                text.clear();
                path.pop();
            }
            Event::Eof => return texts,
            _ => {}
        }
    }
}

fn entity(name: &str) -> &'static str {
    match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        other => panic!("an entity of its own: {other}"),
    }
}
