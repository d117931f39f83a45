//! A mail server that accepts every mail and is slow to say so.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::LIMIT;

const UPLOAD: &str = "X-Invoice-Upload-Id: ";

pub(crate) struct MailServer {
    address: SocketAddr,
    /// The uploads of the mails that it accepted.
    accepted: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    /// It answers to a mail's text after this time, and never where there is none.
    pub(crate) async fn start(answers_after: Option<Duration>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(Mutex::default());
        let accepting = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, answers_after, Arc::clone(&accepting)));
            }
        });
        Self { address, accepted }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// How many mails about an upload it accepted.
    pub(crate) fn accepted(&self, upload: &str) -> usize {
        self.accepted.lock().unwrap().iter().filter(|accepted| *accepted == upload).count()
    }

    pub(crate) async fn has_accepted(&self, upload: &str, count: usize) {
        let begun = Instant::now();
        while self.accepted(upload) < count {
            assert!(begun.elapsed() < LIMIT, "{} mails instead of {count}", self.accepted(upload));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn serve(
    client: TcpStream,
    answers_after: Option<Duration>,
    accepted: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let (reader, mut writer) = client.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut upload = None;
    writer.write_all(b"220 ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let is_text = upload.is_some();
        if let (Some(upload), Some(id)) = (&mut upload, line.strip_prefix(UPLOAD)) {
            id.clone_into(upload);
        }
        let answer = match line.as_str() {
            "DATA" if !is_text => {
                upload = Some(String::new());
                "354 go on\r\n"
            }
            "." => {
                accepted.lock().unwrap().extend(upload.take());
                match answers_after {
                    Some(time) => tokio::time::sleep(time).await,
                    None => std::future::pending().await,
                }
                "250 accepted\r\n"
            }
            _ if is_text => continue,
            _ => "250 so be it\r\n",
        };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
