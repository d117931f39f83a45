//! Hostile requests against the real program: each gets its documented answer, the next good request is served, and the
//! memory stays within bounds.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // It prints what it has measured.

mod attack;
mod credentials;
mod documents;
mod forms;
mod pictures;
mod requests;
#[path = "../service/mod.rs"]
mod service;
mod wire;

use attack::Target;

/// Fewer would no longer be the corpus that the project promises.
const FEWEST: usize = 150;
/// KiB. The largest upload is 5 MiB; some 100 MiB are in use before the first attack.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 512 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_gets_its_answer_and_hurts_nobody() {
    let target = Target::start().await;
    let corpus = [
        documents::attacks(&target),
        pictures::attacks(&target),
        forms::attacks(&target),
        requests::attacks(&target),
        credentials::attacks(&target),
        wire::attacks(&target),
    ];
    let corpus: Vec<_> = corpus.into_iter().flatten().collect();
    let count = corpus.len();
    assert!(count >= FEWEST, "{count} attacks");
    let mut wrong = Vec::new();
    for attack in corpus {
        let name = attack.name.clone();
        if let Err(found) = target.suffer(attack).await {
            wrong.push(format!("{name}: {found}"));
        }
        target.serves_a_good_request_after(&name).await;
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    let log = target.service.log();
    assert!(!log.contains("panicked") && !log.contains("\"level\":\"ERROR\""), "{log}");
    #[cfg(target_os = "linux")]
    {
        let peak = target.service.peak_memory();
        println!("{count} attacks, at most {} MiB in use", peak / 1024);
        assert!(peak < MOST_MEMORY, "{peak} KiB");
    }
}
