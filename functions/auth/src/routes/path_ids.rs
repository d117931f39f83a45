use axum::extract::{FromRequestParts, Path};
use host::problem::Problem;
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The ids of a path. What cannot be read as text, such as `%FF`, names nothing.
pub(super) struct PathIds<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathIds<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(ids) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        Ok(Self(ids))
    }
}
