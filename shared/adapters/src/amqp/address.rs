//! Where a broker is, from its URL.

use std::str::FromStr as _;

use lapin::tcp::OwnedTLSConfig;
use lapin::uri::AMQPUri;
use url::Url;

use crate::parameters::parameters;

const PARAMETERS: [&str; 7] =
    ["cacertfile", "max_length", "heartbeat", "connection_timeout", "channel_max", "frame_max", "auth_mechanism"];
/// Seconds between signs of life; after twice the time the other side is taken for gone.
const HEARTBEAT: u16 = 10;

/// Where a broker is and how its queues are bounded.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) uri: AMQPUri,
    pub(super) certificates: OwnedTLSConfig,
    /// Messages that a queue holds at most; further ones are refused and wait in the outbox.
    pub(super) max_length: Option<u32>,
}

impl Address {
    /// Reads a URL with these parameters: `cacertfile` is a PEM file of the authorities to trust beside the public ones;
    /// `max_length` bounds each queue; the others are those of the client (RabbitMQ URI query parameters).
    pub(super) fn read(url: &Url) -> Result<Self, String> {
        let [cacertfile, max_length, of_the_client @ ..] = parameters(url, PARAMETERS)?;
        let mut plain = url.clone();
        plain.set_query(None);
        for (name, value) in PARAMETERS[2..].iter().zip(&of_the_client) {
            if let Some(value) = value {
                plain.query_pairs_mut().append_pair(name, value);
            }
        }
        let cert_chain = cacertfile.as_deref().map(read_certificates).transpose()?;
        let certificates = OwnedTLSConfig { cert_chain, ..OwnedTLSConfig::default() };
        let max_length = max_length.as_deref().map(length).transpose()?;
        let mut uri = AMQPUri::from_str(plain.as_str())?;
        // `amqp://host/` names the virtual host of an empty name, which nobody has.
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        uri.query.heartbeat = uri.query.heartbeat.or(Some(HEARTBEAT));
        Ok(Self { uri, certificates, max_length })
    }
}

fn length(text: &str) -> Result<u32, String> {
    let length = text.parse().ok().filter(|length| *length > 0);
    length.ok_or_else(|| "max_length must be a number of messages".to_owned())
}

fn read_certificates(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read cacertfile {path}: {error}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Address, Url};

    fn read(url: &str) -> Result<Address, String> {
        Address::read(&Url::parse(url).unwrap())
    }

    #[test]
    fn parameters_are_told_apart() {
        let address = read("amqp://u:p%40ss@mq:5673/%2fprod?heartbeat=3&max_length=1000").unwrap();
        assert_eq!((address.uri.vhost.as_str(), address.max_length), ("/prod", Some(1000)));
        assert_eq!((address.uri.authority.port, address.uri.query.heartbeat), (5673, Some(3)));
        assert_eq!(address.uri.authority.userinfo.password, "p@ss");
    }

    #[test]
    fn the_default_virtual_host_needs_no_name() {
        for url in ["amqp://mq", "amqp://mq/", "amqp://mq/%2f"] {
            assert_eq!(read(url).unwrap().uri.vhost, "/", "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        assert!(read("amqp://mq?max_lenght=1").err().unwrap().contains("max_length"));
        assert!(read("amqp://mq?max_length=all").err().unwrap().contains("number"));
        assert!(read("amqps://mq?cacertfile=/no/such/file").err().unwrap().contains("/no/such/file"));
    }
}
