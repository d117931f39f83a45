//! The document stores, seen by clients of the test's own.

use aws_sdk_s3::Client as S3Client;
use mongodb::bson::{Binary, Document, doc, spec::BinarySubtype};
use url::Url;
use uuid::Uuid;

/// MongoDB's database or S3's prefix, made for one test.
pub(crate) enum Store {
    GridFs(mongodb::Database),
    S3 { client: S3Client, bucket: String, prefix: String },
}

impl Store {
    /// A part of the server for the test alone, with its DOCUMENTS_URL.
    pub(crate) async fn create(server: &str) -> (Self, String) {
        let mut url = Url::parse(server).unwrap();
        let name = format!("test_{}", Uuid::now_v7().simple());
        url.set_path(&name);
        let store = if url.scheme() == "s3" { s3(&url, name).await } else { grid_fs(&url, &name).await };
        (store, url.into())
    }

    /// The size of a blob; `None` where there is none.
    pub(crate) async fn bytes(&self, bucket: &str, id: &str) -> Option<u64> {
        match self {
            Self::GridFs(database) => {
                let id =
                    Binary { subtype: BinarySubtype::Uuid, bytes: Uuid::parse_str(id).unwrap().as_bytes().to_vec() };
                let files = database.collection::<Document>(&format!("{bucket}.files"));
                let file = files.find_one(doc! { "_id": id }).await.unwrap()?;
                Some(file.get_i64("length").unwrap().unsigned_abs())
            }
            Self::S3 { client, bucket: place, prefix } => {
                let head = client.head_object().bucket(place).key(format!("{prefix}/{bucket}/{id}")).send().await;
                head.ok().and_then(|head| head.content_length()).map(i64::unsigned_abs)
            }
        }
    }

    /// How many blobs there are.
    pub(crate) async fn count(&self, bucket: &str) -> usize {
        match self {
            Self::GridFs(database) => {
                let mut found = 0;
                for part in ["files", "chunks"] {
                    let collection = database.collection::<Document>(&format!("{bucket}.{part}"));
                    found += usize::try_from(collection.count_documents(doc! {}).await.unwrap()).unwrap();
                }
                found
            }
            Self::S3 { client, bucket: place, prefix } => {
                let list = client.list_objects_v2().bucket(place).prefix(format!("{prefix}/{bucket}/")).send().await;
                list.unwrap().contents().len()
            }
        }
    }

    pub(crate) async fn remove(self) {
        if let Self::GridFs(database) = self {
            database.drop().await.unwrap();
        }
    }
}

async fn grid_fs(url: &Url, name: &str) -> Store {
    Store::GridFs(mongodb::Client::with_uri_str(url.as_str()).await.unwrap().database(name))
}

/// What the test put there is gone when it ends, so there is nothing to remove.
async fn s3(url: &Url, prefix: String) -> Store {
    let parameter =
        |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    let loader = aws_config::from_env().region(aws_config::Region::new(parameter("region").unwrap()));
    let configuration = loader.endpoint_url(parameter("endpoint").unwrap()).load().await;
    let builder = aws_sdk_s3::config::Builder::from(&configuration).force_path_style(true);
    Store::S3 { client: S3Client::from_conf(builder.build()), bucket: url.host_str().unwrap().to_owned(), prefix }
}
