//! What can go wrong.

use invoice::Finding;

/// Why a document could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The rules of the legal format refuse the invoice, for all these reasons.
    #[error("the invoice cannot become this format: {}", listed(.0))]
    Refused(Vec<Finding>),
    /// A font could not be cut to what the document uses.
    #[error("a font could not be embedded: {0}")]
    Font(#[from] subsetter::Error),
    /// The PDF file could not be written.
    #[error("the PDF document could not be written: {0}")]
    Pdf(#[from] lopdf::Error),
    /// The workbook could not be written.
    #[error("the workbook could not be written: {0}")]
    Excel(#[from] rust_xlsxwriter::XlsxError),
    /// The rows of a workbook could not be put in their place.
    #[error("the rows of the workbook could not be written: {0}")]
    Rows(#[from] zip::result::ZipError),
    /// The table could not be written.
    #[error("the CSV file could not be written: {0}")]
    Csv(#[from] ::csv::Error),
}

/// What is quoted of an invoice's faults in a sentence.
const MOST_QUOTED: usize = 5;

fn listed(faults: &[Finding]) -> String {
    let one = |fault: &Finding| format!("{} ({}): {}", fault.pointer, fault.rule, fault.message);
    let mut quoted: Vec<String> = faults.iter().take(MOST_QUOTED).map(one).collect();
    if faults.len() > MOST_QUOTED {
        quoted.push(format!("and {} more", faults.len() - MOST_QUOTED));
    }
    quoted.join("; ")
}
