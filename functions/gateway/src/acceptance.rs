//! Step 1 of the protocol: an upload is accepted once its ledger transaction is committed, and never before its
//! invoice was found right and fit for the legal formats that are asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use host::problem::{Fault, Problem};
use http::StatusCode;
use invoice::{Finding, Format, Parsed};
use pipeline::{
    Acceptance, BlobId, Bucket, DocumentId, DocumentsExt, Email, FailPoint, Idempotency, Mutation, NewDocument,
    NewUpload, TraceId, Upload, UploadId, UserId,
};
use sha2::{Digest, Sha256};

use crate::publishing::publish;
use crate::{Gateway, metrics, verdict};

/// An upload as it was asked for.
pub(crate) struct Submission {
    pub(crate) owner: UserId,
    pub(crate) json: Bytes,
    pub(crate) formats: BTreeSet<Format>,
    pub(crate) notify: Option<Email>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) trace: TraceId,
}

/// An upload that the ledger has.
pub(crate) struct Accepted {
    pub(crate) upload: UploadId,
    /// Its state, where this request brought it.
    pub(crate) fresh: Option<Upload>,
    /// Whether an earlier request with the same key had brought it.
    pub(crate) repeated: bool,
    pub(crate) warnings: Vec<Fault>,
}

/// Reads the invoice, stores it and has the ledger accept it.
pub(crate) async fn accept(gateway: &Arc<Gateway>, submission: Submission) -> Result<Accepted, Problem> {
    let _place = gateway.admission.enter()?;
    let parsed = parse(gateway, submission.json.clone()).await?;
    let (parsed, verdicts) = verdict::verdicts(gateway, parsed, submission.formats.iter().copied()).await?;
    verdict::require_all(&verdicts)?;
    let raw = BlobId::new();
    let (stored, branding) = tokio::join!(
        gateway.documents.put_bytes(Bucket::Raw, raw, submission.json.clone()),
        gateway.ledger.branding_of(submission.owner)
    );
    stored?;
    FailPoint::RawStored.reached();
    let upload = new_upload(submission, raw, &parsed);
    if Mutation::AnswerBeforeCommit.is_on() {
        let (id, fresh, gateway) = (upload.id, Some(upload.accepted(gateway.clock.now())), Arc::clone(gateway));
        tokio::spawn(async move { gateway.ledger.accept(&upload).await });
        return Ok(Accepted { upload: id, fresh, repeated: false, warnings: Vec::new() });
    }
    let upload = NewUpload { branding: branding?.map(|branding| branding.id), ..upload };
    match gateway.ledger.accept(&upload).await? {
        Acceptance::Accepted { at, publish: entries } => {
            FailPoint::Accepted.reached();
            let formats: Vec<&str> = upload.documents.iter().map(|document| document.format.name()).collect();
            tracing::info!(upload_id = %upload.id, formats = formats.join(","), "accepted");
            metrics::count(&upload);
            publish(gateway, entries).await;
            let fresh = Some(upload.accepted(at));
            Ok(Accepted { upload: upload.id, fresh, repeated: false, warnings: all_warnings(parsed, &verdicts) })
        }
        Acceptance::Repeated(winner) => {
            discard(gateway, raw).await;
            Ok(Accepted { upload: winner, fresh: None, repeated: true, warnings: all_warnings(parsed, &verdicts) })
        }
        Acceptance::Conflict => {
            discard(gateway, raw).await;
            let detail = "this Idempotency-Key was used for another request: take a new one";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
        }
    }
}

/// Reads and computes an invoice, off the threads that serve requests.
pub(crate) async fn parse(gateway: &Gateway, json: Bytes) -> Result<Parsed, Problem> {
    let options = gateway.parse.clone();
    let parsed = gateway.processors.run(move || invoice::parse(&json, &options)).await?;
    parsed.map_err(|rejected| {
        let count = rejected.faults.len();
        let detail =
            if count == 1 { "the invoice has 1 fault".to_owned() } else { format!("the invoice has {count} faults") };
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
            .with_faults(faults(rejected.faults), faults(rejected.warnings))
    })
}

fn all_warnings(parsed: Parsed, verdicts: &[verdict::Verdict]) -> Vec<Fault> {
    let mut all = warnings(parsed);
    all.extend(verdict::warnings(verdicts));
    all
}

/// What is remarkable in the data, and what no font of ours can write.
pub(crate) fn warnings(parsed: Parsed) -> Vec<Fault> {
    let uncovered = uncovered("", render::uncovered_characters(&parsed.invoice));
    let mut warnings = faults(parsed.warnings);
    warnings.extend(uncovered);
    warnings
}

/// The warning about characters that no font of ours can write.
pub(crate) fn uncovered(pointer: &str, characters: Vec<char>) -> Option<Fault> {
    if characters.is_empty() {
        return None;
    }
    Some(Fault {
        pointer: pointer.to_owned(),
        message: "no font covers these characters: the PDF shows a replacement for each".to_owned(),
        rule: "uncovered-characters".to_owned(),
        term: None,
        expected: None,
        found: Some(characters.into_iter().collect()),
        formats: Vec::new(),
    })
}

pub(crate) fn faults(findings: Vec<Finding>) -> Vec<Fault> {
    findings.into_iter().map(fault).collect()
}

pub(crate) fn fault(finding: Finding) -> Fault {
    Fault {
        pointer: finding.pointer,
        message: finding.message,
        rule: finding.rule.to_owned(),
        term: finding.term.map(str::to_owned),
        expected: finding.expected,
        found: finding.found,
        formats: Vec::new(),
    }
}

fn new_upload(submission: Submission, raw: BlobId, parsed: &Parsed) -> NewUpload {
    let fingerprint = fingerprint(&submission);
    let document = |format: &Format| NewDocument { id: DocumentId::new(), format: *format };
    let copies = if Mutation::DoubleDocument.is_on() { 2 } else { 1 };
    NewUpload {
        id: UploadId::new(),
        owner: submission.owner,
        invoice_number: parsed.invoice.number.to_string(),
        raw,
        branding: None,
        documents: submission.formats.iter().flat_map(|format| (0..copies).map(|_| document(format))).collect(),
        notify: submission.notify,
        idempotency: submission.idempotency_key.map(|key| Idempotency { key, fingerprint }),
        trace: submission.trace,
    }
}

/// SHA-256 of the file's bytes, the sorted formats and the options.
fn fingerprint(submission: &Submission) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update((submission.json.len() as u64).to_be_bytes());
    digest.update(&submission.json);
    for format in &submission.formats {
        digest.update(format.name());
        digest.update([0]);
    }
    digest.update(submission.notify.as_ref().map_or("", Email::as_str));
    digest.finalize().into()
}

/// The ledger named another blob for this request; if this one cannot be removed now, the sweeper does it.
async fn discard(gateway: &Gateway, raw: BlobId) {
    if let Err(error) = gateway.documents.delete(Bucket::Raw, raw).await {
        tracing::warn!(%error, "a blob that nothing names stays for the sweeper");
    }
}
