//! Whose the folder is: the file `ledger` in it.

use std::io;
use std::path::Path;

use pipeline::{ErrorKind, PortError, StoreMark};
use tokio::fs;

use super::{error, sync_folder};

const NAME: &str = "ledger";

pub(super) async fn read(root: &Path) -> Result<Option<StoreMark>, PortError> {
    match fs::read(root.join(NAME)).await {
        Ok(text) => StoreMark::decode(&text).map(Some),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(failed) => Err(error("read the store's mark")(failed)),
    }
}

/// The first mark is linked, so that of two processes one wins; a later one takes the place of the one before.
pub(super) async fn write(
    root: &Path,
    temporary: &Path,
    mark: StoreMark,
    seen: Option<StoreMark>,
) -> Result<(), PortError> {
    if read(root).await? != seen {
        return Err(PortError::new(ErrorKind::AlreadyExists, "the store has another mark by now"));
    }
    let path = root.join(NAME);
    let written = async {
        fs::write(temporary, mark.encode()).await?;
        fs::File::open(temporary).await?.sync_all().await?;
        match seen {
            None => fs::hard_link(temporary, &path).await?,
            Some(_) => fs::rename(temporary, &path).await?,
        }
        sync_folder(root).await
    };
    written.await.map_err(error("mark the store"))
}
