//! The whole service in one process on embedded parts, and chores for one machine.

mod banner;
mod chores;
mod parts;
mod serve;
mod triggers;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use auth::Accounts;
use auth::commands::{KeyCommand, UserCommand};
use clap::{Parser, Subcommand};
use host::settings::{Need, Settings};
use invoice::{CsvDialect, Format};
use pipeline::{RedriveFilter, UploadId};

use crate::chores::RenderOrder;
use crate::triggers::Triggers;

/// The invoice document service on one machine: auth, gateway, worker, notifier and sweeper in one process.
///
/// Without a command it serves. Settings are environment variables; shared/host/README.md lists them.
#[derive(Parser)]
#[command(name = "local", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command, too).
    Serve,
    /// Render an invoice from a file, without the service.
    Render {
        /// The invoice's data as JSON.
        file: PathBuf,
        /// pdf, excel (or xlsx), csv, ubl, cii, xrechnung, xrechnung-cii, peppol, factur-x (or zugferd) or factur-x-fr.
        #[arg(long, default_value = "pdf")]
        format: Format,
        /// The form of a CSV file, whatever the data says: rfc4180, excel or excel-de.
        #[arg(long, value_parser = csv_dialect)]
        dialect: Option<CsvDialect>,
        /// Where to write the document; by default beside the data, named by the invoice.
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// Render again whenever the file is saved, until Ctrl-C.
        #[arg(long)]
        watch: bool,
    },
    /// Compute and check an invoice from a file, without the service.
    Validate {
        /// The invoice's data as JSON.
        file: PathBuf,
        /// Formats that the invoice must be able to become, with commas between; without it, each legal format is judged
        /// and none is required.
        #[arg(long, value_delimiter = ',')]
        format: Vec<Format>,
    },
    /// Manage user accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Manage the API keys of machines.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Ask the service that listens on LISTEN whether it lives; exits with 0 where it does.
    Health,
    /// Retry failed documents and mails.
    Redrive {
        /// Only those of this upload.
        #[arg(long)]
        upload: Option<UploadId>,
        /// Only those whose reason contains this text.
        #[arg(long)]
        reason: Option<String>,
        /// Print them, one per line, and begin nothing.
        #[arg(long)]
        list: bool,
    },
    /// Make the documents this database's, whosever they were: after a restore, or on purpose.
    AdoptStore,
    /// Look for documents that no row names now, and delete those that were set aside long enough ago.
    RemoveOrphans {
        /// Also where they are more than 100 and more than 1 % of the store.
        #[arg(long)]
        yes: bool,
    },
    /// Compare every document with the database and list those that are lost or altered; exits with 0 where none is.
    Verify {
        /// Make the damaged ones again from the uploaded data.
        #[arg(long)]
        make_again: bool,
    },
    /// Call the functions that `cargo lambda watch` runs, as Amazon MQ and EventBridge do.
    Triggers(Triggers),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    host::run_to_end(run(arguments))
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = || Settings::from_env(&Need::ALL);
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Health => host::Command::health().await.map_err(anyhow::Error::from_boxed),
        Command::Serve => serve::run(&settings()?).await,
        Command::Render { file, format, dialect, output, watch } => {
            let order = RenderOrder { file: &file, format, dialect, output: output.as_deref() };
            if watch { chores::watch(&settings()?, order).await } else { chores::render(&settings()?, order) }
        }
        Command::Validate { file, format } => chores::validate(&settings()?, &file, &format),
        Command::User(command) => with_accounts(&settings()?, async |accounts| command.run(accounts).await).await,
        Command::Key(command) => with_accounts(&settings()?, async |accounts| command.run(accounts).await).await,
        Command::Redrive { upload, reason, list } => {
            chores::redrive(&settings()?, &RedriveFilter { upload, reason }, list).await
        }
        Command::AdoptStore => chores::adopt(&settings()?).await,
        Command::RemoveOrphans { yes } => chores::remove_orphans(&settings()?, yes).await,
        Command::Verify { make_again } => chores::verify(&settings()?, make_again).await,
        Command::Triggers(triggers) => triggers.run().await,
    }
}

fn csv_dialect(name: &str) -> Result<CsvDialect, &'static str> {
    CsvDialect::from_name(name).ok_or("expected rfc4180, excel or excel-de")
}

async fn with_accounts(
    settings: &Settings,
    work: impl AsyncFnOnce(&Accounts) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let parts = parts::Parts::open(settings).await?;
    let done = work(&Accounts::new(Arc::clone(&parts.users), Arc::clone(&parts.clock))).await;
    parts.close().await;
    done
}
