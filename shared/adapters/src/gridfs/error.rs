//! What the driver's errors mean, and the time that an operation may take.

use std::time::Duration;

use mongodb::Collection;
use mongodb::error::{Error, ErrorKind as DriverKind, RETRYABLE_WRITE_ERROR, WriteFailure};
use pipeline::{ErrorKind, PortError};
use serde::Serialize;

use crate::batches::Answers;

/// An operation ends within this, however the network fails.
const OPERATION_LIMIT: Duration = Duration::from_secs(10);
const DUPLICATE_KEY: i32 = 11000;

/// Server codes of what passes: no network, an interrupted or recovering server, no primary, too few servers, a time
/// limit, a lock, a write conflict, a full disk.
const PASSING_CODES: [i32; 23] = [
    6, 7, 24, 46, 50, 64, 89, 91, 100, 112, 133, 134, 189, 202, 262, 9001, 10107, 11600, 11601, 11602, 13435, 13436,
    14031,
];
/// Not authorised, or not authenticated: an operator mends that, and no document is to fail of it.
const NOT_PERMITTED_CODES: [i32; 2] = [13, 18];

/// An operation that ends in time; `context` says what is being done.
pub(super) async fn limited<T>(
    context: &'static str,
    operation: impl IntoFuture<Output = Result<T, Error>>,
) -> Result<T, PortError> {
    let operation = async { operation.await.map_err(|source| error(context, source)) };
    limited_to(OPERATION_LIMIT, context, operation).await
}

/// Documents inserted together, each for itself: what becomes of one changes nothing for another.
pub(super) async fn inserted<T: Serialize + Send + Sync>(collection: &Collection<T>, documents: &[T]) -> Answers<()> {
    const CONTEXT: &str = "insert the documents of blobs";
    let insert = collection.insert_many(documents).ordered(false).into_future();
    let late = |_| {
        Err(PortError::new(ErrorKind::Unreachable, format!("cannot {CONTEXT}: no answer within {OPERATION_LIMIT:?}")))
    };
    let insert = async { Ok(insert.await) };
    let outcome = tokio::time::timeout(OPERATION_LIMIT, insert).await.unwrap_or_else(late)?;
    let Err(source) = outcome else { return Ok(documents.iter().map(|_| Ok(())).collect()) };
    let DriverKind::InsertMany(failed) = &*source.kind else { return Err(error(CONTEXT, source)) };
    let Some(refused) = failed.write_errors.as_ref().filter(|_| failed.write_concern_error.is_none()) else {
        return Err(error(CONTEXT, source));
    };
    let mut answers: Vec<_> = documents.iter().map(|_| Ok(())).collect();
    for refused in refused {
        if let Some(answer) = answers.get_mut(refused.index) {
            let kind = kind_of_code(refused.code);
            *answer = Err(
                PortError::new(kind, format!("cannot {CONTEXT}")).with_source(told(refused.code, &refused.message))
            );
        }
    }
    Ok(answers)
}

/// Work that ends within `limit`.
pub(super) async fn limited_to<T>(
    limit: Duration,
    context: &'static str,
    work: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    let late = |_| Err(PortError::new(ErrorKind::Unreachable, format!("cannot {context}: no answer within {limit:?}")));
    tokio::time::timeout(limit, work).await.unwrap_or_else(late)
}

fn error(context: &'static str, source: Error) -> PortError {
    PortError::new(kind(&source), format!("cannot {context}")).with_source(cause(&source))
}

/// The server's code and message. The driver's own text repeats the server's whole answer, which may quote a document.
fn cause(error: &Error) -> String {
    match &*error.kind {
        DriverKind::Write(WriteFailure::WriteError(refused)) => told(refused.code, &refused.message),
        DriverKind::Write(WriteFailure::WriteConcernError(unmet)) => told(unmet.code, &unmet.message),
        DriverKind::InsertMany(failed) => {
            let refused =
                failed.write_errors.iter().flatten().next().map(|refused| told(refused.code, &refused.message));
            let unmet = failed.write_concern_error.as_ref().map(|unmet| told(unmet.code, &unmet.message));
            refused.or(unmet).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

fn told(code: i32, message: &str) -> String {
    format!("error code {code}: {message}")
}

fn kind(error: &Error) -> ErrorKind {
    match &*error.kind {
        DriverKind::Write(WriteFailure::WriteError(refused)) => kind_of_code(refused.code),
        DriverKind::InsertMany(failed) => {
            let refused = failed.write_errors.as_ref().and_then(|errors| errors.first());
            refused.map_or(ErrorKind::Unreachable, |refused| kind_of_code(refused.code))
        }
        _ if error.contains_label(RETRYABLE_WRITE_ERROR) => ErrorKind::Unreachable,
        DriverKind::Command(refused) => kind_of_code(refused.code),
        DriverKind::Io(_)
        | DriverKind::ServerSelection { .. }
        | DriverKind::DnsResolve { .. }
        | DriverKind::ConnectionPoolCleared { .. }
        | DriverKind::Authentication { .. }
        | DriverKind::Write(WriteFailure::WriteConcernError(_)) => ErrorKind::Unreachable,
        _ => ErrorKind::Internal,
    }
}

fn kind_of_code(code: i32) -> ErrorKind {
    match code {
        DUPLICATE_KEY => ErrorKind::AlreadyExists,
        code if PASSING_CODES.contains(&code) || NOT_PERMITTED_CODES.contains(&code) => ErrorKind::Unreachable,
        _ => ErrorKind::Rejected,
    }
}
