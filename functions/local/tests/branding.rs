//! `/branding`, over the real service.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod service;

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json as value};
use service::{Service, json, location, sample};

/// One pixel of the colour #1a73e8.
const LOGO: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQKn4BAAIgAXZmNuK1AAAAAElFTkSuQmCC";

fn branding() -> Value {
    value!({
        "logo": LOGO, "accent_color": "#1a73e8", "style": "modern", "footer": "Since 1987", "locale": "de",
        "mail": { "subject": "Rechnung {number}", "greeting": "Guten Tag <b>" },
    })
}

async fn put(service: &Service, token: &str, branding: &Value) -> Response {
    let request = service.client.put(service.url("/branding")).bearer_auth(token);
    request.json(branding).send().await.unwrap()
}

async fn preview(service: &Service, token: &str, invoice: String) -> Vec<u8> {
    let preview = service.post_json(token, "/invoices/preview?format=pdf", invoice).send().await.unwrap();
    assert_eq!(preview.status(), StatusCode::OK);
    preview.bytes().await.unwrap().to_vec()
}

/// Uploads the sample and waits for its document.
async fn uploaded(service: &Service, token: &str) -> (Value, Vec<u8>) {
    let answer = service.upload(token, "?format=pdf", &sample()).send().await.unwrap();
    let invoice = service.finished(token, &location(&answer)).await;
    let fid = invoice["documents"][0]["fid"].as_str().unwrap();
    let document = service.get(token, &format!("/download?fid={fid}")).send().await.unwrap();
    (invoice, document.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn what_is_set_is_read_again_and_is_ones_own() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let read = |token: String| service.get(&token, "/branding").send();
    let missing = read(token.clone()).await.unwrap();
    assert!(!missing.headers().contains_key("etag"));
    assert_eq!(json(missing).await, value!({}));
    let set = put(&service, &token, &branding()).await;
    let (status, etag) = (set.status(), set.headers()["etag"].clone());
    let told = json(set).await;
    assert_eq!((status, &told["warnings"]), (StatusCode::OK, &value!([])));
    assert_eq!(etag.to_str().unwrap(), format!("\"{}\"", told["version"].as_str().unwrap()));
    let answer = read(token.clone()).await.unwrap();
    assert_eq!(answer.headers()["etag"], etag);
    assert_eq!(json(answer).await, branding());
    let other = service.add_user("other@example.com", true).await;
    assert_eq!(json(read(other.clone()).await.unwrap()).await, value!({}), "an admin has one of their own");
    let delete = |token: &str| service.client.delete(service.url("/branding")).bearer_auth(token).send();
    assert_eq!(delete(&other).await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(json(read(token.clone()).await.unwrap()).await, branding(), "it was not theirs");
    for _ in 0..2 {
        assert_eq!(delete(&token).await.unwrap().status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(json(read(token).await.unwrap()).await, value!({}));
    for method in ["GET", "PUT", "DELETE"] {
        let request = service.client.request(method.parse().unwrap(), service.url("/branding"));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{method}");
    }
}

#[tokio::test]
async fn a_wrong_one_is_refused_with_all_its_faults() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    put(&service, &token, &branding()).await;
    let wrong = value!({
        "style": "baroque", "accent_color": "red", "logo": "aGVsbG8=", "colour": "#000000",
        "mail": { "subject": "a\r\nBcc: evil@example.org" },
    });
    let refused = put(&service, &token, &wrong).await;
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let problem = json(refused).await;
    assert_eq!((&problem["status"], &problem["detail"]), (&value!(422), &value!("the branding has 5 faults")));
    let faults = problem["faults"].as_array().unwrap().iter();
    let mut places: Vec<&str> = faults.map(|fault| fault["pointer"].as_str().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, ["/accent_color", "/colour", "/logo", "/mail/subject", "/style"]);
    let text = service.client.put(service.url("/branding")).bearer_auth(&token).body("{}").send().await.unwrap();
    assert_eq!(text.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = value!({ "footer": "x".repeat(6_000_000) });
    assert_eq!(put(&service, &token, &large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(json(service.get(&token, "/branding").send().await.unwrap()).await, branding(), "it stays");
    let uncovered = json(put(&service, &token, &value!({ "footer": "\u{20000}" })).await).await;
    assert_eq!(uncovered["warnings"][0]["pointer"], "/footer", "{uncovered}");
}

#[tokio::test]
async fn documents_previews_and_mails_show_it() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let plain = preview(&service, &token, sample()).await;
    let (invoice, document) = uploaded(&service, &token).await;
    assert!(document == plain, "a preview is the document");
    assert_eq!(invoice["branding"], Value::Null);
    assert!(invoice["documents"][0]["style_version"].as_u64().unwrap() >= 2);
    let version = json(put(&service, &token, &branding()).await).await["version"].clone();
    let branded = preview(&service, &token, sample()).await;
    assert!(branded != plain);
    let (invoice, document) = uploaded(&service, &token).await;
    assert!(document == branded, "so is a branded one");
    assert_eq!(invoice["branding"], version);
    let mut own: Value = serde_json::from_str(&sample()).unwrap();
    for (member, text) in [("style", "classic"), ("accent_color", "#1f4b73"), ("locale", "en-GB"), ("footer", "own")] {
        own[member] = value!(text);
    }
    own["logo"] = value!(LOGO);
    let owned = preview(&service, &token, own.to_string()).await;
    put(&service, &token, &value!({})).await;
    assert!(preview(&service, &token, own.to_string()).await == owned, "what the invoice says goes before it");
    assert!(preview(&service, &token, sample()).await == plain);
    let mails = mails(&service, 2).await;
    let branded: Vec<&String> = mails.iter().filter(|mail| mail.contains("Subject: Rechnung HP-2026-0093")).collect();
    assert_eq!(branded.len(), 1, "{mails:?}");
    assert!(branded[0].contains("Guten Tag &#60;b&#62;"), "{mails:?}");
}

/// The mails, once there are `count`.
async fn mails(service: &Service, count: usize) -> Vec<String> {
    for _ in 0..300 {
        let mails = service.mails();
        if mails.len() >= count {
            return mails.into_iter().map(|(_, mail)| mail).collect();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("fewer than {count} mails: {}", service.log())
}
