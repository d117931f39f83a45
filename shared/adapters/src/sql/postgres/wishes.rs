//! What a URL asks of us, and not of the driver.

use url::Url;

use super::MOST_CONNECTIONS;

/// `connections=2`, the most that the process holds; `server_limits=off` asks the server for no limits, for a proxy that
/// takes no options of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) connections: u32,
    pub(super) server_limits: bool,
}

impl Wishes {
    /// The wishes, and the URL without them.
    pub(super) fn read(url: &str) -> Result<(Self, Url), sqlx::Error> {
        let mut url = Url::parse(url).map_err(|error| sqlx::Error::Configuration(error.into()))?;
        let mut wishes = Self { connections: MOST_CONNECTIONS, server_limits: true };
        let mut others = Vec::new();
        for (name, value) in url.query_pairs().into_owned() {
            match name.as_str() {
                "connections" => wishes.connections = connections(&value)?,
                "server_limits" => wishes.server_limits = is_on(&value)?,
                _ => others.push((name, value)),
            }
        }
        url.set_query(None);
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
        Ok((wishes, url))
    }
}

fn connections(value: &str) -> Result<u32, sqlx::Error> {
    let connections = value.parse().ok().filter(|connections| (1..=MOST_CONNECTIONS).contains(connections));
    connections.ok_or_else(|| wrong(format!("connections: expected 1 to {MOST_CONNECTIONS}")))
}

fn is_on(value: &str) -> Result<bool, sqlx::Error> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(wrong("server_limits: expected on or off".to_owned())),
    }
}

fn wrong(reason: String) -> sqlx::Error {
    sqlx::Error::Configuration(reason.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn they_are_taken_out_of_the_url() {
        let plain = "postgres://u:p%40@db/x?sslmode=verify-full&sslrootcert=%2Fopt%2Fca.pem";
        let (wishes, url) = Wishes::read(plain).unwrap();
        assert_eq!(wishes, Wishes { connections: MOST_CONNECTIONS, server_limits: true });
        assert_eq!(url.as_str(), plain);
        let (wishes, url) = Wishes::read(&format!("{plain}&connections=2&server_limits=off")).unwrap();
        assert_eq!(wishes, Wishes { connections: 2, server_limits: false });
        assert_eq!(url.as_str(), plain);
        assert_eq!(Wishes::read("postgres://db/x?connections=1").unwrap().1.as_str(), "postgres://db/x");
    }

    #[test]
    fn wrong_ones_are_told() {
        for wrong in ["connections=0", "connections=17", "connections=", "server_limits=maybe"] {
            let error = Wishes::read(&format!("postgres://u:hush@db/x?{wrong}")).unwrap_err().to_string();
            assert!(error.contains("expected") && !error.contains("hush"), "{error}");
        }
    }
}
