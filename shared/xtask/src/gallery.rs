//! The pictures of produced pages.

use crate::process;

/// Makes the pictures.
pub(crate) fn make() -> anyhow::Result<()> {
    process::cargo(&["run", "--release", "--package", "render", "--example", "gallery"])
}
