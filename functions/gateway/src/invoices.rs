//! `GET /invoices`, `GET` and `DELETE /invoices/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use host::problem::Problem;
use http::{HeaderMap, StatusCode};
use pipeline::{FailPoint, Role, Upload, UploadFilter, UploadId, UploadState, UserId};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::request::{bad_request, plain_text};
use crate::resource::{Invoice, InvoicePage};
use crate::{Gateway, waiting};

const DEFAULT_LIMIT: u32 = 20;
const MOST: u32 = 100;

/// Which invoices to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// How many, 1 to 100.
    #[param(example = 20, default = 20, minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(format = "uuid")]
    after: Option<String>,
    /// Only those in this state: `processing`, `stored` or `failed`.
    #[param(example = "stored")]
    state: Option<String>,
    /// Only those with this invoice number (BT-1).
    #[param(example = "HP-2026-0093", min_length = 1, max_length = 1000)]
    number: Option<String>,
    /// Only those with a failed document or mail whose reason contains this text, in any case.
    #[param(example = "mailbox unavailable", min_length = 1, max_length = 1000)]
    reason: Option<String>,
    /// Whose: one's own where not given. Administrators may name another user's id, or `all`.
    #[param(example = "all")]
    owner: Option<String>,
}

/// List one's own invoices, newest first; administrators also those of others.
#[utoipa::path(get, path = "/invoices", tag = "invoices", security(("bearer" = [])), params(ListQuery), responses(
    (status = 200, description = "A page of invoices", body = InvoicePage),
    (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope, or another's invoices are not for the caller", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<InvoicePage>, Problem> {
    caller.may_read()?;
    let Query(query) = query.map_err(|rejection| bad_request(rejection.body_text()))?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(bad_request(format!("limit: expected 1 to {MOST}")));
    }
    let after = query.after.map(|after| after.parse::<UploadId>()).transpose();
    let after = after.map_err(|_| bad_request("after: expected `next` of the page before"))?;
    let state = query.state.map(|state| state.parse::<UploadState>()).transpose();
    let filter = UploadFilter {
        owner: owner(&caller, query.owner.as_deref())?,
        state: state.map_err(|error| bad_request(format!("state: {error}")))?,
        invoice_number: query.number.map(|number| plain_text("number", number)).transpose()?,
        reason: query.reason.map(|reason| plain_text("reason", reason)).transpose()?,
    };
    // One more than asked for tells whether there is a next page.
    let mut uploads = gateway.ledger.uploads(&filter, after, limit + 1).await?;
    let more = uploads.len() > limit as usize;
    uploads.truncate(limit as usize);
    let next = uploads.last().filter(|_| more).map(|last| last.id.to_string());
    let invoices = uploads.into_iter().map(|upload| Invoice::new(upload, Vec::new())).collect();
    Ok(Json(InvoicePage { invoices, next }))
}

/// Whose invoices are listed; nobody's in particular where `None`.
fn owner(caller: &Caller, parameter: Option<&str>) -> Result<Option<UserId>, Problem> {
    let owner = match parameter {
        None => Some(caller.0.user),
        Some("all") => None,
        Some(id) => Some(id.parse().map_err(|_| bad_request("owner: expected a user's id or all"))?),
    };
    if owner != Some(caller.0.user) {
        caller.0.require_role(Role::Admin)?;
    }
    Ok(owner)
}

/// Read an invoice's state.
#[utoipa::path(get, path = "/invoices/{id}", tag = "invoices", security(("bearer" = [])), params(
    ("id" = String, Path, description = "The invoice's id"),
    ("Prefer" = Option<String>, Header, description = "`wait=10` answers once all documents are final, or after 10 s"),
), responses(
    (status = 200, description = "The invoice", body = Invoice),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "None of one's own", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<Invoice>, Problem> {
    caller.may_read()?;
    let seen = visible(&gateway, &caller, id).await?;
    let Some(wait) = waiting::preferred(&headers) else { return Ok(Json(Invoice::new(seen, Vec::new()))) };
    let upload = waiting::upload(&gateway, seen.id, Some(wait)).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(Invoice::new(upload, Vec::new())))
}

/// Delete an invoice with its documents.
#[utoipa::path(delete, path = "/invoices/{id}", tag = "invoices", security(("bearer" = [])), params(
    ("id" = String, Path, description = "The invoice's id"),
), responses(
    (status = 204, description = "Deleted"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "None of one's own", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn delete(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    caller.may_write()?;
    let upload = visible(&gateway, &caller, id).await?;
    let deleted = gateway.ledger.delete(upload.id, &caller.actor()).await?;
    FailPoint::UploadDeleted.reached();
    for (bucket, blob) in deleted.ok_or_else(Problem::not_found)? {
        // The ledger names it no more: what stays is an orphan that the sweeper removes.
        if let Err(error) = gateway.documents.delete(bucket, blob).await {
            tracing::warn!(%error, "a deleted invoice's blob stays for the sweeper");
        }
    }
    tracing::info!(upload_id = %upload.id, upload_trace_id = %upload.trace, "deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// The upload, if there is one that the caller may see.
async fn visible(
    gateway: &Gateway,
    caller: &Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Upload, Problem> {
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    let id: UploadId = id.parse().map_err(|_| Problem::not_found())?;
    let upload = gateway.ledger.upload(id).await?.filter(|upload| caller.sees(upload.owner));
    upload.ok_or_else(Problem::not_found)
}
