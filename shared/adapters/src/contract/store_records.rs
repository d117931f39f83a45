//! What every ledger records of its document store.

use std::time::Duration;

use pipeline::{Actor, BlobId, Bucket, Format, Ledger, PassPhase};
use uuid::Uuid;

use super::Timed;
use super::ledger::{accepted, upload};

/// Runs the whole suite on a fresh ledger.
pub async fn suite(ledger: &Timed) {
    let new = upload(&[Format::Pdf]);
    accepted(ledger, &new).await;
    let (ledger, named): (&dyn Ledger, _) = (&**ledger, new.raw);
    generations_rise(ledger).await;
    what_no_row_names_is_set_aside_and_due_later(ledger, named).await;
    a_pass_has_one_holder_and_outlives_it(ledger).await;
}

async fn generations_rise(ledger: &dyn Ledger) {
    let before = ledger.identity().await.unwrap();
    assert_eq!(ledger.raise_generation().await.unwrap(), before.generation + 1);
    ledger.record_adoption(before.generation + 5, &Actor::Operator, "a test").await.unwrap();
    ledger.record_adoption(before.generation + 2, &Actor::Operator, "it never falls").await.unwrap();
    let after = ledger.identity().await.unwrap();
    assert_eq!((after.id, after.generation), (before.id, before.generation + 5));
    assert!(ledger.look_at_clock().await.unwrap().is_steady);
}

async fn what_no_row_names_is_set_aside_and_due_later(ledger: &dyn Ledger, named: BlobId) {
    let holder = Uuid::new_v4();
    let pass = ledger.take_pass(holder).await.unwrap().unwrap();
    assert_eq!((pass.phase, pass.is_new), (PassPhase::Removing, true));
    let orphans = [BlobId::new(), BlobId::new()];
    let page = [named, orphans[0], orphans[1]];
    assert_eq!(ledger.unreferenced(Bucket::Raw, &page).await.unwrap(), orphans);
    assert_eq!(ledger.note_page(holder, Bucket::Raw, &page).await.unwrap(), Some(2));
    assert_eq!(ledger.note_page(holder, Bucket::Raw, &page).await.unwrap(), Some(0), "they are set aside already");
    assert_eq!(ledger.note_page(holder, Bucket::Processed, &orphans[..1]).await.unwrap(), Some(1), "of its own bucket");
    let due = |age, after| ledger.due_orphans(Bucket::Raw, Duration::from_secs(age), after, 10);
    assert_eq!((due(0, None).await.unwrap(), due(3600, None).await.unwrap()), (orphans.to_vec(), Vec::new()));
    assert_eq!(due(0, Some(orphans[0])).await.unwrap(), orphans[1..]);
    assert_eq!(ledger.count_due_orphans(Duration::ZERO).await.unwrap(), 3);
    ledger.forget_orphans(Bucket::Raw, &orphans[..1]).await.unwrap();
    assert_eq!(due(0, None).await.unwrap(), orphans[1..]);
    ledger.record_adoption(0, &Actor::Operator, "what was set aside is forgotten").await.unwrap();
    assert_eq!(ledger.count_due_orphans(Duration::ZERO).await.unwrap(), 0);
}

async fn a_pass_has_one_holder_and_outlives_it(ledger: &dyn Ledger) {
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    let blobs = [BlobId::new(), BlobId::new()];
    let listing = PassPhase::Listing(Bucket::Processed);
    assert!(ledger.take_pass(first).await.unwrap().unwrap().is_new);
    assert_eq!(ledger.take_pass(second).await.unwrap(), None, "one at a time");
    assert!(ledger.set_phase(first, Some(listing)).await.unwrap());
    assert_eq!(ledger.note_page(second, Bucket::Processed, &blobs).await.unwrap(), None, "not the holder");
    assert_eq!(ledger.note_page(first, Bucket::Processed, &blobs).await.unwrap(), Some(2));
    ledger.release_pass(first).await.unwrap();
    let pass = ledger.take_pass(second).await.unwrap().unwrap();
    assert_eq!((pass.phase, pass.after, pass.is_new), (listing, Some(blobs[1]), false));
    assert!(!ledger.set_phase(first, None).await.unwrap(), "it has lost the pass");
    assert!(ledger.set_phase(second, None).await.unwrap());
    let pass = ledger.take_pass(first).await.unwrap().unwrap();
    assert_eq!((pass.phase, pass.after, pass.is_new, pass.blobs), (PassPhase::Removing, None, true, 2));
    assert!(ledger.set_phase(first, None).await.unwrap());
}
