//! The life of an upload: its ids, states and messages, the retry policy, and the ports behind which the
//! servers stand.
//!
//! Nothing here does I/O. What an upload goes through is told in [`ports::Ledger`], transition by transition.

/// An enum whose variants have names that an environment variable can say.
macro_rules! named {
    ($(#[$enum_doc:meta])* $name:ident: $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        $(#[$enum_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name that the environment variable says.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

mod branding;
mod clock_skew;
mod email;
mod fail_point;
mod ids;
mod message;
mod mutation;
mod outbox;
mod owned_store;
mod ports;
mod retry;
mod state;
mod trace;

pub use branding::{StoredBranding, read_branding};
pub use clock_skew::clock_skew;
pub use email::{Email, InvalidEmail};
pub use fail_point::FailPoint;
pub use ids::{ApiKeyId, BlobId, BrandingId, DocumentId, LedgerId, MailId, OutboxId, UploadId, UserId};
pub use invoice::{Format, MailTexts, ParseOptions};
pub use message::{Message, Queue, UndecodableMessage};
pub use mutation::Mutation;
pub use outbox::{publish, try_publish};
pub use owned_store::{Adoption, OwnedStore, adopt_store, begin_pass, claim_store};
pub use ports::broker::{Broker, Delivery, Settlement, Subscription};
pub use ports::clock::Clock;
pub use ports::documents::{
    Blob, Bucket, ByteStream, Documents, DocumentsExt, PRESIGNED_LIFE, PresignedPut, StoreMark,
};
pub use ports::error::{ErrorKind, PortError};
pub use ports::ledger::{
    Acceptance, Actor, Claim, DocumentClaim, DocumentOutcome, Expired, Finish, Idempotency, Ledger, MailClaim,
    MailOutcome, NewDocument, NewUpload, OutboxEntry, Redrive, RedriveFilter, RemovedUpload,
};
pub use ports::mailer::{Handover, MailLimits, Mailer, MailerExt, OutgoingMail};
pub use ports::store_records::{ClockReading, LedgerIdentity, OrphanPass, PassPhase, StoreRecords};
pub use ports::upload::{Document, Mail, StoredDocument, Upload, UploadFilter};
pub use ports::users::{ApiKey, LoginFailures, NewApiKey, PasswordHash, Role, Scope, User, Users};
pub use retry::{OutboxPolicy, RetryPolicy, Verdict};
pub use state::{DocumentState, MailState, UploadState};
pub use trace::{InvalidTraceId, TraceId};

/// Life of an `Idempotency-Key`: a repeated request within it answers the first one's upload.
pub const IDEMPOTENCY_KEY_LIFE: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
