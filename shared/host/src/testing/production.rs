//! What every program does with `APP_ENV=production`.

use std::process::Stdio;

use tempfile::TempDir;

use super::{Program, command, wait};

/// Everything that a program may need, none of it weak; nobody answers there. The signing key is that of RFC 8037,
/// appendix A.1.
const STRONG: [(&str, &str); 9] = [
    ("APP_ENV", "production"),
    ("DATABASE_URL", "postgres://user:hush@127.0.0.1:9/invoices?sslmode=verify-full"),
    ("DOCUMENTS_URL", "mongodb://user:hush@127.0.0.1:9/invoices?tls=true"),
    ("BROKER_URL", "amqps://user:hush@127.0.0.1:9"),
    ("MAIL_URL", "smtps://user:hush@127.0.0.1:9"),
    ("PUBLIC_URL", "https://invoices.example.com"),
    ("AUTH_URL", "http://127.0.0.1:9"),
    ("TOKEN_KEYS", "a:MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"),
    ("LINK_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
];

/// Each one too weak.
const WEAK: [(&str, &str); 18] = [
    ("DATABASE_URL", "postgres://user:hush@db.example.com/invoices"),
    ("DATABASE_URL", "postgres://user:hush@db.example.com/invoices?sslmode=require"),
    ("DATABASE_URL", "sqlite:///data/invoices.sqlite3"),
    ("DOCUMENTS_URL", "mongodb://user:hush@db.example.com/invoices"),
    ("DOCUMENTS_URL", "mongodb://user:hush@db.example.com/invoices?tls=true&tlsInsecure=true"),
    ("DOCUMENTS_URL", "mongodb://user:hush@db.example.com/invoices?tls=true&tlsAllowInvalidCertificates=true"),
    ("DOCUMENTS_URL", "s3://invoices?endpoint=http://s3.example.com"),
    ("DOCUMENTS_URL", "file:///data/documents"),
    ("BROKER_URL", "amqp://user:hush@mq.example.com"),
    ("BROKER_URL", "sqlite:///data/invoices.sqlite3"),
    ("MAIL_URL", "smtp://user:hush@mail.example.com"),
    ("MAIL_URL", "ses://eu-central-1?endpoint=http://mail.example.com"),
    ("MAIL_URL", "file:///data/mails"),
    ("PUBLIC_URL", "http://invoices.example.com"),
    ("LINK_KEYS", "a:aHVzaA=="),
    ("LINK_KEYS", "hush"),
    ("AWS_ENDPOINT_URL", "http://s3.example.com"),
    ("APP_ENV", "prod"),
];

/// Proves that a program does not start with a weak setting, nor without one of those that it `needs`, and says which.
pub fn refuses_what_is_weak(binary: &str, needs: &[&str]) {
    for (name, weak) in WEAK {
        let others = STRONG.iter().filter(|(other, _)| *other != name);
        refuses(binary, &others.copied().chain([(name, weak)]).collect::<Vec<_>>(), name);
    }
    for missing in needs {
        // What verifies tokens is one of three.
        let gone = |name: &str| name == *missing || (*missing == "TOKEN_KEYS" && name == "AUTH_URL");
        let others: Vec<_> = STRONG.into_iter().filter(|(name, _)| !gone(name)).collect();
        refuses(binary, &others, missing);
    }
}

/// Proves that a program does not start with these settings and names this one, without a secret.
pub fn refuses(binary: &str, settings: &[(&str, &str)], name: &str) {
    let folder = TempDir::new().unwrap();
    let mut command = command(binary, settings);
    let command = command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.env("LISTEN", "127.0.0.1:9").spawn().unwrap();
    let ended = wait(&mut child);
    let _ = child.kill();
    let told = child.wait_with_output().unwrap().stderr;
    let told = String::from_utf8_lossy(&told);
    assert!(ended.is_some_and(|status| !status.success()), "it starts with {settings:?}: {told}");
    assert!(told.contains(&format!("{name}:")), "{name} is not named: {told}");
    assert!(!told.contains("hush") && !told.contains("aHVzaA"), "a secret is told: {told}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing is made");
}

/// Proves that a program with strong settings starts although no server answers, says what it waits for, and ends well.
pub fn starts_and_waits(binary: &str, settings: &[&str]) {
    let mut program = Program::start(binary, &STRONG);
    let _ = program.answers("/healthz", 200);
    assert!(program.health(binary).success());
    let unready = program.answers("/readyz", 503).body;
    assert!(!unready.contains("true"), "{unready}");
    for setting in settings {
        program.eventually(&format!("{setting} is named"), || program.log().contains(setting).then_some(()));
    }
    assert!(!program.log().contains("hush"), "{}", program.log());
    assert!(program.terminate().0.success(), "{}", program.log());
}
