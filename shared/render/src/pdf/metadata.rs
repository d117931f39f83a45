//! The facts about the document itself: Info dictionary and XMP (ISO 16684-1), which say the same.

use std::fmt::Write as _;

use einvoice::Hybrid;
use jiff::civil::Date;

use crate::facts::Facts;

/// The program, as readers show it.
const PRODUCER: &str = "render (printpdf)";

/// What the document says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) title: String,
    pub(super) author: String,
    pub(super) language: &'static str,
    date: Date,
    /// What it says about the XML that it carries.
    hybrid: Option<Hybrid>,
}

impl Metadata {
    pub(super) fn of(facts: &Facts<'_>, hybrid: Option<Hybrid>) -> Self {
        Self {
            title: facts.headline(),
            author: facts.seller.name.to_owned(),
            language: facts.wording.language,
            date: facts.invoice.issue_date,
            hybrid,
        }
    }

    /// The date of issue, so that the same invoice gives the same bytes (ISO 32000-1, 7.9.4).
    pub(super) fn pdf_date(&self) -> String {
        format!("D:{:04}{:02}{:02}000000Z", self.date.year(), self.date.month(), self.date.day())
    }

    pub(super) const fn producer() -> &'static str {
        PRODUCER
    }

    /// The XMP packet with the claim of PDF/A-3b.
    pub(super) fn xmp(&self) -> String {
        let date = format!("{}T00:00:00Z", self.date);
        let (title, author) = (escaped(&self.title), escaped(&self.author));
        let hybrid = self.hybrid.map(|hybrid| hybrid.xmp()).unwrap_or_default();
        let mut xmp = String::with_capacity(1600);
        // Writing to a String cannot fail.
        let _ = write!(
            xmp,
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
             <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
             <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" \
             xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
             <pdfaid:part>3</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>\n\
             <dc:format>application/pdf</dc:format>\n\
             <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
             <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>\n\
             <xmp:CreateDate>{date}</xmp:CreateDate>\n<xmp:ModifyDate>{date}</xmp:ModifyDate>\n\
             <xmp:MetadataDate>{date}</xmp:MetadataDate>\n\
             <pdf:Producer>{PRODUCER}</pdf:Producer>\n\
             </rdf:Description>\n{hybrid}</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>"
        );
        xmp
    }
}

/// Text as XML character data; what XML cannot say at all is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            _ => escaped.push(character),
        }
    }
    escaped
}
