//! Where mails arrive: the folder of the SMTP server, or the store of the SES stand-in.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use url::Url;

use crate::deployment::json;
use crate::environment::server;

pub(crate) enum Mailbox {
    Folder(PathBuf),
    Ses(String),
}

impl Mailbox {
    /// Of the server behind a MAIL_URL.
    pub(crate) fn of(mail: &str) -> Self {
        let url = Url::parse(mail).unwrap();
        let endpoint = url.query_pairs().find(|(name, _)| name == "endpoint").map(|(_, value)| value.into_owned());
        endpoint.map_or_else(|| Self::Folder(server("TEST_SMTP_FOLDER").unwrap().into()), Self::Ses)
    }

    /// The mail about an upload, as text.
    pub(crate) async fn mail_of(&self, client: &Client, upload: &str) -> String {
        for _ in 0..600 {
            if let Some(mail) = self.find(client, upload).await {
                return mail.replace("=\r\n", "").replace("=3D", "=");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no mail about {upload} arrived");
    }

    async fn find(&self, client: &Client, upload: &str) -> Option<String> {
        match self {
            Self::Folder(folder) => {
                let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
                let mails = files.filter_map(|file| std::fs::read_to_string(file).ok());
                mails.into_iter().find(|mail| mail.contains(&format!("X-Invoice-Upload-Id: {upload}")))
            }
            Self::Ses(endpoint) => {
                let store = json(client.get(format!("{endpoint}/store")).send().await.unwrap()).await;
                let is_about = |mail: &&Value| mail.to_string().contains(upload);
                let mails = store["emails"].as_array().unwrap();
                mails.iter().find(is_about).map(|mail| mail["body"]["text"].as_str().unwrap().to_owned())
            }
        }
    }
}

/// The link to a document in a mail's text.
pub(crate) fn link(mail: &str, base: &str, fid: &str) -> String {
    let start = mail.find(&format!("{base}/download?fid={fid}")).unwrap_or_else(|| panic!("no link to {fid}: {mail}"));
    let end = mail[start..].find(|character: char| character.is_whitespace() || "\"<\\".contains(character));
    mail[start..start + end.unwrap_or(mail.len() - start)].to_owned()
}
