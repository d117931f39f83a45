//! `/gallery`: sample invoices with pictures of their documents, for the page.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use host::problem::Problem;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use render::{GALLERY, GalleryInvoice};
use serde::Serialize;
use utoipa::ToSchema;

/// They change with the program alone.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// A sample invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sample {
    /// Its name: `/gallery/NAME.json` is its data, `/gallery/NAME.png` a picture of its first page.
    #[schema(example = "german")]
    name: &'static str,
    /// What it shows, for people.
    #[schema(example = "German, with a transfer code")]
    title: &'static str,
}

/// List the sample invoices.
#[utoipa::path(get, path = "/gallery", operation_id = "list_samples", tag = "documentation", responses(
    (status = 200, description = "The samples", body = Vec<Sample>),
))]
pub(crate) async fn list() -> Json<Vec<Sample>> {
    Json(GALLERY.iter().map(|one| Sample { name: one.name, title: one.title }).collect())
}

/// Get a sample invoice's data or picture.
#[utoipa::path(get, path = "/gallery/{file}", operation_id = "read_sample", tag = "documentation", params(
    ("file" = String, Path, description = "`NAME.json` or `NAME.png`", example = "german.json"),
), responses(
    (status = 200, description = "The data or the picture", content((Object = "application/json"), (Vec<u8> = "image/png"))),
    (status = 404, description = "There is no such file", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn read(file: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(file) = file.map_err(|_| Problem::not_found())?;
    let (name, extension) = file.rsplit_once('.').ok_or_else(Problem::not_found)?;
    let one = GALLERY.iter().find(|one| one.name == name).ok_or_else(Problem::not_found)?;
    let (media_type, content) = content(one, extension).ok_or_else(Problem::not_found)?;
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(media_type)), (CACHE_CONTROL, FOR_AN_HOUR)], content).into_response())
}

fn content(one: &GalleryInvoice, extension: &str) -> Option<(&'static str, &'static [u8])> {
    match extension {
        "json" => Some(("application/json", one.json.as_bytes())),
        "png" => Some(("image/png", one.picture)),
        _ => None,
    }
}
