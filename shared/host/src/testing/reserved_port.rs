use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A free port of the loopback address that stays the test's own, also before its program listens there and between two
/// runs: it is bound, so the operating system gives it to nobody who asks for any free port; but nothing listens on it, so
/// the program may.
pub struct ReservedPort {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl ReservedPort {
    /// Reserves one until it is dropped.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "every one is another")]
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self { address: socket.local_addr().unwrap(), _socket: socket }
    }

    /// The address with it, for the program's setting `LISTEN`.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}
