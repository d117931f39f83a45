//! Paths, methods, parameters and headers.

use reqwest::header::HeaderValue;

use crate::attack::{Answer, Attack, Problem, Success, Target};
use crate::service::sample;

const NOTHING: Answer = Problem(404, "there is no such thing here");

pub(crate) fn attacks(target: &Target) -> Vec<Attack> {
    [paths(target), methods(target), lists(target), uploads(target), bodies(target), downloads(target)]
        .into_iter()
        .flatten()
        .collect()
}

fn paths(target: &Target) -> Vec<Attack> {
    let nowhere = [
        "//",
        "/invoices/",
        "//invoices",
        "/INVOICES",
        "/invoices/x/y/z",
        "/.env",
        "/.git/config",
        "/invoices/%00",
        "/invoices/%FF",
        "/invoices/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/invoices/..%5c..%5cboot.ini",
        "/invoices/;a=b",
        "/invoices/00000000-0000-0000-0000-000000000000",
        "/invoices/%7B%7D",
        "/invoices/1%20or%201=1",
        "/docs/..%2f..%2fetc%2fpasswd",
        "/docs/nothing.js",
        "/wp-login.php",
        "/invoices/%F0%9F%92%A5",
    ];
    let own = nowhere.into_iter().map(|path| Attack::http(format!("path {path}"), target.get(path), NOTHING));
    let long = Attack::http("a path of 60 KB", target.get(&format!("/{}", "x".repeat(60_000))), NOTHING);
    let admins = ["/users/%FF", "/users/%00", "/users/x", "/users/%FF/keys", "/users/..%2f"];
    let admins = admins.into_iter().map(|path| {
        let request = target.service.get(&target.admin, path).header("accept", "application/json");
        Attack::http(format!("administrator's path {path}"), request, NOTHING)
    });
    let forbidden = ["/users", "/users/me", "/users?limit=1"];
    let forbidden = forbidden.into_iter().map(|path| {
        Attack::http(format!("a user at {path}"), target.get(path), Problem(403, "this needs the role admin"))
    });
    own.chain([long]).chain(admins).chain(forbidden).collect()
}

