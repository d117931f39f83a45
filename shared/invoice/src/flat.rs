//! The flat form: one level of keys, converted into the full form.

mod convert;
mod places;

pub(crate) use convert::convert;
pub(crate) use places::{has_place, place};

use jiff::civil::Date;

use crate::figures::{Currency, Decimal};
use crate::json::{FromJson, Node, Path, Reader, Required, json_object};
use crate::model::{Color, CsvDialect, Footer, Layout, Locale, LogoWidth, Mark, Paper, Side};
use crate::picture::Logo;
use crate::schema::IsoDate;
use crate::text::Text;

json_object! {
    /// An invoice in the flat form.
    pub(crate) struct FlatInput {
        /// The seller.
        pub company_name: Required<Label>,
        /// The seller's address.
        pub company_address: Option<Text>,
        /// The seller's telephone number.
        pub company_phone: Option<Label>,
        /// The date of issue.
        #[schemars(with = "IsoDate")]
        pub date: Required<Date>,
        /// The number of the invoice.
        pub invoice_no: Required<Label>,
        /// The person who buys.
        pub bill_to_name: Option<Label>,
        /// The company that buys.
        pub bill_to_company: Option<Label>,
        /// The buyer's address.
        pub bill_to_address: Option<Text>,
        /// The person to whom it is delivered.
        pub ship_to_name: Option<Label>,
        /// The company to which it is delivered.
        pub ship_to_company: Option<Label>,
        /// The address to which it is delivered.
        pub ship_to_address: Option<Text>,
        /// The lines.
        pub items: Required<Vec<FlatItem>>,
        /// The total without tax.
        pub subtotal: Option<Decimal>,
        /// The tax rate in percent.
        pub tax_rate: Option<Decimal>,
        /// The tax.
        pub tax_amount: Option<Decimal>,
        /// The total with tax.
        pub total_amount: Option<Decimal>,
        /// The currency.
        pub currency: Option<Currency>,
        /// The logo.
        pub logo: Option<Logo>,
        /// How wide the logo is printed, in millimetres.
        pub logo_width: Option<LogoWidth>,
        /// On which side of the page the logo stands.
        pub logo_side: Option<Side>,
        /// The colour of accents.
        pub accent_color: Option<Color>,
        /// The form of the document.
        pub style: Option<Layout>,
        /// The size of the pages.
        pub paper: Option<Paper>,
        /// A word that is printed beside the title.
        pub mark: Option<Mark>,
        /// The form of CSV files.
        pub csv_dialect: Option<CsvDialect>,
        /// What stands at the foot of each page.
        pub footer: Option<Footer>,
        /// The language and country whose words and forms the document uses.
        pub locale: Option<Locale>,
    }

    /// A line of the flat form.
    pub(crate) struct FlatItem {
        /// The seller's identifier of the item.
        pub id: Option<Label>,
        /// The name of the item.
        pub description: Required<Text>,
        /// The quantity.
        pub qty: Option<Decimal>,
        /// The price without tax.
        pub unit_price: Required<Decimal>,
        /// The amount without tax.
        pub total: Option<Decimal>,
    }
}

/// A text of one line; programs that export flat files write numbers and identifiers without quotes, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub(crate) struct Label(pub(crate) String);

impl FromJson for Label {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        match node {
            Node::Number(text) => Self(String::from_json(&Node::String(text.clone()), at, reader)),
            node => Self(String::from_json(node, at, reader)),
        }
    }
}

/// Reads the flat form. Keys that it does not know are warnings, since such files come from many programs.
pub(crate) fn read(node: &Node, reader: &mut Reader) -> FlatInput {
    reader.tolerates_unknown_keys = true;
    FlatInput::from_json(node, &Path::Root, reader)
}
