//! What every ledger keeps to where a mail server is slow or does not say what became of a mail.

use jiff::Timestamp;
use pipeline::{
    Actor, Finish, Format, MailClaim, MailId, MailOutcome, MailState, NewUpload, RedriveFilter, UploadFilter,
};

use super::Timed;
use super::ledger::{accepted, after, completed, present, upload};

pub(super) async fn suite(ledger: &Timed) {
    a_lease_lasts_as_long_as_it_is_renewed(ledger).await;
    an_unknown_outcome_is_tried_once_more(ledger).await;
    a_lease_that_ends_after_the_handover_leaves_the_outcome_unknown(ledger).await;
    a_mail_that_may_have_been_sent_never_fails(ledger).await;
    a_mail_of_unknown_outcome_is_redriven_where_its_upload_is_named(ledger).await;
}

/// An upload whose documents are final, and its mail.
async fn told(ledger: &Timed) -> (NewUpload, MailId) {
    let new = upload(&[Format::Pdf]);
    accepted(ledger, &new).await;
    let mail = completed(ledger, &new, present()).await.expect("a mail");
    (new, mail)
}

async fn claimed(ledger: &Timed, mail: MailId, now: Timestamp) -> MailClaim {
    ledger.claim_mail(mail, now).await.unwrap().expect("a claim")
}

async fn finished(ledger: &Timed, claim: &MailClaim, outcome: &MailOutcome, now: Timestamp) {
    let finish = ledger.finish_mail(claim, outcome, now).await.unwrap();
    assert_eq!(finish, Finish::Recorded { publish: None });
}

fn unknown() -> MailOutcome {
    MailOutcome::Unknown { reason: "no answer".to_owned() }
}

/// The mail's state and reason.
async fn seen(ledger: &Timed, upload: &NewUpload) -> (MailState, Option<String>) {
    let seen = ledger.upload(upload.id).await.unwrap().unwrap();
    let mail = seen.mails.last().expect("a mail").clone();
    assert_eq!(mail.finished_at.is_some(), mail.state.is_final());
    (mail.state, mail.reason)
}

async fn a_lease_lasts_as_long_as_it_is_renewed(ledger: &Timed) {
    let (new, mail) = told(ledger).await;
    let claim = claimed(ledger, mail, present()).await;
    for seconds in [50, 100, 150] {
        assert!(ledger.renew_mail(&claim, after(seconds)).await.unwrap());
        assert_eq!(ledger.expire(after(seconds + 59), 100).await.unwrap().mails, 0);
    }
    assert!(ledger.hand_over_mail(&claim, after(200)).await.unwrap());
    assert_eq!(ledger.expire(after(259), 100).await.unwrap().mails, 0, "the handover renews it too");
    assert_eq!(ledger.expire(after(261), 100).await.unwrap().mails, 1);
    for is_held in [ledger.renew_mail(&claim, after(262)).await, ledger.hand_over_mail(&claim, after(262)).await] {
        assert!(!is_held.unwrap(), "the lease was lost");
    }
    let next = claimed(ledger, mail, after(300)).await;
    assert!(!ledger.renew_mail(&claim, after(301)).await.unwrap(), "another attempt holds it");
    assert!(!ledger.hand_over_mail(&claim, after(301)).await.unwrap());
    finished(ledger, &next, &MailOutcome::Sent, after(302)).await;
    assert!(!ledger.renew_mail(&next, after(303)).await.unwrap(), "it is final");
    assert_eq!(seen(ledger, &new).await, (MailState::Sent, None));
}

async fn an_unknown_outcome_is_tried_once_more(ledger: &Timed) {
    let (new, mail) = told(ledger).await;
    let first = claimed(ledger, mail, present()).await;
    finished(ledger, &first, &unknown(), present()).await;
    assert_eq!(seen(ledger, &new).await, (MailState::Pending, Some("no answer".to_owned())));
    assert!(ledger.claim_mail(mail, after(4)).await.unwrap().is_none(), "not yet due");
    // What surely was not sent does not count.
    let put_off = claimed(ledger, mail, after(5)).await;
    finished(ledger, &put_off, &MailOutcome::Unreachable { reason: "later".to_owned() }, after(5)).await;
    let second = claimed(ledger, mail, after(60)).await;
    finished(ledger, &second, &unknown(), after(60)).await;
    assert_eq!(seen(ledger, &new).await, (MailState::Unknown, Some("no answer".to_owned())));
    assert!(ledger.claim_mail(mail, after(1_000_000)).await.unwrap().is_none(), "it may have been sent twice");
}

async fn a_lease_that_ends_after_the_handover_leaves_the_outcome_unknown(ledger: &Timed) {
    let (new, mail) = told(ledger).await;
    let before = claimed(ledger, mail, present()).await;
    assert_eq!(ledger.expire(after(61), 100).await.unwrap().mails, 1);
    assert!(!ledger.hand_over_mail(&before, after(62)).await.unwrap(), "so nothing was sent");
    for now in [70, 140] {
        let claim = claimed(ledger, mail, after(now)).await;
        assert!(ledger.hand_over_mail(&claim, after(now)).await.unwrap());
        assert_eq!(ledger.expire(after(now + 61), 100).await.unwrap().mails, 1);
    }
    let (state, reason) = seen(ledger, &new).await;
    assert_eq!(state, MailState::Unknown);
    assert!(reason.is_some_and(|reason| reason.contains("may have accepted it")));
}

async fn a_mail_that_may_have_been_sent_never_fails(ledger: &Timed) {
    let refused = MailOutcome::Failed { reason: "no such mailbox".to_owned() };
    let (new, mail) = told(ledger).await;
    let first = claimed(ledger, mail, present()).await;
    finished(ledger, &first, &unknown(), present()).await;
    let second = claimed(ledger, mail, after(5)).await;
    finished(ledger, &second, &refused, after(5)).await;
    assert_eq!(seen(ledger, &new).await, (MailState::Unknown, Some("no such mailbox".to_owned())));
}

async fn a_mail_of_unknown_outcome_is_redriven_where_its_upload_is_named(ledger: &Timed) {
    let (new, mail) = told(ledger).await;
    for now in [0, 5] {
        let claim = claimed(ledger, mail, after(now)).await;
        finished(ledger, &claim, &unknown(), after(now)).await;
    }
    let by_reason = RedriveFilter { upload: None, reason: Some("no answer".to_owned()) };
    assert_eq!(ledger.redrive(&by_reason, &Actor::Operator, after(10)).await.unwrap().mails, 0);
    let listed = UploadFilter { owner: Some(new.owner), reason: by_reason.reason, ..UploadFilter::default() };
    assert_eq!(ledger.uploads(&listed, None, 10).await.unwrap().len(), 1, "it can be found");
    let named = RedriveFilter { upload: Some(new.id), reason: None };
    assert_eq!(ledger.redrive(&named, &Actor::Operator, after(10)).await.unwrap().mails, 1);
    assert_eq!(ledger.redrive(&named, &Actor::Operator, after(10)).await.unwrap().mails, 0, "twice does nothing");
    let claim = claimed(ledger, mail, after(10)).await;
    finished(ledger, &claim, &unknown(), after(10)).await;
    assert_eq!(seen(ledger, &new).await.0, MailState::Pending, "what was before is settled");
    let claim = claimed(ledger, mail, after(15)).await;
    finished(ledger, &claim, &MailOutcome::Sent, after(15)).await;
    assert_eq!(seen(ledger, &new).await.0, MailState::Sent);
}
