//! The states that the ledger knows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The name that the API and the ledger use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Err(format!("unknown state {other:?}. known: {}", [$($text),+].join(", "))),
                }
            }
        }
    };
}

states!(
    /// The state of one document.
    DocumentState {
        /// Waits for a worker, or for its next attempt.
        Queued = "queued",
        /// A worker holds its lease.
        Rendering = "rendering",
        /// Final: it can be downloaded.
        Stored = "stored",
        /// Final, with a reason, until it is redriven.
        Failed = "failed",
    }
);

states!(
    /// The state of a mail.
    MailState {
        /// Waits for the notifier, or for its next attempt.
        Pending = "pending",
        /// A notifier holds its lease.
        Sending = "sending",
        /// Final: the mail server accepted it.
        Sent = "sent",
        /// Final, with a reason, until it is redriven.
        Failed = "failed",
        /// Final, with a reason: the mail server may have accepted it, and did not say so at the second attempt either.
        Unknown = "unknown",
    }
);

states!(
    /// The state of an upload, which follows from those of its documents.
    UploadState {
        /// At least one document is not final.
        Processing = "processing",
        /// Every document is stored.
        Stored = "stored",
        /// Every document is final and at least one failed.
        Failed = "failed",
    }
);

impl DocumentState {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Stored | Self::Failed)
    }
}

impl MailState {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Unknown)
    }
}

impl UploadState {
    /// The state of an upload whose documents are in these states.
    #[must_use]
    pub fn of(documents: impl IntoIterator<Item = DocumentState>) -> Self {
        documents.into_iter().fold(Self::Stored, |state, document| match (state, document) {
            (Self::Processing, _) | (_, DocumentState::Queued | DocumentState::Rendering) => Self::Processing,
            (Self::Failed, _) | (_, DocumentState::Failed) => Self::Failed,
            (Self::Stored, DocumentState::Stored) => Self::Stored,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{DocumentState, UploadState};

    #[test]
    fn an_upload_is_final_when_its_last_document_is() {
        use DocumentState::{Failed, Queued, Rendering, Stored};
        assert_eq!(UploadState::of([Stored, Rendering]), UploadState::Processing);
        assert_eq!(UploadState::of([Failed, Queued]), UploadState::Processing);
        assert_eq!(UploadState::of([Failed, Stored]), UploadState::Failed);
        assert_eq!(UploadState::of([Stored, Stored]), UploadState::Stored);
    }
}
