//! Free ports of the loopback address.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::bail;

/// Below the ports that systems hand to outgoing connections: a server that was killed finds its port free again.
const FIRST: u16 = 15_000;
const COUNT: u16 = 7_000;

/// How far SeaweedFS puts a second port, for gRPC, above each one that it is given.
pub(crate) const SECOND_PORT: u16 = 10_000;

/// How many ports were tried so far in this process: none is given twice.
static TRIED: AtomicU16 = AtomicU16::new(0);

/// A port that nothing listens on, nor on the one 10,000 above it.
pub(crate) fn free() -> anyhow::Result<u16> {
    // Each process begins elsewhere, so that two of them hardly ever look at the same port.
    let offset = std::process::id().wrapping_mul(97) % u32::from(COUNT);
    for _ in 0..COUNT {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let port = port(offset, tried);
        if is_free(port) && is_free(port + SECOND_PORT) {
            return Ok(port);
        }
    }
    bail!("no free port from {FIRST} to {}", FIRST + COUNT - 1)
}

fn port(offset: u32, tried: u16) -> u16 {
    let place = (offset + u32::from(tried)) % u32::from(COUNT);
    FIRST + u16::try_from(place).unwrap_or_default()
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_no_port_twice() -> anyhow::Result<()> {
        let (one, other) = (free()?, free()?);
        assert_ne!(one, other);
        assert!((FIRST..FIRST + COUNT).contains(&one));
        Ok(())
    }

    #[test]
    fn begins_again_at_the_first_port() {
        assert_eq!(port(0, 0), FIRST);
        assert_eq!(port(u32::from(COUNT) - 1, 1), FIRST);
    }
}
