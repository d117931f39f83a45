//! Addresses that S3 signs.

use std::time::Duration;

use bytes::Bytes;
use pipeline::{BlobId, Bucket, Documents, DocumentsExt as _, PresignedPut};
use reqwest::{Client, Response, StatusCode};

use super::Prefix;

const MINUTE: Duration = Duration::from_secs(60);

async fn get(url: &str) -> Response {
    Client::new().get(url).send().await.unwrap()
}

/// Hands in content as a client does, without the headers that `left_out` names.
async fn hand_in(put: &PresignedPut, content: &'static str, left_out: &str) -> StatusCode {
    let mut request = Client::new().put(&put.url).body(content);
    for (name, value) in put.headers.iter().filter(|(name, _)| name != left_out && name != "content-length") {
        request = request.header(name, value);
    }
    request.send().await.unwrap().status()
}

async fn put_address(documents: &dyn Documents, id: BlobId, bytes: u64) -> PresignedPut {
    documents.presigned_put(Bucket::Raw, id, MINUTE, bytes).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_blob_is_read_at_its_address() {
    let Some(prefix) = Prefix::new() else { return };
    let documents = prefix.documents().await;
    let id = BlobId::new();
    documents.put_bytes(Bucket::Processed, id, Bytes::from_static(b"%PDF")).await.unwrap();
    let disposition = "attachment; filename=\"invoice 7.pdf\"; filename*=UTF-8''%C3%BC%207.pdf";
    let url = documents.presigned_get(Bucket::Processed, id, MINUTE, disposition, "application/pdf").await;
    let url = url.unwrap().unwrap();
    let answer = get(&url).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-disposition"], disposition);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.bytes().await.unwrap(), "%PDF");

    let other = url.replace(&id.to_string(), &BlobId::new().to_string());
    assert_eq!(get(&other).await.status(), StatusCode::FORBIDDEN, "signed for another blob");
    let tampered = url.replace("application%2Fpdf", "text%2Fhtml");
    assert_ne!(tampered, url);
    assert_eq!(get(&tampered).await.status(), StatusCode::FORBIDDEN, "signed for another type");
    let (begin, signature) = url.split_once("X-Amz-Signature=").unwrap();
    let forged: String = signature.chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
    assert_eq!(get(&format!("{begin}X-Amz-Signature={forged}")).await.status(), StatusCode::FORBIDDEN);
    prefix.drop().await;
}

#[tokio::test]
async fn an_address_expires() {
    let Some(prefix) = Prefix::new() else { return };
    let documents = prefix.documents().await;
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"x")).await.unwrap();
    let address = |life| documents.presigned_get(Bucket::Raw, id, life, "inline", "text/plain");
    let long = address(Duration::from_secs(24 * 3600)).await.unwrap().unwrap();
    assert!(long.contains("X-Amz-Expires=300&"), "five minutes at most: {long}");
    let short = address(Duration::from_secs(1)).await.unwrap().unwrap();
    let put = documents.presigned_put(Bucket::Raw, BlobId::new(), Duration::from_secs(1), 1).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(get(&short).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(hand_in(&put, "x", "").await, StatusCode::FORBIDDEN);
    prefix.drop().await;
}

#[tokio::test]
async fn a_blob_is_handed_in_once() {
    let Some(prefix) = Prefix::new() else { return };
    let documents = prefix.documents().await;
    let id = BlobId::new();
    let address = put_address(&*documents, id, 5).await;
    assert!(address.headers.contains(&("if-none-match".to_owned(), "*".to_owned())), "{:?}", address.headers);
    assert!(address.headers.contains(&("content-length".to_owned(), "5".to_owned())), "{:?}", address.headers);
    assert_eq!(hand_in(&address, "large content", "").await, StatusCode::FORBIDDEN, "another size");
    assert_eq!(hand_in(&address, "first", "if-none-match").await, StatusCode::FORBIDDEN, "without the condition");
    assert_eq!(hand_in(&address, "first", "").await, StatusCode::OK);
    assert_eq!(hand_in(&address, "later", "").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(documents.get_bytes(Bucket::Raw, id, 5).await.unwrap(), "first");
    prefix.drop().await;
}
