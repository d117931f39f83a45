//! What can go wrong.

/// Why a document could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
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
