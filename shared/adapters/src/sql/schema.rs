//! Whether this program and the database's schema go together.
//!
//! Migrations expand first and contract later. So a program works with a newer schema, until a migration takes away what
//! it needs and says so in the table `schema_compatibility`.

use pipeline::{ErrorKind, PortError};
use sqlx::migrate::Migrator;

use super::{Pool, error, is_missing_table};

/// What a database says of its schema.
pub(crate) struct Schema {
    /// The migrations that it has: version and checksum.
    applied: Vec<(i64, Vec<u8>)>,
    /// The oldest version whose programs work with it.
    oldest_version: i64,
}

impl Schema {
    pub(crate) async fn read(pool: &Pool) -> Result<Self, PortError> {
        let applied = sqlx::query_as("select version, checksum from _sqlx_migrations where success order by version")
            .fetch_all(pool.connections())
            .await
            .or_else(|source| if is_missing_table(&source) { Ok(Vec::new()) } else { Err(source) })
            .map_err(error("read the schema's version"))?;
        let oldest_version = sqlx::query_scalar("select max(oldest_version) from schema_compatibility")
            .fetch_one(pool.connections())
            .await
            .or_else(|source| if is_missing_table(&source) { Ok(None) } else { Err(source) })
            .map_err(error("read what the schema is compatible with"))?;
        Ok(Self { applied, oldest_version: oldest_version.unwrap_or_default() })
    }

    /// Whether there is one at all.
    pub(crate) fn is_begun(&self) -> bool {
        !self.applied.is_empty()
    }

    /// Whether it has all of these migrations, as this program knows them.
    pub(crate) fn has(&self, migrations: &Migrator) -> bool {
        migrations.iter().all(|known| {
            self.applied.iter().any(|(version, checksum)| *version == known.version && **checksum == *known.checksum)
        })
    }

    /// Passes where a program that knows these migrations can work.
    pub(crate) fn check(&self, migrations: &Migrator) -> Result<(), PortError> {
        let newest = self.applied.last().map_or(0, |(version, _)| *version);
        let known = migrations.iter().map(|migration| migration.version);
        let needed = known.clone().max().unwrap_or_default();
        let missing = known.filter(|known| self.applied.iter().all(|(version, _)| version != known)).min();
        let refused = |reason| Err(PortError::new(ErrorKind::Rejected, reason));
        if let Some(missing) = missing {
            return refused(format!(
                "the schema has version {newest}, needed is {needed}, and {missing} is missing: run `sweeper migrate`"
            ));
        }
        if needed < self.oldest_version {
            return refused(format!(
                "the schema has version {newest} and works with programs that know version {} or a later one; this one \
                 knows {needed}: run a newer program",
                self.oldest_version
            ));
        }
        Ok(())
    }
}
