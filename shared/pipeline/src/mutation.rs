//! Breaches of the protocol, for tests that prove that a test of the promise can fail.
//!
//! They do something in programs built with the feature `fail-points` alone, which only tests turn on: there the
//! environment variable `MUTATION` names the one that is committed.
//!
//! No consumer acknowledges its message too early here, for nothing is lost by that: until the claim the outbox row
//! brings the message again, and after it the end of the lease does. The acknowledgement that must wait for a commit is
//! the one that a client gets: [`Mutation::AnswerBeforeCommit`].

named! {
    /// A breach of the protocol.
    Mutation:
    /// A message counts as published whatever the broker says, and is never published again.
    UnconfirmedPublish = "unconfirmed-publish",
    /// A client hears of its upload's acceptance before the ledger has committed it.
    AnswerBeforeCommit = "answer-before-commit",
    /// Nothing keeps an upload from having two documents of a format, and it gets them.
    DoubleDocument = "double-document",
    /// An attempt may take longer than its lease, and records its outcome all the same.
    NoFence = "no-fence",
    /// An outbox row goes when its message is confirmed, not when the claim is made.
    OutboxGoneAtPublish = "outbox-gone-at-publish",
}

impl Mutation {
    /// Whether this process commits it.
    #[cfg(feature = "fail-points")]
    #[must_use]
    pub fn is_on(self) -> bool {
        static COMMITTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        let committed = COMMITTED.get_or_init(|| std::env::var("MUTATION").ok());
        committed.as_deref() == Some(self.name())
    }

    /// Never in this program.
    #[cfg(not(feature = "fail-points"))]
    #[inline]
    #[must_use]
    pub const fn is_on(self) -> bool {
        false
    }
}
