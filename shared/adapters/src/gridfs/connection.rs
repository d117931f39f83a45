//! From a connection string to a database.

use std::time::Duration;

use mongodb::options::{
    ClientOptions, CollectionOptions, ConnectionString, HostInfo, ReadConcern, ReadPreference, SelectionCriteria,
    WriteConcern,
};
use mongodb::{Client, Database};
use pipeline::PortError;
use tokio::sync::OnceCell;

use super::error::limited;

const EXPECTED: &str = "mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS";
const SERVER_SELECTION_LIMIT: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Below the limit of an operation, so that the server says itself that a majority did not confirm in time.
const MAJORITY_LIMIT: Duration = Duration::from_secs(8);
/// The most connections to each server; a put of one chunk uses two at a time.
const MOST_CONNECTIONS: u32 = 32;
/// A connection that lay idle for longer is not used again: what is between may have forgotten it.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// The way to the database. The addresses behind a `mongodb+srv` URL are looked up at the first use.
pub(super) struct Connection {
    address: ConnectionString,
    database: String,
    client: OnceCell<Client>,
}

impl Connection {
    pub(super) async fn open(url: &str) -> Result<Self, String> {
        let mut address = ConnectionString::parse(url).map_err(|error| reason(url, &error))?;
        let Some(database) = address.default_database.clone() else {
            return Err(format!("the URL names no database, expected {EXPECTED}"));
        };
        set_limits(&mut address);
        let connection = Self { address, database, client: OnceCell::new() };
        if !matches!(connection.address.host_info, HostInfo::DnsRecord(_)) {
            connection.client().await.map_err(|error| format!("{}, expected {EXPECTED}", error.kind))?;
        }
        Ok(connection)
    }

    pub(super) async fn database(&self) -> Result<Database, PortError> {
        let client = limited("look up the servers of MongoDB", self.client()).await?;
        Ok(client.database(&self.database))
    }

    async fn client(&self) -> mongodb::error::Result<&Client> {
        let connect = || async {
            let options = ClientOptions::parse(self.address.clone()).await?;
            Client::with_options(options)
        };
        self.client.get_or_try_init(connect).await
    }
}

/// What the URL does not say itself.
fn set_limits(address: &mut ConnectionString) {
    address.server_selection_timeout.get_or_insert(SERVER_SELECTION_LIMIT);
    address.connect_timeout.get_or_insert(CONNECT_LIMIT);
    address.max_pool_size.get_or_insert(MOST_CONNECTIONS);
    address.max_idle_time.get_or_insert(IDLE_LIMIT);
    address.app_name.get_or_insert_with(|| "invoices".to_owned());
}

/// A blob that was stored survives the loss of a server, and is read by the next request, whatever the URL says.
pub(super) fn durable() -> CollectionOptions {
    let mut write_concern = WriteConcern::majority();
    write_concern.journal = Some(true);
    write_concern.w_timeout = Some(MAJORITY_LIMIT);
    CollectionOptions::builder()
        .write_concern(write_concern)
        .read_concern(ReadConcern::majority())
        .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
        .build()
}

/// Why a URL is none of MongoDB. The driver quotes what it could not read, and a password with an `@`, `/` or `?` in
/// it is read as a host: so its reason is given only where it is the same without user and password.
fn reason(url: &str, error: &mongodb::error::Error) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return format!("expected {EXPECTED}") };
    let Some((_, behind_user)) = rest.rsplit_once('@') else { return format!("{}, expected {EXPECTED}", error.kind) };
    match ConnectionString::parse(format!("{scheme}://{behind_user}")) {
        Ok(_) => format!("USER and PASSWORD must be percent-encoded, expected {EXPECTED}"),
        Err(error) => format!("{}, expected {EXPECTED}", error.kind),
    }
}
