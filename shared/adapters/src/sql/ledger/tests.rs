#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pipeline::{
    Acceptance, Actor, BlobId, Bucket, DocumentId, DocumentState, Email, ErrorKind, Format, Idempotency, MailId,
    MailState, Message, NewDocument, NewUpload, OutboxEntry, RedriveFilter, RetryPolicy, TraceId, UploadId, UserId,
};
use tempfile::TempDir;
use uuid::Uuid;

use super::Pool;
use super::ledger::SqlLedger;
use crate::contract::{Timed, ledger::present as now};

struct Setup {
    pool: Pool,
    ledger: Timed,
    _folder: TempDir,
}

impl Setup {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let pool = Pool::open(&folder.path().join("ledger.sqlite3")).await.unwrap();
        pool.migrate().await.unwrap();
        let opened = pool.clone();
        let ledger =
            Timed::new(move |clock| Arc::new(SqlLedger::new(opened.clone(), RetryPolicy::default(), Some(clock))));
        Self { pool, ledger, _folder: folder }
    }

    async fn accept(&self) -> (NewUpload, OutboxEntry) {
        let new = upload();
        let accepted = self.ledger.accept(&new).await.unwrap();
        let Acceptance::Accepted { mut publish, .. } = accepted else { panic!("not accepted") };
        (new, publish.remove(0))
    }

    async fn execute(&self, statement: &'static str) {
        sqlx::query(statement).execute(self.pool.connections()).await.unwrap();
    }

    async fn break_trace_of(&self, upload: &NewUpload) {
        let broken = sqlx::query("update uploads set trace = 'broken' where id = $1").bind(upload.id.uuid());
        broken.execute(self.pool.connections()).await.unwrap();
    }
}

fn upload() -> NewUpload {
    NewUpload {
        id: UploadId::new(),
        owner: UserId::new(),
        invoice_number: "1".to_owned(),
        raw: BlobId::new(),
        branding: None,
        documents: vec![NewDocument { id: DocumentId::new(), format: Format::Pdf }],
        notify: Some("test@example.com".parse::<Email>().unwrap()),
        idempotency: None,
        trace: TraceId::new(),
    }
}

#[tokio::test]
async fn what_was_accepted_reads_as_it_was_answered() {
    let setup = Setup::new().await;
    let formats = [Format::Csv, Format::Pdf, Format::Excel];
    let new =
        NewUpload { documents: formats.map(|format| NewDocument { id: DocumentId::new(), format }).into(), ..upload() };
    let time = Timestamp::from_nanosecond(1_800_000_000_123_456_789).unwrap();
    let Acceptance::Accepted { at, .. } = setup.ledger.accept_at(&new, time).await.unwrap() else { panic!() };
    assert_eq!(at.as_nanosecond(), 1_800_000_000_123_000_000);
    assert_eq!(setup.ledger.upload(new.id).await.unwrap(), Some(new.accepted(at)));
}

#[tokio::test]
async fn an_outbox_row_that_cannot_be_read_holds_up_no_other() {
    let setup = Setup::new().await;
    let rows = [setup.accept().await.1, setup.accept().await.1, setup.accept().await.1, setup.accept().await.1];
    let faults = ["set kind = 'unknown'", "set trace = 'broken'", "set subject = 'none'"];
    for (row, fault) in rows.iter().zip(faults) {
        let statement = sqlx::AssertSqlSafe(format!("update outbox {fault} where id = $1"));
        sqlx::query(statement).bind(row.id.uuid()).execute(setup.pool.connections()).await.unwrap();
    }
    let due = setup.ledger.due(now() + SignedDuration::from_secs(16), 100).await.unwrap();
    assert_eq!(due, [rows[3].clone()]);
}

#[tokio::test]
async fn an_expired_attempt_that_cannot_be_read_holds_up_no_other() {
    let setup = Setup::new().await;
    let (broken, other, strange) = (setup.accept().await.0, setup.accept().await.0, setup.accept().await.0);
    for upload in [&broken, &other, &strange] {
        setup.ledger.claim_document(upload.documents[0].id, BlobId::new(), now()).await.unwrap().unwrap();
    }
    setup.break_trace_of(&broken).await;
    let format = sqlx::query("update documents set format = 'unknown' where upload = $1").bind(strange.id.uuid());
    format.execute(setup.pool.connections()).await.unwrap();
    let expired = setup.ledger.expire(now() + SignedDuration::from_secs(61), 100).await.unwrap();
    assert_eq!(expired.documents, 2, "the format does not matter, the trace does");
    let seen = setup.ledger.upload(other.id).await.unwrap().unwrap();
    assert_eq!(seen.documents[0].state, DocumentState::Queued);
}

#[tokio::test]
async fn an_expired_mail_that_cannot_be_read_holds_up_no_other() {
    let setup = Setup::new().await;
    let uploads = [setup.accept().await.0, setup.accept().await.0];
    for upload in &uploads {
        let mail = setup.mail_of(upload).await;
        setup.ledger.claim_mail(mail, now()).await.unwrap().unwrap();
    }
    setup.break_trace_of(&uploads[0]).await;
    let expired = setup.ledger.expire(now() + SignedDuration::from_secs(61), 100).await.unwrap();
    assert_eq!(expired.mails, 1);
}

