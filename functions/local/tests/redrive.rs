//! Dead letters through the API: administrators see what failed, of all owners, and retry it once.
#![allow(clippy::unwrap_used)]

mod service;

use pipeline::FailPoint;
use reqwest::StatusCode;
use serde_json::{Value, json as value};
use service::{Service, json, sample};

const SETTINGS: [(&str, &str); 2] = [("OUTBOX_DELAYS", "1s,1s,3s"), ("SWEEP_PERIOD", "200ms")];

/// One document that a worker failed by whose rules the invoice was too long; those rules hold no more.
async fn with_a_dead_letter() -> Service {
    let mut service = Service::new(&SETTINGS);
    service.run_to(FailPoint::Accepted).await;
    let token = service.login().await;
    let unanswered = service.post_json(&token, "/invoices?format=pdf", sample()).send().await;
    assert!(unanswered.is_err(), "it ends right after the acceptance");
    service.aborted().await;
    service.settings.insert("MAX_INVOICE_LINES".to_owned(), "1".to_owned());
    service.run().await;
    let place = format!("/invoices/{}", all(&service, &token, "").await[0]["id"].as_str().unwrap());
    assert_eq!(service.finished(&token, &place).await["state"], "failed");
    service.settings.remove("MAX_INVOICE_LINES");
    service.kill();
    service.run().await;
    service
}

async fn all(service: &Service, token: &str, query: &str) -> Vec<Value> {
    let page = json(service.get(token, &format!("/invoices{query}")).send().await.unwrap()).await;
    page["invoices"].as_array().unwrap_or_else(|| panic!("{query}: {page}")).clone()
}

async fn redrive(service: &Service, token: &str, wish: &Value) -> (StatusCode, Value) {
    let answer = service.post_json(token, "/redrive", wish.to_string()).send().await.unwrap();
    (answer.status(), json(answer).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_lists_what_failed_and_begins_it_anew_once() {
    let service = with_a_dead_letter().await;
    let (owner, admin) = (service.login().await, service.add_user("admin@example.com", true).await);

    assert!(all(&service, &admin, "?state=failed").await.is_empty(), "without a word, only one's own");
    let failed = all(&service, &admin, "?state=failed&owner=all").await;
    assert_eq!(failed.len(), 1);
    let document = &failed[0]["documents"][0];
    assert!(document["reason"].as_str().unwrap().contains("/items"), "{document}");
    assert_eq!(document["attempts"], 1);
    assert_eq!(failed[0]["trace_id"].as_str().unwrap().len(), 32);
    let owners = format!("?state=failed&owner={}", failed[0]["owner"].as_str().unwrap());
    for (token, query) in
        [(&admin, owners.as_str()), (&owner, &owners), (&admin, "?owner=all&reason=ITEMS"), (&owner, "?reason=items")]
    {
        assert_eq!(all(&service, token, query).await, failed, "{query}");
    }
    assert!(all(&service, &admin, "?owner=all&reason=other").await.is_empty());

    let id = failed[0]["id"].as_str().unwrap();
    let place = format!("/invoices/{id}");
    for wish in [value!({ "upload": id }), value!({ "reason": "items" }), value!({})] {
        assert_eq!(redrive(&service, &owner, &wish).await.0, StatusCode::FORBIDDEN, "{wish}");
    }
    let other = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11";
    for wish in [
        value!({ "upload": other }),
        value!({ "reason": "other" }),
        value!({ "upload": id, "reason": "other" }),
        value!({ "upload": other, "reason": "items" }),
    ] {
        let answer = redrive(&service, &admin, &wish).await;
        assert_eq!(answer, (StatusCode::OK, value!({ "documents": 0, "mails": 0 })), "{wish}");
    }
    assert_eq!(service.finished(&owner, &place).await["state"], "failed", "nothing has begun it so far");

    let wish = value!({ "upload": id, "reason": "ITEMS" });
    assert_eq!(redrive(&service, &admin, &wish).await, (StatusCode::OK, value!({ "documents": 1, "mails": 0 })));
    assert_eq!(redrive(&service, &admin, &wish).await, (StatusCode::OK, value!({ "documents": 0, "mails": 0 })));
    let resource = service.finished(&owner, &place).await;
    assert_eq!(resource["state"], "stored", "{resource}");
    assert_eq!(resource["documents"].as_array().unwrap().len(), 1);
    let wish = value!({ "upload": id });
    assert_eq!(redrive(&service, &admin, &wish).await.1["documents"], 0, "what is stored stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_redrives_by_reason_and_upload_once() {
    let service = with_a_dead_letter().await;
    let token = service.login().await;
    let id = all(&service, &token, "?state=failed").await[0]["id"].as_str().unwrap().to_owned();
    let redrive = |filter: &[&str]| {
        let output = service.command().arg("redrive").args(filter).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let (one, none) = ("1 document(s) and 0 mail(s) are retried\n", "0 document(s) and 0 mail(s) are retried\n");
    assert_eq!(redrive(&["--reason", "other"]), none);
    assert_eq!(redrive(&["--upload", "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11"]), none);
    let listed = redrive(&["--list", "--reason", "items"]);
    assert!(listed.starts_with(&format!("{id}  ")), "{listed}");
    assert_eq!(redrive(&["--list", "--reason", "other"]), "");
    assert_eq!(redrive(&["--reason", "items", "--upload", &id]), one);
    assert_eq!(redrive(&["--reason", "items", "--upload", &id]), none);
    assert_eq!(service.finished(&token, &format!("/invoices/{id}")).await["state"], "stored");
}

#[tokio::test]
async fn a_redrive_says_what_of() {
    let service = Service::start(&[]).await;
    let admin = service.add_user("admin@example.com", true).await;
    for (wish, detail) in [
        (value!({}), "upload, reason"),
        (value!({ "upload": null }), "upload, reason"),
        (value!({ "upload": "x" }), "upload"),
        (value!({ "reason": "" }), "reason"),
        (value!({ "reason": "a\u{0}" }), "reason"),
        (value!({ "reason": "x".repeat(1001) }), "reason"),
        (value!({ "reason": 1 }), "expected"),
        (value!({ "reason": "x", "owner": "y" }), "owner"),
        (value!([]), "expected"),
    ] {
        let (status, problem) = redrive(&service, &admin, &wish).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wish}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{wish}: {problem}");
    }
}

#[tokio::test]
async fn others_invoices_are_for_administrators() {
    let service = Service::start(&[]).await;
    let (token, admin) = (service.login().await, service.add_user("admin@example.com", true).await);
    let someone = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11";
    for (token, owner, status) in [
        (&token, "all", StatusCode::FORBIDDEN),
        (&token, someone, StatusCode::FORBIDDEN),
        (&token, "x", StatusCode::BAD_REQUEST),
        (&admin, "x", StatusCode::BAD_REQUEST),
        (&admin, "", StatusCode::BAD_REQUEST),
        (&admin, someone, StatusCode::OK),
    ] {
        let answer = service.get(token, &format!("/invoices?owner={owner}")).send().await.unwrap();
        assert_eq!(answer.status(), status, "{owner}");
    }
}
