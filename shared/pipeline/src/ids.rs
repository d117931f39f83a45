//! Identifiers: UUIDs of version 7 (RFC 9562), so that newer ones sort after older ones.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh identifier that sorts after those made before it.
            #[must_use]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The identifier as a plain UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::from_str(text).map(Self)
            }
        }
    };
}

identifier!(
    /// An upload: one invoice and the documents asked for it. The API calls it an invoice's id.
    UploadId
);
identifier!(
    /// One document of an upload, in one format.
    DocumentId
);
identifier!(
    /// The mail of one generation of an upload.
    MailId
);
identifier!(
    /// A row of the outbox: one message that the broker must get.
    OutboxId
);
identifier!(
    /// A blob in the document store. The API calls that of a finished document its `fid`.
    BlobId
);
identifier!(
    /// A user account.
    UserId
);
identifier!(
    /// One version of a user's branding.
    BrandingId
);
identifier!(
    /// A machine's key.
    ApiKeyId
);
identifier!(
    /// A ledger. Its document store carries the same id.
    LedgerId
);
