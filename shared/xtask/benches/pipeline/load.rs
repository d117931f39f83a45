//! The clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use futures_util::future::try_join_all;
use reqwest::Client;

/// Two lines, as the project's own sample.
const INVOICE: &str = include_str!("../../../../events/sample_invoice.json");

/// A user who uploads.
pub(crate) struct Load {
    client: Client,
    base: String,
    token: String,
}

impl Load {
    pub(crate) async fn login(base: &str) -> anyhow::Result<Self> {
        let client = Client::new();
        let login = client.post(format!("{base}/login")).basic_auth("test@example.com", Some("password"));
        let token = login.send().await?.error_for_status()?.text().await?;
        Ok(Self { client, base: base.to_owned(), token })
    }

    /// Uploads so many invoices, so many at a time.
    pub(crate) async fn upload(&self, uploads: usize, in_flight: usize) -> anyhow::Result<()> {
        let begun = Arc::new(AtomicUsize::new(0));
        try_join_all((0..in_flight).map(|_| self.upload_while_there_are(&begun, uploads))).await?;
        Ok(())
    }

    async fn upload_while_there_are(&self, begun: &AtomicUsize, uploads: usize) -> anyhow::Result<()> {
        while begun.fetch_add(1, Ordering::Relaxed) < uploads {
            let upload = self.client.post(format!("{}/invoices?format=pdf", self.base)).bearer_auth(&self.token);
            let answer = upload.header("content-type", "application/json").body(INVOICE).send().await?;
            ensure!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await?);
        }
        Ok(())
    }
}
