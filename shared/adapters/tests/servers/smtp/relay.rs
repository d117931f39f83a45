//! A way to a server that a test cuts or clogs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of the connections that are open. Later ones are not concerned.
#[derive(Clone, Copy)]
pub(super) enum Mishap {
    /// They are closed.
    Cut,
    /// They stay open and carry nothing any more.
    Clogged,
}

pub(super) struct Relay {
    pub(super) port: u16,
    mishap: watch::Sender<Option<Mishap>>,
    connections: Arc<AtomicUsize>,
}

impl Relay {
    pub(super) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mishap, _) = watch::channel(None);
        let connections = Arc::new(AtomicUsize::new(0));
        let (watched, counted) = (mishap.clone(), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let mut happens = watched.subscribe();
                tokio::spawn(async move { carry(client, server, &mut happens).await });
            }
        });
        Self { port, mishap, connections }
    }

    pub(super) fn strike(&self, mishap: Mishap) {
        self.mishap.send_replace(Some(mishap));
    }

    /// How many connections there were.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn carry(mut client: TcpStream, server: u16, happens: &mut watch::Receiver<Option<Mishap>>) {
    let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => return,
        _ = happens.changed() => {}
    }
    let mishap = *happens.borrow();
    if matches!(mishap, Some(Mishap::Clogged)) {
        std::future::pending::<()>().await;
    }
}
