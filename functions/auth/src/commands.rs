//! Accounts and API keys at the command line: `user …` and `key …`.
#![allow(clippy::print_stdout)] // The answers of commands.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, stdin};

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use pipeline::{ApiKeyId, Email, Role, Scope, UserId};

use crate::accounts::Accounts;

const PAGE: u32 = 100;

/// Manage user accounts.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Make an account. The password is asked for, or read from standard input where that is no terminal.
    Add {
        /// The user's mail address.
        email: Email,
        /// Also let the user manage users and read every invoice.
        #[arg(long)]
        admin: bool,
    },
    /// List all accounts.
    List,
    /// Give an account a new password, asked for or read from standard input.
    Password {
        /// The user's mail address.
        email: Email,
    },
}

/// Manage the API keys of machines.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// Make a key and print it, once.
    Add {
        /// The user that the machine acts for.
        email: Email,
        /// What the key is for.
        name: String,
        /// What it may do: invoices:read, invoices:write; both where none is given.
        #[arg(long)]
        scope: Vec<Scope>,
    },
    /// List a user's keys.
    List {
        /// The user's mail address.
        email: Email,
    },
    /// Revoke a key, at once and for good.
    Revoke {
        /// The user's mail address.
        email: Email,
        /// The key's id, as listed.
        id: ApiKeyId,
    },
}

impl UserCommand {
    /// Does it.
    ///
    /// # Errors
    /// What was asked for cannot be, or the database is out of reach.
    pub async fn run(self, accounts: &Accounts) -> anyhow::Result<()> {
        match self {
            Self::Add { email, admin } => {
                let roles =
                    if admin { BTreeSet::from([Role::User, Role::Admin]) } else { BTreeSet::from([Role::User]) };
                let user = accounts.create(email, password()?, roles).await?;
                println!("{}  {}", user.id, user.email);
            }
            Self::List => list(accounts).await?,
            Self::Password { email } => {
                accounts.set_password(&email, password()?).await?;
                println!("{email} has a new password");
            }
        }
        Ok(())
    }
}

impl KeyCommand {
    /// Does it.
    ///
    /// # Errors
    /// What was asked for cannot be, or the database is out of reach.
    pub async fn run(self, accounts: &Accounts) -> anyhow::Result<()> {
        match self {
            Self::Add { email, name, scope } => {
                let scopes = if scope.is_empty() { Scope::ALL.into() } else { scope.into_iter().collect() };
                let (key, plain) = accounts.add_key(owner(accounts, &email).await?, &name, scopes).await?;
                println!("{}  {}", key.id, plain.expose());
                println!("Keep it now: it is not shown again. Use it as: Authorization: Bearer …");
            }
            Self::List { email } => {
                for key in accounts.keys(owner(accounts, &email).await?).await? {
                    let scopes: Vec<&str> = key.key.scopes.iter().map(|scope| scope.name()).collect();
                    let state = if key.revoked_at.is_some() { "revoked" } else { "active" };
                    let used =
                        key.last_used_at.map_or_else(|| "never used".to_owned(), |time| format!("last used {time}"));
                    println!(
                        "{}  {}…  {state}  {}  {used}  {}",
                        key.key.id,
                        key.key.prefix,
                        scopes.join(","),
                        key.key.name
                    );
                }
            }
            Self::Revoke { email, id } => {
                accounts.revoke_key(owner(accounts, &email).await?, id).await?;
                println!("{id} is revoked");
            }
        }
        Ok(())
    }
}

async fn owner(accounts: &Accounts, email: &Email) -> anyhow::Result<UserId> {
    Ok(accounts.by_email(email).await?.with_context(|| format!("there is no user {email}"))?.id)
}

async fn list(accounts: &Accounts) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = accounts.list(after, PAGE).await?;
        for user in &page {
            let roles: Vec<&str> = user.roles.iter().map(|role| role.name()).collect();
            let state = if user.enabled { "enabled" } else { "disabled" };
            println!("{}  {}  {}  {state}", user.id, user.email, roles.join(","));
        }
        after = page.last().map(|user| user.id);
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Never an argument: those are seen by everybody on the machine.
fn password() -> anyhow::Result<String> {
    if stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        ensure!(password == rpassword::prompt_password("Again: ")?, "the two differ");
        return Ok(password);
    }
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