impl Setup {
    /// Fails the document; answers the mail.
    async fn mail_of(&self, upload: &NewUpload) -> MailId {
        let claim = self.ledger.claim_document(upload.documents[0].id, BlobId::new(), now()).await.unwrap().unwrap();
        let failed = pipeline::DocumentOutcome::Failed { reason: "wrong".to_owned() };
        match self.ledger.finish_document(&claim, &failed, now()).await.unwrap() {
            pipeline::Finish::Recorded { publish: Some(OutboxEntry { message: Message::Notify { mail }, .. }) } => mail,
            other => panic!("a mail was expected, found {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_redrive_is_audited_where_it_does_something() {
    let setup = Setup::new().await;
    let (upload, _) = setup.accept().await;
    setup.mail_of(&upload).await;
    let filter = RedriveFilter { upload: Some(upload.id), reason: None };
    let admin = UserId::new();
    for expected in [1, 0] {
        let redrive = setup.ledger.redrive(&filter, &Actor::User(admin), now()).await.unwrap();
        assert_eq!(redrive.documents, expected);
    }
    let rows: Vec<(String, String, Uuid, String)> = sqlx::query_as("select actor, action, upload, detail from audit")
        .fetch_all(setup.pool.connections())
        .await
        .unwrap();
    let entry = (format!("user {admin}"), "redrive".to_owned(), upload.id.uuid(), "documents: 1".to_owned());
    assert_eq!(rows, [entry]);
}

/// As an earlier version of this program left it.
#[tokio::test]
async fn a_claim_ends_a_mail_that_was_overtaken() {
    let setup = Setup::new().await;
    let (upload, _) = setup.accept().await;
    let mail = setup.mail_of(&upload).await;
    setup.execute("update uploads set generation = 2").await;
    assert!(setup.ledger.claim_mail(mail, now()).await.unwrap().is_none());
    let seen = setup.ledger.upload(upload.id).await.unwrap().unwrap();
    assert_eq!(seen.mails[0].state, MailState::Failed);
    let late = now() + SignedDuration::from_hours(24 * 30);
    assert_eq!(setup.ledger.due(late, 100).await.unwrap(), [], "its row would be due for ever");
}

/// The trigger makes every key look used, while none is there to be read.
#[tokio::test]
async fn a_key_that_is_deleted_before_it_is_read_is_tried_again() {
    let setup = Setup::new().await;
    setup
        .execute(
            "create trigger gone before insert on idempotency_keys when new.key = 'gone'
             begin select raise(ignore); end",
        )
        .await;
    let mut new = upload();
    new.idempotency = Some(Idempotency { key: "gone".to_owned(), fingerprint: [1; 32] });
    let error = setup.ledger.accept(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "the client may try again: {error}");
    assert!(setup.ledger.upload(new.id).await.unwrap().is_none());
}

/// A machine whose clock jumps by a year, or that stood still for one, removes nothing for its age for a day.
#[tokio::test]
async fn after_a_jump_of_the_clock_ages_are_not_believed() {
    const YEAR: &str = "365 * 24 * 3600 * 1000";
    let setup = Setup::new().await;
    let is_steady = async || setup.ledger.look_at_clock().await.unwrap().is_steady;
    assert!(is_steady().await && is_steady().await);
    for direction in ["-", "+"] {
        let jump = format!("update store_pass set looked_at = looked_at {direction} {YEAR}");
        sqlx::query(sqlx::AssertSqlSafe(jump)).execute(setup.pool.connections()).await.unwrap();
        assert!(!is_steady().await && !is_steady().await, "{direction} a year");
        setup.execute("update store_pass set steady_since = steady_since - 25 * 3600 * 1000").await;
        assert!(is_steady().await, "a day later");
    }
}

/// What was set aside by a clock that ran ahead is not kept for as long.
#[tokio::test]
async fn orphans_of_a_clock_that_ran_ahead_grow_old_from_now_on() {
    let setup = Setup::new().await;
    let (holder, orphan) = (Uuid::new_v4(), BlobId::new());
    setup.ledger.take_pass(holder).await.unwrap().unwrap();
    setup.ledger.note_page(holder, Bucket::Raw, &[orphan]).await.unwrap().unwrap();
    setup.execute("update orphans set set_aside_at = set_aside_at + 365 * 24 * 3600 * 1000").await;
    setup.execute("update store_pass set held_until = held_until + 365 * 24 * 3600 * 1000, phase = null").await;
    assert_eq!(setup.ledger.count_due_orphans(std::time::Duration::ZERO).await.unwrap(), 0);
    setup.ledger.take_pass(Uuid::new_v4()).await.unwrap().expect("the one before held it by a wrong clock");
    assert_eq!(setup.ledger.count_due_orphans(std::time::Duration::ZERO).await.unwrap(), 1);
}
