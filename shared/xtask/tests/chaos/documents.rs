//! The document store, seen by a client of the run's own.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use mongodb::bson::{Bson, Document, doc};
use url::Url;
use uuid::Uuid;

use crate::arena::name_of_its_own;

pub(crate) struct Documents(mongodb::Database);

impl Documents {
    /// A database of its own, with the functions' URL: one that stays with the proxy that it names.
    pub(crate) async fn create(server: &str) -> anyhow::Result<(Self, String)> {
        let mut url = Url::parse(server)?;
        let name = name_of_its_own();
        let database = mongodb::Client::with_uri_str(url.as_str()).await?.database(&name);
        url.set_path(&name);
        url.set_query(Some("directConnection=true"));
        Ok((Self(database), url.into()))
    }

    /// Blobs of which there is anything at all.
    pub(crate) async fn blobs(&self) -> anyhow::Result<BTreeSet<Uuid>> {
        let mut found = BTreeSet::new();
        for (part, key) in [("files", "_id"), ("chunks", "files_id")] {
            for bucket in ["raw", "processed"] {
                let collection = self.0.collection::<Document>(&format!("{bucket}.{part}"));
                let mut documents = collection.find(doc! {}).projection(doc! { key: 1 }).await?;
                while let Some(document) = documents.try_next().await? {
                    if let Some(Bson::Binary(id)) = document.get(key) {
                        found.insert(Uuid::from_slice(&id.bytes)?);
                    }
                }
            }
        }
        Ok(found)
    }

    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        Ok(self.0.drop().await?)
    }
}
