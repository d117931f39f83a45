#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::FixedKeys;
use super::super::testing::{CountingSource, ISSUER, NOW, StillClock, TestKey, claims};
use super::{TokenError, Verifier};

struct Setup {
    key: TestKey,
    clock: Arc<StillClock>,
    source: Arc<CountingSource>,
    verifier: Verifier,
}

fn setup() -> Setup {
    let key = TestKey::new("a");
    let clock = StillClock::new();
    let source = CountingSource::new(&[&key]);
    let verifier = Verifier::new(ISSUER, source.clone(), clock.clone());
    Setup { key, clock, source, verifier }
}

fn changed(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_valid_token_gives_its_claims() {
    let Setup { key, verifier, .. } = setup();
    let claims = claims();
    let verified = verifier.verify(&key.sign(&claims)).await.unwrap();
    assert_eq!(serde_json::to_value(verified).unwrap(), claims);
}

#[tokio::test]
async fn every_claim_is_required() {
    let Setup { key, verifier, .. } = setup();
    for name in ["iss", "aud", "sub", "email", "roles", "iat", "nbf", "exp", "jti"] {
        let mut lacking = claims();
        lacking.as_object_mut().unwrap().remove(name);
        let refused = verifier.verify(&key.sign(&lacking)).await;
        assert!(matches!(refused, Err(TokenError::MissingClaim)), "{name}: {refused:?}");
        let refused = verifier.verify(&key.sign(&changed(name, Value::Null))).await;
        assert!(matches!(refused, Err(TokenError::MissingClaim)), "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn tokens_of_others_and_for_others_are_refused() {
    let Setup { key, verifier, .. } = setup();
    for (name, value) in [("iss", "https://other.example.com"), ("aud", "other")] {
        let refused = verifier.verify(&key.sign(&changed(name, json!(value)))).await;
        assert!(matches!(refused, Err(TokenError::WrongAudienceOrIssuer)), "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn times_are_checked_with_thirty_seconds_of_leeway() {
    let Setup { key, verifier, .. } = setup();
    let cases = [("exp", -29, true), ("exp", -30, false), ("nbf", 30, true), ("nbf", 31, false), ("iat", 31, false)];
    for (name, offset, valid) in cases {
        let verified = verifier.verify(&key.sign(&changed(name, json!(NOW + offset)))).await;
        assert_eq!(verified.is_ok(), valid, "{name} {offset}: {verified:?}");
    }
    for (name, extreme) in [("exp", i64::MIN), ("nbf", i64::MAX)] {
        assert!(verifier.verify(&key.sign(&changed(name, json!(extreme)))).await.is_err(), "{name}");
    }
}

/// As auth issues them, seen by a machine whose clock is behind.
#[tokio::test]
async fn a_token_that_is_valid_from_its_issue_stands_a_clock_set_by_an_hour() {
    let Setup { key, verifier, .. } = setup();
    for (ahead, valid) in [(5, true), (3600, true), (7200, true), (7201, false), (i64::MAX - NOW, false)] {
        let mut token = claims();
        (token["iat"], token["nbf"]) = (json!(NOW + ahead), json!(NOW + ahead));
        let verified = verifier.verify(&key.sign(&token)).await;
        assert_eq!(verified.is_ok(), valid, "{ahead}: {verified:?}");
    }
}

#[tokio::test]
async fn a_token_expires_by_the_given_clock() {
    let Setup { key, clock, verifier, .. } = setup();
    let token = key.sign(&claims());
    clock.advance(3600 + 29);
    assert!(verifier.verify(&token).await.is_ok());
    clock.advance(1);
    assert!(matches!(verifier.verify(&token).await, Err(TokenError::Expired)));
}

#[tokio::test]
async fn only_eddsa_is_accepted() {
    let Setup { key, source, verifier, .. } = setup();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(key.kid.to_owned());
    let jsonwebtoken::jwk::AlgorithmParameters::OctetKeyPair(public) = key.public().algorithm else { panic!() };
    let secret = EncodingKey::from_secret(public.x.as_bytes());
    let forged = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
    assert!(matches!(verifier.verify(&forged).await, Err(TokenError::WrongAlgorithm)));

    // {"alg":"none","kid":"a"} with an empty signature.
    let payload = key.sign(&claims()).split('.').nth(1).unwrap().to_owned();
    let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoiYSJ9.{payload}.");
    assert!(matches!(verifier.verify(&unsigned).await, Err(TokenError::Malformed)));
    assert_eq!(source.fetches(), 0, "no key is looked up for them");
}

#[tokio::test]
async fn signatures_and_headers_are_checked() {
    let Setup { key, verifier, .. } = setup();
    let impostor = TestKey::new("a");
    assert!(matches!(verifier.verify(&impostor.sign(&claims())).await, Err(TokenError::WrongSignature)));

    let (token, other) = (key.sign(&claims()), key.sign(&claims()));
    let payload = other.split('.').nth(1).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let swapped = format!("{}.{payload}.{}", parts[0], parts[2]);
    assert!(matches!(verifier.verify(&swapped).await, Err(TokenError::WrongSignature)));

    let nameless = Header::new(Algorithm::EdDSA);
    assert!(matches!(verifier.verify(&key.sign_with(&nameless, &claims())).await, Err(TokenError::UnknownKey)));

    let mut critical = key.header();
    critical.crit = Some(vec!["b64".to_owned()]);
    assert!(matches!(verifier.verify(&key.sign_with(&critical, &claims())).await, Err(TokenError::Malformed)));

    let long = "x".repeat(9000);
    for text in ["", ".", "..", "a.b.c", "a.b.c.d", long.as_str()] {
        assert!(matches!(verifier.verify(text).await, Err(TokenError::Malformed)), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_under_a_new_key_is_never_refused() {
    let Setup { key, source, verifier, .. } = setup();
    verifier.verify(&key.sign(&claims())).await.unwrap();
    let mut published = vec![key];
    for kid in ["b", "c", "d"] {
        published.insert(0, TestKey::new(kid));
        source.publish(&published.iter().collect::<Vec<_>>());
        let token = published[0].sign(&claims());
        let (begun, fetches) = (Instant::now(), source.fetches());
        let (one, other) = tokio::join!(verifier.verify(&token), verifier.verify(&token));
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert_eq!(source.fetches(), fetches + 1, "requests at the same time share a fetch");
        assert!(begun.elapsed() <= Duration::from_millis(1010), "{:?}", begun.elapsed());
        verifier.verify(&published.last().unwrap().sign(&claims())).await.unwrap();
        assert_eq!(source.fetches(), fetches + 1);
    }
}

/// A client that goes away while the source is asked takes nobody's answer along.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_leaves_the_others_their_answer() {
    let Setup { key, source, verifier, .. } = setup();
    verifier.verify(&key.sign(&claims())).await.unwrap();
    let next = TestKey::new("b");
    let token = next.sign(&claims());
    let hanging = source.hanging.lock().await;
    let mut dropped = Box::pin(verifier.verify(&token));
    let mut other = Box::pin(verifier.verify(&token));
    assert!(futures_util::poll!(dropped.as_mut()).is_pending() && futures_util::poll!(other.as_mut()).is_pending());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(futures_util::poll!(dropped.as_mut()).is_pending());
    assert_eq!(source.fetches(), 2, "it is being asked");
    drop(dropped);
    source.publish(&[&next, &key]);
    drop(hanging);
    other.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_cause_one_fetch_in_a_second() {
    let Setup { source, verifier, .. } = setup();
    let token = TestKey::new("made up").sign(&claims());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        let refused = futures_util::future::join_all((0..20).map(|_| verifier.verify(&token))).await;
        assert!(refused.iter().all(|refused| matches!(refused, Err(TokenError::UnknownKey))), "{refused:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!((5..=12).contains(&source.fetches()), "{}", source.fetches());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_said_about_a_new_key_while_the_source_is_out_of_reach() {
    let Setup { key, clock, source, verifier } = setup();
    verifier.verify(&key.sign(&claims())).await.unwrap();
    let next = TestKey::new("b");
    let token = next.sign(&claims());
    source.disappear();
    for _ in 0..2 {
        assert!(matches!(verifier.verify(&token).await, Err(TokenError::KeysUnavailable(_))));
    }
    assert_eq!(source.fetches(), 2, "it is left alone for two seconds");
    verifier.verify(&key.sign(&claims())).await.unwrap();
    source.publish(&[&next, &key]);
    clock.advance(2);
    verifier.verify(&token).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn fixed_keys_are_not_asked_for_again() {
    let key = TestKey::new("a");
    let keys = FixedKeys::new(JwkSet { keys: vec![key.public()] });
    let clock = StillClock::new();
    let verifier = Verifier::new(ISSUER, Arc::new(keys), clock.clone());
    let lasting = key.sign(&changed("exp", json!(NOW + 100 * 3600)));
    verifier.verify(&lasting).await.unwrap();
    let begun = Instant::now();
    let refused = verifier.verify(&TestKey::new("b").sign(&claims())).await;
    assert!(matches!(refused, Err(TokenError::UnknownKey)));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    clock.advance(48 * 3600);
    verifier.verify(&lasting).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_key_goes_within_minutes() {
    let Setup { key, clock, source, verifier } = setup();
    let token = key.sign(&claims());
    verifier.verify(&token).await.unwrap();
    source.publish(&[&TestKey::new("b")]);
    clock.advance(599);
    assert!(verifier.verify(&token).await.is_ok());
    clock.advance(1);
    assert!(matches!(verifier.verify(&token).await, Err(TokenError::UnknownKey)));
}

#[tokio::test]
async fn known_keys_serve_while_their_source_is_out_of_reach() {
    let Setup { key, clock, source, verifier } = setup();
    let mut lasting = claims();
    lasting["exp"] = json!(NOW + 100 * 3600);
    let token = key.sign(&lasting);
    verifier.verify(&token).await.unwrap();
    source.disappear();
    clock.advance(3600);
    assert!(verifier.verify(&token).await.is_ok());
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(source.fetches(), 2, "it is left alone for two seconds");
    clock.advance(24 * 3600);
    assert!(matches!(verifier.verify(&token).await, Err(TokenError::KeysUnavailable(_))));
}

#[tokio::test]
async fn a_hanging_source_holds_up_one_request_only() {
    let Setup { key, clock, source, verifier } = setup();
    let token = key.sign(&claims());
    verifier.verify(&token).await.unwrap();
    clock.advance(600);
    let hanging = source.hanging.lock().await;
    let mut held_up = std::pin::pin!(verifier.verify(&token));
    assert!(futures_util::poll!(held_up.as_mut()).is_pending());
    for _ in 0..3 {
        verifier.verify(&token).await.unwrap();
    }
    drop(hanging);
    held_up.await.unwrap();
    assert_eq!(source.fetches(), 2);
}

#[tokio::test]
async fn without_any_key_nothing_is_said_about_a_token() {
    let Setup { key, clock, source, verifier } = setup();
    source.disappear();
    let token = key.sign(&claims());
    for _ in 0..2 {
        assert!(matches!(verifier.verify(&token).await, Err(TokenError::KeysUnavailable(_))));
    }
    source.publish(&[&key]);
    clock.advance(2);
    assert!(verifier.verify(&token).await.is_ok());
}
