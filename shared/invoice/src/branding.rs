//! What a user's documents and mails look like unless an upload says otherwise.

use crate::finding::Finding;
use crate::json::{FromJson, Path, Reader, json_object, parse_tree};
use crate::model::{Color, CsvDialect, Footer, Layout, Locale, LogoWidth, Paper, Presentation, Side};
use crate::options::Limits;
use crate::parse::{BYTE_ORDER_MARK, Rejected};
use crate::picture::Logo;
use crate::text::Text;

/// Characters of a mail's subject: more than mail programs show.
const SUBJECT_CHARACTERS: usize = 150;
/// Characters of a text in a mail.
const MAIL_TEXT_CHARACTERS: usize = 2_000;
/// What stands for the invoice's number in texts of mails.
const NUMBER: &str = "{number}";

json_object! {
    /// What a user's documents and mails look like where an upload does not say otherwise.
    pub struct Branding {
        /// The logo: a PNG or JPEG picture of at most 2 MiB and 4 million pixels, or an SVG drawing of shapes of at most
        /// 512 KiB, in Base64, alone or as a `data:` URL.
        #[schemars(example = &"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQKn4BAAIgAXZmNuK1AAAAAElFTkSuQmCC")]
        pub logo: Option<Logo>,
        /// How wide the logo is printed, in millimetres from 5 to 170; without it, as its pixels ask for, up to 60.
        #[schemars(example = 40)]
        pub logo_width: Option<LogoWidth>,
        /// On which side of the page the logo stands: `left` or `right`; without it, where the seller does. On pages
        /// from right to left it is the other side.
        #[schemars(example = &"left")]
        pub logo_side: Option<Side>,
        /// The colour of accents.
        #[schemars(example = &"#1a73e8")]
        pub accent_color: Option<Color>,
        /// The form of documents: `classic` or `modern`.
        #[schemars(example = &"modern")]
        pub style: Option<Layout>,
        /// The size of the pages: `a4` or `letter`; without it, what is usual in the seller's country.
        #[schemars(example = &"a4")]
        pub paper: Option<Paper>,
        /// The form of CSV files: `rfc4180`, `excel` or `excel-de`.
        #[schemars(example = &"excel-de")]
        pub csv_dialect: Option<CsvDialect>,
        /// What stands at the foot of each page, at most 300 characters in four lines.
        #[schemars(example = &"Harbour & Pine Ltd builds reading rooms since 1987.")]
        pub footer: Option<Footer>,
        /// The language and country whose words and forms documents use (BCP 47).
        #[schemars(example = &"en-GB")]
        pub locale: Option<Locale>,
        /// What mails say.
        #[schemars(example = serde_json::json!({ "subject": "Your invoice {number}" }))]
        pub mail: Option<MailTexts>,
    }

    /// What mails say whose documents were all made. They are plain texts, in which `{number}` stands for the
    /// invoice's number.
    pub struct MailTexts {
        /// The subject, at most 150 characters.
        #[schemars(example = &"Your invoice {number}")]
        pub subject: Option<String>,
        /// What stands before the links, at most 2,000 characters.
        #[schemars(example = &"Dear customer,\nhere is your invoice {number}.")]
        pub greeting: Option<Text>,
        /// What stands after the links, at most 2,000 characters.
        #[schemars(example = &"Kind regards\nHarbour & Pine")]
        pub closing: Option<Text>,
    }
}

impl Branding {
    /// Reads a branding; no key beyond the known ones is taken.
    ///
    /// # Errors
    ///
    /// All faults at once, each with its place; only an error of JSON's own syntax stands alone.
    pub fn parse(json: &[u8], limits: &Limits) -> Result<Self, Rejected> {
        let limits = Limits { text_characters: MAIL_TEXT_CHARACTERS, ..*limits };
        let mut reader = Reader::new(limits);
        let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
        let tree = parse_tree(json, &limits, &mut reader.findings).map_err(|fault| Rejected::single(*fault))?;
        let branding = Self::from_json(&tree, &Path::Root, &mut reader);
        branding.check(&mut reader);
        let faults = reader.findings.faults.listed;
        if faults.is_empty() { Ok(branding) } else { Err(Rejected { faults, warnings: Vec::new() }) }
    }

    fn check(&self, reader: &mut Reader) {
        let length = self.subject().map_or(0, |subject| subject.chars().count());
        if length > SUBJECT_CHARACTERS {
            let message = format!("the subject is too long: at most {SUBJECT_CHARACTERS} characters");
            let finding = Finding::new("/mail/subject".to_owned(), "text-length", message);
            reader.fault(finding.expected(SUBJECT_CHARACTERS.to_string()).found(length.to_string()));
        }
    }

    fn subject(&self) -> Option<&str> {
        self.mail.as_ref()?.subject.as_deref()
    }

    /// As JSON that [`Self::parse`] reads again, without the logo, whose file is kept apart.
    #[must_use]
    pub fn to_json_without_logo(&self) -> String {
        serde_json::json!(Self { logo: None, ..self.clone() }).to_string()
    }

    /// Gives an invoice what its own presentation does not say.
    pub fn complete(&self, presentation: &mut Presentation) {
        if presentation.logo.is_none() {
            presentation.logo.clone_from(&self.logo);
        }
        presentation.logo_width = presentation.logo_width.or(self.logo_width);
        presentation.logo_side = presentation.logo_side.or(self.logo_side);
        if presentation.footer.is_none() {
            presentation.footer.clone_from(&self.footer);
        }
        if presentation.locale.is_none() {
            presentation.locale.clone_from(&self.locale);
        }
        presentation.accent_color = presentation.accent_color.or(self.accent_color);
        presentation.layout = presentation.layout.or(self.style);
        presentation.paper = presentation.paper.or(self.paper);
        presentation.csv_dialect = presentation.csv_dialect.or(self.csv_dialect);
    }
}

impl MailTexts {
    /// The subject of the mail about an invoice.
    #[must_use]
    pub fn subject_for(&self, number: &str) -> Option<String> {
        self.subject.as_deref().map(|subject| subject.replace(NUMBER, number))
    }

    /// What stands before the links of the mail about an invoice.
    #[must_use]
    pub fn greeting_for(&self, number: &str) -> Option<String> {
        self.greeting.as_deref().map(|greeting| greeting.replace(NUMBER, number))
    }

    /// What stands after the links of the mail about an invoice.
    #[must_use]
    pub fn closing_for(&self, number: &str) -> Option<String> {
        self.closing.as_deref().map(|closing| closing.replace(NUMBER, number))
    }
}
