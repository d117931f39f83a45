//! What the gateway counts, beside its requests.

use host::metrics::Counters;
use invoice::Format;
use pipeline::NewUpload;

static UPLOADS: Counters<0> = Counters::new("invoices_uploads_accepted", "Uploads accepted, repeats not counted", []);
static DOCUMENTS: Counters<1> =
    Counters::new("invoices_documents_accepted", "Documents that accepted uploads ask for, by format", ["format"]);

static DAMAGED: Counters<1> = Counters::new(
    "invoices_documents_damaged",
    "Downloads of documents whose file was found to be lost or altered, by what it was",
    ["damage"],
);

/// Makes the counters known before there is anything to count.
pub(crate) fn declare() {
    UPLOADS.add(0, []);
    for damage in ["lost", "altered"] {
        DAMAGED.add(0, [damage]);
    }
    for format in Format::ALL {
        DOCUMENTS.add(0, [format.name()]);
    }
}

pub(crate) fn count(accepted: &NewUpload) {
    UPLOADS.count([]);
    for document in &accepted.documents {
        DOCUMENTS.count([document.format.name()]);
    }
}

pub(crate) fn count_damaged(damage: &str) {
    DAMAGED.count([damage]);
}
