//! The document store in a folder: one file a blob, `BUCKET/PREFIX/ID`, written once.
//!
//! A blob is written to a temporary file, synced, linked to its name and the folder synced: after a crash it is there
//! whole or not at all.

mod listing;
mod mark;

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use pipeline::{Blob, BlobId, Bucket, ByteStream, Documents, ErrorKind, PortError, StoreMark};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use listing::Listed;

use crate::unfinished::{Unfinished, remove_stale};

/// The ids' first digits are a time: one folder holds the blobs of some 4.7 hours.
const PREFIX_DIGITS: usize = 6;

pub(crate) struct Folder {
    root: PathBuf,
    /// What a list of many pages has read and not given yet.
    listed: Listed,
}

impl Folder {
    pub(crate) async fn open(root: &Path) -> io::Result<Self> {
        let folder = Self { root: root.to_owned(), listed: Listed::default() };
        fs::create_dir_all(folder.unfinished()).await?;
        remove_stale(&folder.unfinished(), |_| true).await?;
        for bucket in Bucket::ALL {
            fs::create_dir_all(root.join(bucket.name())).await?;
        }
        Ok(folder)
    }

    fn unfinished(&self) -> PathBuf {
        self.root.join("unfinished")
    }

    fn path(&self, bucket: Bucket, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.root.join(bucket.name()).join(&name[..PREFIX_DIGITS]).join(name)
    }

    async fn put_file(
        &self,
        bucket: Bucket,
        id: BlobId,
        temporary: &Path,
        content: ByteStream,
    ) -> Result<u64, PortError> {
        let bytes = write(temporary, content).await?;
        let path = self.path(bucket, id);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        let linked = async {
            fs::create_dir_all(&folder).await?;
            fs::hard_link(temporary, &path).await?;
            sync_folder(&folder).await?;
            sync_folder(&self.root.join(bucket.name())).await
        };
        linked.await.map_err(error("store a blob"))?;
        Ok(bytes)
    }
}

async fn write(path: &Path, mut content: ByteStream) -> Result<u64, PortError> {
    let mut file = File::create_new(path).await.map_err(error("create a blob"))?;
    let mut bytes = 0;
    while let Some(chunk) = content.next().await {
        let chunk = chunk?;
        file.write_all(&chunk).await.map_err(error("write a blob"))?;
        bytes += chunk.len() as u64;
    }
    file.flush().await.map_err(error("write a blob"))?;
    file.sync_all().await.map_err(error("sync a blob"))?;
    Ok(bytes)
}

pub(crate) async fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path).await?.sync_all().await
}

/// Errors of a disk, such as a full one, may pass: they are retried.
pub(crate) fn error(context: &'static str) -> impl Fn(io::Error) -> PortError {
    move |source| {
        let kind = match source.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
            _ => ErrorKind::Unreachable,
        };
        PortError::new(kind, format!("cannot {context}")).with_source(source)
    }
}

/// Answers those that are still there.
fn delete(files: Vec<(BlobId, PathBuf)>) -> Vec<(BlobId, PortError)> {
    let delete = |(id, file): (BlobId, PathBuf)| match std::fs::remove_file(file) {
        Err(other) if other.kind() != io::ErrorKind::NotFound => Some((id, error("delete a blob")(other))),
        _ => None,
    };
    files.into_iter().filter_map(delete).collect()
}

#[async_trait]
impl Documents for Folder {
    async fn put(&self, bucket: Bucket, id: BlobId, content: ByteStream) -> Result<u64, PortError> {
        let temporary = Unfinished::new(self.unfinished().join(BlobId::new().to_string()));
        self.put_file(bucket, id, temporary.path(), content).await
    }

    async fn get(&self, bucket: Bucket, id: BlobId, range: Option<Range<u64>>) -> Result<Blob, PortError> {
        let mut file = File::open(self.path(bucket, id)).await.map_err(error("open a blob"))?;
        let bytes = file.metadata().await.map_err(error("open a blob"))?.len();
        let range = range.unwrap_or(0..bytes);
        file.seek(SeekFrom::Start(range.start)).await.map_err(error("read a blob"))?;
        let part = file.take(range.end.saturating_sub(range.start));
        let content = ReaderStream::with_capacity(part, 64 * 1024).map_err(error("read a blob"));
        Ok(Blob { bytes, content: Box::pin(content) })
    }

    async fn delete(&self, bucket: Bucket, id: BlobId) -> Result<(), PortError> {
        self.delete_many(bucket, &[id]).await.pop().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// All on one thread: handing a file over to another takes longer than deleting it.
    async fn delete_many(&self, bucket: Bucket, ids: &[BlobId]) -> Vec<(BlobId, PortError)> {
        let files = ids.iter().map(|id| (*id, self.path(bucket, *id))).collect();
        match tokio::task::spawn_blocking(move || delete(files)).await {
            Ok(failed) => failed,
            Err(crashed) => {
                let failed =
                    |id: &BlobId| (*id, PortError::new(ErrorKind::Internal, format!("deleting broke off: {crashed}")));
                ids.iter().map(failed).collect()
            }
        }
    }

    async fn list(
        &self,
        bucket: Bucket,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError> {
        if after.is_none() {
            // Housekeeping begins a list: what dropped puts and other processes left goes too.
            remove_stale(&self.unfinished(), |_| true).await.map_err(error("list unfinished blobs"))?;
        }
        self.listed.page(&self.root.join(bucket.name()), before, after, limit).await
    }

    async fn mark(&self) -> Result<Option<StoreMark>, PortError> {
        mark::read(&self.root).await
    }

    async fn set_mark(&self, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError> {
        let temporary = Unfinished::new(self.unfinished().join(BlobId::new().to_string()));
        mark::write(&self.root, temporary.path(), mark, seen).await
    }

    async fn check(&self) -> Result<(), PortError> {
        fs::metadata(self.unfinished()).await.map(|_| ()).map_err(|source| {
            PortError::new(ErrorKind::Unreachable, "the folder of documents is gone").with_source(source)
        })
    }
}
