//! One machine whose disk fills up, whose operator takes copies, and whose database is lost.
#![allow(clippy::unwrap_used)]

mod service;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use reqwest::StatusCode;
use service::{LIMIT, Service, location, sample};
use tempfile::TempDir;

/// A disk of 48 MiB, in memory. It goes when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where the test may not mount one: adapters' own tests of full disks need no rights.
    #[allow(clippy::print_stdout)] // For the person who reads the test's output.
    fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"]).arg(folder.path()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        println!("passed over: only root can mount a small disk");
        None
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Leaves `bytes` bytes free.
    fn fill(&self, left: u64) {
        let mut file = File::options().create(true).append(true).open(self.filler()).unwrap();
        for bytes in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![0; bytes]).is_ok() {}
        }
        file.set_len(file.metadata().unwrap().len().saturating_sub(left)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What is still in use goes with its last user.
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stdout)] // For the person who reads the test's output.
async fn a_disk_that_was_full_for_a_moment_stops_nothing() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.0.path().join("data");
    let settings = [("DATA_DIR", folder.to_str().unwrap()), ("LEASE", "6s"), ("SWEEP_PERIOD", "300ms")];
    let service = Service::start(&settings).await;
    let token = service.login().await;
    let upload = || service.post_json(&token, "/invoices?format=pdf,csv", sample()).send();
    let mut accepted = Vec::new();
    for _ in 0..5 {
        accepted.push(location(&upload().await.unwrap()));
    }
    let mut refused = 0;
    for _ in 0..5 {
        // With more room left it is a later step that finds none: the blob, the database's log, a document, a mail.
        for pages in 0..12 {
            disk.fill(pages << 12);
            let answer = upload().await.unwrap();
            match answer.status() {
                StatusCode::ACCEPTED => accepted.push(location(&answer)),
                StatusCode::SERVICE_UNAVAILABLE => refused += 1,
                other => panic!("{other}: {}", service.log()),
            }
        }
        fs::remove_file(disk.filler()).unwrap();
        let begun = Instant::now();
        loop {
            let answer = upload().await.unwrap();
            if answer.status() == StatusCode::ACCEPTED {
                accepted.push(location(&answer));
                break;
            }
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(begun.elapsed() < LIMIT, "never again: {}", service.log());
        }
        println!("accepted again after {:?}", begun.elapsed());
    }
    assert!(refused > 0, "the disk was never full");
    let mut together = tokio::task::JoinSet::new();
    for _ in 0..40 {
        together.spawn(upload());
    }
    for answer in together.join_all().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{}", service.log());
        accepted.push(location(&answer));
    }
    for place in &accepted {
        assert_eq!(service.finished(&token, place).await["state"], "stored", "{}", service.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_clean_stop_a_copy_of_the_database_is_whole() {
    let mut service = Service::start(&[]).await;
    let token = service.login().await;
    let name = "invoices.sqlite3";
    let mut places = Vec::new();
    for _ in 0..5 {
        for _ in 0..10 {
            places.push(location(&service.post_json(&token, "/invoices?format=csv", sample()).send().await.unwrap()));
        }
        for place in &places {
            service.finished(&token, place).await;
        }
        assert!(service.terminate().await.success());
        assert!(!service.data.path().join(format!("{name}-wal")).exists(), "what it has is not in the file");
        let listed = service.command().args(["user", "list"]).stdout(Stdio::null()).status().unwrap();
        assert!(listed.success());
        assert!(!service.data.path().join(format!("{name}-wal")).exists(), "nor is it after a command");
        service.run().await;
    }
    assert!(service.terminate().await.success());
    let copy = TempDir::new().unwrap();
    fs::copy(service.data.path().join(name), copy.path().join(name)).unwrap();
    copy_folder(&service.data.path().join("documents"), &copy.path().join("documents"));
    fs::copy(service.data.path().join("token-keys.pem"), copy.path().join("token-keys.pem")).unwrap();
    service.settings.insert("DATA_DIR".to_owned(), copy.path().to_str().unwrap().to_owned());
    service.run().await;
    for place in &places {
        let resource = service.finished(&token, place).await;
        assert_eq!(resource["state"], "stored", "{resource}");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_missing_beside_documents_is_not_begun_anew() {
    let mut service = Service::start(&[]).await;
    let token = service.login().await;
    let place = location(&service.post_json(&token, "/invoices?format=csv", sample()).send().await.unwrap());
    service.finished(&token, &place).await;
    assert!(service.terminate().await.success());
    let file = service.data.path().join("invoices.sqlite3");
    let kept = fs::read(&file).unwrap();
    let refused = |service: &Service, command: &[&str]| {
        let ended = service.command().args(command).output().unwrap();
        let told = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert!(!ended.status.success() && told.contains("missing or empty") && told.contains("copy"), "{told}");
    };
    fs::remove_file(&file).unwrap();
    for command in [["serve"].as_slice(), &["user", "list"]] {
        refused(&service, command);
        assert!(!file.exists(), "nothing is made that a copy would have to overwrite");
    }
    fs::write(&file, "").unwrap();
    refused(&service, &["serve"]);
    fs::write(&file, kept).unwrap();
    service.run().await;
    assert_eq!(service.finished(&token, &place).await["state"], "stored");
}
