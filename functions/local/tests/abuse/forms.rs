//! Forms of `POST /upload`: broken, doubled, endless, and with names that lead elsewhere.

use reqwest::RequestBuilder;

use crate::attack::{Answer, Attack, Problem, Success, Target};
use crate::service::sample;

const FORM: &str = "multipart/form-data; boundary=xx";
const NOT_ONE: &str = "exactly 1 file required";
const BROKEN: &str = "the multipart body is broken";

pub(crate) fn attacks(target: &Target) -> Vec<Attack> {
    [content_types(target), bodies(target), names(target)].into_iter().flatten().collect()
}

fn upload(target: &Target, content_type: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
    let request = target.ask("POST", "/upload?format=csv&notify=none").body(body.into());
    if content_type.is_empty() { request } else { request.header("content-type", content_type) }
}

/// A part of the form with these headers.
fn part(headers: &str, content: &str) -> String {
    format!("--xx\r\n{headers}\r\n\r\n{content}\r\n")
}

/// A part that is a file with this disposition.
fn file(disposition: &str) -> String {
    part(&format!("Content-Disposition: form-data; {disposition}"), &sample())
}

fn form(parts: &[String]) -> String {
    format!("{}--xx--\r\n", parts.concat())
}

fn content_types(target: &Target) -> Vec<Attack> {
    let right = || form(&[file("name=\"file\"; filename=\"a.json\"")]);
    let cases: [(&str, Answer); 13] = [
        ("", Problem(400, NOT_ONE)),
        ("multipart/form-data", Problem(400, NOT_ONE)),
        ("multipart/form-data; boundary=", Problem(400, BROKEN)),
        ("multipart/form-data; boundary=yy", Problem(400, BROKEN)),
        ("multipart/mixed; boundary=xx", Problem(400, NOT_ONE)),
        ("application/json", Problem(400, NOT_ONE)),
        ("application/x-www-form-urlencoded", Problem(400, NOT_ONE)),
        ("text/plain; boundary=xx", Problem(400, NOT_ONE)),
        ("multipart/form-data; boundary=\"xx\"", Success(202)),
        ("MULTIPART/FORM-DATA; BOUNDARY=xx", Success(202)),
        ("multipart/form-data; charset=utf-7; boundary=xx", Success(202)),
        ("multipart/form-data; boundary=xx; boundary=yy", Success(202)),
        ("nonsense", Problem(400, NOT_ONE)),
    ];
    let cases = cases.into_iter();
    cases
        .map(|(kind, answer)| Attack::http(format!("form as {kind:?}"), upload(target, kind, right()), answer))
        .collect()
}

fn bodies(target: &Target) -> Vec<Attack> {
    let one = || file("name=\"file\"; filename=\"a.json\"");
    let field = |name: &str| part(&format!("Content-Disposition: form-data; name=\"{name}\""), "x");
    let fields = |count: usize| (0..count).map(|number| field(&number.to_string())).collect::<Vec<_>>();
    let headers = |count: usize| (0..count).map(|number| format!("X-{number}: 1\r\n")).collect::<String>();
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"a\"";
    let encoded = format!("{disposition}\r\nContent-Transfer-Encoding: base64");
    let nested =
        part(&format!("{disposition}\r\nContent-Type: multipart/mixed; boundary=yy"), "--yy\r\n\r\n{}\r\n--yy--");
    let cases: Vec<(&str, String, Answer)> = vec![
        ("nothing", String::new(), Problem(400, BROKEN)),
        ("no part", form(&[]), Problem(400, NOT_ONE)),
        ("no end", one(), Problem(400, BROKEN)),
        ("cut in the headers", "--xx\r\nContent-Dispo".to_owned(), Problem(400, BROKEN)),
        ("no line break", "--xx--".to_owned(), Problem(400, NOT_ONE)),
        ("only fields", form(&[field("file")]), Problem(400, NOT_ONE)),
        ("two files", form(&[one(), one()]), Problem(400, NOT_ONE)),
        ("two files of other names", form(&[one(), file("name=\"b\"; filename=\"b\"")]), Problem(400, NOT_ONE)),
        ("eight fields and a file", form(&[fields(8), vec![one()]].concat()), Problem(413, "MAX_PARTS")),
        ("10,000 fields", form(&fields(10_000)), Problem(413, "MAX_PARTS")),
        ("seven fields and a file", form(&[fields(7), vec![one()]].concat()), Success(202)),
        ("text before and after", format!("before\r\n{}after", form(&[one()])), Success(202)),
        ("a part without headers", form(&[part("", "x"), one()]), Success(202)),
        (
            "1,000 headers of a part",
            form(&[part(&format!("{}{disposition}", headers(1_000)), "x")]),
            Problem(400, BROKEN),
        ),
        (
            "a header without end",
            form(&[part(&format!("{disposition}\r\nX: {}", "x".repeat(1 << 20)), "{}")]),
            Problem(422, "5 faults"),
        ),
        ("base64", form(&[part(&encoded, "e30=")]), Problem(422, "1 fault")),
        ("a form within the form", form(&[nested]), Problem(422, "1 fault")),
        (
            "a program",
            form(&[part(&format!("{disposition}\r\nContent-Type: application/x-msdownload"), "MZ")]),
            Problem(422, "1 fault"),
        ),
        ("an empty file", form(&[part(disposition, "")]), Problem(422, "1 fault")),
        ("more than may be uploaded", form(&[part(disposition, &" ".repeat(6 << 20))]), Problem(413, "5242880 bytes")),
    ];
    let cases = cases.into_iter();
    cases
        .map(|(name, body, answer)| Attack::http(format!("form: {name}"), upload(target, FORM, body), answer))
        .collect()
}

/// Where the file comes from and what it is called there does not matter.
fn names(target: &Target) -> Vec<Attack> {
    let legal = [
        "name=\"file\"; filename=\"../../../../etc/passwd\"",
        "name=\"file\"; filename=\"C:\\\\autoexec.bat\"",
        "name=\"file\"; filename=\"\"",
        "name=\"\"; filename=\"a\"",
        "name=\"__proto__\"; filename=\"<script>\"",
        "name=\"file\"; filename=\"\u{202e}nosj.exe\"",
    ];
    let long = format!("name=\"file\"; filename=\"{}\"", "x".repeat(4_000));
    let legal = legal.map(str::to_owned).into_iter().chain([long]).map(|name| (name, Success(202)));
    let others = [
        ("name=\"file\"; filename=\"a\0.json\"", Problem(400, BROKEN)),
        // RFC 7578 section 4.2: not in forms.
        ("name=\"file\"; filename*=UTF-8''%2e%2e%2fpasswd", Problem(400, NOT_ONE)),
    ];
    legal
        .chain(others.map(|(name, answer)| (name.to_owned(), answer)))
        .map(|(disposition, answer)| {
            let shown: String = disposition.chars().take(60).collect();
            Attack::http(format!("form of {shown:?}"), upload(target, FORM, form(&[file(&disposition)])), answer)
        })
        .collect()
}
