//! XML as the writers see it: groups and leaves.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document that is written from front to back. A group of which nothing is written leaves no trace.
pub(crate) struct Xml {
    writer: Writer<Vec<u8>>,
    /// Groups that are begun and of which nothing is written yet.
    pending: Vec<BytesStart<'static>>,
}

impl Xml {
    /// A document with room for some lines.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut xml = Self { writer: Writer::new_with_indent(Vec::with_capacity(bytes), b' ', 1), pending: Vec::new() };
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml
    }

    /// The bytes of the document.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.writer.into_inner()
    }

    /// The outermost group, with its namespaces.
    pub(crate) fn root(&mut self, name: &'static str, namespaces: &[(&str, &str)], content: impl FnOnce(&mut Self)) {
        let start = BytesStart::new(name).with_attributes(namespaces.iter().copied());
        self.event(Event::Start(start));
        content(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// A group that is there if something is written within.
    pub(crate) fn group(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        let depth = self.pending.len();
        self.pending.push(BytesStart::new(name));
        content(self);
        if self.pending.len() > depth {
            self.pending.truncate(depth);
        } else {
            self.event(Event::End(BytesEnd::new(name)));
        }
    }

    /// A group that the syntax requires even where it is empty.
    pub(crate) fn required_group(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        self.begin_pending();
        self.event(Event::Start(BytesStart::new(name)));
        content(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// A leaf with a text.
    pub(crate) fn leaf(&mut self, name: &'static str, text: &str) {
        self.leaf_with(name, &[], text);
    }

    /// A leaf, if there is a text.
    pub(crate) fn optional(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// A leaf with attributes, of which those without a value are left out.
    pub(crate) fn leaf_with(&mut self, name: &'static str, attributes: &[(&'static str, Option<&str>)], text: &str) {
        self.begin_pending();
        let given = attributes.iter().filter_map(|(key, value)| Some((*key, (*value)?)));
        self.event(Event::Start(BytesStart::new(name).with_attributes(given)));
        self.event(Event::Text(BytesText::new(text)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn begin_pending(&mut self) {
        for start in std::mem::take(&mut self.pending) {
            self.event(Event::Start(start));
        }
    }

    fn event(&mut self, event: Event<'_>) {
        // Writing to a Vec cannot fail.
        let _ = self.writer.write_event(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_groups_leave_no_trace_and_texts_are_escaped() {
        let mut xml = Xml::with_capacity(64);
        xml.root("a", &[("xmlns", "urn:x")], |xml| {
            xml.group("b", |xml| xml.group("c", |_| {}));
            xml.group("d", |xml| {
                xml.group("e", |_| {});
                xml.leaf_with("f", &[("g", Some("\"<&")), ("h", None)], "1 < 2 & 3 > 2\n");
            });
            xml.required_group("i", |_| {});
        });
        let text = String::from_utf8(xml.into_bytes()).unwrap_or_default();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:x\">\n <d>\n  \
             <f g=\"&quot;&lt;&amp;\">1 &lt; 2 &amp; 3 &gt; 2\n</f>\n </d>\n <i>\n </i>\n</a>"
        );
    }
}
