//! The one error type of the ports.

use std::error::Error;
use std::fmt;

/// What an error means for the caller's next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server did not answer, answered "later", or answered too late. The outcome may be unknown. Try again.
    Unreachable,
    /// The server may have done what cannot be done twice without harm: only mailers tell this apart from
    /// [`Self::Unreachable`].
    OutcomeUnknown,
    /// There is no such thing.
    NotFound,
    /// There is such a thing already.
    AlreadyExists,
    /// The server understood and refused for good.
    Rejected,
    /// Stored data or a program's assumption is wrong.
    Internal,
}

/// What went wrong at a port.
#[derive(Debug)]
pub struct PortError {
    kind: ErrorKind,
    context: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl PortError {
    /// An error of this kind; `context` says what was being done, without secrets.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same error with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the error means for the caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the server was out of reach.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.kind == ErrorKind::Unreachable
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for PortError {}
