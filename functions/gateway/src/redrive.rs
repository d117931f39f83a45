//! `POST /redrive`: retries what failed.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use host::problem::Problem;
use http::HeaderMap;
use pipeline::{FailPoint, RedriveFilter, Role, UploadId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Gateway;
use crate::caller::Caller;
use crate::publishing::publish;
use crate::request::{bad_request, json_body, plain_text};

/// Which failed documents and mails to retry; at least one member is required.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedriveRequest {
    /// Only those of the invoice with this id.
    #[schema(format = "uuid", example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11")]
    upload: Option<String>,
    /// Only those whose reason contains this text, in any case.
    #[schema(min_length = 1, max_length = 1000, example = "mailbox unavailable")]
    reason: Option<String>,
}

impl RedriveRequest {
    fn filter(self) -> Result<RedriveFilter, Problem> {
        if self.upload.is_none() && self.reason.is_none() {
            return Err(bad_request("expected upload, reason, or both"));
        }
        let upload = self.upload.map(|id| id.parse::<UploadId>()).transpose();
        let upload = upload.map_err(|_| bad_request("upload: expected an invoice's id"))?;
        let reason = self.reason.map(|reason| plain_text("reason", reason)).transpose()?;
        Ok(RedriveFilter { upload, reason })
    }
}

/// What is retried.
#[derive(Serialize, ToSchema)]
pub(crate) struct Redriven {
    /// How many failed documents are queued again; the mail about them follows.
    #[schema(example = 1)]
    documents: usize,
    /// How many mails are pending again.
    #[schema(example = 0)]
    mails: usize,
}

/// Retry failed documents and mails of all owners. Administrators only.
///
/// A mail that is `unknown` may have arrived: it is sent once more only where `upload` names its invoice.
///
/// `GET /invoices?owner=all&reason=…` lists the invoices that have them. What is not failed stays as it is, so a second
/// call does nothing. Each invoice that is retried has an entry in the audit.
#[utoipa::path(post, path = "/redrive", tag = "invoices", security(("bearer" = [])), request_body = RedriveRequest, responses(
    (status = 200, description = "What is retried, which may be nothing", body = Redriven),
    (status = 400, description = "Neither `upload` nor `reason`, or no such thing", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Not an administrator, or an API key", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn redrive(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    content: Body,
) -> Result<Json<Redriven>, Problem> {
    caller.0.require_role(Role::Admin)?;
    let json = json_body(&gateway, &headers, content).await?;
    let request: RedriveRequest = serde_json::from_slice(&json)
        .map_err(|error| bad_request(format!("expected {{\"upload\": ID, \"reason\": TEXT}}: {error}")))?;
    let filter = request.filter()?;
    let redrive = gateway.ledger.redrive(&filter, &caller.actor()).await?;
    FailPoint::Redriven.reached();
    let (documents, mails) = (redrive.documents, redrive.mails);
    tracing::info!(user_id = %caller.0.user, documents, mails, "redriven");
    publish(&gateway, redrive.publish).await;
    Ok(Json(Redriven { documents, mails }))
}
