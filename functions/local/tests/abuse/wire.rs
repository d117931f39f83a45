//! What no client library sends.

use crate::attack::{Attack, Problem, Refused, Success, Target};
use crate::service::sample;

pub(crate) fn attacks(target: &Target) -> Vec<Attack> {
    [lines(), headers(), lengths(target)].into_iter().flatten().collect()
}

fn get(headers: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")
}

fn lines() -> Vec<Attack> {
    vec![
        Attack::wire("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".as_slice(), Refused(400)),
        Attack::wire("nonsense", "nonsense\r\n\r\n", Refused(400)),
        Attack::wire("nulls", vec![0; 1_000], Refused(400)),
        Attack::wire("HTTP/0.9", "GET /\r\n\r\n", Refused(400)),
        Attack::wire("HTTP/9.9", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", Refused(400)),
        Attack::wire("a space in the path", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
        Attack::wire("a null in the path", "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
        Attack::wire("no path", "GET  HTTP/1.1\r\nHost: x\r\n\r\n", Refused(400)),
        Attack::wire(
            "a path of 100 KB",
            format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(100_000)),
            Refused(414),
        ),
        Attack::wire(
            "the path of a proxy",
            "GET http://169.254.169.254/latest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            Problem(404, ""),
        ),
        Attack::wire(
            "dots in the path",
            "GET /docs/../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            Problem(404, ""),
        ),
        Attack::wire("CONNECT", "CONNECT x:22 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", Problem(404, "")),
    ]
}

fn headers() -> Vec<Attack> {
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    vec![
        Attack::wire("200 headers", get(&many), Refused(431)),
        Attack::wire("a header of 1 MB", get(&format!("X: {}\r\n", "x".repeat(1 << 20))), Refused(431)),
        Attack::wire("a folded header", get("X: a\r\n b\r\n"), Refused(400)),
        Attack::wire("a space before the colon", get("X : a\r\n"), Refused(400)),
        Attack::wire("a null in a header", get("X: a\0b\r\n"), Refused(400)),
        Attack::wire("a header without colon", get("nonsense\r\n"), Refused(400)),
        Attack::wire("a header beyond ASCII", get("X-\u{e9}: a\r\n"), Refused(400)),
        Attack::wire("two hosts", get("Host: y\r\n"), Success(200)),
        Attack::wire("a shell's header", get("User-Agent: () { :; }; /bin/ls\r\n"), Success(200)),
    ]
}

fn lengths(target: &Target) -> Vec<Attack> {
    let post = |headers: &str, body: &str| {
        format!(
            "POST /invoices?format=csv&notify=none HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\n{headers}\r\n{body}",
            target.token
        )
    };
    let chunks = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    let length = sample().len();
    vec![
        Attack::wire("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "), Refused(400)),
        Attack::wire("a negative length", post("Content-Length: -1\r\n", "{}"), Refused(400)),
        Attack::wire("a length in words", post("Content-Length: two\r\n", "{}"), Refused(400)),
        Attack::wire("a length beyond numbers", post("Content-Length: 99999999999999999999\r\n", "{}"), Refused(400)),
        Attack::wire("2 GiB announced", post("Content-Length: 2147483648\r\n", ""), Problem(413, "5242880 bytes")),
        Attack::wire(
            "2 GiB expected",
            post("Content-Length: 2147483648\r\nExpect: 100-continue\r\n", ""),
            Problem(413, "5242880 bytes"),
        ),
        Attack::wire("no length", post("", ""), Problem(422, "1 fault")),
        Attack::wire("broken chunks", chunks("zz\r\n{}\r\n0\r\n\r\n"), Problem(400, "the body broke off")),
        Attack::wire(
            "a chunk beyond numbers",
            chunks("ffffffffffffffffff\r\n{}\r\n"),
            Problem(400, "the body broke off"),
        ),
        Attack::wire("a chunk longer than it says", chunks("1\r\n{}\r\n0\r\n\r\n"), Problem(400, "the body broke off")),
        Attack::wire("right chunks", chunks(&format!("{length:x}\r\n{}\r\n0\r\n\r\n", sample())), Success(202)),
        Attack::wire("an unknown transfer coding", post("Transfer-Encoding: gzip\r\n", "{}"), Refused(400)),
        Attack::wire(
            "a smuggled request",
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /me HTTP/1.1\r\n\r\n"),
            Problem(422, "1 fault"),
        ),
    ]
}
