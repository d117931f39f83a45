//! Whether sessions are fit for this program: a proxy may stand before the server.
//!
//! sqlx prepares each statement once in a session and refers to it by its name. A proxy that gives a session to another
//! client after each transaction (PgBouncer with `pool_mode = transaction`) breaks that, unless it looks after prepared
//! statements itself (PgBouncer from 1.21 on with `max_prepared_statements`).

use std::collections::BTreeSet;
use std::time::Duration;

use pipeline::{ErrorKind, PortError};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::super::within;
use super::error;

/// How often two clients look for one another in one session. A proxy gives the session that was used last, mostly.
const ROUNDS: i32 = 5;
const LIMIT: Duration = Duration::from_secs(10);

const SHARED: &str = "a proxy gives each transaction to another session and keeps no prepared statements (PgBouncer with \
                      pool_mode = transaction): set max_prepared_statements there (PgBouncer 1.21 or later) or \
                      pool_mode = session, or let DATABASE_URL lead to PostgreSQL itself";

/// Passes where sessions are this program's own, or are shared in such a way that nobody notices.
pub(super) async fn check(pool: &PgPool) -> Result<(), PortError> {
    within(LIMIT, async {
        let mut clients = Clients::connect(&pool.connect_options()).await?;
        let fit = !clients.share_sessions().await? || clients.keep_statements().await?;
        clients.close().await;
        if fit { Ok(()) } else { Err(PortError::new(ErrorKind::Rejected, SHARED)) }
    })
    .await
}

/// Passes where a session keeps its locks and settings.
pub(super) async fn check_own(options: &PgConnectOptions) -> Result<(), PortError> {
    within(LIMIT, async {
        let mut clients = Clients::connect(options).await?;
        let shared = clients.share_sessions().await?;
        clients.close().await;
        let reason = "migrations need a session of their own, and a proxy shares this one (PgBouncer with pool_mode = \
                      transaction): let DATABASE_URL lead to PostgreSQL itself for `sweeper migrate`";
        if shared { Err(PortError::new(ErrorKind::Rejected, reason)) } else { Ok(()) }
    })
    .await
}

/// Two clients at the same time.
struct Clients([PgConnection; 2]);

impl Clients {
    async fn connect(options: &PgConnectOptions) -> Result<Self, PortError> {
        let connect = || async { options.connect().await.map_err(error("connect")) };
        let (one, other) = tokio::try_join!(connect(), connect())?;
        Ok(Self([one, other]))
    }

    /// Whether a process of the server serves both.
    async fn share_sessions(&mut self) -> Result<bool, PortError> {
        let mut processes = [BTreeSet::new(), BTreeSet::new()];
        for _ in 0..ROUNDS {
            for (client, processes) in self.0.iter_mut().zip(&mut processes) {
                let row = sqlx::raw_sql("select pg_backend_pid()").fetch_one(client).await;
                processes.insert(row.map_err(error("ask for a session's process"))?.get::<i32, _>(0));
            }
        }
        Ok(!processes[0].is_disjoint(&processes[1]))
    }

    /// Whether each finds its own prepared statements, though both call them by the same names.
    async fn keep_statements(&mut self) -> Result<bool, PortError> {
        for round in 0..ROUNDS {
            for (which, client) in self.0.iter_mut().enumerate() {
                let statement = sqlx::AssertSqlSafe(format!("select $1::int + {round} * 2 + {which}"));
                let expected = round * 2 + i32::try_from(which).unwrap_or_default();
                let answer = sqlx::query_scalar::<_, i32>(statement).bind(0).fetch_one(client).await;
                match answer {
                    Ok(found) if found == expected => {}
                    Ok(_) | Err(sqlx::Error::Database(_) | sqlx::Error::Protocol(_)) => return Ok(false),
                    Err(other) => return Err(error("try a prepared statement")(other)),
                }
            }
        }
        Ok(true)
    }

    async fn close(self) {
        for client in self.0 {
            // It was only for the look.
            let _ = client.close().await;
        }
    }
}
