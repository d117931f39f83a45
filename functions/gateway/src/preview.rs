//! `POST /invoices/preview` and `POST /invoices/validate`: nothing is stored.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use host::problem::{Fault, Problem};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use invoice::{CsvDialect, Format};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::acceptance::{parse, warnings};
use crate::caller::Caller;
use crate::download::content_disposition;
use crate::request::{bad_request, formats, json_body};
use crate::verdict::{FormatVerdict, require_all, verdicts};
use crate::{Gateway, branding};

/// What to render.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewQuery {
    /// `pdf`, `excel` (or `xlsx`), `csv`, or a legal format, such as `xrechnung` or `factur-x`.
    #[param(example = "pdf", default = "pdf")]
    format: Option<String>,
    /// The form of a CSV file, whatever the data says: `rfc4180`, `excel` or `excel-de`.
    #[param(example = "excel-de")]
    dialect: Option<String>,
}

/// The dialect that a `dialect` parameter names.
fn csv_dialect(name: &str) -> Result<CsvDialect, Problem> {
    CsvDialect::from_name(name).ok_or_else(|| bad_request("dialect: expected rfc4180, excel or excel-de"))
}

/// The computed invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct Validation {
    /// Every figure, given or derived, by the business terms of EN 16931.
    #[schema(value_type = Object)]
    invoice: invoice::Invoice,
    /// What is remarkable but not wrong.
    warnings: Vec<Fault>,
    /// What the rules of each legal format say: of those that were asked for, else of all.
    formats: Vec<FormatVerdict>,
}

/// What to judge by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValidateQuery {
    /// The formats that the invoice must be able to become, as in an upload; without it, every legal format is judged and
    /// none is required.
    #[param(example = "xrechnung")]
    format: Option<String>,
}

/// Render a document now, without storing anything.
#[utoipa::path(post, path = "/invoices/preview", tag = "invoices", security(("bearer" = [])), params(PreviewQuery),
request_body(content = Object, content_type = "application/json", description = "The invoice's data, flat or full"), responses(
    (status = 200, description = "The document", content(
        (Vec<u8> = "application/pdf"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "text/csv"), (String = "application/xml"))),
    (status = 400, description = "An unknown format or dialect", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Larger than the limits", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON by its Content-Type", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The invoice has faults, or the format's rules refuse it: all reasons", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn preview(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    query: Result<Query<PreviewQuery>, QueryRejection>,
    headers: HeaderMap,
    content: Body,
) -> Result<Response, Problem> {
    caller.may_write()?;
    let Query(query) = query.map_err(|rejection| bad_request(rejection.body_text()))?;
    let format = query.format.as_deref().unwrap_or("pdf").parse::<Format>();
    let format = format.map_err(|error| bad_request(error.to_string()))?;
    let dialect = query.dialect.as_deref().map(csv_dialect).transpose()?;
    let parsed = parse(&gateway, json_body(&gateway, &headers, content).await?).await?;
    let (mut parsed, judged) = verdicts(&gateway, parsed, [format]).await?;
    require_all(&judged)?;
    let presentation = &mut parsed.invoice.presentation;
    presentation.csv_dialect = dialect.or(presentation.csv_dialect);
    if let Some(branding) = branding::current(&gateway, caller.0.user).await? {
        branding.complete(presentation);
    }
    let style = gateway.style.clone();
    let rendered = gateway.processors.run(move || render::render(&parsed.invoice, format, &style)).await?;
    let rendered = rendered.map_err(|error| {
        tracing::error!(%error, "a preview cannot be rendered");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    })?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (CONTENT_DISPOSITION, content_disposition("inline", &rendered.file_name)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, rendered.bytes).into_response())
}

/// Compute and check an invoice, without storing anything.
#[utoipa::path(post, path = "/invoices/validate", operation_id = "validate_invoice", tag = "invoices", security(("bearer" = [])), params(ValidateQuery),
request_body(content = Object, content_type = "application/json", description = "The invoice's data, flat or full"), responses(
    (status = 200, description = "The invoice is right: every computed figure, and what legal formats say of it", body = Validation),
    (status = 400, description = "An unknown format", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Larger than the limits", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON by its Content-Type", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The invoice has faults, or the format's rules refuse it: all reasons", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn validate(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    query: Result<Query<ValidateQuery>, QueryRejection>,
    headers: HeaderMap,
    content: Body,
) -> Result<Json<Validation>, Problem> {
    caller.may_write()?;
    let Query(query) = query.map_err(|rejection| bad_request(rejection.body_text()))?;
    let required = query.format.as_deref().map(|names| formats(Some(names))).transpose()?;
    let judged_by = required.clone().unwrap_or_else(|| Format::LEGAL.into());
    let parsed = parse(&gateway, json_body(&gateway, &headers, content).await?).await?;
    let (parsed, judged) = verdicts(&gateway, parsed, judged_by).await?;
    if required.is_some() {
        require_all(&judged)?;
    }
    let formats = judged.into_iter().map(FormatVerdict::from).collect();
    Ok(Json(Validation { invoice: parsed.invoice.clone(), warnings: warnings(parsed), formats }))
}
