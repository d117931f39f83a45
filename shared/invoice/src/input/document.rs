//! The document as a whole as it is written.

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::{
    AdjustmentInput, LineInput, LinesInput, OtherTaxInput, PaymentInput, PaymentTermsInput, PrepaymentInput,
    WithholdingTaxInput,
};
use crate::code_lists::ExemptionReasonCode;
use crate::figures::{Currency, Decimal};
use crate::json::{FromJson, Member, Node, Path, Reader, Required, json_object};
use crate::model::{
    Color, Contact, CsvDialect, CustomField, Delivery, DocumentReference, Footer, Identifier, Layout, Locale,
    LogoWidth, Mark, Note, ObjectIdentifier, Paper, Party, Payee, Period, PostalAddress, Side, SupportingDocument,
    TaxCategory, TaxPointCode, TypeCode,
};
use crate::picture::Logo;
use crate::schema::IsoDate;

json_object! {
    /// An invoice or a credit note, in the business terms (BT) and groups (BG) of EN 16931-1.
    #[schemars(rename = "Invoice")]
    pub(crate) struct InvoiceInput {
        /// The number of the invoice (BT-1).
        #[schemars(example = &"HP-2026-0093")]
        pub number: Required<String>,
        /// The date of issue (BT-2).
        #[schemars(with = "IsoDate", example = &"2026-03-09")]
        pub issue_date: Required<Date>,
        /// The kind of document (UNTDID 1001; BT-3): `invoice` (380), `credit_note` (381) or another code; 380 unless
        /// said otherwise.
        #[serde(default)]
        #[schemars(example = &"invoice")]
        pub type_code: TypeCode,
        /// The currency of all amounts (ISO 4217; BT-5); that of the service's settings unless said otherwise.
        #[schemars(example = &"GBP")]
        pub currency: Option<Currency>,
        /// Who sells (BG-4).
        #[schemars(example = Party::example())]
        pub seller: Required<Party>,
        /// Who buys (BG-7).
        #[schemars(example = serde_json::json!({ "name": "Cooperativa Río Claro" }))]
        pub buyer: Required<Party>,
        /// The lines (BG-25), at least one, and between them headings, texts and subtotals (beyond the norm).
        #[schemars(example = serde_json::json!([LineInput::example()]))]
        pub lines: Required<LinesInput>,
        /// The tax rate in percent of lines, allowances and charges that have none of their own (BT-152, BT-96, BT-103).
        #[schemars(example = 20)]
        pub tax_rate: Option<Decimal>,
        /// The tax category of lines, allowances and charges that have none of their own (BT-151, BT-95, BT-102).
        #[schemars(example = &"S")]
        pub tax_category: Option<TaxCategory>,
        /// Whether prices, allowances and charges include VAT; the amount due is then the sum that the customer saw. Taxes
        /// other than VAT are never in them.
        #[serde(default)]
        #[schemars(example = false)]
        pub prices_include_tax: bool,
        /// Why categories without tax have none (BT-120, BT-121); needed for category E, else there is a usual reason.
        #[serde(default)]
        #[schemars(example = serde_json::json!([TaxExemptionInput::example()]))]
        pub tax_exemptions: Vec<TaxExemptionInput>,
        /// Allowances of the document (BG-20).
        #[serde(default)]
        #[schemars(example = serde_json::json!([AdjustmentInput::example()]))]
        pub allowances: Vec<AdjustmentInput>,
        /// Charges of the document (BG-21).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "amount": "12.00", "reason": "Freight", "reason_code": "FC" }]))]
        pub charges: Vec<AdjustmentInput>,
        /// What is paid already (BT-113); the sum of the prepayments where they are given.
        #[schemars(example = &"100.00")]
        pub prepaid_amount: Option<Decimal>,
        /// Deposits that were paid before, each with its number, date and tax (beyond the norm).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "amount": "119.00", "number": "HP-2026-0081", "date": "2026-02-20", "tax_rate": 19 }]))]
        pub prepayments: Vec<PrepaymentInput>,
        /// The smallest coin that it is paid in (beyond the norm): what is to be paid in the end is rounded to it, half away
        /// from zero, by the rounding amount.
        #[schemars(example = &"0.05")]
        pub rounding: Option<Decimal>,
        /// What is added to round the amount due (BT-114): at most one such coin, without one at most a whole unit of the
        /// currency.
        #[schemars(example = &"-0.02")]
        pub rounding_amount: Option<Decimal>,
        /// The last day of payment (BT-9); from the days of the payment terms unless said otherwise.
        #[schemars(with = "Option<IsoDate>", example = &"2026-04-08")]
        pub due_date: Option<Date>,
        /// When it is to be paid (BT-20): a text, a number of days, or an object with both and with discounts.
        #[schemars(example = 30)]
        pub payment_terms: Option<PaymentTermsInput>,
        /// How it is to be paid (BG-16).
        #[schemars(example = serde_json::json!({ "iban": "GB33 BUKB 2020 1555 5555 55" }))]
        pub payment: Option<PaymentInput>,
        /// Notes (BG-1): texts, or objects with a text and a subject.
        #[serde(default)]
        #[schemars(example = serde_json::json!(["Thank you for your order."]))]
        pub notes: Vec<Note>,
        /// The reference by which the buyer routes the invoice (BT-10).
        #[schemars(example = &"DEPT-7")]
        pub buyer_reference: Option<String>,
        /// The project (BT-11).
        #[schemars(example = &"Reading room")]
        pub project_reference: Option<String>,
        /// The contract (BT-12).
        #[schemars(example = &"C-2026-018")]
        pub contract_reference: Option<String>,
        /// The buyer's purchase order (BT-13).
        #[schemars(example = &"PO-55120")]
        pub purchase_order_reference: Option<String>,
        /// The seller's sales order (BT-14).
        #[schemars(example = &"SO-9917")]
        pub sales_order_reference: Option<String>,
        /// The receiving advice (BT-15).
        #[schemars(example = &"RA-301")]
        pub receiving_advice_reference: Option<String>,
        /// The despatch advice (BT-16).
        #[schemars(example = &"DA-301")]
        pub despatch_advice_reference: Option<String>,
        /// The call for tenders or the lot (BT-17).
        #[schemars(example = &"LOT-4")]
        pub tender_or_lot_reference: Option<String>,
        /// The object that is invoiced, such as a subscription (BT-18).
        #[schemars(example = serde_json::json!({ "id": "SUB-881", "scheme": "ABT" }))]
        pub invoiced_object: Option<ObjectIdentifier>,
        /// Where the buyer books the invoice (BT-19).
        #[schemars(example = &"4400")]
        pub buyer_accounting_reference: Option<String>,
        /// Invoices that this one follows, corrects or credits (BG-3).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "number": "HP-2026-0087", "issue_date": "2026-02-27" }]))]
        pub preceding_invoices: Vec<DocumentReference>,
        /// Where and when was delivered (BG-13).
        #[schemars(example = serde_json::json!({ "name": "Cooperativa Río Claro", "date": "2026-03-05" }))]
        pub delivery: Option<Delivery>,
        /// The invoicing period (BG-14).
        #[schemars(example = Period::example())]
        pub period: Option<Period>,
        /// Who is paid, where that is not the seller (BG-10).
        #[schemars(example = serde_json::json!({ "name": "Example Factoring plc" }))]
        pub payee: Option<Payee>,
        /// Who represents the seller before the tax office (BG-11).
        #[schemars(example = serde_json::json!({ "name": "Example Fiscal BV", "vat_id": "NL123456789B01", "address": { "country": "NL" } }))]
        pub tax_representative: Option<Party>,
        /// Documents that support the claim (BG-24).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "reference": "TIMESHEET-2026-03" }]))]
        pub supporting_documents: Vec<SupportingDocument>,
        /// The day on which the VAT becomes due (BT-7).
        #[schemars(with = "Option<IsoDate>", example = &"2026-03-31")]
        pub tax_point_date: Option<Date>,
        /// Which day makes the VAT due (UNTDID 2005; BT-8): `3` issue, `35` delivery, `432` payment.
        #[schemars(example = &"35")]
        pub tax_point_code: Option<TaxPointCode>,
        /// The currency in which the VAT is reported, where it is another one (BT-6).
        #[schemars(example = &"GBP")]
        pub tax_currency: Option<Currency>,
        /// How many units of that currency one unit of the invoice's currency is worth (beyond the norm).
        #[schemars(example = &"0.8571")]
        pub tax_exchange_rate: Option<Decimal>,
        /// The VAT in that currency (BT-111); from the exchange rate unless said otherwise.
        #[schemars(example = &"261.50")]
        pub tax_total_in_tax_currency: Option<Decimal>,
        /// The business process (BT-23).
        #[schemars(example = &"urn:fdc:peppol.eu:2017:poacc:billing:01:1.0")]
        pub business_process: Option<String>,
        /// The specification that the invoice follows (BT-24).
        #[schemars(example = &"urn:cen.eu:en16931:2017")]
        pub specification: Option<String>,
        /// Taxes other than VAT, such as a sales tax (beyond the norm).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "name": "NY sales tax", "rate": "8.875" }]))]
        pub other_taxes: Vec<OtherTaxInput>,
        /// Taxes that the buyer withholds (beyond the norm).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "name": "IRPF", "rate": 15 }]))]
        pub withholding_taxes: Vec<WithholdingTaxInput>,
        /// Free fields (beyond the norm): names and texts.
        #[serde(default)]
        #[schemars(example = serde_json::json!({ "Ordered by": "Ana Moreno" }))]
        pub custom_fields: CustomFields,
        /// The logo (beyond the norm): a PNG or JPEG picture of at most 4 million pixels, or an SVG drawing of shapes, in
        /// Base64, alone or as a `data:` URL.
        #[schemars(example = &"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQKn4BAAIgAXZmNuK1AAAAAElFTkSuQmCC")]
        pub logo: Option<Logo>,
        /// How wide the logo is printed (beyond the norm), in millimetres from 5 to 170; without it, as its pixels ask for, up to 60.
        #[schemars(example = 40)]
        pub logo_width: Option<LogoWidth>,
        /// On which side of the page the logo stands (beyond the norm): `left` or `right`; without it, where the seller does. On pages
        /// from right to left it is the other side.
        #[schemars(example = &"left")]
        pub logo_side: Option<Side>,
        /// The colour of accents (beyond the norm).
        #[schemars(example = &"#1a73e8")]
        pub accent_color: Option<Color>,
        /// The form of the document (beyond the norm): `classic` or `modern`.
        #[schemars(example = &"modern")]
        pub style: Option<Layout>,
        /// The size of the pages (beyond the norm): `a4` or `letter`; without it, what is usual in the seller's country.
        #[schemars(example = &"letter")]
        pub paper: Option<Paper>,
        /// A word that is printed beside the title (beyond the norm): `draft`, `paid` or `copy`.
        #[schemars(example = &"draft")]
        pub mark: Option<Mark>,
        /// The form of CSV files (beyond the norm): `rfc4180`, `excel` or `excel-de`.
        #[schemars(example = &"excel-de")]
        pub csv_dialect: Option<CsvDialect>,
        /// What stands at the foot of each page (beyond the norm), at most 300 characters in four lines.
        #[schemars(example = &"Harbour & Pine Ltd builds reading rooms since 1987.")]
        pub footer: Option<Footer>,
        /// The language and country whose words and forms the document uses (BCP 47; beyond the norm).
        #[schemars(example = &"en-GB")]
        pub locale: Option<Locale>,
        /// What the tax is called in the document (beyond the norm).
        #[schemars(example = &"VAT")]
        pub tax_name: Option<String>,
        /// Totals (BG-22): computed, and checked where they are given.
        #[schemars(example = serde_json::json!({ "total_with_tax": "1830.60" }))]
        pub totals: Option<TotalsInput>,
    }

    /// Why a category has no tax (BT-120, BT-121); the text, the code or both must be given.
    #[schemars(rename = "TaxExemption")]
    pub(crate) struct TaxExemptionInput {
        /// The category: E, AE, K, G or O (BT-118).
        #[schemars(example = &"E")]
        pub tax_category: Required<TaxCategory>,
        /// The reason in words (BT-120).
        #[schemars(example = &"Medical care is exempt.")]
        pub reason: Option<String>,
        /// The reason as a code of the VATEX list (BT-121).
        #[schemars(example = &"VATEX-EU-132-1C")]
        pub reason_code: Option<ExemptionReasonCode>,
    }

    /// Totals that are checked against the computed ones (BG-22).
    #[schemars(rename = "Totals")]
    pub(crate) struct TotalsInput {
        /// The sum of the lines' net amounts (BT-106).
        #[schemars(example = &"1525.50")]
        pub line_total: Option<Decimal>,
        /// The sum of the document's allowances (BT-107).
        #[schemars(example = &"25.00")]
        pub allowance_total: Option<Decimal>,
        /// The sum of the document's charges (BT-108).
        #[schemars(example = &"12.00")]
        pub charge_total: Option<Decimal>,
        /// The total without VAT (BT-109).
        #[schemars(example = &"1525.50")]
        pub total_without_tax: Option<Decimal>,
        /// The VAT (BT-110).
        #[schemars(example = &"305.10")]
        pub tax_total: Option<Decimal>,
        /// The total with VAT (BT-112).
        #[schemars(example = &"1830.60")]
        pub total_with_tax: Option<Decimal>,
        /// The amount due (BT-115).
        #[schemars(example = &"1830.60")]
        pub payable_amount: Option<Decimal>,
        /// What is to be paid after other and withholding taxes (beyond the norm).
        #[schemars(example = &"1830.60")]
        pub amount_to_pay: Option<Decimal>,
    }
}

