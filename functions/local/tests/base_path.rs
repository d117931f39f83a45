//! A public URL with a path: a proxy shares its host with other services, and takes the path off or leaves it.
#![allow(clippy::unwrap_used)]

mod service;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json as value};
use service::{DEMO, Service, json, location, sample};

const BASE: &str = "/billing/invoices";

async fn started() -> Service {
    let mut service = Service::new(&[]);
    let public_url = format!("{}{BASE}", service.base);
    service.settings.insert("PUBLIC_URL".to_owned(), public_url);
    service.run().await;
    service
}

/// What `GET` answers, and where it leads.
async fn got(service: &Service, path: &str) -> (StatusCode, Option<String>, String) {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let answer = client.get(service.url(path)).send().await.unwrap();
    let leads_to = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
    (answer.status(), leads_to, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_goes_its_way_below_the_base_path() {
    let service = started().await;
    for before in [BASE, ""] {
        let login = service.client.post(service.url(&format!("{before}/login"))).basic_auth(DEMO.0, Some(DEMO.1));
        let token = login.send().await.unwrap().text().await.unwrap();
        let upload = service.post_json(&token, &format!("{before}/invoices?format=csv"), sample());
        let accepted = upload.send().await.unwrap();
        assert_eq!(accepted.status(), StatusCode::ACCEPTED);
        let place = location(&accepted);
        assert!(place.starts_with(&format!("{BASE}/invoices/")), "{place}");
        let resource = service.finished(&token, &place).await;
        assert_eq!(resource["state"], "stored", "{resource}");
        let list = json(service.get(&token, &format!("{before}/invoices")).send().await.unwrap()).await;
        assert_eq!(list["invoices"][0]["id"], resource["id"]);
        let link = mailed_link(&service, resource["id"].as_str().unwrap()).await;
        assert!(link.starts_with(&format!("{}{BASE}/download?fid=", service.base)), "{link}");
        assert_eq!(service.client.get(&link).send().await.unwrap().status(), StatusCode::OK, "{link}");
    }
}

/// The first link in the mail about an upload.
async fn mailed_link(service: &Service, upload: &str) -> String {
    for _ in 0..2400 {
        let mails = service.mails();
        if let Some((_, mail)) = mails.iter().find(|(_, mail)| mail.contains(&format!("Upload-Id: {upload}"))) {
            let mail = mail.replace("=\r\n", "").replace("=3D", "=");
            let start = mail.find(&service.base).unwrap();
            return mail[start..].split_whitespace().next().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no mail about {upload}: {}", service.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_that_an_answer_names_is_below_the_base_path() {
    let service = started().await;
    let token = service.add_user("admin@example.com", true).await;
    let (_, _, page) = got(&service, BASE).await;
    assert!(page.contains(&format!("data-base=\"{BASE}\"")) && page.contains(&format!("href=\"{BASE}/docs\"")));
    let (status, leads_to, _) = got(&service, &format!("{BASE}/docs")).await;
    assert!(status.is_redirection());
    let docs = leads_to.unwrap();
    assert_eq!(docs, format!("{BASE}/docs/"));
    let (_, _, index) = got(&service, &docs).await;
    for part in index.split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css")) {
        let part = part.strip_prefix("./").unwrap_or_else(|| panic!("{part} is not relative: {index}"));
        let (status, _, content) = got(&service, &format!("{docs}{part}")).await;
        assert_eq!(status, StatusCode::OK, "{part}");
        let names_document = content.contains(&format!("\"{BASE}/openapi.json\""));
        assert_eq!(names_document, part == "swagger-initializer.js", "{part}");
    }
    let (_, _, openapi) = got(&service, &format!("{BASE}/openapi.json")).await;
    let openapi: Value = serde_json::from_str(&openapi).unwrap();
    assert_eq!(openapi["servers"], value!([{ "url": BASE }]));

    let user = value!({ "email": "new@example.com", "password": "correct horse battery", "roles": ["user"] });
    let made = service.post_json(&token, &format!("{BASE}/users"), user.to_string()).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let place = location(&made);
    assert!(place.starts_with(&format!("{BASE}/users/")), "{place}");
    assert_eq!(service.get(&token, &place).send().await.unwrap().status(), StatusCode::OK);

    let bytes = value!({ "bytes": sample().len() }).to_string();
    let address = json(service.post_json(&token, "/uploads", bytes).send().await.unwrap()).await;
    let url = address["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}{BASE}/uploads/", service.base)), "{url}");
    let put = service.client.put(url).bearer_auth(&token).body(sample()).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_path_nothing_stands_before_a_route() {
    let service = Service::start(&[]).await;
    assert_eq!(got(&service, "/docs").await.1.unwrap(), "/docs/");
    let openapi: Value = serde_json::from_str(&got(&service, "/openapi.json").await.2).unwrap();
    assert!(openapi.get("servers").is_none());
    assert_eq!(got(&service, "/billing/healthz").await.0, StatusCode::NOT_FOUND);
}
