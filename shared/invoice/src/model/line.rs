//! Invoice lines.

use serde::Serialize;

use super::{Adjustment, ItemIdentifier, ObjectIdentifier, Period, TaxCategory};
use crate::code_lists::{CountryCode, ItemClassificationScheme, UnitCode};
use crate::figures::{Amount, Decimal};
use crate::json::json_object;
use crate::text::Text;

/// An invoice line (BG-25), computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// The identifier of the line, unique in the invoice (BT-126).
    pub id: String,
    /// A note (BT-127).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// The object that is invoiced, such as a meter (BT-128).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoiced_object: Option<ObjectIdentifier>,
    /// The quantity, negative for what is taken back (BT-129).
    pub quantity: Decimal,
    /// The unit of the quantity (BT-130).
    pub unit: UnitCode,
    /// The net amount of the line, without tax, after its allowances and charges (BT-131).
    pub net_amount: Amount,
    /// The amount of quantity and price alone, before allowances and charges, without tax (beyond the norm).
    pub amount_before_adjustments: Amount,
    /// The line's amount with tax as the customer saw it, where the invoice's prices include tax (beyond the norm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_with_tax: Option<Amount>,
    /// The line of the purchase order (BT-132).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_line_reference: Option<String>,
    /// Where the buyer books the line (BT-133).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_accounting_reference: Option<String>,
    /// The period of the line (BG-26).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The allowances of the line (BG-27).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<Adjustment>,
    /// The charges of the line (BG-28).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Adjustment>,
    /// The price (BG-29).
    pub price: LinePrice,
    /// The tax category (BT-151).
    pub tax_category: TaxCategory,
    /// The tax rate in percent (BT-152). None in category O.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Decimal>,
    /// The names of the taxes other than VAT that are taken of this line (beyond the norm).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_taxes: Vec<String>,
    /// The name of the item (BT-153).
    pub name: Text,
    /// A description of the item (BT-154).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The seller's identifier of the item (BT-155).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_item_id: Option<String>,
    /// The buyer's identifier of the item (BT-156).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_item_id: Option<String>,
    /// The standard identifier of the item (BT-157).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_item_id: Option<ItemIdentifier>,
    /// Classifications of the item (BT-158).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classifications: Vec<ItemClassification>,
    /// The country from which the item comes (BT-159).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_country: Option<CountryCode>,
    /// Further properties of the item (BG-32).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<ItemAttribute>,
}

/// The price of a line (BG-29), in the invoice's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LinePrice {
    /// The net price without tax, after the price discount (BT-146); where prices include tax, rounded to 12 decimals.
    pub net: Decimal,
    /// The price discount without tax (BT-147).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Decimal>,
    /// The gross price without tax, before the price discount (BT-148).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gross: Option<Decimal>,
    /// The quantity for which the price holds (BT-149); 1 unless said otherwise.
    pub base_quantity: Decimal,
    /// The price with tax, after the price discount, where the invoice's prices include tax (beyond the norm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_tax: Option<Decimal>,
    /// The price discount with tax, where the invoice's prices include tax (beyond the norm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount_with_tax: Option<Decimal>,
    /// The gross price with tax, before the price discount, where the invoice's prices include tax (beyond the norm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gross_with_tax: Option<Decimal>,
}

json_object! {
    /// A classification of an item (BT-158).
    pub struct ItemClassification {
        /// The code of the class (BT-158).
        #[schemars(example = &"43211503")]
        pub code: String,
        /// The system of classes (UNTDID 7143; BT-158-1), for example `TSP` for UNSPSC.
        #[schemars(example = &"TSP")]
        pub scheme: ItemClassificationScheme,
        /// The version of that system (BT-158-2).
        #[schemars(example = &"24.0")]
        pub version: Option<String>,
    }

    /// A property of an item (BG-32).
    pub struct ItemAttribute {
        /// The name of the property (BT-160).
        #[schemars(example = &"Colour")]
        pub name: String,
        /// Its value (BT-161).
        #[schemars(example = &"Oak, oiled")]
        pub value: String,
    }
}
