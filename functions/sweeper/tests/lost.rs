//! Messages that are lost on their way, on embedded parts.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use adapters::open::Database;
use host::SystemClock;
use host::settings::{Settings, Variables};
use host::testing;
use pipeline::{Acceptance, BlobId, Queue, RetryPolicy};
use sweeper::Sweeper;
use tempfile::TempDir;

const UPLOADS: usize = 20;
const LOST: usize = 12;

/// A broker that confirmed messages and lost some, as one does that is purged, restored or acknowledged in error: as many
/// are published again as are missing, and never more, however long the queue is.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_are_published_again_as_are_missing() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().display().to_string();
    let lookup = |name: &str| match name {
        "DATA_DIR" => Some(data.clone()),
        // A confirmed message may be looked for at once.
        "OUTBOX_DELAYS" => Some("15s,1min,1ms".to_owned()),
        _ => None,
    };
    let settings = Settings::read(Variables::new(lookup)).unwrap();
    let database = Database::open(settings.servers.database.expose()).await.unwrap();
    database.migrate().await.unwrap();
    let sweeper = Sweeper::open(&settings, Arc::new(SystemClock)).await.unwrap();
    let (ledger, broker) = (&*sweeper.ledger, &*sweeper.broker);
    for _ in 0..UPLOADS {
        let Acceptance::Accepted { publish, .. } = ledger.accept(&testing::upload(BlobId::new())).await.unwrap() else {
            panic!("not accepted");
        };
        pipeline::publish(&publish[0], broker, ledger).await;
    }
    pause().await;
    assert_eq!(sweeper.sweep().await.unwrap().published, 0, "they are all in the queue");
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    for _ in 0..LOST {
        subscription.next().await.unwrap().settlement.ack().await.unwrap();
    }
    drop(subscription);
    for (published, depth) in [(LOST, UPLOADS), (0, UPLOADS), (0, UPLOADS)] {
        pause().await;
        assert_eq!(sweeper.sweep().await.unwrap().published, published);
        assert_eq!(broker.depth(Queue::Invoices).await.unwrap(), depth as u64);
    }
    let default = RetryPolicy::default().outbox;
    assert!(default.confirmed < Duration::from_secs(60), "within a minute: {default:?}");
}

/// Longer than a confirmed message is trusted.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
