//! The smallest mail server that a notifier can talk to: it costs next to nothing, so that the pack is measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// Counts what it is sent (RFC 5321 as far as a sender needs it).
pub(crate) struct MailSink {
    pub(crate) address: SocketAddr,
    received: Arc<AtomicUsize>,
}

impl MailSink {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let received = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A sender that hangs up is no fault.
                tokio::spawn(serve(stream, Arc::clone(&counter)));
            }
        });
        Ok(Self { address, received })
    }

    /// Waits for this number of mails since its start.
    pub(crate) async fn received(&self, count: usize, limit: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + limit;
        while self.received.load(Ordering::Relaxed) < count {
            let received = self.received.load(Ordering::Relaxed);
            ensure!(Instant::now() < deadline, "only {received} of {count} mails arrived");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

async fn serve(stream: TcpStream, received: Arc<AtomicUsize>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader);
    let (mut line, mut in_data) = (String::new(), false);
    writer.write_all(b"220 sink\r\n").await?;
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match (in_data, line.trim_end()) {
            (true, ".") => {
                in_data = false;
                received.fetch_add(1, Ordering::Relaxed);
                b"250 accepted\r\n"
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                b"354 go on\r\n"
            }
            (false, "QUIT") => b"221 bye\r\n",
            (false, _) => b"250 sink\r\n",
        };
        writer.write_all(answer).await?;
    }
}
