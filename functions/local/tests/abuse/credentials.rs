//! Tokens, API keys and passwords that are none.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::header::{AUTHORIZATION, HeaderValue};

use crate::attack::{Answer, Attack, Problem, Success, Target};

pub(crate) fn attacks(target: &Target) -> Vec<Attack> {
    [bearers(target), tokens(target), passwords(target)].into_iter().flatten().collect()
}

fn with(target: &Target, name: &str, values: &[&[u8]], answer: Answer) -> Attack {
    let request = target.service.client.get(target.service.url("/me")).header("accept", "application/json");
    let request = values
        .iter()
        .fold(request, |request, value| request.header(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap()));
    Attack::http(format!("credential: {name}"), request, answer)
}

fn bearers(target: &Target) -> Vec<Attack> {
    let missing = || Problem(401, "a bearer token or API key is needed");
    let malformed = || Problem(401, "the token is malformed");
    let (token, right) = (&target.token, format!("Bearer {}", target.token));
    let lower = format!("bearer {token}");
    let long = format!("Bearer {}", "x".repeat(9_000));
    vec![
        with(target, "none", &[], missing()),
        with(target, "empty", &[b""], missing()),
        with(target, "scheme alone", &[b"Bearer"], missing()),
        with(target, "another scheme", &[b"Basic dGVzdDp0ZXN0"], missing()),
        with(target, "digest", &[b"Digest username=\"test\""], missing()),
        with(target, "no text", &[b"Bearer \xff\xfe"], missing()),
        with(target, "two", &[right.as_bytes(), right.as_bytes()], missing()),
        with(target, "scheme in small letters", &[lower.as_bytes()], Success(200)),
        with(target, "nonsense", &[b"Bearer nonsense"], malformed()),
        with(target, "dots", &[b"Bearer .."], malformed()),
        with(target, "longer than any token", &[long.as_bytes()], malformed()),
        with(target, "API key without parts", &[b"Bearer inv_"], Problem(401, "the API key is not valid")),
        with(
            target,
            "unknown API key",
            &[b"Bearer inv_0123456789ab_0123456789abcdef"],
            Problem(401, "the API key is not valid"),
        ),
        with(target, "API key with SQL", &[b"Bearer inv_' or 1=1_x"], Problem(401, "the API key is not valid")),
    ]
}

fn tokens(target: &Target) -> Vec<Attack> {
    let parts: Vec<&str> = target.token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("no token: {}", target.token) };
    let decoded = |part: &str| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let encoded = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let kid = decoded(header).split("\"kid\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let of = |header: &str, payload: &str, signature: &str| format!("Bearer {header}.{payload}.{signature}");
    let with_header = |text: &str| of(&encoded(text), payload, signature);
    let admin = encoded(&decoded(payload).replace("\"user\"", "\"admin\""));
    let algorithm = |name: &str| with_header(&format!(r#"{{"alg":"{name}","kid":"{kid}"}}"#));
    let wrong_algorithm = || Problem(401, "");
    let cases = [
        ("algorithm none", of(&encoded(&format!(r#"{{"alg":"none","kid":"{kid}"}}"#)), &admin, ""), wrong_algorithm()),
        ("algorithm None", algorithm("None"), wrong_algorithm()),
        ("algorithm HS256", algorithm("HS256"), wrong_algorithm()),
        ("algorithm RS256", algorithm("RS256"), wrong_algorithm()),
        ("algorithm ES256", algorithm("ES256"), wrong_algorithm()),
        ("another key", with_header(r#"{"alg":"EdDSA","kid":"other"}"#), Problem(401, "unknown key")),
        (
            "a key that is a path",
            with_header(r#"{"alg":"EdDSA","kid":"../../etc/passwd"}"#),
            Problem(401, "unknown key"),
        ),
        ("no key", with_header(r#"{"alg":"EdDSA"}"#), Problem(401, "")),
        (
            "a key of its own",
            with_header(r#"{"alg":"EdDSA","jwk":{"kty":"OKP"},"jku":"http://localhost"}"#),
            Problem(401, ""),
        ),
        (
            "critical extension",
            with_header(&format!(r#"{{"alg":"EdDSA","kid":"{kid}","crit":["exp"]}}"#)),
            Problem(401, ""),
        ),
        ("another payload", of(header, &admin, signature), Problem(401, "signature is wrong")),
        ("no signature", of(header, payload, ""), Problem(401, "")),
        ("half a signature", of(header, payload, &signature[..40]), Problem(401, "")),
        ("two parts", format!("Bearer {header}.{payload}"), Problem(401, "malformed")),
        ("four parts", format!("Bearer {}.x", target.token), Problem(401, "")),
        ("parts turned round", of(payload, header, signature), Problem(401, "malformed")),
        ("padding", of(&format!("{header}=="), payload, signature), Problem(401, "")),
        ("a payload of nothing", of(header, "", signature), Problem(401, "")),
    ];
    cases.into_iter().map(|(name, value, answer)| with(target, name, &[value.as_bytes()], answer)).collect()
}

fn passwords(target: &Target) -> Vec<Attack> {
    let values: [(&str, &[u8]); 7] = [
        ("no scheme", b"dGVzdDp0ZXN0"),
        ("bearer", b"Bearer x"),
        ("no base64", b"Basic ***"),
        ("no text", b"Basic /////w=="),
        ("no colon", b"Basic dGVzdA=="),
        ("line break", b"Basic dGVzdEBleGFtcGxlLmNvbQ06cGFzcwpCY2M6"),
        ("null", b"Basic dGVzdEBleGFtcGxlLmNvbTpwYXNzAHdvcmQ="),
    ];
    let login = |value: &[u8]| {
        let request = target.service.client.post(target.service.url("/login")).header("accept", "application/json");
        request.header(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())
    };
    let refused = || Problem(401, "log in with your mail address and password");
    values.into_iter().map(|(name, value)| Attack::http(format!("login: {name}"), login(value), refused())).collect()
}
