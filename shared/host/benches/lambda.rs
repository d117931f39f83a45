//! What the functions cost as Lambdas: `cargo xtask bench lambda` builds them and starts this.
//!
//! Their settings name servers of every kind, and nobody answers there: clients are made, and nothing is fetched.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use host::testing::{Lambda, event};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The signing key of RFC 8037, appendix A.1.
const SIGNING_KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const PUBLIC_URL: &str = "https://invoices.example.com";

/// What a function is asked, which needs none of its servers, and what it may cost.
struct Subject {
    name: &'static str,
    largest_zip: f64,
    /// Handed to it once and then again and again.
    event: Value,
}

/// What Lambda bills, or a client waits for.
struct Cost {
    binary: u64,
    zip: u64,
    init: Duration,
    first: Duration,
    warm: Duration,
    resident: f64,
}

/// The most of everything but the zip.
const INIT: Duration = Duration::from_millis(10);
const FIRST: Duration = Duration::from_millis(20);
const WARM: Duration = Duration::from_micros(500);
const RESIDENT: f64 = 24.0;

#[derive(Parser)]
struct Arguments {
    /// The folder of the functions' programs for this machine, which are started.
    #[arg(long)]
    binaries: PathBuf,
    /// The folder of the programs that a deploy packs, as cargo-lambda leaves them: those are for Lambda's processors.
    #[arg(long)]
    deployed: PathBuf,
    /// Only this function.
    #[arg(long)]
    function: Option<String>,
    /// How many starts are measured.
    #[arg(long, default_value_t = 15)]
    starts: usize,
    /// How many warm invocations are measured.
    #[arg(long, default_value_t = 500)]
    invocations: usize,
    /// What cargo gives every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut missed = Vec::new();
    println!("function   program MB   zip MB   init ms   first ms   warm ms   idle MiB");
    for subject in
        subjects().into_iter().filter(|subject| arguments.function.as_deref().is_none_or(|only| only == subject.name))
    {
        let cost = measure(&subject, &arguments);
        print(&subject, &cost);
        missed.extend(missed_aims(&subject, &cost));
    }
    println!("aims             –   10, auth 4        10         20       0.5         24");
    for miss in &missed {
        println!("missed: {miss}");
    }
    ExitCode::from(u8::from(!missed.is_empty()))
}

fn subjects() -> Vec<Subject> {
    // A batch whose one message is none: it is dropped without a look into the ledger.
    let batch = |function: &str| {
        let mut event = event(function, "one_message", &[]);
        let queue = event["rmqMessagesByQueue"].as_object_mut().unwrap().values_mut().next().unwrap();
        queue[0]["data"] = json!(STANDARD.encode("no message"));
        event
    };
    let subject = |name, largest_zip, event| Subject { name, largest_zip, event };
    vec![
        subject("auth", 4.0, event("auth", "jwks", &[])),
        // An address in S3: its client is made, and signs.
        subject("gateway", 10.0, event("gateway", "uploads", &[("TOKEN", &token())])),
        subject("worker", 10.0, batch("worker")),
        subject("notifier", 10.0, batch("notifier")),
        // Everything else asks the ledger.
        subject("sweeper", 10.0, json!({ "chore": "none" })),
    ]
}

fn measure(subject: &Subject, arguments: &Arguments) -> Cost {
    let binary = arguments.binaries.join(subject.name);
    let data = TempDir::new().unwrap();
    let settings = settings(data.path());
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (mut inits, mut firsts, mut warm, mut resident) = (Vec::new(), Vec::new(), Duration::ZERO, 0.0);
    for start in 0..arguments.starts {
        let begun = Instant::now();
        let lambda = Lambda::start(binary.to_str().unwrap(), &settings);
        inits.push(lambda.asks() - begun);
        firsts.push(invoke(&lambda, subject));
        if start + 1 == arguments.starts {
            warm = median((0..arguments.invocations).map(|_| invoke(&lambda, subject)).collect());
            resident = resident_mib(lambda.program.id());
        }
    }
    let deployed = arguments.deployed.join(subject.name).join("bootstrap");
    let zip = zip(&deployed, data.path());
    Cost { binary: size(&deployed), zip, init: median(inits), first: median(firsts), warm, resident }
}

