//! What a ledger keeps of brandings.

use std::sync::Arc;

use futures_util::future::join_all;
use pipeline::{Acceptance, BlobId, BrandingId, Bucket, Format, StoredBranding, UserId};

use super::Timed;
use super::ledger::{after, claimed, completed, present, upload};

pub(super) async fn suite(ledger: &Arc<Timed>) {
    the_last_one_put_is_the_owners(ledger).await;
    of_several_put_at_once_one_is_the_owners(ledger).await;
    an_upload_keeps_the_version_of_its_time(ledger).await;
    what_no_upload_names_is_forgotten(ledger).await;
}

fn branding(owner: UserId, seconds: i64) -> StoredBranding {
    StoredBranding {
        id: BrandingId::new(),
        owner,
        content: format!(r#"{{"footer":"Łódź \"東京\" {seconds}"}}"#),
        logo: Some(BlobId::new()),
        created_at: after(seconds),
    }
}

async fn the_last_one_put_is_the_owners(ledger: &Timed) {
    let (owner, other) = (UserId::new(), UserId::new());
    assert_eq!(ledger.branding_of(owner).await.unwrap(), None);
    assert!(!ledger.end_branding(owner, present()).await.unwrap(), "there was none");
    let (first, second) = (branding(owner, 0), StoredBranding { logo: None, ..branding(owner, 1) });
    ledger.put_branding(&first).await.unwrap();
    assert_eq!(ledger.branding_of(owner).await.unwrap(), Some(first.clone()));
    ledger.put_branding(&second).await.unwrap();
    assert_eq!(ledger.branding_of(owner).await.unwrap(), Some(second.clone()));
    assert_eq!(ledger.branding(first.id).await.unwrap(), Some(first), "a version stays as it was");
    assert_eq!(ledger.branding_of(other).await.unwrap(), None);
    assert!(!ledger.end_branding(other, present()).await.unwrap());
    assert!(ledger.end_branding(owner, after(2)).await.unwrap());
    assert_eq!(ledger.branding_of(owner).await.unwrap(), None);
    assert!(!ledger.end_branding(owner, after(3)).await.unwrap(), "ended twice");
    assert_eq!(ledger.branding(second.id).await.unwrap(), Some(second));
    assert_eq!(ledger.branding(BrandingId::new()).await.unwrap(), None);
}

async fn of_several_put_at_once_one_is_the_owners(ledger: &Arc<Timed>) {
    let owner = UserId::new();
    let put = |seconds| {
        let ledger = Arc::clone(ledger);
        tokio::spawn(async move {
            let branding = branding(owner, seconds);
            ledger.put_branding(&branding).await.map(|()| branding)
        })
    };
    let put: Vec<_> = join_all((0..3).map(put)).await.into_iter().map(|put| put.unwrap().unwrap()).collect();
    let current = ledger.branding_of(owner).await.unwrap().expect("one of them");
    assert!(put.contains(&current));
}

async fn an_upload_keeps_the_version_of_its_time(ledger: &Timed) {
    let mut new = upload(&[Format::Pdf]);
    let first = branding(new.owner, 0);
    ledger.put_branding(&first).await.unwrap();
    new.branding = Some(first.id);
    assert!(matches!(ledger.accept(&new).await.unwrap(), Acceptance::Accepted { .. }));
    ledger.put_branding(&branding(new.owner, 1)).await.unwrap();
    let claim = claimed(ledger, &new, 0, present()).await;
    assert_eq!(claim.branding, Some(first.id));
    assert_eq!(ledger.upload(new.id).await.unwrap().unwrap().branding, Some(first.id));
    let none = upload(&[Format::Pdf]);
    ledger.accept(&none).await.unwrap();
    assert_eq!(claimed(ledger, &none, 0, present()).await.branding, None);
}

async fn what_no_upload_names_is_forgotten(ledger: &Timed) {
    let mut new = upload(&[Format::Pdf]);
    let versions = [branding(new.owner, 0), branding(new.owner, 1), branding(new.owner, 2)];
    let logos: Vec<BlobId> = versions.iter().filter_map(|version| version.logo).collect();
    for version in &versions[..2] {
        ledger.put_branding(version).await.unwrap();
    }
    new.branding = Some(versions[0].id);
    new.notify = None;
    ledger.accept(&new).await.unwrap();
    ledger.at(after(2)).put_branding(&versions[2]).await.unwrap();
    ledger.forget_brandings(after(2)).await.unwrap();
    assert!(ledger.branding(versions[1].id).await.unwrap().is_some(), "it ended only at that time");
    ledger.forget_brandings(after(3)).await.unwrap();
    let unnamed = ledger.unreferenced(Bucket::Raw, &logos).await.unwrap();
    assert_eq!(unnamed, [logos[1]], "one is named by an upload, one is the owner's");
    assert_eq!(ledger.branding(versions[1].id).await.unwrap(), None);
    completed(ledger, &new, present()).await;
    ledger.delete(new.id, &pipeline::Actor::Operator, present()).await.unwrap().expect("it was there");
    ledger.forget_brandings(after(3)).await.unwrap();
    assert_eq!(ledger.unreferenced(Bucket::Raw, &logos).await.unwrap(), logos[..2]);
    assert_eq!(ledger.branding_of(new.owner).await.unwrap(), Some(versions[2].clone()));
}
