//! How a PDF carries an e-invoice (Factur-X 1.09, section 6): names, relationship and XMP.

/// What a hybrid document says about the XML that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hybrid {
    /// The name of the embedded file.
    pub file_name: &'static str,
    /// `/AFRelationship` (ISO 32000-2, 7.11.3): the XML says the same as the pages.
    pub relationship: &'static str,
    /// `fx:ConformanceLevel`.
    pub conformance_level: &'static str,
    /// `fx:Version` of the XML's specification.
    pub version: &'static str,
}

impl Hybrid {
    pub(crate) const BASIC: Self = Self::factur_x("BASIC");
    pub(crate) const EN16931: Self = Self::factur_x("EN 16931");
    pub(crate) const EXTENDED: Self = Self::factur_x("EXTENDED");
    pub(crate) const XRECHNUNG: Self =
        Self { file_name: "xrechnung.xml", version: "3.0", ..Self::factur_x("XRECHNUNG") };

    const fn factur_x(conformance_level: &'static str) -> Self {
        Self { file_name: "factur-x.xml", relationship: "Alternative", conformance_level, version: "1.0" }
    }

    /// What the XMP packet says about the XML, after the PDF/A extension schema that defines the terms: elements of
    /// `rdf:RDF`.
    #[must_use]
    pub fn xmp(&self) -> String {
        let Self { file_name, conformance_level, version, .. } = self;
        format!(
            "{EXTENSION_SCHEMA}<rdf:Description rdf:about=\"\" xmlns:fx=\"{NAMESPACE}\">\n\
             <fx:DocumentType>INVOICE</fx:DocumentType>\n\
             <fx:DocumentFileName>{file_name}</fx:DocumentFileName>\n\
             <fx:Version>{version}</fx:Version>\n\
             <fx:ConformanceLevel>{conformance_level}</fx:ConformanceLevel>\n\
             </rdf:Description>\n"
        )
    }
}

const NAMESPACE: &str = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#";

/// Defines the four terms for readers of PDF/A (ISO 19005-3, 6.6.2.3.3).
const EXTENSION_SCHEMA: &str = "\
<rdf:Description rdf:about=\"\" xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\" \
xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>DocumentFileName</pdfaProperty:name>\
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>\
<pdfaProperty:description>The name of the embedded XML document</pdfaProperty:description></rdf:li>
<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>DocumentType</pdfaProperty:name>\
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>\
<pdfaProperty:description>The type of the hybrid document in capital letters</pdfaProperty:description></rdf:li>
<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>Version</pdfaProperty:name>\
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>\
<pdfaProperty:description>The version of the standard applied to the embedded XML document</pdfaProperty:description></rdf:li>
<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>ConformanceLevel</pdfaProperty:name>\
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>\
<pdfaProperty:description>The conformance level of the embedded XML document</pdfaProperty:description></rdf:li>
</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
";
