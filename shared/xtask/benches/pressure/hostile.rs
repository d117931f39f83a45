//! Clients that mean harm: they hold connections, drip their requests, and send without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

const IDLE: usize = 1000;
const SLOW_HEADERS: usize = 200;
const SLOW_BODIES: usize = 100;
const ENDLESS_BYTES: u64 = 2 << 30;

/// They go on until they are ended.
pub(crate) struct Clients {
    clients: JoinSet<()>,
    cut_off: Arc<AtomicUsize>,
    endless: JoinHandle<anyhow::Result<Endless>>,
}

/// What became of a body without end.
struct Endless {
    status: String,
    sent: u64,
}

pub(crate) async fn start(base: &str, token: &str) -> anyhow::Result<Clients> {
    let address = base.strip_prefix("http://").context("it is plain HTTP")?.to_owned();
    let (mut clients, cut_off) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
    let begin = "POST /invoices HTTP/1.1\r\nHost: pressure\r\n";
    let upload = format!("{begin}Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    for _ in 0..IDLE {
        clients.spawn(drip(connect(&address).await?, String::new(), None, Arc::clone(&cut_off)));
    }
    for _ in 0..SLOW_HEADERS {
        clients.spawn(drip(connect(&address).await?, begin.to_owned(), Some(b'X'), Arc::clone(&cut_off)));
    }
    for _ in 0..SLOW_BODIES {
        let slow = format!("{upload}Content-Length: 100000\r\n\r\n");
        clients.spawn(drip(connect(&address).await?, slow, Some(b' '), Arc::clone(&cut_off)));
    }
    let chunked = format!("{upload}Transfer-Encoding: chunked\r\n\r\n");
    let endless = tokio::spawn(pour(connect(&address).await?, chunked));
    Ok(Clients { clients, cut_off, endless })
}

impl Clients {
    /// Ends them and tells what the gateway did to them.
    pub(crate) async fn end(mut self) -> anyhow::Result<String> {
        self.clients.abort_all();
        let Endless { status, sent } = self.endless.await??;
        ensure!(status.contains(" 413 "), "a body of 2 GiB was answered {status:?}");
        ensure!(sent < ENDLESS_BYTES / 4, "a body of 2 GiB was taken for {} MiB", sent >> 20);
        let all = IDLE + SLOW_HEADERS + SLOW_BODIES;
        let cut_off = self.cut_off.load(Ordering::Relaxed);
        Ok(format!(
            "{cut_off} of {all} idle and slow clients were cut off; 2 GiB were refused after {} KiB",
            sent >> 10
        ))
    }
}

async fn connect(address: &str) -> anyhow::Result<TcpStream> {
    Ok(TcpStream::connect(address).await?)
}

/// Sends the beginning, then one byte a second, or none, until the gateway has enough of it.
async fn drip(mut stream: TcpStream, begin: String, byte: Option<u8>, cut_off: Arc<AtomicUsize>) {
    let dripping = async {
        stream.write_all(begin.as_bytes()).await?;
        let (mut reader, mut writer) = stream.split();
        let mut answer = [0; 512];
        loop {
            tokio::select! {
                read = reader.read(&mut answer) => if read? == 0 { return std::io::Result::Ok(()) },
                () = sleep(Duration::from_secs(1)) => if let Some(byte) = byte { writer.write_all(&[byte]).await? },
            }
        }
    };
    // Whether it ends by an answer or by a reset, it is over.
    let _ = dripping.await;
    cut_off.fetch_add(1, Ordering::Relaxed);
}

/// Sends chunks until the gateway answers or hangs up.
async fn pour(mut stream: TcpStream, begin: String) -> anyhow::Result<Endless> {
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend([b' '; 0x1_0000]);
    chunk.extend(b"\r\n");
    stream.write_all(begin.as_bytes()).await?;
    let (mut reader, mut writer) = stream.split();
    let (mut answer, mut sent) = (vec![0; 512], 0);
    let read = loop {
        tokio::select! {
            biased;
            read = reader.read(&mut answer) => break read,
            written = writer.write_all(&chunk) => match written {
                Ok(()) if sent < ENDLESS_BYTES => sent += 0x1_0000,
                // What was answered before the reset can still be read.
                _ => break reader.read(&mut answer).await,
            },
        }
    };
    let read = read.context("no answer to a body of 2 GiB")?;
    let status = String::from_utf8_lossy(&answer[..read]).lines().next().unwrap_or_default().to_owned();
    Ok(Endless { status, sent })
}
