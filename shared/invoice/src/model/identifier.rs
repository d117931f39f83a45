//! Identifiers and the schemes that give them meaning.

use crate::code_lists::{ElectronicAddressScheme, IdentifierScheme, ReferenceQualifier};
use crate::json::json_object;

json_object! {
    /// An identifier of a party or a place, for example BT-29, BT-30, BT-46, BT-47, BT-60, BT-61 or BT-71.
    pub struct Identifier {
        /// The identifier itself.
        #[schemars(example = &"4304171000002")]
        pub id: String,
        /// The scheme that it is part of (ISO/IEC 6523), for example `0088` for a GLN.
        #[schemars(example = &"0088")]
        pub scheme: Option<IdentifierScheme>,
    }

    /// The standard identifier of an item (BT-157).
    pub struct ItemIdentifier {
        /// The identifier itself (BT-157), for example a GTIN.
        #[schemars(example = &"04012345000016")]
        pub id: String,
        /// The scheme that it is part of (ISO/IEC 6523; BT-157-1), for example `0160` for a GTIN.
        #[schemars(example = &"0160")]
        pub scheme: IdentifierScheme,
    }

    /// The identifier of an object that is invoiced, such as a meter or a subscription (BT-18, BT-128).
    pub struct ObjectIdentifier {
        /// The identifier itself.
        #[schemars(example = &"METER-4711")]
        pub id: String,
        /// What it identifies (UNTDID 1153), for example `ABT`.
        #[schemars(example = &"ABT")]
        pub scheme: Option<ReferenceQualifier>,
    }

    /// The electronic address to which documents are sent (BT-34, BT-49).
    pub struct ElectronicAddress {
        /// The address itself.
        #[schemars(example = &"invoices@harbour-pine.example")]
        pub id: String,
        /// The kind of address (EAS list), for example `EM` for electronic mail.
        #[schemars(example = &"EM")]
        pub scheme: ElectronicAddressScheme,
    }
}
