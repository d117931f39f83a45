//! How long a connection may wait for a request, and a request for its headers.
//!
//! hyper has one limit for both. But a load balancer keeps its connections for longer than a client may take for headers:
//! were ours closed first, a request that is just under way would find it closed, and no client dares to send a POST twice.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client may take for a request's headers, from their first byte.
const HEADER_LIMIT: Duration = Duration::from_secs(15);

/// What a connection waits for. Clones share it.
#[derive(Clone)]
pub(crate) struct Waiting {
    keep_alive: Duration,
    phase: Arc<Mutex<Phase>>,
}

enum Phase {
    /// A request, until then.
    Idle(Instant),
    /// The rest of its headers, until then.
    Headers(Instant),
    /// Its body, or its answer: their reader and writer have limits of their own. A read meanwhile, to see whether the
    /// client has gone, is woken when the exchange ends: hyper reads again only when something has arrived.
    Exchange(Option<Waker>),
}

/// A connection that ends where it waits for too long.
pub(crate) struct Connection<S> {
    stream: S,
    waiting: Waiting,
    limit: Pin<Box<Sleep>>,
}

/// An answer's body. The connection waits for the next request once it is gone.
struct Answer {
    body: Body,
    waiting: Waiting,
}

impl Waiting {
    pub(crate) fn new(keep_alive: Duration) -> Self {
        Self { keep_alive, phase: Arc::new(Mutex::new(Phase::Idle(Instant::now() + keep_alive))) }
    }

    /// A request's headers are complete.
    pub(crate) fn begin_exchange(&self) {
        *self.phase() = Phase::Exchange(None);
    }

    /// The same answer: with its end the exchange ends.
    pub(crate) fn end_with(&self, answer: axum::response::Response) -> axum::response::Response {
        answer.map(|body| Body::new(Answer { body, waiting: self.clone() }))
    }

    fn end_exchange(&self) {
        let before = std::mem::replace(&mut *self.phase(), Phase::Idle(Instant::now() + self.keep_alive));
        if let Phase::Exchange(Some(reader)) = before {
            reader.wake();
        }
    }

    fn begin_headers(&self) {
        let mut phase = self.phase();
        if matches!(*phase, Phase::Idle(_)) {
            *phase = Phase::Headers(Instant::now() + HEADER_LIMIT);
        }
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Connection<S> {
    pub(crate) fn new(stream: S, waiting: Waiting) -> Self {
        Self { stream, waiting, limit: Box::pin(sleep_until(Instant::now())) }
    }

    /// An idle connection ends as if the client had closed it; one whose headers are late breaks off.
    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (until, ended) = match &mut *self.waiting.phase() {
            Phase::Idle(until) => (*until, Ok(())),
            Phase::Headers(until) => (*until, Err(io::ErrorKind::TimedOut.into())),
            Phase::Exchange(reader) => {
                *reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
        };
        if self.limit.deadline() != until {
            self.limit.as_mut().reset(until);
        }
        self.limit.as_mut().poll(cx).map(|()| ended)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Pending => this.poll_limit(cx),
            read => {
                if buffer.filled().len() > before {
                    this.waiting.begin_headers();
                }
                read
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.waiting.end_exchange();
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use crate::{Shutdown, serve};

    use super::*;

    const KEEP_ALIVE: Duration = Duration::from_secs(75);

    async fn connected() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = || async {
            tokio::time::sleep(3 * KEEP_ALIVE).await;
            "slow"
        };
        let router = Router::new().route("/", get(|| async { "quick" })).route("/slow", get(slow));
        tokio::spawn(serve(listener, router, KEEP_ALIVE, Shutdown::new()));
        TcpStream::connect(address).await.unwrap()
    }

    /// Asks, and reads the answer up to its body's last byte.
    async fn ask(client: &mut TcpStream, path: &str, body: &str) {
        client.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(body.as_bytes()) {
            assert_ne!(client.read_buf(&mut answer).await.unwrap(), 0, "{}", String::from_utf8_lossy(&answer));
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    }

    /// How long it takes until the server closes the connection.
    async fn closed(client: &mut TcpStream) -> Duration {
        let begun = Instant::now();
        let _ = client.read_to_end(&mut Vec::new()).await;
        begun.elapsed()
    }

    fn about(found: Duration, expected: Duration) -> bool {
        found >= expected - Duration::from_secs(1) && found <= expected + Duration::from_secs(2)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_waits_for_its_next_request() {
        let mut client = connected().await;
        for path in ["/", "/slow", "/"] {
            tokio::time::sleep(KEEP_ALIVE - Duration::from_secs(5)).await;
            ask(&mut client, path, path.strip_prefix('/').filter(|path| !path.is_empty()).unwrap_or("quick")).await;
        }
        let waited = closed(&mut client).await;
        assert!(about(waited, KEEP_ALIVE), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn headers_have_less_time() {
        for idle in [Duration::ZERO, KEEP_ALIVE - Duration::from_secs(1)] {
            let mut client = connected().await;
            tokio::time::sleep(idle).await;
            client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
            let waited = closed(&mut client).await;
            assert!(about(waited, HEADER_LIMIT), "{waited:?}");
        }
        let mut client = connected().await;
        let begun = Instant::now();
        while client.write_all(b"X: 1\r\n").await.is_ok() && begun.elapsed() < 2 * HEADER_LIMIT {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(begun.elapsed() < 2 * HEADER_LIMIT, "byte by byte it takes no longer");
    }
}
