//! The page at `/`, in a real browser against the real service.

use anyhow::ensure;

use crate::process::{self, command};
use crate::service::Service;
use crate::workspace::root;
use crate::{programs, tools};

const FOLDER: &str = "shared/xtask/page";
const SCRIPT: &str = "page.test.mjs";
/// Below a path every address in the page shows whether it is right; at the root none can be wrong in this way.
const BASE_PATH: &str = "/billing";

/// Runs the page's test.
pub(crate) fn test() -> anyhow::Result<()> {
    let browser = programs::browser()?;
    // Node looks for packages beside the script.
    let script = tools::node_modules(FOLDER)?.join(SCRIPT);
    std::fs::copy(root().join(FOLDER).join(SCRIPT), &script)?;
    let service = Service::start_below(BASE_PATH)?;
    let mut node = command("node", &[&script.to_string_lossy(), &service.base]);
    let status = process::status(node.env("CHROMIUM", browser))?;
    ensure!(status.success(), "the page's test failed");
    Ok(())
}
