use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use host::problem::Problem;
use http::StatusCode;
use serde::de::DeserializeOwned;

/// A body may take this long: it is small.
const BODY_LIMIT: Duration = Duration::from_secs(15);

/// A JSON request body. What is wrong with it is told as every other error.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = tokio::time::timeout(BODY_LIMIT, Json::from_request(request, state)).await;
        let read = read.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long"))?;
        match read {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                let detail = "a JSON body is needed: Content-Type: application/json";
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
            }
            Err(rejection) => Err(Problem::new(rejection.status(), rejection.body_text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use http::StatusCode;
    use http::header::CONTENT_TYPE;

    use super::JsonBody;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let request = Request::builder().header(CONTENT_TYPE, "application/json").body(endless).expect("a request");
        let refused = JsonBody::<serde_json::Value>::from_request(request, &()).await.err().expect("a problem");
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
    }
}
