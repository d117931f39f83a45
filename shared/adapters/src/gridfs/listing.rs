//! Listing blobs by their age.

use futures_util::{TryStreamExt, future};
use jiff::Timestamp;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};
use pipeline::{BlobId, PortError};
use uuid::Uuid;

use super::error::limited;
use super::{BucketCollections, binary};
use crate::stored_before::first_id_at;

/// Lists what has a file document or a first chunk: the latter alone is what an interrupted put left.
pub(super) async fn list(
    bucket: &BucketCollections,
    before: Timestamp,
    after: Option<BlobId>,
    limit: usize,
) -> Result<Vec<BlobId>, PortError> {
    // BSON orders binaries by length, subtype and bytes: UUIDs among themselves have the order of their text.
    let lowest = after.map_or_else(|| doc! { "$gte": binary(Uuid::nil().into()) }, |id| doc! { "$gt": binary(id) });
    let mut range = lowest;
    range.insert("$lt", binary(first_id_at(before)));
    let files = Query { key: "_id", filter: doc! { "_id": &range }, sort: doc! { "_id": 1 } };
    let chunks =
        Query { key: "files_id", filter: doc! { "files_id": range, "n": 0 }, sort: doc! { "files_id": 1, "n": 1 } };
    let chunk_collection = bucket.chunks.clone_with_type::<Document>();
    let (mut ids, unfinished) =
        future::try_join(files.ids(&bucket.files, limit), chunks.ids(&chunk_collection, limit)).await?;
    ids.extend(unfinished);
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(limit);
    Ok(ids)
}

struct Query {
    key: &'static str,
    filter: Document,
    sort: Document,
}

impl Query {
    async fn ids(self, collection: &Collection<Document>, limit: usize) -> Result<Vec<BlobId>, PortError> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut projection = doc! { "_id": 0 };
        projection.insert(self.key, 1);
        let find = async {
            let found = collection.find(self.filter).sort(self.sort).projection(projection).limit(most).await?;
            found.try_collect::<Vec<_>>().await
        };
        let found = limited("list blobs", find).await?;
        Ok(found.iter().filter_map(|document| blob_id(document.get(self.key)?)).collect())
    }
}

/// Blobs that others stored under ids of another kind are not ours to list.
fn blob_id(id: &Bson) -> Option<BlobId> {
    let Bson::Binary(binary) = id else { return None };
    Some(Uuid::from_slice(&binary.bytes).ok()?.into())
}
