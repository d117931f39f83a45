//! Lines, allowances and charges as they are written.

use super::EntryKind;
use crate::code_lists::{CountryCode, UnitCode};
use crate::figures::Decimal;
use crate::json::{Required, json_object};
use crate::model::{ItemAttribute, ItemClassification, ItemIdentifier, ObjectIdentifier, Period, TaxCategory};
use crate::text::Text;

json_object! {
    /// An invoice line (BG-25).
    #[schemars(rename = "Line")]
    pub(crate) struct LineInput {
        /// What the entry is; `line` unless said otherwise.
        #[schemars(with = "EntryKind", extend("const" = "line"), example = &"line")]
        #[serde(default)]
        pub kind: Option<EntryKind>,
        /// The identifier of the line, unique in the invoice (BT-126); its number, from 1, unless said otherwise.
        #[schemars(example = &"1")]
        pub id: Option<String>,
        /// The name of the item (BT-153).
        #[schemars(example = &"Oak shelving unit, 12 bays")]
        pub name: Required<Text>,
        /// A description of the item (BT-154).
        #[schemars(example = &"Oiled, with steel brackets")]
        pub description: Option<Text>,
        /// The quantity, negative for what is taken back (BT-129); 1 unless said otherwise.
        #[schemars(example = 3)]
        pub quantity: Option<Decimal>,
        /// The unit of the quantity (UN/ECE Recommendation 20; BT-130); `C62` (one) unless said otherwise.
        #[schemars(example = &"HUR")]
        pub unit: Option<UnitCode>,
        /// The net price, after the price discount (BT-146). It includes tax where `prices_include_tax` says so.
        #[schemars(example = &"418.50")]
        pub unit_price: Option<Decimal>,
        /// The gross price, before the price discount (BT-148).
        #[schemars(example = &"450.00")]
        pub gross_price: Option<Decimal>,
        /// The discount that makes the net price out of the gross price (BT-147).
        #[schemars(example = &"31.50")]
        pub price_discount: Option<Decimal>,
        /// The quantity for which the price holds (BT-149); 1 unless said otherwise.
        #[schemars(example = 1)]
        pub price_base_quantity: Option<Decimal>,
        /// The tax category (BT-151); that of the document, else `S` or `Z` by the rate, unless said otherwise.
        #[schemars(example = &"S")]
        pub tax_category: Option<TaxCategory>,
        /// The tax rate in percent (BT-152); that of the document unless said otherwise.
        #[schemars(example = 20)]
        pub tax_rate: Option<Decimal>,
        /// Allowances of the line (BG-27).
        #[serde(default)]
        #[schemars(example = serde_json::json!([AdjustmentInput::example()]))]
        pub allowances: Vec<AdjustmentInput>,
        /// Charges of the line (BG-28).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "amount": "12.00", "reason": "Freight", "reason_code": "FC" }]))]
        pub charges: Vec<AdjustmentInput>,
        /// The names of the taxes other than VAT that are taken of this line (beyond the norm). A tax that no line names is
        /// taken of all.
        #[serde(default)]
        #[schemars(example = serde_json::json!(["PST"]))]
        pub other_taxes: Vec<String>,
        /// The net amount of the line (BT-131): computed, and checked where it is given.
        #[schemars(example = &"1255.50")]
        pub net_amount: Option<Decimal>,
        /// A note (BT-127).
        #[schemars(example = &"Delivered in two parts")]
        pub note: Option<Text>,
        /// The object that is invoiced, such as a meter (BT-128).
        #[schemars(example = serde_json::json!({ "id": "METER-4711", "scheme": "ABT" }))]
        pub invoiced_object: Option<ObjectIdentifier>,
        /// The line of the purchase order (BT-132).
        #[schemars(example = &"10")]
        pub order_line_reference: Option<String>,
        /// Where the buyer books the line (BT-133).
        #[schemars(example = &"4400-FURNITURE")]
        pub buyer_accounting_reference: Option<String>,
        /// The period of the line (BG-26).
        #[schemars(example = Period::example())]
        pub period: Option<Period>,
        /// The seller's identifier of the item (BT-155).
        #[schemars(example = &"HP-OAK-12")]
        pub seller_item_id: Option<String>,
        /// The buyer's identifier of the item (BT-156).
        #[schemars(example = &"SHELF-0012")]
        pub buyer_item_id: Option<String>,
        /// The standard identifier of the item (BT-157).
        #[schemars(example = serde_json::json!({ "id": "04012345000016", "scheme": "0160" }))]
        pub standard_item_id: Option<ItemIdentifier>,
        /// Classifications of the item (BT-158).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "code": "56101704", "scheme": "TSP" }]))]
        pub classifications: Vec<ItemClassification>,
        /// The country from which the item comes (BT-159).
        #[schemars(example = &"GB")]
        pub origin_country: Option<CountryCode>,
        /// Further properties of the item (BG-32).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "name": "Colour", "value": "Oak, oiled" }]))]
        pub attributes: Vec<ItemAttribute>,
    }

    /// An allowance or a charge, of the document (BG-20, BG-21) or of a line (BG-27, BG-28): an amount, or a percentage.
    #[schemars(rename = "Adjustment")]
    pub(crate) struct AdjustmentInput {
        /// The amount (BT-92, BT-99; line BT-136, BT-141); computed where a percentage is given.
        #[schemars(example = &"25.00")]
        pub amount: Option<Decimal>,
        /// The percentage of the base amount (BT-94, BT-101; line BT-138, BT-143).
        #[schemars(example = 10)]
        pub percent: Option<Decimal>,
        /// What the percentage is taken of (BT-93, BT-100; line BT-137, BT-142); unless said otherwise the line's
        /// quantity and price, or the document's lines of the same tax category and rate.
        #[schemars(example = &"250.00")]
        pub base_amount: Option<Decimal>,
        /// The reason in words (BT-97, BT-104; line BT-139, BT-144); it or the code must be given.
        #[schemars(example = &"Regular customer")]
        pub reason: Option<String>,
        /// The reason as a code: UNTDID 5189 for an allowance (BT-98; line BT-140), UNTDID 7161 for a charge (BT-105;
        /// line BT-145).
        #[schemars(example = &"95")]
        pub reason_code: Option<String>,
        /// The tax category (BT-95, BT-102), of the document's ones only; that of the lines where they all have one.
        #[schemars(example = &"S")]
        pub tax_category: Option<TaxCategory>,
        /// The tax rate in percent (BT-96, BT-103), of the document's ones only; that of the lines where they all have
        /// one.
        #[schemars(example = 20)]
        pub tax_rate: Option<Decimal>,
        /// The names of the taxes other than VAT whose base it changes, where lines name them (beyond the norm); of the
        /// document's ones only.
        #[serde(default)]
        #[schemars(example = serde_json::json!(["PST"]))]
        pub other_taxes: Vec<String>,
    }
}
