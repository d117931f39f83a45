use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;
use ipnet::IpNet;

use crate::state::AuthState;

/// The address that a request came from: the peer's, or, where the peer is a trusted proxy, the last one in
/// `X-Forwarded-For` that is no trusted proxy. Unknown where the transport tells no peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) Option<IpAddr>);

impl ClientAddress {
    /// The address as login failures are counted by: an IPv6 client owns a network of 64 bits at least.
    pub(crate) fn network(self) -> Option<IpAddr> {
        self.0.map(|address| match address {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        })
    }
}

impl FromRequestParts<AuthState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AuthState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        Ok(Self(peer.map(|peer| client(peer, &parts.headers, state.trusted_proxies()))))
    }
}

/// Proxies append, so the list is read from its end, and what stands before an untrusted entry is only a claim.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.to_canonical();
    let values: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    for entry in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = address(entry.trim()) else { break };
        client = address;
    }
    client
}

/// Some proxies write the port as well.
fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<SocketAddr>().map(|address| address.ip());
    let address = entry.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().or_else(|_| with_port());
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{ClientAddress, HeaderMap, IpAddr, client};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn found(peer: &str, forwarded: &[&str]) -> String {
        let name = http::HeaderName::from_static("x-forwarded-for");
        let headers: HeaderMap = forwarded.iter().map(|value| (name.clone(), value.parse().unwrap())).collect();
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        client(ip(peer), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_claim_another_address() {
        assert_eq!(found("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(found("10.0.0.1", &["192.0.2.66, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(found("10.0.0.1", &["192.0.2.66", "203.0.113.9, 10.0.0.2"]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_as_far_as_it_can_be_read() {
        assert_eq!(found("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &["203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(found("fd00::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(found("::ffff:10.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
        assert_eq!(found("10.0.0.1", &["203.0.113.9, unknown"]), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let network = |text| ClientAddress(Some(ip(text))).network();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), Some(ip("2001:db8:1:2::")));
        assert_eq!(network("203.0.113.9"), Some(ip("203.0.113.9")));
        assert_eq!(ClientAddress(None).network(), None);
    }
}
