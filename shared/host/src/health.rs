use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(3);
/// A longer answer is none of ours.
const LONGEST_ANSWER: u64 = 4096;

/// Why the process is not taken for healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// Nobody answers there.
    #[error("http://{0}/healthz: {1}")]
    NoAnswer(SocketAddr, io::Error),
    /// Somebody is there and says nothing.
    #[error("http://{0}/healthz: no answer within {LIMIT:?}")]
    Late(SocketAddr),
    /// The answer is another one than 200.
    #[error("http://{0}/healthz: answered {1:?}")]
    Status(SocketAddr, String),
}

/// Asks the process that listens on this address of this machine whether it lives: `GET /healthz`, for at most 3 s.
///
/// # Errors
/// It does not answer, or not with 200.
pub async fn ask_health(listen: SocketAddr) -> Result<(), Unhealthy> {
    let address = reachable(listen);
    let answer = tokio::time::timeout(LIMIT, get(address)).await.map_err(|_| Unhealthy::Late(address))?;
    let answer = answer.map_err(|error| Unhealthy::NoAnswer(address, error))?;
    let status = answer.lines().next().unwrap_or_default();
    match status.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(Unhealthy::Status(address, status.to_owned())),
    }
}

/// One that listens on all addresses is reached by the loopback's.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// HTTP/1.0: the connection's end is the answer's.
async fn get(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET /healthz HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::Router;
    use axum::routing::get;
    use http::StatusCode;

    use super::{Unhealthy, ask_health, reachable};
    use crate::{KEEP_ALIVE, Shutdown, bind, serve};

    async fn health_of(router: Router) -> Result<(), Unhealthy> {
        let (listener, shutdown) = (bind("127.0.0.1:0".parse().unwrap()).await.unwrap(), Shutdown::new());
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve(listener, router, KEEP_ALIVE, shutdown.clone()));
        let health = ask_health(address).await;
        shutdown.cancel();
        server.await.unwrap();
        health
    }

    #[tokio::test]
    async fn only_a_process_that_says_so_is_healthy() {
        health_of(Router::new().route("/healthz", get(|| async { "ok\n" }))).await.unwrap();
        let ill = Router::new().route("/healthz", get(|| async { StatusCode::SERVICE_UNAVAILABLE }));
        let error = health_of(ill).await.unwrap_err().to_string();
        assert!(error.contains("/healthz") && error.contains("503"), "{error}");
    }

    #[tokio::test]
    async fn nobody_there_is_told() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(matches!(ask_health(address).await, Err(Unhealthy::NoAnswer(..))));
    }

    #[tokio::test]
    async fn who_says_nothing_is_given_up() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        assert!(matches!(ask_health(address).await, Err(Unhealthy::Late(_))));
    }

    #[test]
    fn all_addresses_are_reached_by_the_loopbacks() {
        for (listen, asked) in [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.3:80", "10.0.0.3:80")]
        {
            assert_eq!(reachable(listen.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