/// From the event to the outcome.
fn invoke(lambda: &Lambda, subject: &Subject) -> Duration {
    let begun = Instant::now();
    let outcome = lambda.invoke(&subject.event);
    let took = begun.elapsed();
    let status = outcome.as_ref().ok().and_then(|answer| answer["statusCode"].as_u64());
    let expected = match subject.name {
        "auth" => status == Some(200),
        "gateway" => status == Some(201),
        "sweeper" => outcome.is_err(),
        _ => outcome.is_ok(),
    };
    assert!(expected, "{}: {outcome:?}\n{}", subject.name, lambda.program.log());
    // It is idle again.
    let _ = lambda.asks();
    took
}

/// As template.yaml has them.
fn settings(data: &Path) -> Vec<(&'static str, String)> {
    let fixed = [
        ("FONTS_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/../render/fonts/east-asian")),
        ("APP_ENV", "production"),
        ("DATABASE_URL", "postgres://user:hush@127.0.0.1:9/invoices?sslmode=verify-full&connections=2"),
        ("DOCUMENTS_URL", "s3://invoices/documents?region=eu-central-1"),
        ("BROKER_URL", "amqps://user:hush@127.0.0.1:9?heartbeat=0"),
        ("MAIL_URL", "ses://eu-central-1"),
        ("MAIL_FROM", "invoices@example.com"),
        ("PUBLIC_URL", PUBLIC_URL),
        ("LINK_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
    ];
    let mut settings: Vec<(&str, String)> = fixed.map(|(name, value)| (name, value.to_owned())).into();
    settings.push(("DATA_DIR", data.display().to_string()));
    settings.push(("TOKEN_KEYS", format!("a:{SIGNING_KEY}")));
    let mut public = Jwk::from_encoding_key(&signing_key(), Algorithm::EdDSA).unwrap();
    public.common.key_id = Some("a".to_owned());
    settings.push(("TOKEN_JWKS", serde_json::to_string(&JwkSet { keys: vec![public] }).unwrap()));
    settings
}

fn signing_key() -> EncodingKey {
    EncodingKey::from_ed_der(&STANDARD.decode(SIGNING_KEY).unwrap())
}

/// A token of somebody who may upload: it is verified by its key alone.
fn token() -> String {
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({
        "iss": PUBLIC_URL,
        "aud": "invoices",
        "sub": "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11",
        "email": "test@example.com",
        "roles": ["user"],
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "jti": "5f0c8a4e-5b0a-4c5e-9d38-6d1f3b8f2c11",
    });
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("a".to_owned());
    jsonwebtoken::encode(&header, &claims, &signing_key()).unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn size(file: &Path) -> u64 {
    file.metadata().unwrap().len()
}

/// The size of the archive that is deployed: the program, deflated.
fn zip(bootstrap: &Path, folder: &Path) -> u64 {
    let archive = folder.join("bootstrap.zip");
    let zipped = Command::new("python3").args(["-m", "zipfile", "-c"]).arg(&archive).arg(bootstrap).status();
    assert!(zipped.unwrap().success());
    size(&archive)
}

/// The memory that a process holds (`VmRSS` of proc(5)).
fn resident_mib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn print(subject: &Subject, cost: &Cost) {
    println!(
        "{:<8}   {:>10.1}   {:>6.1}   {:>7.1}   {:>8.1}   {:>7.2}   {:>8.1}",
        subject.name,
        megabytes(cost.binary),
        megabytes(cost.zip),
        milliseconds(cost.init),
        milliseconds(cost.first),
        milliseconds(cost.warm),
        cost.resident,
    );
}

fn missed_aims(subject: &Subject, cost: &Cost) -> Vec<String> {
    let name = subject.name;
    let mut missed = Vec::new();
    if megabytes(cost.zip) > subject.largest_zip {
        missed.push(format!("{name}'s zip"));
    }
    for (what, took, most) in [("init", cost.init, INIT), ("first", cost.first, FIRST), ("warm", cost.warm, WARM)] {
        if took > most {
            missed.push(format!("{name}'s {what}"));
        }
    }
    if cost.resident > RESIDENT {
        missed.push(format!("{name}'s idle memory"));
    }
    missed
}
