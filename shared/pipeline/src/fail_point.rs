//! Points between two steps of the protocol at which a test ends the process, to see what a crash leaves.
//!
//! They do something in programs built with the feature `fail-points` alone, which only tests turn on: there the
//! environment variable `FAIL_POINT` names the one that aborts.

named! {
    /// A gap between two steps, named by the step before it.
    FailPoint:
    /// Accept: the raw blob is stored, the ledger does not know of it.
    RawStored = "raw-stored",
    /// Accept: committed; neither answered nor published.
    Accepted = "accepted",
    /// Outbox: the broker confirmed, the ledger has no note of it.
    Published = "published",
    /// Outbox: the confirm is noted.
    PublishNoted = "publish-noted",
    /// Outbox: the sweeper took due rows and has published none.
    DueTaken = "due-taken",
    /// Claim: a message is delivered, nothing claimed.
    Delivered = "delivered",
    /// Claim: the document's lease runs.
    DocumentClaimed = "document-claimed",
    /// Claim: rendered, not stored.
    Rendered = "rendered",
    /// Finish: the blob is stored, the outcome not recorded.
    DocumentStored = "document-stored",
    /// Finish: the outcome of a document is committed, nothing published.
    DocumentFinished = "document-finished",
    /// Finish: everything is done but the acknowledgement.
    Handled = "handled",
    /// Blobs: an upload's rows are gone, its blobs are not.
    UploadDeleted = "upload-deleted",
    /// Blobs: orphans are found, none is deleted.
    OrphansFound = "orphans-found",
    /// Errors: expired leases are ended, nothing published.
    LeasesExpired = "leases-expired",
    /// Redrive: committed, nothing published.
    Redriven = "redriven",
    /// Mail: the mail's lease runs.
    MailClaimed = "mail-claimed",
    /// Mail: the ledger knows that the mail server gets it now.
    MailHandedOver = "mail-handed-over",
    /// Mail: the mail server accepted it, the outcome is not recorded.
    MailSent = "mail-sent",
    /// Mail: the outcome is committed.
    MailFinished = "mail-finished",
}

impl FailPoint {
    /// The process got here: ends at once where this point is armed.
    #[cfg(feature = "fail-points")]
    pub fn reached(self) {
        static ARMED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        let armed = ARMED.get_or_init(|| std::env::var("FAIL_POINT").ok());
        if armed.as_deref() == Some(self.name()) {
            std::process::abort();
        }
    }

    /// Nothing in this program.
    #[cfg(not(feature = "fail-points"))]
    #[inline]
    pub const fn reached(self) {}
}
