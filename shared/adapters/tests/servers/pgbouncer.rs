//! PostgreSQL behind PgBouncer.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use adapters::contract;
use adapters::open::Database;
use pipeline::{ErrorKind, Format, RetryPolicy};
use tempfile::TempDir;
use url::Url;

use crate::postgres::Scratch;

/// Where Debian puts it, off the path of others than root; and how it is found elsewhere.
const PROGRAMS: [&str; 2] = ["/usr/sbin/pgbouncer", "pgbouncer"];

/// A proxy before the database of a test. It ends with the test.
struct PgBouncer {
    process: Child,
    url: Url,
    _folder: TempDir,
}

impl PgBouncer {
    async fn start(scratch: &Scratch, pool_mode: &str) -> Self {
        let server = Url::parse(&scratch.server).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let target = format!(
            "host={} port={} user={} password={}",
            server.host_str().unwrap(),
            server.port().unwrap_or(5432),
            server.username(),
            server.password().unwrap_or_default()
        );
        let settings = format!(
            "[databases]\n* = {target}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {pool_mode}\ndefault_pool_size = 4\n"
        );
        std::fs::write(&file, settings).unwrap();
        // It refuses to run as root, and then must be able to read its settings.
        let everybody = |path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        everybody(folder.path(), 0o755);
        everybody(&file, 0o644);
        let is_debians = std::fs::exists(PROGRAMS[0]).unwrap_or_default();
        let mut command = Command::new(PROGRAMS[usize::from(!is_debians)]);
        if std::fs::metadata("/proc/self").is_ok_and(|itself| itself.uid() == 0) {
            command.args(["-u", "postgres"]);
        }
        let process = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("pgbouncer is missing: it comes with the package pgbouncer");
        let mut url = server;
        url.set_port(Some(port)).unwrap();
        url.set_path(&scratch.name);
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, url, _folder: folder }
    }

    async fn database(&self, wishes: &str) -> Database {
        Database::open(&format!("{}?{wishes}", self.url)).await.unwrap()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_one_transaction_are_refused_with_a_sentence() {
    let Some(scratch) = Scratch::new().await else { return };
    scratch.database.migrate().await.unwrap();
    let proxy = PgBouncer::start(&scratch, "transaction").await;
    let database = proxy.database("server_limits=off").await;
    let checked = database.ledger(RetryPolicy::default()).check().await.unwrap_err();
    assert_eq!(checked.kind(), ErrorKind::Rejected, "{checked}");
    for error in [checked.to_string(), database.migrate().await.unwrap_err().to_string()] {
        assert!(error.contains("pool_mode = transaction") && error.contains("max_prepared_statements"), "{error}");
    }
    drop(proxy);
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_last_work_as_without_a_proxy() {
    let Some(scratch) = Scratch::new().await else { return };
    let proxy = PgBouncer::start(&scratch, "session").await;
    let options = proxy.database("connections=2").await.ledger(RetryPolicy::default()).check().await.unwrap_err();
    assert!(options.to_string().contains("server_limits=off"), "{options}");
    let database = proxy.database("server_limits=off&connections=2").await;
    database.migrate().await.unwrap();
    let ledger = database.ledger(RetryPolicy::default());
    ledger.check().await.unwrap();
    for _ in 0..20 {
        ledger.accept(&contract::ledger::upload(&[Format::Pdf])).await.unwrap();
    }
    database.close().await;
    drop(proxy);
    scratch.drop().await;
}
