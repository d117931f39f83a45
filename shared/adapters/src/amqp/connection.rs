//! Connections and channels, each within a time limit.

use std::time::Duration;

use lapin::{Channel, Connection, ConnectionProperties};
use pipeline::{ErrorKind, PortError};

use super::address::Address;
use super::{error, topology};

/// How long the broker may take for any one thing.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// A connection with its first channel. The client closes it when it and its channels are dropped.
pub(super) struct Link {
    connection: Connection,
    pub(super) channel: Channel,
}

impl Link {
    /// Connects and sees to the queues.
    pub(super) async fn open(address: &Address) -> Result<Self, PortError> {
        limited("connect", async {
            let properties = ConnectionProperties::default().with_connection_name("invoices".into());
            let (uri, certificates) = (address.uri.clone(), address.certificates.clone());
            let runtime = lapin::runtime::default_runtime().map_err(error("connect"))?;
            let connection = Connection::connect_uri_with_config(uri, properties, certificates, runtime).await;
            let connection = connection.map_err(error("connect"))?;
            topology::declare(&connection, address.max_length).await?;
            let channel = connection.create_channel().await.map_err(error("open a channel"))?;
            Ok(Self { connection, channel })
        })
        .await
    }

    /// A further channel, for what may end with the broker closing it.
    pub(super) async fn another_channel(&self) -> Result<Channel, PortError> {
        limited("open a channel", async { self.connection.create_channel().await.map_err(error("open a channel")) })
            .await
    }

    /// Whether the broker has said that it takes nothing more on this connection for now (RabbitMQ's `connection.blocked`).
    pub(super) fn is_blocked(&self) -> bool {
        self.is_usable() && self.connection.status().blocked()
    }

    pub(super) fn is_usable(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }
}

/// Work with the broker that ends in time: an answer that a killed broker owes may never come.
pub(super) async fn limited<T>(
    context: &'static str,
    work: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    let late = |_| {
        let context = format!("cannot {context}: no answer from the broker within {LIMIT:?}");
        Err(PortError::new(ErrorKind::Unreachable, context))
    };
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(late)
}
