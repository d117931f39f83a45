//! One attempt: read the upload, compute and render it, store the result.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use invoice::{Branding, Format, ParseOptions, Rejected};
use pipeline::{Bucket, DocumentClaim, DocumentOutcome, DocumentsExt, FailPoint, PortError};
use render::{RenderError, Rendered, STYLE_VERSION, Style};
use sha2::{Digest, Sha256};

use crate::{Worker, metrics};

/// What is quoted of an upload's faults in a document's reason.
const MOST_FAULTS: usize = 5;

/// Makes the attempt. Whatever happens is an outcome.
pub(crate) async fn run(worker: &Worker, claim: &DocumentClaim) -> DocumentOutcome {
    let raw = match worker.documents.get_bytes(Bucket::Raw, claim.raw, worker.upload_bytes).await {
        Ok(raw) => raw,
        Err(error) => return setback("read the upload", &error),
    };
    let branding = match branding(worker, claim).await {
        Ok(branding) => branding,
        Err(error) => return setback("read the branding", &error),
    };
    let (parse, style, format) = (worker.parse.clone(), worker.style.clone(), claim.format);
    // It is never closed, so a place always comes.
    let place = Arc::clone(&worker.renderers).acquire_owned().await.ok();
    let rendered = tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let rendered = parse_and_render(&raw, &parse, branding.as_deref(), format, &style);
        metrics::RENDERING.note(begun.elapsed(), [format.name()]);
        drop(place);
        rendered
    });
    let rendered = rendered.await;
    let rendered = match rendered {
        Ok(Ok(rendered)) => rendered,
        Ok(Err(outcome)) => return outcome,
        Err(panic) => return DocumentOutcome::Fault { reason: format!("rendering crashed: {panic}") },
    };
    FailPoint::Rendered.reached();
    store(worker, claim, rendered).await
}

async fn branding(worker: &Worker, claim: &DocumentClaim) -> Result<Option<Arc<Branding>>, PortError> {
    let Some(id) = claim.branding else { return Ok(None) };
    let (ledger, documents) = (worker.ledger.as_ref(), worker.documents.as_ref());
    worker.brandings.get(id, ledger, documents, &worker.parse.limits).await.map(Some)
}

fn parse_and_render(
    raw: &[u8],
    options: &ParseOptions,
    branding: Option<&Branding>,
    format: Format,
    style: &Style,
) -> Result<Rendered, DocumentOutcome> {
    let mut parsed =
        invoice::parse(raw, options).map_err(|rejected| DocumentOutcome::Failed { reason: reason(&rejected) })?;
    if let Some(branding) = branding {
        branding.complete(&mut parsed.invoice.presentation);
    }
    render::render(&parsed.invoice, format, style).map_err(|error| match error {
        // Judged before it was accepted, by rules that may have changed since: trying again changes nothing.
        RenderError::Refused(_) => DocumentOutcome::Failed { reason: error.to_string() },
        _ => DocumentOutcome::Fault { reason: format!("cannot render: {error}") },
    })
}

fn reason(rejected: &Rejected) -> String {
    let faults = rejected.faults.iter().take(MOST_FAULTS);
    let faults: Vec<String> = faults.map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect();
    format!("the invoice is wrong: {}", faults.join("; "))
}

async fn store(worker: &Worker, claim: &DocumentClaim, rendered: Rendered) -> DocumentOutcome {
    let sha256 = Sha256::digest(&rendered.bytes).into();
    let bytes = rendered.bytes.len() as u64;
    let report = match rendered.report.map(|report| serde_json::to_string(&report)).transpose() {
        Ok(report) => report,
        Err(error) => return DocumentOutcome::Fault { reason: format!("cannot write the report: {error}") },
    };
    match worker.documents.put_bytes(Bucket::Processed, claim.blob, Bytes::from(rendered.bytes)).await {
        Ok(_) => {
            FailPoint::DocumentStored.reached();
            let (file_name, style_version) = (rendered.file_name, STYLE_VERSION);
            DocumentOutcome::Stored { bytes, sha256, file_name, style_version, report }
        }
        Err(error) => setback("store the document", &error),
    }
}

/// The reason is for the client: the server's own words go to the log only.
fn setback(what: &str, error: &PortError) -> DocumentOutcome {
    tracing::warn!(%error, "cannot {what}");
    let reason = format!("could not {what}");
    if error.is_unreachable() { DocumentOutcome::Unreachable { reason } } else { DocumentOutcome::Fault { reason } }
}
