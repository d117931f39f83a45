//! Whether an invoice can become the legal formats that are asked for.

use std::collections::HashMap;

use einvoice::{Report, judge_sent};
use host::problem::{Fault, Problem};
use http::StatusCode;
use invoice::{Finding, Format, Parsed};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Gateway;
use crate::acceptance::fault;

/// What a legal format's rules say of an invoice.
pub(crate) struct Verdict {
    format: Format,
    judged: Result<Report, Vec<Finding>>,
}

/// A verdict as clients see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormatVerdict {
    /// The legal format.
    #[schema(example = "xrechnung")]
    format: &'static str,
    /// Whether the invoice can become it.
    can_be_issued: bool,
    /// What its rules refuse, or what it cannot carry: everything.
    faults: Vec<Fault>,
    /// What it was judged by, where it can be issued.
    report: Option<LegalReport>,
}

/// What a document of a legal format was judged by.
#[derive(Serialize, ToSchema)]
pub(crate) struct LegalReport {
    /// The version of the rules in this program.
    #[schema(example = 1)]
    rules_version: u32,
    /// The specification that the document names (BT-24).
    #[schema(example = "urn:cen.eu:en16931:2017")]
    specification: String,
    /// The rule sets that it keeps, with their editions.
    #[schema(example = json!(["EN 16931 1.3.16", "XRechnung 3.0.2"]))]
    rules: Vec<&'static str>,
    /// What the document says beside the data, and what it says otherwise.
    warnings: Vec<Fault>,
}

/// Judges an invoice by the rules of those of the formats that are legal ones, off the threads that serve requests.
pub(crate) async fn verdicts(
    gateway: &Gateway,
    parsed: Parsed,
    formats: impl IntoIterator<Item = Format>,
) -> Result<(Parsed, Vec<Verdict>), Problem> {
    let legal: Vec<Format> = formats.into_iter().filter(|format| format.is_legal()).collect();
    if legal.is_empty() {
        return Ok((parsed, Vec::new()));
    }
    let judge = move || {
        let verdict = |format| Some(Verdict { format, judged: judge_sent(&parsed, format)? });
        let verdicts = legal.into_iter().filter_map(verdict).collect();
        (parsed, verdicts)
    };
    gateway.processors.run(judge).await
}

/// Passes where the invoice can become each format that was judged.
///
/// # Errors
/// 422 with all reasons of all formats.
pub(crate) fn require_all(verdicts: &[Verdict]) -> Result<(), Problem> {
    let refused: Vec<(Format, &Vec<Finding>)> =
        verdicts.iter().filter_map(|verdict| Some((verdict.format, verdict.judged.as_ref().err()?))).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = refused.iter().map(|(format, _)| format.name()).collect();
    let faults = merged(&refused);
    let count = if faults.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", faults.len()) };
    let detail = format!("the invoice cannot become {}: {count}", names.join(", "));
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_faults(faults, Vec::new()))
}

/// What the formats add to the data.
pub(crate) fn warnings(verdicts: &[Verdict]) -> Vec<Fault> {
    let reports = verdicts.iter().filter_map(|verdict| Some((verdict.format, &verdict.judged.as_ref().ok()?.warnings)));
    merged(&reports.collect::<Vec<_>>())
}

/// What several formats find alike is told once, with the names of all of them.
fn merged(findings: &[(Format, &Vec<Finding>)]) -> Vec<Fault> {
    let mut merged: Vec<Fault> = Vec::new();
    let mut places = HashMap::new();
    for (format, finding) in findings.iter().flat_map(|(format, all)| all.iter().map(move |finding| (format, finding)))
    {
        let same = (finding.rule, &finding.pointer, &finding.message, &finding.expected, &finding.found);
        let place = *places.entry(same).or_insert_with(|| {
            merged.push(fault(finding.clone()));
            merged.len() - 1
        });
        let formats = &mut merged[place].formats;
        let name = format.name();
        if formats.last().is_none_or(|last| last != name) {
            formats.push(name.to_owned());
        }
    }
    merged
}

impl From<Verdict> for FormatVerdict {
    fn from(verdict: Verdict) -> Self {
        let format = verdict.format.name();
        let faults = |findings: Vec<Finding>| findings.into_iter().map(fault).collect();
        match verdict.judged {
            Ok(report) => {
                let Report { rules_version, specification, rules, warnings } = report;
                let report = LegalReport { rules_version, specification, rules, warnings: faults(warnings) };
                Self { format, can_be_issued: true, faults: Vec::new(), report: Some(report) }
            }
            Err(found) => Self { format, can_be_issued: false, faults: faults(found), report: None },
        }
    }
}
