//! The JSON Schema of the full form.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::branding::Branding;
use crate::code_lists::{
    AllowanceReasonCode, ChargeReasonCode, CountryCode, ElectronicAddressScheme, ExemptionReasonCode, IdentifierScheme,
    ItemClassificationScheme, NoteSubjectCode, PaymentMeansCode, ReferenceQualifier, UnitCode,
};
use crate::figures::{Currency, Decimal};
use crate::input::{AdjustmentInput, CustomFields, Days, EntryKind, InvoiceInput, LineInput};
use crate::json::Required;
use crate::model::{
    Attachment, Base64, Color, Contact, CsvDialect, ElectronicAddress, Footer, Identifier, Layout, Locale, LogoWidth,
    Mark, Paper, Period, PostalAddress, Side, TaxCategory, TaxPointCode, TypeCode,
};
use crate::picture::Logo;
use crate::text::Text;

/// A schema that stands where its type is used.
macro_rules! inline_schemas {
    ($( $type:ty => $schema:tt; )*) => { $(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )* };
}

/// The schema of a day of the calendar.
#[derive(Debug)]
pub(crate) struct IsoDate;

inline_schemas! {
    Text => { "type": "string" };
    IsoDate => { "type": "string", "format": "date" };
    Decimal => { "type": ["string", "number"], "pattern": r"^\s*-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*$" };
    Days => { "type": ["integer", "string"], "minimum": 0, "maximum": 3650 };
    CustomFields => { "type": "object", "additionalProperties": { "type": "string" } };
    Currency => { "type": "string", "pattern": "^[A-Z]{3}$" };
    TypeCode => { "type": ["string", "integer"] };
    TaxPointCode => { "enum": ["3", "35", "432"] };
    TaxCategory => { "enum": ["S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"] };
    // Blank is as good as left out.
    Color => { "type": "string", "pattern": r"^\s*$|^#[0-9a-fA-F]{6}$" };
    Locale => { "type": "string", "pattern": r"^\s*$|^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$" };
    Layout => { "enum": ["classic", "modern"] };
    Paper => { "enum": ["a4", "letter"] };
    LogoWidth => { "type": ["integer", "string"], "minimum": 5, "maximum": 170 };
    Side => { "enum": ["left", "right"] };
    Mark => { "enum": ["draft", "paid", "copy"] };
    CsvDialect => { "enum": ["rfc4180", "excel", "excel-de"] };
    // Which of them it is, each kind of entry says.
    EntryKind => { "type": "string" };
    Footer => { "type": "string", "maxLength": 300 };
    Logo => { "type": "string", "contentEncoding": "base64" };
    Base64 => { "type": "string", "contentEncoding": "base64" };
    CountryCode => { "type": "string", "pattern": "^[A-Z0-9]{2}$" };
    UnitCode => { "type": ["string", "integer"] };
    AllowanceReasonCode => { "type": ["string", "integer"] };
    ChargeReasonCode => { "type": ["string", "integer"] };
    ExemptionReasonCode => { "type": "string", "pattern": "^[Vv][Aa][Tt][Ee][Xx]-" };
    NoteSubjectCode => { "type": "string" };
    ReferenceQualifier => { "type": "string" };
    IdentifierScheme => { "type": ["string", "integer"] };
    ElectronicAddressScheme => { "type": ["string", "integer"] };
    ItemClassificationScheme => { "type": "string" };
    PaymentMeansCode => { "type": ["string", "integer"] };
}

/// What must be there has the schema of its type.
impl<T: JsonSchema> JsonSchema for Required<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl Identifier {
    pub(crate) fn example() -> Value {
        json!({ "id": "4304171000002", "scheme": "0088" })
    }
}

impl ElectronicAddress {
    pub(crate) fn example() -> Value {
        json!({ "id": "invoices@harbour-pine.example", "scheme": "EM" })
    }
}

impl PostalAddress {
    pub(crate) fn example() -> Value {
        json!({ "lines": ["14 Quay Street"], "city": "Bristol", "postal_code": "BS1 4QT", "country": "GB" })
    }
}

impl Contact {
    pub(crate) fn example() -> Value {
        json!({ "name": "Accounts department", "phone": "+44 117 496 0017" })
    }
}

impl Period {
    pub(crate) fn example() -> Value {
        json!({ "start": "2026-03-01", "end": "2026-03-31" })
    }
}

impl LineInput {
    pub(crate) fn example() -> Value {
        json!({ "name": "Oak shelving unit, 12 bays", "quantity": 3, "unit_price": "418.50", "tax_rate": 20 })
    }
}

impl AdjustmentInput {
    pub(crate) fn example() -> Value {
        json!({ "percent": 10, "reason": "Regular customer", "reason_code": "95" })
    }
}

impl Attachment {
    pub(crate) fn example() -> Value {
        json!({ "file_name": "timesheet.csv", "media_type": "text/csv", "content": "ZGF5LGhvdXJzCg==" })
    }
}

/// The JSON Schema (draft 2020-12) of a [`Branding`].
#[must_use]
pub fn branding_json_schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Branding>().to_value()
}

/// The JSON Schema (draft 2020-12) of the full form: every member with a description and an example.
#[must_use]
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<InvoiceInput>().to_value();
    let short_forms: [(&str, &[&str]); 3] =
        [("Note", &["string"]), ("PostalAddress", &["string"]), ("PaymentTerms", &["string", "integer"])];
    for (name, types) in short_forms {
        if let Some(definition) = schema.pointer_mut(&format!("/$defs/{name}")) {
            let object = definition.take();
            *definition = json!({ "anyOf": [{ "type": types }, object] });
        }
    }
    schema
}