fn methods(target: &Target) -> Vec<Attack> {
    let unknown = || Problem(405, "this method is not known here");
    let wrong = [
        ("TRACE", "/invoices"),
        ("PROPFIND", "/invoices"),
        ("get", "/invoices"),
        ("OPTIONS", "/login"),
        ("PUT", "/upload"),
        ("DELETE", "/invoices"),
        ("GET", "/login"),
        ("POST", "/me"),
        ("PATCH", "/invoices/x"),
        ("GET", "/redrive"),
    ];
    let wrong = wrong
        .into_iter()
        .map(|(method, path)| Attack::http(format!("{method} {path}"), target.ask(method, path), unknown()));
    let long = Attack::http("a method of 1 KB", target.ask(&"X".repeat(1_000), "/me"), unknown());
    let hidden = target.get("/invoices/x").header("x-http-method-override", "DELETE");
    let redrive = Attack::http(
        "a user redrives",
        target.post("/redrive", r#"{"reason":"x"}"#),
        Problem(403, "this needs the role admin"),
    );
    wrong.chain([long, Attack::http("a hidden method", hidden, NOTHING), redrive]).collect()
}

fn lists(target: &Target) -> Vec<Attack> {
    let long = format!("number={}", "x".repeat(50_000));
    let cases = [
        ("limit=0", Problem(400, "limit")),
        ("limit=101", Problem(400, "limit")),
        ("limit=-1", Problem(400, "limit")),
        ("limit=1.5", Problem(400, "limit")),
        ("limit=1e1", Problem(400, "limit")),
        ("limit=", Problem(400, "limit")),
        ("limit=99999999999999999999", Problem(400, "limit")),
        ("limit=NaN", Problem(400, "limit")),
        ("limit=1&limit=2", Problem(400, "limit")),
        ("limit[]=1", Success(200)),
        ("after=x", Problem(400, "after")),
        ("after=", Problem(400, "after")),
        ("after=%00", Problem(400, "after")),
        ("after='%20or%201=1--", Problem(400, "after")),
        ("after=00000000-0000-0000-0000-000000000000", Success(200)),
        ("after=ffffffff-ffff-ffff-ffff-ffffffffffff", Success(200)),
        ("state=lost", Problem(400, "state")),
        ("state=FAILED", Problem(400, "state")),
        ("state=stored%00", Problem(400, "state")),
        ("state=", Problem(400, "state")),
        ("owner=all", Problem(403, "this needs the role admin")),
        ("owner=*", Problem(400, "owner")),
        ("owner=00000000-0000-0000-0000-000000000000", Problem(403, "this needs the role admin")),
        ("number=%00", Problem(400, "number")),
        ("number=%0d%0aSet-Cookie:a=b", Problem(400, "number")),
        ("number=';drop%20table%20uploads;--", Success(200)),
        ("reason=%00", Problem(400, "reason")),
        ("reason=%25", Success(200)),
        ("reason=%5C", Success(200)),
        ("number=%25", Success(200)),
        ("number=%FF", Success(200)),
        ("%FF=%FF&&&==", Success(200)),
        (&long, Problem(400, "number")),
    ];
    let attack = |(query, answer): (&str, Answer)| {
        let shown: String = query.chars().take(60).collect();
        Attack::http(format!("list {shown}"), target.get(&format!("/invoices?{query}")), answer)
    };
    let mut attacks: Vec<Attack> = cases.into_iter().map(attack).collect();
    for query in ["limit=0", "limit=101", "after=x", "after=%00", "limit=1&limit=2"] {
        let request =
            target.service.get(&target.admin, &format!("/users?{query}")).header("accept", "application/json");
        attacks.push(Attack::http(format!("users {query}"), request, Problem(400, "")));
    }
    attacks
}

fn uploads(target: &Target) -> Vec<Attack> {
    let formats = "pdf,".repeat(5_000) + "csv";
    let addresses = format!("notify={}@example.com", "x".repeat(10_000));
    let formats = format!("format={formats}");
    let cases = [
        ("format=", Problem(400, "invalid format")),
        ("format=pdf,", Problem(400, "invalid format")),
        ("format=../pdf", Problem(400, "invalid format")),
        ("format=pdf%00", Problem(400, "invalid format")),
        ("format=pdf&format=csv", Problem(400, "format")),
        (&formats, Success(202)),
        ("notify=", Problem(400, "notify")),
        ("notify=OWNER", Problem(400, "notify")),
        ("notify=owner,none", Problem(400, "notify")),
        ("notify=someone@example.org", Problem(400, "NOTIFY_ALLOWED")),
        ("notify=test@example.com%0d%0aBcc:x@example.org", Problem(400, "notify")),
        ("notify=%22a%0ab%22@example.com", Problem(400, "notify")),
        ("notify=%3Cscript%3E@example.com", Problem(400, "notify")),
        ("notify=test@example.com,x@example.org", Problem(400, "notify")),
        (&addresses, Problem(400, "notify")),
    ];
    let mut attacks: Vec<Attack> = cases
        .into_iter()
        .map(|(query, answer)| {
            let shown: String = query.chars().take(60).collect();
            Attack::http(format!("upload {shown}"), target.post(&format!("/invoices?{query}"), sample()), answer)
        })
        .collect();
    let upload = || target.post("/invoices?format=csv&notify=none", sample());
    let long = "k".repeat(256);
    for key in [b"".as_slice(), b" ", long.as_bytes(), b"caf\xe9", b"\xff\xfe", b"a\tb\x80"] {
        let request = upload().header("idempotency-key", HeaderValue::from_bytes(key).unwrap());
        let answer = Problem(400, "Idempotency-Key");
        attacks.push(Attack::http(format!("key {:?}", String::from_utf8_lossy(key)), request, answer));
    }
    let twice = upload().header("idempotency-key", "a").header("idempotency-key", "b");
    attacks.push(Attack::http("two keys", twice, Problem(400, "Idempotency-Key")));
    for key in ["';drop table idempotency_keys;--", "../../x", "<script>", "%00"] {
        attacks.push(Attack::http(format!("key {key}"), upload().header("idempotency-key", key), Success(202)));
    }
    for wait in ["wait=-1", "wait=99999999999999999999", "wait=1e9", "wait", "wait=;;,,=", "respond-async"] {
        attacks.push(Attack::http(format!("prefer {wait}"), upload().header("prefer", wait), Success(202)));
    }
    for trace in ["00-0-0-00", "ff-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff", "\r\n", "<script>"] {
        let Ok(trace) = HeaderValue::from_str(trace) else { continue };
        attacks.push(Attack::http(format!("trace {trace:?}"), upload().header("traceparent", trace), Success(202)));
    }
    attacks
}

fn bodies(target: &Target) -> Vec<Attack> {
    let path = "/invoices?format=csv&notify=none";
    let unsupported = || Problem(415, "Content-Type: application/json");
    let of_type = |kind: &str, answer| {
        let request = target.ask("POST", path).header("content-type", kind).body(sample());
        Attack::http(format!("body of {kind:?}"), request, answer)
    };
    let encoded = |coding: &str, answer| {
        Attack::http(
            format!("body in {coding}"),
            target.post(path, sample()).header("content-encoding", coding),
            answer,
        )
    };
    let form = target.ask("POST", "/upload").header("content-encoding", "gzip").body("x");
    let mut attacks = vec![
        of_type("", unsupported()),
        of_type("text/plain", unsupported()),
        of_type("text/json", unsupported()),
        of_type("application/xml", unsupported()),
        of_type("application/json, text/html", unsupported()),
        of_type("application/vnd.api+json", unsupported()),
        of_type("application/jsonx", unsupported()),
        of_type("APPLICATION/JSON; charset=utf-8", Success(202)),
        Attack::http("no type", target.ask("POST", path).body(sample()), unsupported()),
        encoded("gzip", Problem(415, "Content-Encoding")),
        encoded("br", Problem(415, "Content-Encoding")),
        encoded("gzip, gzip, gzip", Problem(415, "Content-Encoding")),
        encoded("nonsense", Problem(415, "Content-Encoding")),
        encoded("identity", Success(202)),
        Attack::http("a form in gzip", form, Problem(415, "Content-Encoding")),
    ];
    for (name, body, status) in [
        ("broken", "{", 400),
        ("a list", "[]", 422),
        ("deep", &"[".repeat(100_000), 422),
        ("unknown member", r#"{"email":"a@example.com","password":"correct horse","admin":true}"#, 422),
        ("address with a header", r#"{"email":"a@example.com\r\nBcc: x","password":"correct horse battery"}"#, 422),
        ("address with a null", r#"{"email":"a\u0000@example.com","password":"correct horse battery"}"#, 422),
        (
            "a password of a megabyte",
            &format!(r#"{{"email":"a@example.com","password":"{}"}}"#, "x".repeat(1 << 20)),
            422,
        ),
        ("three megabytes", &" ".repeat(3 << 20), 413),
    ] {
        let request = target.service.post_json(&target.admin, "/users", body.to_owned());
        attacks.push(Attack::http(format!("account: {name}"), request, Problem(status, "")));
    }
    for (name, body) in [
        ("null", r#"{"name":"a\u0000b"}"#),
        ("no name", r#"{"name":" "}"#),
        ("scope", r#"{"name":"a","scopes":["*"]}"#),
    ] {
        attacks.push(Attack::http(format!("key: {name}"), target.post("/users/me/keys", body), Problem(422, "")));
    }
    attacks.extend(handed_in(target));
    attacks
}

/// Staged uploads, and names of uploads that do not exist.
fn handed_in(target: &Target) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (name, body, status) in [
        ("nothing", r#"{"bytes":0}"#, 400),
        ("less than nothing", r#"{"bytes":-1}"#, 400),
        ("beyond numbers", r#"{"bytes":99999999999999999999}"#, 400),
        ("a fraction", r#"{"bytes":1.5}"#, 400),
        ("terabytes", r#"{"bytes":1099511627776}"#, 413),
        ("a place", r#"{"bytes":1,"key":"../../x"}"#, 400),
    ] {
        attacks.push(Attack::http(format!("announce {name}"), target.post("/uploads", body), Problem(status, "")));
    }
    let none = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b14.2.9999999999.2026a.c2lnbmF0dXJl";
    for id in ["%FF", "%00", "..%2f..%2fx", "x", "....", none] {
        attacks.push(Attack::http(
            format!("stage {id}"),
            target.ask("PUT", &format!("/uploads/{id}")).body("{}"),
            NOTHING,
        ));
    }
    for id in ["", "../../x", "....", "a\\u0000b", none] {
        let body = format!(r#"{{"upload":"{id}"}}"#);
        attacks.push(Attack::http(format!("name {id}"), target.post("/invoices?format=csv", body), NOTHING));
    }
    attacks
}

fn downloads(target: &Target) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let none = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11";
    let signed = |rest: &str| format!("fid={none}&{rest}");
    for (query, answer) in [
        (String::new(), Problem(400, "fid is required")),
        ("fid=".to_owned(), Problem(400, "fid is required")),
        ("fid=../../../../etc/passwd".to_owned(), NOTHING),
        ("fid=..%2f..%2flog.jsonl".to_owned(), NOTHING),
        ("fid=file:///etc/passwd".to_owned(), NOTHING),
        ("fid=http://169.254.169.254/".to_owned(), NOTHING),
        ("fid=%00".to_owned(), NOTHING),
        ("fid='%20or%20''='".to_owned(), NOTHING),
        (format!("fid={}", "x".repeat(50_000)), NOTHING),
        (format!("fid={none}&fid={none}"), Problem(400, "fid")),
        (format!("fid={none}"), NOTHING),
        (signed("sig=x"), NOTHING),
        (signed("sig=x&kid=x&expires=soon"), NOTHING),
        (signed("sig=&kid=&expires="), NOTHING),
        (signed("sig=x&kid=../link.keys&expires=9999999999"), NOTHING),
        (signed("sig=x&kid=x&expires=99999999999999999999"), NOTHING),
        (signed("sig=x&kid=x&expires=-9223372036854775808"), NOTHING),
        (signed(&format!("sig={}&kid=x&expires=9999999999", "A".repeat(40_000))), NOTHING),
    ] {
        let shown: String = query.chars().take(70).collect();
        attacks.push(Attack::http(format!("download {shown}"), target.get(&format!("/download?{query}")), answer));
    }
    let many = format!("bytes={}", (0..5_000).map(|n| format!("{n}-{n}")).collect::<Vec<_>>().join(","));
    for (range, answer) in [
        ("bytes=0-0", Success(206)),
        ("bytes=0-18446744073709551615", Success(206)),
        ("bytes=18446744073709551615-", Problem(416, "bytes")),
        ("bytes=-0", Problem(416, "bytes")),
        ("bytes=1-0", Success(200)),
        ("bytes=--1", Success(200)),
        ("bytes=-", Success(200)),
        ("bytes=99999999999999999999-", Success(200)),
        ("bytes=0-0,1-1", Success(200)),
        ("items=0-1", Success(200)),
        ("bytes", Success(200)),
        (&many, Success(200)),
    ] {
        let shown: String = range.chars().take(60).collect();
        attacks.push(Attack::http(
            format!("range {shown}"),
            target.get(&target.download).header("range", range),
            answer,
        ));
    }
    let tags = "\"x\",".repeat(10_000);
    let tagged = target.get(&target.download).header("if-none-match", tags);
    attacks.push(Attack::http("10,000 tags", tagged, Success(200)));
    attacks
}
