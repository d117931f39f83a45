//! The whole way over a real socket.
#![allow(clippy::unwrap_used)]

mod service;

use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use service::{Service, json, location, root, sample};
use sha2::{Digest, Sha256};

#[tokio::test]
async fn an_upload_becomes_three_documents_and_a_mail() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let answer = service.upload(&token, "?format=PDF,xlsx,csv", &sample()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let place = location(&answer);
    assert_eq!(answer.text().await.unwrap().trim_end(), "success!");
    let resource = service.finished(&token, &place).await;
    assert_eq!((&resource["state"], &resource["invoice_number"]), (&"stored".into(), &"HP-2026-0093".into()));
    let documents = resource["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 3);
    for document in documents {
        let answer = service.get(&token, &format!("/download?fid={}", text(&document["fid"]))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let magic: &[u8] = match text(&document["format"]) {
            "pdf" => b"%PDF-",
            "excel" => b"PK\x03\x04",
            _ => b"invoice_number",
        };
        let headers = answer.headers().clone();
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes.starts_with(magic), "{document}");
        assert_eq!(headers["content-length"], bytes.len().to_string().as_str());
        assert_eq!(document["bytes"], bytes.len());
        assert_eq!(document["sha256"], hex::encode(Sha256::digest(&bytes)));
        assert_eq!(headers["etag"], format!("\"{}\"", text(&document["sha256"])).as_str());
        assert_eq!(
            (&headers["x-content-type-options"], &headers["cache-control"]),
            (&"nosniff".parse().unwrap(), &"no-store".parse().unwrap())
        );
        let disposition = headers["content-disposition"].to_str().unwrap();
        assert_eq!(disposition, format!("attachment; filename=\"{}\"", text(&document["file_name"])));
    }
    the_mail_opens_each(&service, &token, &place, documents).await;
}

async fn the_mail_opens_each(service: &Service, token: &str, place: &str, documents: &[Value]) {
    let mail = sent_mail(service, token, place).await;
    let id = place.rsplit('/').next().unwrap();
    assert!(mail.contains(&format!("X-Invoice-Upload-Id: {id}\r\n")), "{mail}");
    assert!(mail.contains(&format!("Message-ID: <{id}.1@localhost>\r\n")), "{mail}");
    assert!(mail.contains("multipart/alternative") && mail.contains("text/html"), "{mail}");
    let text = unfolded(&mail);
    for document in documents {
        let fid = document["fid"].as_str().unwrap();
        let start = text.find(&format!("{}/download?fid={fid}", service.base)).expect("a link");
        let link = text[start..].split_whitespace().next().unwrap();
        let answer = service.client.get(link).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{link}");
        let forged = link.replace(fid, documents[0]["id"].as_str().unwrap());
        assert_eq!(service.client.get(forged).send().await.unwrap().status(), StatusCode::NOT_FOUND);
        let later = link.replacen("expires=", "expires=9", 1);
        assert_eq!(service.client.get(later).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
}

/// Quoted-printable soft line breaks and `=3D` undone: enough to find links.
fn unfolded(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=3D", "=")
}

async fn sent_mail(service: &Service, token: &str, place: &str) -> String {
    for _ in 0..2400 {
        let resource = json(service.get(token, place).send().await.unwrap()).await;
        if resource["mails"][0]["state"] == "sent" {
            let name = format!("{}.eml", text(&resource["mails"][0]["id"]));
            return service.mails().into_iter().find(|(file, _)| *file == name).unwrap().1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no mail was sent: {}", service.log());
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("text expected, found {value}"))
}

/// The commands of the pages, as printed: what they print there is what they print here.
#[tokio::test]
async fn the_walks_of_the_pages_work_as_printed() {
    let service = Service::start(&[]).await;
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("events")).unwrap();
    std::fs::write(folder.path().join("events/sample_invoice.json"), sample()).unwrap();
    let api = "functions/gateway/README.md";
    let blocks = [
        block("README.md", "<!-- walk -->"),
        block("README.md", "<!-- without the service -->"),
        block("README.md", "<!-- fault -->"),
        block(api, "<!-- large upload -->"),
        block(api, "<!-- branding -->"),
        block(api, "<!-- refused -->"),
    ];
    let (commands, expected): (Vec<_>, Vec<_>) = blocks.into_iter().unzip();
    // Answers in JSON have no end of line.
    let commands = commands.concat().join("\necho\n");
    let commands = commands.replace("http://127.0.0.1:8080", &service.base);
    let commands = commands.replace("cargo run --", env!("CARGO_BIN_EXE_local"));
    // A slow machine needs more.
    let commands = commands.replace("wait=10", "wait=30");
    let run = Command::new("bash").args(["-euc", &commands]).current_dir(folder.path()).output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{commands}\n{printed}\n{errors}");
    let expected = expected.concat();
    let lines: Vec<&str> = printed.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), expected.len(), "{printed}");
    for (printed, expected) in lines.into_iter().zip(&expected) {
        let (start, end) = expected.split_once('…').unwrap_or((expected, ""));
        assert!(printed.starts_with(start) && printed.ends_with(end), "{printed} is not {expected}");
    }
    let pdf = std::fs::read(folder.path().join("invoice.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"), "{printed}\n{errors}");
}

/// The commands of a page's block after a mark, and the lines that they print.
fn block(page: &str, mark: &str) -> (Vec<String>, Vec<String>) {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let (_, block) = text.split_once(mark).expect("the page has the mark");
    let (_, block) = block.split_once("```console\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let (commands, prints): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("$ "));
    let commands = commands.iter().map(|command| command["$ ".len()..].to_owned());
    (commands.collect(), prints.into_iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn logs_follow_an_upload_and_tell_no_secret() {
    let mut service = Service::start(&[]).await;
    let token = service.login().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let upload = service.upload(&token, "", &sample()).header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let place = location(&upload.send().await.unwrap());
    let resource = service.finished(&token, &place).await;
    assert_eq!(resource["trace_id"], trace);
    sent_mail(&service, &token, &place).await;
    assert!(service.terminate().await.success(), "a drained service ends well");
    let log = service.log();
    let fid = text(&resource["documents"][0]["fid"]);
    for step in ["accepted", "stored", "sent"] {
        let line = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON logs off a terminal"));
        let line = line.into_iter().find(|line| line["message"] == step).unwrap_or_else(|| panic!("no {step}: {log}"));
        assert_eq!((&line["trace_id"], &line["upload_id"]), (&trace.into(), &resource["id"]));
        assert!(step == "accepted" || line["processed_fid"] == fid, "{line}");
    }
    for secret in [token.as_str(), "password", "Harbour", "Oak shelving", "1830.6"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[tokio::test]
async fn a_second_start_goes_on_with_what_was_queued() {
    let retries = ("RETRY_DELAYS", "100ms,100ms,100ms,100ms,100ms");
    let mut service = Service::start(&[("WORKER_CONCURRENCY", "1"), ("LEASE", "6s"), retries]).await;
    let token = service.login().await;
    let mut places = Vec::new();
    for _ in 0..20 {
        places.push(location(&service.upload(&token, "?format=pdf,excel,csv", &sample()).send().await.unwrap()));
    }
    service.kill();
    service.run().await;
    for place in &places {
        assert_eq!(service.finished(&token, place).await["state"], "stored");
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_does_not_keep_the_service_alive() {
    let mut service = Service::start(&[]).await;
    service.kill();
    let mut child = service.command().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    service.wait_until_ready().await;
    service.login().await;
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    for _ in 0..2400 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.kill().unwrap();
    panic!("SIGTERM did not end it");
}

#[test]
fn a_busy_port_says_how_to_take_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let data = tempfile::TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.env("LISTEN", taken.local_addr().unwrap().to_string()).env("DATA_DIR", data.path());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("LISTEN=127.0.0.1:8081"), "{said}");
}

#[test]
fn rendering_needs_no_service() {
    let folder = tempfile::TempDir::new().unwrap();
    let (sample, german) = ("events/sample_invoice.json", "events/einvoices/xrechnung.json");
    for (file, format, magic) in [
        (sample, "pdf", "%PDF-"),
        (sample, "xlsx", "PK"),
        (sample, "csv", "invoice_number,"),
        (german, "xrechnung", "<?xml"),
        (german, "zugferd", "%PDF-"),
    ] {
        let output = folder.path().join(format);
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        command.current_dir(root()).args(["render", file, "--format", format, "-o"]).arg(&output);
        assert!(command.status().unwrap().success());
        assert!(std::fs::read(output).unwrap().starts_with(magic.as_bytes()), "{format}");
    }
}

#[test]
fn a_file_is_judged_by_the_rules_of_legal_formats() {
    let validate = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        let output = command.current_dir(root()).arg("validate").args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let german = "events/einvoices/xrechnung.json";
    let (is_right, told) = validate(&[german]);
    assert!(is_right, "nothing is required: {told}");
    assert!(told.contains("xrechnung can be issued") && told.contains("factur-x-fr cannot be issued"), "{told}");
    assert!(validate(&[german, "--format", "xrechnung,zugferd,pdf"]).0);
    let (is_right, told) = validate(&["events/sample_invoice.json", "--format", "ubl"]);
    assert!(!is_right && told.contains("[BR-09]"), "{told}");
    let folder = tempfile::TempDir::new().unwrap();
    let mut render = Command::new(env!("CARGO_BIN_EXE_local"));
    render.current_dir(root()).args(["render", "events/sample_invoice.json", "--format", "ubl", "-o"]);
    let output = render.arg(folder.path().join("never")).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("[BR-09]"));
    assert!(!folder.path().join("never").exists());
}

#[test]
fn a_watched_file_is_rendered_at_each_save() {
    let folder = tempfile::TempDir::new().unwrap();
    let (input, output) = (folder.path().join("invoice.json"), folder.path().join("invoice.csv"));
    let sample = std::fs::read_to_string(root().join("events/sample_invoice.json")).unwrap();
    let save = |text: &str| std::fs::write(&input, text).unwrap();
    save(&sample);
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.arg("render").arg(&input).args(["--format", "csv", "--watch", "-o"]).arg(&output).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let written = |word: &str| {
        let has_word = || std::fs::read_to_string(&output).is_ok_and(|text| text.contains(word));
        (0..400).any(|_| has_word() || pause())
    };
    let first = written("HP-2026-0093");
    // What cannot be read in between ends nothing.
    save("{");
    save(&sample.replace("HP-2026-0093", "HP-2026-0094"));
    let second = written("HP-2026-0094");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first && second, "first {first}, second {second}");
}

/// Waits a little; never what was waited for.
fn pause() -> bool {
    std::thread::sleep(Duration::from_millis(50));
    false
}
