//! Whose the store is: the one document of the collection `ledger`.

use mongodb::bson::{Document, doc};
use mongodb::{Collection, Database};
use pipeline::{ErrorKind, PortError, StoreMark};

use super::connection;
use super::error::limited;

const ID: &str = "store";

fn collection(database: &Database) -> Collection<Document> {
    database.collection_with_options("ledger", connection::durable())
}

fn fields(mark: StoreMark) -> Document {
    let generation = i64::try_from(mark.generation).unwrap_or(i64::MAX);
    doc! { "ledger": mark.ledger.to_string(), "generation": generation }
}

pub(super) async fn read(database: &Database) -> Result<Option<StoreMark>, PortError> {
    let collection = collection(database);
    let found = limited("read the store's mark", collection.find_one(doc! { "_id": ID })).await?;
    let Some(found) = found else { return Ok(None) };
    let unreadable = || PortError::new(ErrorKind::Internal, "the mark of the document store cannot be read");
    let ledger = found.get_str("ledger").ok().and_then(|id| id.parse().ok()).ok_or_else(unreadable)?;
    // Tools that restore a dump may write a small number in its shorter form.
    let generation = found.get("generation").and_then(|value| value.as_i64().or(value.as_i32().map(i64::from)));
    let generation = generation.and_then(|generation| u64::try_from(generation).ok()).ok_or_else(unreadable)?;
    Ok(Some(StoreMark { ledger, generation }))
}

pub(super) async fn write(database: &Database, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError> {
    let collection = collection(database);
    let Some(seen) = seen else {
        let mut first = fields(mark);
        first.insert("_id", ID);
        return limited("mark the store", collection.insert_one(first)).await.map(|_| ());
    };
    let mut before = fields(seen);
    before.insert("_id", ID);
    let replaced = limited("mark the store", collection.update_one(before, doc! { "$set": fields(mark) })).await?;
    if replaced.matched_count == 0 {
        return Err(PortError::new(ErrorKind::AlreadyExists, "the store has another mark by now"));
    }
    Ok(())
}