impl InvoiceInput {
    /// The invoice lines alone; none where the list could not be read.
    pub(crate) fn lines(&self) -> &[LineInput] {
        self.lines.0.as_ref().map_or(&[], |list| &list.lines)
    }
}

/// Free fields in the order of the document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CustomFields(pub(crate) Vec<CustomField>);

impl Serialize for CustomFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|field| (&field.name, &field.value)))
    }
}

impl FromJson for CustomFields {
    const REQUIRED: bool = false;

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let Some(members) = reader.object(node, at) else {
            return Self::default();
        };
        let read = |(key, value): &Member<'_>| {
            let place = at.member(key);
            let name = String::from_json(&Node::String(key.clone()), &place, reader);
            let value = Option::<String>::from_json(value, &place, reader)?;
            Some(CustomField { name, value })
        };
        Self(members.iter().filter_map(read).collect())
    }
}

impl Party {
    fn example() -> serde_json::Value {
        serde_json::json!({
            "name": "Harbour & Pine Ltd",
            "vat_id": "GB123456789",
            "address": PostalAddress::example(),
            "contact": Contact::example(),
            "identifiers": [Identifier::example()],
        })
    }
}

impl TaxExemptionInput {
    fn example() -> serde_json::Value {
        serde_json::json!({ "tax_category": "E", "reason": "Medical care is exempt." })
    }
}
