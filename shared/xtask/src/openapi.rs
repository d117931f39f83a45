//! The OpenAPI document, judged by the reference validator.

use std::fs;

use crate::service::Service;
use crate::{process, tools, workspace};

/// Reads the document from the running service and validates it.
pub(crate) fn validate() -> anyhow::Result<()> {
    let python = tools::python("openapi", &["openapi-spec-validator==0.7.2"])?;
    let service = Service::start()?;
    let document = process::output("curl", &["-sf", &format!("{}/openapi.json", service.base)])?;
    let file = workspace::tools()?.join("openapi.json");
    fs::write(&file, document)?;
    process::run(python, &["-m", "openapi_spec_validator", &file.to_string_lossy()])
}
