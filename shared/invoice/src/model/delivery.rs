//! When and where was delivered.

use jiff::civil::Date;

use super::{Identifier, PostalAddress};
use crate::json::json_object;
use crate::schema::IsoDate;

json_object! {
    /// Where and when the goods or services were delivered (BG-13).
    pub struct Delivery {
        /// The name of the party that received them (BT-70).
        #[schemars(example = &"Cooperativa Río Claro")]
        pub name: Option<String>,
        /// A person or department there (beyond the norm).
        #[schemars(example = &"Warehouse 3")]
        pub contact_name: Option<String>,
        /// The identifier of the place (BT-71).
        #[schemars(example = Identifier::example())]
        pub location: Option<Identifier>,
        /// The day of the delivery (BT-72).
        #[schemars(with = "Option<IsoDate>", example = &"2026-03-05")]
        pub date: Option<Date>,
        /// The postal address of the place (BG-15).
        #[schemars(example = PostalAddress::example())]
        pub address: Option<PostalAddress>,
    }

    /// A span of days: the invoicing period (BG-14), or that of one line (BG-26).
    pub struct Period {
        /// The first day (BT-73; line BT-134).
        #[schemars(with = "Option<IsoDate>", example = &"2026-03-01")]
        pub start: Option<Date>,
        /// The last day (BT-74; line BT-135).
        #[schemars(with = "Option<IsoDate>", example = &"2026-03-31")]
        pub end: Option<Date>,
    }
}
