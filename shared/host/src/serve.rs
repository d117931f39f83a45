use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::Shutdown;

/// How long requests in flight may take after shutdown began.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

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

/// Serves a router until shutdown, then lets requests in flight end, for at most 20 s.
///
/// # Errors
/// The listening socket fails.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    tokio::select! {
        served = server => served,
        () = drain_limit(shutdown) => {
            tracing::warn!("requests still in flight after {DRAIN_LIMIT:?} are dropped");
            Ok(())
        }
    }
}

async fn drain_limit(shutdown: Shutdown) {
    shutdown.cancelled().await;
    tokio::time::sleep(DRAIN_LIMIT).await;
}
