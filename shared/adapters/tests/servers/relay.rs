//! A way to a server that a test cuts or clogs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of the connections that are open. Later ones are not concerned.
#[derive(Clone, Copy)]
pub(crate) enum Mishap {
    /// They are closed.
    Cut,
    /// They stay open and carry nothing any more.
    Clogged,
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    mishap: watch::Sender<Option<Mishap>>,
    answers: Arc<Answers>,
    refuses: Arc<AtomicBool>,
}

/// What the server said, over all connections.
struct Answers {
    count: AtomicUsize,
    /// The answer that the client does not get: its connection is closed instead.
    lost: AtomicUsize,
}

impl Relay {
    pub(crate) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mishap, _) = watch::channel(None);
        let answers = Arc::new(Answers { count: AtomicUsize::new(0), lost: AtomicUsize::new(0) });
        let refuses = Arc::new(AtomicBool::new(false));
        let (watched, counted, refusing) = (mishap.clone(), Arc::clone(&answers), Arc::clone(&refuses));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if refusing.load(Ordering::SeqCst) {
                    continue;
                }
                tokio::spawn(carry(client, server, watched.subscribe(), Arc::clone(&counted)));
            }
        });
        Self { port, mishap, answers, refuses }
    }

    /// Lets the client never get an answer from now on: the first, second, …
    pub(crate) fn lose_answer(&self, which: usize) {
        self.answers.lost.store(self.answers.count.load(Ordering::SeqCst) + which, Ordering::SeqCst);
    }

    /// Closes every connection, and each new one at once.
    pub(crate) fn cut(&self) {
        self.refuses.store(true, Ordering::SeqCst);
        self.strike(Mishap::Cut);
    }

    /// Takes connections again.
    pub(crate) fn mend(&self) {
        self.refuses.store(false, Ordering::SeqCst);
    }

    pub(crate) fn strike(&self, mishap: Mishap) {
        self.mishap.send_replace(Some(mishap));
    }
}

async fn carry(
    mut client: TcpStream,
    server: u16,
    mut happens: watch::Receiver<Option<Mishap>>,
    answers: Arc<Answers>,
) {
    let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
    let ((mut from_client, to_client), (from_server, mut to_server)) = (client.split(), server.split());
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => return,
        () = answer(from_server, to_client, &answers) => return,
        _ = happens.changed() => {}
    }
    let mishap = *happens.borrow();
    if matches!(mishap, Some(Mishap::Clogged)) {
        std::future::pending::<()>().await;
    }
}

/// Carries answers until one is to be lost.
async fn answer(mut server: ReadHalf<'_>, mut client: WriteHalf<'_>, answers: &Answers) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = server.read(&mut buffer).await {
        let number = answers.count.fetch_add(1, Ordering::SeqCst) + 1;
        if number == answers.lost.load(Ordering::SeqCst) || client.write_all(&buffer[..bytes]).await.is_err() {
            return;
        }
    }
}

/// A port that takes connections and never says a word, as long as the listener lives.
pub(crate) async fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port where nobody listens.
pub(crate) async fn closed() -> u16 {
    silent().await.1
}
