//! What the worker counts.

use host::metrics::{Counters, Durations};
use invoice::Format;
use pipeline::{DocumentOutcome, Finish};

static FINISHED: Counters<2> = Counters::new(
    "invoices_documents_finished",
    "Attempts to make a document that ended, by format and outcome",
    ["format", "outcome"],
);
/// Reading and computing included: it is one piece of work for a processor.
pub(crate) static RENDERING: Durations<1> =
    Durations::new("invoices_document_render_duration_seconds", "Time to render one document, by format", ["format"]);
const OUTCOMES: [&str; 5] = ["stored", "failed", "fault", "unreachable", "fenced"];

/// Makes the counters known before there is anything to count.
pub(crate) fn declare() {
    for format in Format::ALL {
        for outcome in OUTCOMES {
            FINISHED.add(0, [format.name(), outcome]);
        }
    }
}

pub(crate) fn count(format: Format, outcome: &DocumentOutcome, finish: &Finish) {
    let outcome = match (finish, outcome) {
        (Finish::Fenced, _) => "fenced",
        (_, DocumentOutcome::Stored { .. }) => "stored",
        (_, DocumentOutcome::Failed { .. }) => "failed",
        (_, DocumentOutcome::Fault { .. }) => "fault",
        (_, DocumentOutcome::Unreachable { .. }) => "unreachable",
    };
    FINISHED.count([format.name(), outcome]);
}
