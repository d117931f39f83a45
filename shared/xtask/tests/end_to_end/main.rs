//! The five functions as processes on real servers, from the upload to the mail, for both document stores.
#![allow(clippy::unwrap_used)]

mod admission;
mod containers;
mod database;
mod deployment;
#[path = "../../../adapters/tests/servers/environment.rs"]
mod environment;
mod lifecycle;
mod mails;
mod queues;
mod store;
mod walk;

use std::time::Duration;

use deployment::{Deployment, location, sample};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use xtask::pack::Function;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test(flavor = "multi_thread")]
async fn on_gridfs_and_smtp() {
    let Some(deployment) = Deployment::start("TEST_MONGODB_URL", "TEST_SMTP_URL").await else { return };
    the_whole_way(deployment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_s3_and_ses() {
    let Some(deployment) = Deployment::start("TEST_S3_URL", "TEST_SES_URL").await else { return };
    the_whole_way(deployment).await;
}

async fn the_whole_way(mut deployment: Deployment) {
    let token = deployment.login().await;
    walk::walk("README.md", |line| line.replace("http://127.0.0.1:8080", &deployment.base));
    let resource = every_format_is_made(&deployment, &token).await;
    its_documents_are_in_the_store(&deployment, &resource).await;
    its_mail_opens_each(&deployment, &resource).await;
    its_trace_is_in_every_log(&deployment).await;
    what_was_handed_in_is_accepted_by_its_name(&deployment, &token).await;
    every_function_counts(&deployment).await;
    deleting_removes_blobs_and_rows(&deployment, &token, &resource).await;
    age_removes_blobs_and_rows(&deployment, &token).await;
    queues::are_empty().await;
    every_function_ends_on_sigterm(&mut deployment).await;
    deployment.remove().await;
}

async fn every_format_is_made(deployment: &Deployment, token: &str) -> Value {
    let traceparent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let upload = deployment.upload(token, "pdf,excel,csv").header("traceparent", traceparent).send().await.unwrap();
    assert_eq!(upload.status(), StatusCode::OK);
    let resource = deployment.at_rest(token, &location(&upload)).await;
    assert_eq!(resource["state"], "stored", "{resource}");
    for document in resource["documents"].as_array().unwrap() {
        let download = deployment.get(token, &format!("/download?fid={}", text(&document["fid"])));
        let download = download.send().await.unwrap();
        assert_eq!(download.status(), StatusCode::OK);
        let bytes = download.bytes().await.unwrap();
        assert_eq!(document["sha256"], hex::encode(Sha256::digest(&bytes)));
        let part = deployment.get(token, &format!("/download?fid={}", text(&document["fid"])));
        let part = part.header("range", "bytes=3-9").send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.bytes().await.unwrap(), bytes[3..10]);
    }
    resource
}

/// The bytes go to S3 itself, or through the gateway, which asks for the credential.
async fn what_was_handed_in_is_accepted_by_its_name(deployment: &Deployment, token: &str) {
    let post = |path: &str, body: Value| {
        deployment.client.post(format!("{}{path}", deployment.base)).bearer_auth(token).json(&body)
    };
    let announced = post("/uploads", json!({ "bytes": sample().len() })).send().await.unwrap();
    assert_eq!(announced.status(), StatusCode::CREATED);
    let address = deployment::json(announced).await;
    let url = text(&address["url"]);
    let put = async || {
        let mut put = deployment.client.put(url).body(sample());
        for (name, value) in address["headers"].as_object().unwrap() {
            put = put.header(name, text(value));
        }
        if url.starts_with(&deployment.base) {
            put = put.bearer_auth(token);
        }
        put.send().await.unwrap().status()
    };
    assert!(put().await.is_success());
    let again = put().await;
    assert!(again.is_client_error(), "once: {again}");
    let named = post("/invoices?format=csv", json!({ "upload": address["upload"] })).send().await.unwrap();
    assert_eq!(named.status(), StatusCode::ACCEPTED);
    let resource = deployment.at_rest(token, &location(&named)).await;
    assert_eq!((&resource["state"], &resource["invoice_number"]), (&json!("stored"), &json!("HP-2026-0093")));
}

/// Under the ids that the API shows.
async fn its_documents_are_in_the_store(deployment: &Deployment, resource: &Value) {
    for document in resource["documents"].as_array().unwrap() {
        let bytes = deployment.store.bytes("processed", text(&document["fid"])).await;
        assert_eq!(bytes, document["bytes"].as_u64());
    }
}

async fn its_mail_opens_each(deployment: &Deployment, resource: &Value) {
    let mail = deployment.mail_of(text(&resource["id"])).await;
    if deployment.mails_show_headers() {
        assert!(mail.contains(&format!("X-Trace-Id: {TRACE}")), "the mail does not carry the trace: {mail}");
    }
    for document in resource["documents"].as_array().unwrap() {
        let link = mails::link(&mail, &deployment.base, text(&document["fid"]));
        assert_eq!(deployment.client.get(&link).send().await.unwrap().status(), StatusCode::OK, "{link}");
    }
}

async fn its_trace_is_in_every_log(deployment: &Deployment) {
    for (function, step) in
        [(Function::Gateway, "accepted"), (Function::Worker, "stored"), (Function::Notifier, "sent")]
    {
        let step = format!("\"{step}\"");
        let line = logged(deployment, function, |line| line.contains(TRACE) && line.contains(&step)).await;
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["trace_id"], TRACE, "{line}");
    }
}

