//! A mail server that says what a test wants it to, in plain text.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server says to a line: the verb of a command, `CONNECT`, or `TEXT` for a mail's text. Nothing where it
/// hangs up.
pub(super) type Answers = fn(&str) -> Option<&'static str>;

/// The server says nothing any more, and stays.
pub(super) const SILENCE: Option<&str> = Some("");

pub(super) struct Script {
    pub(super) port: u16,
    /// The lines that it heard.
    heard: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(super) async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(talk(client, answers, Arc::clone(&hearing)));
            }
        });
        Self { port, heard }
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// The answers of a server that takes everything.
pub(super) fn willing(verb: &str) -> Option<&'static str> {
    Some(match verb {
        "CONNECT" => "220 ready",
        "EHLO" => "250-here\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
        "AUTH" => "235 welcome",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 so be it",
    })
}

async fn talk(client: TcpStream, answers: Answers, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut client = BufReader::new(client);
    let mut verb = "CONNECT".to_owned();
    loop {
        let answer = answers(&verb)?;
        if answer.is_empty() {
            std::future::pending::<()>().await;
        }
        client.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        if verb == "DATA" && answer.starts_with("354") {
            while hear(&mut client, &heard).await? != "." {}
            verb = "TEXT".to_owned();
            continue;
        }
        let line = hear(&mut client, &heard).await?;
        verb = line.split([' ', ':']).next().unwrap_or_default().to_owned();
    }
}

async fn hear(client: &mut BufReader<TcpStream>, heard: &Mutex<Vec<String>>) -> Option<String> {
    let mut line = String::new();
    let bytes = client.read_line(&mut line).await.ok()?;
    let line = line.trim_end().to_owned();
    heard.lock().unwrap().push(line.clone());
    (bytes > 0).then_some(line)
}
