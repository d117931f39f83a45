//! The parties of an invoice: seller, buyer, payee, tax representative.

use super::{ElectronicAddress, Identifier};
use crate::code_lists::CountryCode;
use crate::json::json_object;
use crate::text::Text;

json_object! {
    /// Who sells (BG-4), who buys (BG-7), or who represents the seller before the tax office (BG-11).
    pub struct Party {
        /// The full legal name (BT-27; buyer BT-44; tax representative BT-62).
        #[schemars(example = &"Harbour & Pine Ltd")]
        pub name: String,
        /// The name under which the party is known, if that is another one (BT-28; buyer BT-45).
        #[schemars(example = &"Harbour & Pine")]
        pub trading_name: Option<String>,
        /// Further identifiers of the party (BT-29; buyer, at most one: BT-46).
        #[serde(default)]
        #[schemars(example = serde_json::json!([Identifier::example()]))]
        pub identifiers: Vec<Identifier>,
        /// The number in the register of companies (BT-30; buyer BT-47).
        #[schemars(example = Identifier::example())]
        pub legal_id: Option<Identifier>,
        /// The VAT number with its country prefix (BT-31; buyer BT-48; tax representative BT-63).
        #[schemars(example = &"GB123456789")]
        pub vat_id: Option<String>,
        /// The number at the local tax office, where it is not the VAT number (BT-32, sellers only).
        #[schemars(example = &"201/113/40209")]
        pub tax_id: Option<String>,
        /// Further legal facts, such as the share capital (BT-33, sellers only).
        #[schemars(example = &"Registered in England, share capital £100")]
        pub legal_information: Option<Text>,
        /// The electronic address for documents (BT-34; buyer BT-49).
        #[schemars(example = ElectronicAddress::example())]
        pub electronic_address: Option<ElectronicAddress>,
        /// The postal address (BG-5; buyer BG-8; tax representative BG-12); a text is taken as its lines.
        #[schemars(example = PostalAddress::example())]
        pub address: Option<PostalAddress>,
        /// Whom to ask (BG-6; buyer BG-9).
        #[schemars(example = Contact::example())]
        pub contact: Option<Contact>,
    }

    /// Whom to ask at a party (BG-6; buyer BG-9).
    pub struct Contact {
        /// A person or a department (BT-41; buyer BT-56).
        #[schemars(example = &"Accounts department")]
        pub name: Option<String>,
        /// The telephone number (BT-42; buyer BT-57).
        #[schemars(example = &"+44 117 496 0017")]
        pub phone: Option<String>,
        /// The e-mail address (BT-43; buyer BT-58).
        #[schemars(example = &"accounts@harbour-pine.example")]
        pub email: Option<String>,
    }

    /// Who is paid, where that is not the seller (BG-10).
    pub struct Payee {
        /// The name (BT-59).
        #[schemars(example = &"Example Factoring plc")]
        pub name: String,
        /// An identifier (BT-60).
        #[schemars(example = Identifier::example())]
        pub identifier: Option<Identifier>,
        /// The number in the register of companies (BT-61).
        #[schemars(example = Identifier::example())]
        pub legal_id: Option<Identifier>,
    }

    /// A postal address (BG-5 seller, BG-8 buyer, BG-12 tax representative, BG-15 place of delivery).
    pub struct PostalAddress or text {
        /// Street and number, then what is added to them: three lines, on the last of which further ones follow (BT-35,
        /// BT-36, BT-162; buyer BT-50, BT-51, BT-163; tax representative BT-64, BT-65, BT-164; delivery BT-75, BT-76,
        /// BT-165).
        #[serde(default)]
        #[schemars(example = serde_json::json!(["14 Quay Street", "Second floor"]))]
        pub lines: Vec<String>,
        /// City, town or village (BT-37; buyer BT-52; tax representative BT-66; delivery BT-77).
        #[schemars(example = &"Bristol")]
        pub city: Option<String>,
        /// Postal code (BT-38; buyer BT-53; tax representative BT-67; delivery BT-78).
        #[schemars(example = &"BS1 4QT")]
        pub postal_code: Option<String>,
        /// Region, state or province (BT-39; buyer BT-54; tax representative BT-68; delivery BT-79).
        #[schemars(example = &"Avon")]
        pub subdivision: Option<String>,
        /// Country (ISO 3166-1; BT-40; buyer BT-55; tax representative BT-69; delivery BT-80).
        #[schemars(example = &"GB")]
        pub country: Option<CountryCode>,
    }
}
