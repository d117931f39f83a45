//! The clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use futures_util::future::try_join_all;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response};

/// Two lines, as the project's own sample.
const INVOICE: &str = include_str!("../../../../events/sample_invoice.json");

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A user who uploads.
pub(crate) struct Load {
    client: Client,
    base: String,
    pub(crate) token: String,
}

impl Load {
    pub(crate) async fn login(base: &str) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(ANSWER_LIMIT).build()?;
        let login = client.post(format!("{base}/login")).basic_auth("test@example.com", Some("password"));
        let token = login.send().await?.error_for_status()?.text().await?;
        Ok(Self { client, base: base.to_owned(), token })
    }

    /// Uploads `uploads` invoices, `in_flight` at a time.
    pub(crate) async fn upload(&self, uploads: usize, in_flight: usize) -> anyhow::Result<()> {
        let begun = Arc::new(AtomicUsize::new(0));
        try_join_all((0..in_flight).map(|_| self.upload_while_there_are(&begun, uploads))).await?;
        Ok(())
    }

    async fn upload_while_there_are(&self, begun: &AtomicUsize, uploads: usize) -> anyhow::Result<()> {
        while begun.fetch_add(1, Ordering::Relaxed) < uploads {
            let answer = self.send().await?;
            ensure!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await?);
        }
        Ok(())
    }

    /// One upload, whatever the answer.
    pub(crate) async fn send(&self) -> reqwest::Result<Response> {
        let upload = self.client.post(format!("{}/invoices?format=pdf", self.base)).bearer_auth(&self.token);
        upload.header(CONTENT_TYPE, "application/json").body(INVOICE).send().await
    }
}
