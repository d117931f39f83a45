//! The OpenAPI document, judged by the reference validator, and the service, judged by the document.

use std::fs;

use anyhow::ensure;

use crate::process::{self, command};
use crate::service::Service;
use crate::{tools, workspace};

/// Reads the document from the running service and validates it.
pub(crate) fn validate() -> anyhow::Result<()> {
    let python = tools::python("openapi", &["openapi-spec-validator==0.7.2"])?;
    let service = Service::start()?;
    let document = process::output("curl", &["-sf", &format!("{}/openapi.json", service.base)])?;
    let file = workspace::tools()?.join("openapi.json");
    fs::write(&file, document)?;
    process::run(python, &["-m", "openapi_spec_validator", &file.to_string_lossy()])
}

/// Asks every operation, as an administrator, for what the document allows and for what it does not: no answer is
/// undocumented, and none tells of a fault of the server.
pub(crate) fn attack() -> anyhow::Result<()> {
    let python = tools::python("schemathesis", &["schemathesis==4.32.5"])?;
    let service = Service::start()?;
    let document = format!("{}/openapi.json", service.base);
    let configuration = workspace::root().join("shared/xtask/openapi/schemathesis.toml");
    let arguments = ["--no-color", "--config-file", &configuration.to_string_lossy(), "run", &document];
    let mut attack = command(python.with_file_name("schemathesis"), &arguments);
    // The configuration takes the token from here: arguments can be read by everybody. It keeps what it found where it runs.
    let status = process::status(attack.env("TOKEN", service.administrator()?).current_dir(workspace::tools()?))?;
    ensure!(status.success(), "schemathesis found faults: {status}");
    Ok(())
}
