//! Mail into a folder: one `.eml` file a mail, which every mail program opens.
//!
//! The file is named by the mail's id, so a mail that is sent again replaces itself.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use pipeline::{ErrorKind, Handover, Mailer, OutgoingMail, PortError};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

use crate::unfinished::{Unfinished, remove_stale};

pub(crate) struct OutboxFolder {
    root: PathBuf,
}

struct Unwritten<'a> {
    folder: &'a OutboxFolder,
    mail: &'a OutgoingMail,
}

impl OutboxFolder {
    pub(crate) async fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root).await?;
        remove_stale(root, |name| name.starts_with('.')).await?;
        Ok(Self { root: root.to_owned() })
    }

    async fn write(&self, mail: &OutgoingMail) -> io::Result<()> {
        let temporary = Unfinished::new(self.root.join(format!(".{}", mail.id)));
        let mut file = File::create(temporary.path()).await?;
        file.write_all(&mail.message).await?;
        file.flush().await?;
        file.sync_all().await?;
        fs::rename(temporary.path(), self.root.join(format!("{}.eml", mail.id))).await?;
        File::open(&self.root).await?.sync_all().await
    }
}

#[async_trait]
impl Mailer for OutboxFolder {
    async fn begin<'a>(&'a self, mail: &'a OutgoingMail) -> Result<Box<dyn Handover + 'a>, PortError> {
        Ok(Box::new(Unwritten { folder: self, mail }))
    }

    fn is_idempotent(&self) -> bool {
        true
    }

    async fn check(&self) -> Result<(), PortError> {
        fs::metadata(&self.root)
            .await
            .map(|_| ())
            .map_err(|source| PortError::new(ErrorKind::Unreachable, "the folder of mails is gone").with_source(source))
    }
}

#[async_trait]
impl Handover for Unwritten<'_> {
    async fn complete(self: Box<Self>) -> Result<(), PortError> {
        let written = self.folder.write(self.mail).await;
        written.map_err(|source| PortError::new(ErrorKind::Unreachable, "cannot write a mail").with_source(source))
    }
}
