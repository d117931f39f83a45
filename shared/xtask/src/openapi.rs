//! The OpenAPI document, judged by the reference validator.

use std::fs;

use crate::page::Service;
use crate::{process, tools};

/// Reads the document from the running service and validates it.
pub(crate) fn validate() -> anyhow::Result<()> {
    let python = tools::python("openapi", &["openapi-spec-validator==0.7.2"])?;
    let service = Service::start()?;
    let document = process::output("curl", &["-sf", &format!("{}/openapi.json", service.base)])?;
    let file = process::root().join("target/tools/openapi.json");
    fs::write(&file, document)?;
    process::run(python, &["-m", "openapi_spec_validator", &file.to_string_lossy()])
}
