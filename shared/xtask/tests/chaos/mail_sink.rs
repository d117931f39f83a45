//! A mail server that now and then refuses for a while, or drops the line before or after it has accepted a mail.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const UPLOAD: &str = "X-Invoice-Upload-Id:";
const MESSAGE: &str = "Message-ID:";

/// What arrived.
#[derive(Clone, Default)]
pub(crate) struct Received {
    /// The Message-IDs of the mails about each upload.
    pub(crate) mails: BTreeMap<String, Vec<String>>,
    /// Mails that were accepted though their senders did not hear of it.
    pub(crate) lost_replies: usize,
    pub(crate) refusals: usize,
}

pub(crate) struct MailSink {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

/// What becomes of a mail.
enum Reception {
    Accepted,
    RefusedForNow,
    DroppedBefore,
    DroppedAfter,
}

impl Reception {
    /// One mail in five meets a fault.
    fn draw(dice: &mut Rng) -> Self {
        match dice.u32(0..30) {
            0..2 => Self::RefusedForNow,
            2..4 => Self::DroppedBefore,
            4..6 => Self::DroppedAfter,
            _ => Self::Accepted,
        }
    }
}

impl MailSink {
    pub(crate) async fn start(seed: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::default());
        let (seen, dice) = (Arc::clone(&received), Arc::new(Mutex::new(Rng::with_seed(seed))));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A sender that is killed is no fault of the sink.
                tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&dice)));
            }
        });
        Ok(Self { address, received })
    }

    pub(crate) fn received(&self) -> Received {
        locked(&self.received).clone()
    }
}

fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Speaks SMTP (RFC 5321) as far as a sender needs it.
async fn serve(stream: TcpStream, received: Arc<Mutex<Received>>, dice: Arc<Mutex<Rng>>) -> std::io::Result<()> {
    const LIMIT: Duration = Duration::from_secs(60);
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut mail: Option<(String, String)> = None;
    writer.write_all(b"220 sink\r\n").await?;
    while let Some(line) = tokio::time::timeout(LIMIT, lines.next_line()).await?? {
        let Some((upload, message)) = &mut mail else {
            let answer: &[u8] = match line.as_str() {
                "DATA" => {
                    mail = Some(Default::default());
                    b"354 go on\r\n"
                }
                "QUIT" => b"221 bye\r\n",
                _ => b"250 sink\r\n",
            };
            writer.write_all(answer).await?;
            continue;
        };
        if let Some(id) = line.strip_prefix(UPLOAD) {
            id.trim().clone_into(upload);
        }
        if let Some(id) = line.strip_prefix(MESSAGE) {
            id.trim().clone_into(message);
        }
        if line != "." {
            continue;
        }
        let reception = Reception::draw(&mut locked(&dice));
        if matches!(reception, Reception::Accepted | Reception::DroppedAfter) {
            let mut received = locked(&received);
            received.mails.entry(upload.clone()).or_default().push(message.clone());
            received.lost_replies += usize::from(matches!(reception, Reception::DroppedAfter));
        }
        mail = None;
        match reception {
            Reception::Accepted => writer.write_all(b"250 accepted\r\n").await?,
            Reception::RefusedForNow => {
                locked(&received).refusals += 1;
                writer.write_all(b"451 try again later\r\n").await?;
            }
            Reception::DroppedBefore | Reception::DroppedAfter => return Ok(()),
        }
    }
    Ok(())
}
