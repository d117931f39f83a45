//! The one file of a multipart body.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use bytes::Bytes;
use host::problem::Problem;
use http::StatusCode;

use crate::Gateway;
use crate::request::{bad_request, too_large};

const ONE_FILE: &str = "exactly 1 file required";

/// The content of the one file part, whatever its field's name. Other fields are read over.
pub(crate) async fn one_file(gateway: &Gateway, mut multipart: Multipart) -> Result<Bytes, Problem> {
    let mut file = None;
    let mut parts = 0;
    while let Some(field) = multipart.next_field().await.map_err(|error| problem(gateway, &error))? {
        parts += 1;
        if parts > gateway.limits.parts {
            let detail = format!("at most {} parts are accepted (setting MAX_PARTS)", gateway.limits.parts);
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        let is_file = field.file_name().is_some();
        let content = field.bytes().await.map_err(|error| problem(gateway, &error))?;
        if is_file && file.replace(content).is_some() {
            return Err(bad_request(ONE_FILE));
        }
    }
    file.ok_or_else(|| bad_request(ONE_FILE))
}

fn problem(gateway: &Gateway, error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(gateway),
        _ => bad_request(format!("the multipart body is broken: {}", error.body_text())),
    }
}