/// The line of a log; it may come a moment after what it tells of is seen in the ledger.
async fn logged(deployment: &Deployment, function: Function, is_it: impl Fn(&str) -> bool) -> String {
    for _ in 0..300 {
        if let Some(line) = deployment.pack.log(function).lines().find(|line| is_it(line)) {
            return line.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{function}: {}", deployment.pack.log(function));
}

async fn every_function_counts(deployment: &Deployment) {
    for function in Function::ALL {
        let address = deployment.pack.address(function);
        let healthy = deployment.client.get(format!("{address}/healthz")).send().await.unwrap();
        assert_eq!(healthy.status(), StatusCode::OK, "{function}");
        let metrics = deployment.client.get(format!("{address}/metrics")).send().await.unwrap();
        assert_eq!(metrics.status(), StatusCode::OK, "{function}");
        assert!(metrics.text().await.unwrap().contains("# TYPE "), "{function}");
    }
}

async fn deleting_removes_blobs_and_rows(deployment: &Deployment, token: &str, resource: &Value) {
    let place = format!("/invoices/{}", text(&resource["id"]));
    let deleted = deployment.client.delete(format!("{}{place}", deployment.base)).bearer_auth(token);
    assert_eq!(deleted.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(deployment.get(token, &place).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    for document in resource["documents"].as_array().unwrap() {
        assert_eq!(deployment.store.bytes("processed", text(&document["fid"])).await, None);
    }
}

/// Everything that is there is made to look older than RETENTION_DAYS.
async fn age_removes_blobs_and_rows(deployment: &Deployment, token: &str) {
    let all = deployment::json(deployment.get(token, "/invoices").send().await.unwrap()).await;
    let waiting: Vec<&str> = all["invoices"].as_array().unwrap().iter().map(|invoice| text(&invoice["id"])).collect();
    assert!(!waiting.is_empty(), "the walk left invoices");
    for id in waiting {
        deployment.at_rest(token, &format!("/invoices/{id}")).await;
    }
    deployment.database.grow_older(Duration::from_secs(2 * 24 * 3600)).await;
    for _ in 0..300 {
        let rows = deployment.database.rows().await;
        let blobs = deployment.store.count("raw").await + deployment.store.count("processed").await;
        if (rows, blobs) == (0, 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} rows are left: {}", deployment.database.rows().await, deployment.pack.log(Function::Sweeper));
}

async fn every_function_ends_on_sigterm(deployment: &mut Deployment) {
    for function in Function::ALL {
        // Fails where it had to be killed.
        deployment.pack.stop(function).unwrap();
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("text expected, found {value}"))
}
