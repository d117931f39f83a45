//! What the SDK's errors mean.

use std::error::Error;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use pipeline::{ErrorKind, PortError};

/// Maps an error; `context` says what was being done.
pub(super) fn error<E>(context: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> PortError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    move |source| PortError::new(kind(&source), format!("cannot {context}")).with_source(cause(&source))
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

fn kind<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> ErrorKind {
    let SdkError::ServiceError(refused) = error else {
        // Also where there are no credentials: an operator mends that, and no document is to fail of it.
        return ErrorKind::Unreachable;
    };
    match (refused.raw().status().as_u16(), refused.err().code()) {
        (404, Some("NoSuchBucket")) => ErrorKind::Unreachable,
        (404, _) => ErrorKind::NotFound,
        (412, _) => ErrorKind::AlreadyExists,
        (400, Some("RequestTimeout" | "ExpiredToken" | "TokenRefreshRequired")) => ErrorKind::Unreachable,
        // 409: somebody else writes under the same condition at this moment, or the bucket changes.
        (401 | 403 | 408 | 409 | 429 | 500.., _) => ErrorKind::Unreachable,
        _ => ErrorKind::Rejected,
    }
}

/// The server's code and message, else the chain of causes; never the request, which carries a signature.
fn cause<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    if let SdkError::ServiceError(refused) = error {
        let code = refused.err().code().unwrap_or("no code");
        let message = refused.err().message().unwrap_or("no message");
        return format!("status {}, {code}: {message}", refused.raw().status().as_u16());
    }
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
