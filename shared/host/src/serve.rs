use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::HeaderValue;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use crate::Shutdown;
use crate::connection::{Connection, Waiting};
use crate::requests::observed;

/// How long a connection is kept for its next request, where the setting `KEEP_ALIVE` does not say otherwise.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Connections at a time; further ones wait in the operating system's queue.
const MOST_CONNECTIONS: usize = 4096;
/// After a failed accept, such as when file descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("{0} is in use by another program. Take another address, for example: LISTEN=127.0.0.1:8081")]
    InUse(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {address} (setting LISTEN): {source}")]
    Other {
        /// The address.
        address: SocketAddr,
        /// The operating system's reason.
        source: io::Error,
    },
}

/// Opens the listening socket.
///
/// # Errors
/// The address is in use or not ours.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse(address),
        _ => BindError::Other { address, source },
    })
}

/// Serves a router until shutdown and for its delay, then lets requests in flight end, until its deadline.
///
/// A connection is kept for so long after its last request. Each request carries `ConnectInfo<SocketAddr>`, the client's
/// address, and what [`observed`] gives it.
pub async fn serve(listener: TcpListener, router: Router, keep_alive: Duration, shutdown: Shutdown) {
    let router = observed(router);
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    while let Some((stream, peer, place)) = shutdown.run_until_closed(accept(&listener, &connections)).await {
        let (router, watcher, shutdown) = (router.clone(), graceful.watcher(), shutdown.clone());
        let waiting = Waiting::new(keep_alive);
        tokio::spawn(async move {
            serve_connection(stream, waiting, peer, router, watcher, shutdown).await;
            drop(place);
        });
    }
    drop(listener);
    if shutdown.run_until_deadline(graceful.shutdown()).await.is_none() {
        tracing::warn!("requests still in flight at the deadline are dropped");
    }
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // It is never closed, so a place always comes.
    let place = Arc::clone(connections).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    waiting: Waiting,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    shutdown: Shutdown,
) {
    let connection = Connection::new(stream, waiting.clone());
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        waiting.begin_exchange();
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request.map(Body::new));
        let (waiting, shutdown) = (waiting.clone(), shutdown.clone());
        async move {
            let mut answer = answer.await.map(|answer| waiting.end_with(answer));
            // Its client goes elsewhere with the next request, instead of losing it to a connection that closes.
            if let (Ok(answer), true) = (&mut answer, shutdown.is_cancelled()) {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            answer
        }
    });
    let connection =
        http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(connection), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
