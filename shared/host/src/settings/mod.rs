//! Settings: environment variables only, read once, each with a default for local use and a check.

mod production;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use pipeline::{Email, MailLimits, OutboxPolicy, ParseOptions, RetryPolicy};

pub use variables::{SettingFault, SettingsError, Variables};

/// Well below the 30 s after which Kubernetes kills what it has asked to end.
const DRAIN_LIMIT: &str = "25s";

/// Where the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppEnv {
    /// Demo user, generated keys and plain transports are fine.
    Development,
    /// Weak settings refuse to start.
    Production,
}

impl std::str::FromStr for AppEnv {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err("expected development or production"),
        }
    }
}

/// Text that no log may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the secret.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Where the servers are.
#[derive(Debug, Clone)]
pub struct Servers {
    /// `DATABASE_URL`: users and ledger.
    pub database: Secret,
    /// `DOCUMENTS_URL`: raw and processed blobs.
    pub documents: Secret,
    /// `BROKER_URL`: the queues.
    pub broker: Secret,
    /// `MAIL_URL`: where mails go.
    pub mail: Secret,
}

/// What clients may send.
#[derive(Debug, Clone, Copy)]
pub struct UploadLimits {
    /// `MAX_UPLOAD_BYTES`: size of a request body.
    pub bytes: usize,
    /// `MAX_PARTS`: parts of a multipart body.
    pub parts: usize,
}

/// Tokens and signed links.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `TOKEN_KEYS`: private keys that sign tokens; the first signs, all verify. Made in `DATA_DIR` where not given.
    pub token_keys: Option<Secret>,
    /// `TOKEN_JWKS`: the public key set, given instead of fetched.
    pub token_jwks: Option<String>,
    /// `TOKEN_TTL`: life of a token.
    pub token_ttl: Duration,
    /// `LINK_KEYS`: secrets that sign download links; the first signs, all verify. Made in `DATA_DIR` where not given.
    pub link_keys: Option<Secret>,
    /// `LINK_TTL`: life of a signed download link.
    pub link_ttl: Duration,
}

/// Who may get mail, and from whom.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `MAIL_FROM`: the sender.
    pub from: Email,
    /// `MAIL_LIMITS`: how long the mail server may take.
    pub limits: MailLimits,
    /// `NOTIFY_ALLOWED`: addresses, or domains written `@example.com`, that `notify=ADDRESS` may name.
    pub notify_allowed: Vec<String>,
}

/// Times of the background work.
#[derive(Debug, Clone)]
pub struct Background {
    /// `WORKER_CONCURRENCY`: documents rendered at a time; `NOTIFIER_CONCURRENCY` likewise for mails.
    pub worker_concurrency: u16,
    /// Mails sent at a time.
    pub notifier_concurrency: u16,
    /// `LEASE`, `RETRY_DELAYS`, `UNREACHABLE_FOR`, `OUTBOX_DELAYS`.
    pub retry: RetryPolicy,
    /// `SWEEP_PERIOD`: time between two runs of the sweeper.
    pub sweep_period: Duration,
    /// `ORPHAN_GRACE`: age at which a blob that no row names is removed.
    pub orphan_grace: Duration,
    /// `RETENTION_DAYS`: age at which finished uploads are removed; never where not given.
    pub retention: Option<Duration>,
}

/// What a process needs of the settings, so that production asks it for no more: its secrets are those of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// `DATABASE_URL`.
    Database,
    /// `DOCUMENTS_URL`.
    Documents,
    /// `BROKER_URL`.
    Broker,
    /// `MAIL_URL`.
    Mail,
    /// `PUBLIC_URL`.
    PublicUrl,
    /// `TOKEN_KEYS`, or what verifies tokens without them: `TOKEN_JWKS` or `AUTH_URL`.
    TokenKeys,
    /// `LINK_KEYS`.
    LinkKeys,
}

impl Need {
    /// What all functions together need.
    pub const ALL: [Self; 7] =
        [Self::Database, Self::Documents, Self::Broker, Self::Mail, Self::PublicUrl, Self::TokenKeys, Self::LinkKeys];
}

/// Every setting.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `APP_ENV`.
    pub app_env: AppEnv,
    /// `DATA_DIR`: where the embedded parts keep their state.
    pub data_dir: PathBuf,
    /// `FONTS_DIR`: the folder of the fonts of Chinese, Japanese and Korean, for a program that has none in it.
    pub fonts_dir: Option<PathBuf>,
    /// `LISTEN`: where HTTP is served.
    pub listen: SocketAddr,
    /// `KEEP_ALIVE`: how long a connection is kept for its next request.
    pub keep_alive: Duration,
    /// `SHUTDOWN_DELAY`: how long requests are still taken after the shutdown began, while the process says that it is
    /// not ready.
    pub shutdown_delay: Duration,
    /// `DRAIN_LIMIT`: how long what is in flight may take after the shutdown began; longer than `SHUTDOWN_DELAY`.
    pub drain_limit: Duration,
    /// `PUBLIC_URL`: how clients reach the service, without a slash at the end.
    pub public_url: String,
    /// `AUTH_URL`: where the gateway finds auth, where they are processes of their own.
    pub auth_url: Option<String>,
    /// `TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `DEFAULT_CURRENCY`, `MAX_JSON_DEPTH`, `MAX_INVOICE_LINES`: how uploads are read, at acceptance and by the worker.
    pub parse: ParseOptions,
    /// The servers' URLs.
    pub servers: Servers,
    /// Limits of uploads.
    pub limits: UploadLimits,
    /// Token and link keys.
    pub keys: Keys,
    /// Mail.
    pub mail: MailSettings,
    /// Background work.
    pub background: Background,
}

impl Settings {
    /// Reads the process's environment. Production refuses what is missing for these needs, and whatever is given and
    /// weak.
    ///
    /// # Errors
    /// All settings that are wrong, each with its name and what was expected.
    pub fn from_env(needs: &[Need]) -> Result<Self, SettingsError> {
        Self::read_for(needs, environment())
    }

    /// Reads settings for every need from anywhere.
    ///
    /// # Errors
    /// All settings that are wrong, each with its name and what was expected.
    pub fn read(variables: Variables<'_>) -> Result<Self, SettingsError> {
        Self::read_for(&Need::ALL, variables)
    }

    /// Reads settings for these needs from anywhere.
    ///
    /// # Errors
    /// All settings that are wrong, each with its name and what was expected.
    pub fn read_for(needs: &[Need], mut variables: Variables<'_>) -> Result<Self, SettingsError> {
        let settings = Self::collect(&mut variables);
        if settings.app_env == AppEnv::Production {
            production::check(&settings, needs, &mut variables);
        }
        variables.into_result(settings)
    }

    fn collect(variables: &mut Variables<'_>) -> Self {
        let data_dir = PathBuf::from(variables.text("DATA_DIR", ".data"));
        let listen = listen(variables);
        let (shutdown_delay, drain_limit) = shutdown_times(variables);
        Self {
            fonts_dir: variables.optional("FONTS_DIR").map(PathBuf::from),
            app_env: variables.parsed("APP_ENV", "development", "development or production"),
            public_url: public_url(variables, listen),
            auth_url: variables.optional("AUTH_URL").map(|url| url.trim_end_matches('/').to_owned()),
            trusted_proxies: variables.list("TRUSTED_PROXIES", "networks such as 10.0.0.0/8"),
            parse: parse(variables),
            servers: servers(variables, &data_dir),
            limits: limits(variables),
            keys: keys(variables),
            mail: mail(variables),
            background: background(variables),
            keep_alive: variables.duration("KEEP_ALIVE", "75s"),
            shutdown_delay,
            drain_limit,
            data_dir,
            listen,
        }
    }
}

fn shutdown_times(variables: &mut Variables<'_>) -> (Duration, Duration) {
    let delay: humantime::Duration = variables.parsed("SHUTDOWN_DELAY", "0s", "a time such as 5s");
    let (delay, limit) = (*delay, variables.duration("DRAIN_LIMIT", DRAIN_LIMIT));
    if delay >= limit {
        variables.fault("SHUTDOWN_DELAY", "expected less than DRAIN_LIMIT, which begins with it");
    }
    (delay, limit)
}

fn environment() -> Variables<'static> {
    Variables::new(|name| std::env::var(name).ok())
}

/// `LISTEN` alone, for who asks the process that listens there.
///
/// # Errors
/// It is wrong.
pub fn listen_from_env() -> Result<SocketAddr, SettingsError> {
    let mut variables = environment();
    let listen = listen(&mut variables);
    variables.into_result(listen)
}

fn listen(variables: &mut Variables<'_>) -> SocketAddr {
    let listen: SocketAddr = variables.parsed("LISTEN", "127.0.0.1:8080", "an address such as 127.0.0.1:8080");
    if listen.port() == 0 {
        variables.fault("LISTEN", "expected a port: links and tokens name it");
    }
    listen
}

fn public_url(variables: &mut Variables<'_>, listen: SocketAddr) -> String {
    // A machine that listens on all of its addresses is reached by one of them.
    let host = if listen.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], listen.port())) } else { listen };
    let url = variables.text("PUBLIC_URL", &format!("http://{host}"));
    let url = url.trim_end_matches('/');
    let is_web = url.starts_with("http://") || url.starts_with("https://");
    if !is_web || !base_path(url).chars().all(|sign| sign.is_ascii_alphanumeric() || "/-._~%".contains(sign)) {
        variables
            .fault("PUBLIC_URL", "expected a URL such as https://invoices.example.com or https://example.com/invoices");
    }
    url.to_owned()
}

/// The path of a public URL, without a slash at the end: what stands before each of our routes where a proxy shares its
/// host with other services. Empty where it has none.
#[must_use]
pub fn base_path(public_url: &str) -> &str {
    let (_, rest) = public_url.split_once("://").unwrap_or_default();
    rest.find('/').map_or("", |start| rest[start..].trim_end_matches('/'))
}

fn servers(variables: &mut Variables<'_>, data_dir: &std::path::Path) -> Servers {
    let database = format!("sqlite://{}", data_dir.join("invoices.sqlite3").display());
    let documents = format!("file://{}", data_dir.join("documents").display());
    let mails = format!("file://{}", data_dir.join("mails").display());
    Servers {
        broker: Secret::new(variables.text("BROKER_URL", &database)),
        database: Secret::new(variables.text("DATABASE_URL", &database)),
        documents: Secret::new(variables.text("DOCUMENTS_URL", &documents)),
        mail: Secret::new(variables.text("MAIL_URL", &mails)),
    }
}

fn parse(variables: &mut Variables<'_>) -> ParseOptions {
    let mut options = ParseOptions {
        default_currency: variables.parsed("DEFAULT_CURRENCY", "USD", "an ISO 4217 code such as EUR"),
        ..ParseOptions::default()
    };
    options.limits.depth = variables.within("MAX_JSON_DEPTH", "32", 1..=128);
    options.limits.lines = variables.within("MAX_INVOICE_LINES", "10000", 1..=1_000_000);
    options
}

fn limits(variables: &mut Variables<'_>) -> UploadLimits {
    UploadLimits {
        bytes: variables.within("MAX_UPLOAD_BYTES", "5242880", 1..=1 << 30),
        parts: variables.within("MAX_PARTS", "8", 1..=1000),
    }
}

fn keys(variables: &mut Variables<'_>) -> Keys {
    Keys {
        token_keys: variables.optional("TOKEN_KEYS").map(Secret::new),
        token_jwks: variables.optional("TOKEN_JWKS"),
        token_ttl: variables.duration("TOKEN_TTL", "24h"),
        link_keys: variables.optional("LINK_KEYS").map(Secret::new),
        link_ttl: variables.duration("LINK_TTL", "7days"),
    }
}

fn mail(variables: &mut Variables<'_>) -> MailSettings {
    MailSettings {
        from: variables.parsed("MAIL_FROM", "invoices@localhost", "a mail address"),
        limits: mail_limits(variables),
        notify_allowed: variables.list("NOTIFY_ALLOWED", "addresses, or domains written @example.com"),
    }
}

fn mail_limits(variables: &mut Variables<'_>) -> MailLimits {
    match variables.durations("MAIL_LIMITS", "5min,5min,10min")[..] {
        [greeting, command, text] if ![greeting, command, text].contains(&Duration::ZERO) => {
            MailLimits { greeting, command, text }
        }
        _ => {
            variables.fault("MAIL_LIMITS", "expected three times: for the greeting, for a command, for a mail's text");
            MailLimits::default()
        }
    }
}

fn outbox(variables: &mut Variables<'_>) -> OutboxPolicy {
    match variables.durations("OUTBOX_DELAYS", "15s,1min,30s")[..] {
        [first, taken, confirmed] => OutboxPolicy { first, taken, confirmed },
        _ => {
            variables.fault("OUTBOX_DELAYS", "expected three times: of a fresh row, a taken one, a confirmed one");
            OutboxPolicy::default()
        }
    }
}

fn background(variables: &mut Variables<'_>) -> Background {
    let days: Option<u32> = variables.within_optional("RETENTION_DAYS", 1..=36_500);
    Background {
        worker_concurrency: variables.within("WORKER_CONCURRENCY", "4", 1..=1000),
        notifier_concurrency: variables.within("NOTIFIER_CONCURRENCY", "4", 1..=1000),
        retry: RetryPolicy {
            lease: variables.duration("LEASE", "60s"),
            delays: variables.durations("RETRY_DELAYS", "5s,30s,2min,10min"),
            unreachable_for: variables.duration("UNREACHABLE_FOR", "24h"),
            outbox: outbox(variables),
        },
        sweep_period: variables.duration("SWEEP_PERIOD", "2s"),
        orphan_grace: variables.duration("ORPHAN_GRACE", "24h"),
        retention: days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use super::{AppEnv, Need, Settings, SettingsError, Variables, base_path};

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let map: HashMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Settings::read(Variables::new(move |name| map.get(name).cloned()))
    }

    #[test]
    fn nothing_set_gives_the_embedded_parts() {
        let settings = read(&[]).expect("defaults are right");
        assert_eq!(settings.app_env, AppEnv::Development);
        assert_eq!(settings.servers.database.expose(), "sqlite://.data/invoices.sqlite3");
        assert_eq!(settings.public_url, "http://127.0.0.1:8080");
        assert_eq!(settings.background.retry, pipeline::RetryPolicy::default());
        assert_eq!(settings.mail.limits, pipeline::MailLimits::default());
        assert_eq!(settings.keys.link_ttl, Duration::from_secs(7 * 24 * 3600));
        assert_eq!(settings.keep_alive, crate::KEEP_ALIVE);
        assert_eq!(settings.shutdown_delay, Duration::ZERO);
        assert_eq!(settings.drain_limit, Duration::from_secs(25));
    }

    #[test]
    fn the_delay_is_a_part_of_the_drain() {
        let settings = read(&[("SHUTDOWN_DELAY", "5s")]).expect("right");
        assert_eq!(settings.shutdown_delay, Duration::from_secs(5));
        let error = read(&[("SHUTDOWN_DELAY", "5s"), ("DRAIN_LIMIT", "5s")]).expect_err("nothing would be left");
        assert!(error.to_string().contains("SHUTDOWN_DELAY"), "{error}");
    }

    #[test]
    fn every_wrong_setting_is_named() {
        let pairs = [
            ("LISTEN", "everywhere"),
            ("TOKEN_TTL", "soon"),
            ("TRUSTED_PROXIES", "x"),
            ("MAIL_FROM", "me"),
            ("SWEEP_PERIOD", "0s"),
            ("RETENTION_DAYS", "0"),
            ("MAX_JSON_DEPTH", "1000000"),
            ("WORKER_CONCURRENCY", "0"),
            ("OUTBOX_DELAYS", "1s,2s"),
            ("MAIL_LIMITS", "1s,2s,0s"),
            ("SHUTDOWN_DELAY", "a moment"),
        ];
        let error = read(&pairs).expect_err("all are wrong").to_string();
        for (name, _) in pairs {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn links_lead_to_where_the_service_is() {
        let settings = read(&[("LISTEN", "0.0.0.0:9000")]).expect("right");
        assert_eq!(settings.public_url, "http://127.0.0.1:9000");
        assert!(read(&[("LISTEN", "127.0.0.1:0")]).is_err(), "no link could name port 0");
    }

    #[test]
    fn a_public_url_may_have_a_path() {
        for (url, expected) in [
            ("https://invoices.example.com", ""),
            ("https://invoices.example.com/", ""),
            ("https://example.com:8443/billing/invoices/", "/billing/invoices"),
        ] {
            let settings = read(&[("PUBLIC_URL", url)]).expect("right");
            assert_eq!(base_path(&settings.public_url), expected);
        }
        for wrong in
            ["example.com", "ftp://example.com", "https://example.com/?a=b", "https://example.com/a b", "https://x/\"<"]
        {
            let error = read(&[("PUBLIC_URL", wrong)]).expect_err(wrong).to_string();
            assert!(error.contains("PUBLIC_URL"), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let settings = read(&[("TOKEN_KEYS", "hush"), ("DATABASE_URL", "sqlite://hush")]).expect("right");
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn production_takes_what_is_strong_and_nothing_that_only_looks_so() {
        let strong = [
            ("APP_ENV", "production"),
            ("DATABASE_URL", "postgres://u:p@db/x?sslmode=verify-full"),
            ("DOCUMENTS_URL", "s3://bucket/prefix"),
            ("BROKER_URL", "amqps://u:p@mq:5671"),
            ("MAIL_URL", "ses://eu-west-1"),
            ("PUBLIC_URL", "https://invoices.example.com"),
            ("TOKEN_JWKS", "{\"keys\":[]}"),
            ("LINK_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ];
        assert!(read(&strong).is_ok());
        for (name, weak) in [
            ("DATABASE_URL", "postgres://u:sslmode=verify-full@db/x"),
            ("DATABASE_URL", "sqlite:///data/sslmode=verify-full"),
            ("DOCUMENTS_URL", "mongodb://u:tls=true@db/x"),
            ("DOCUMENTS_URL", "file:///data"),
            ("BROKER_URL", "amqp://mq"),
            ("MAIL_URL", "smtp://mail.example.com"),
            ("LINK_KEYS", "a:c2hvcnQ="),
        ] {
            let weakened: Vec<_> =
                strong.iter().map(|pair| if pair.0 == name { (name, weak) } else { *pair }).collect();
            let error = read(&weakened).expect_err(weak).to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn production_asks_for_what_is_needed_and_refuses_whatever_is_weak() {
        let read = |weak: Option<(&'static str, &'static str)>| {
            let database = ("DATABASE_URL", "postgres://db/x?sslmode=verify-full");
            let pairs = [Some(("APP_ENV", "production")), Some(database), weak];
            let map: HashMap<_, _> = pairs.into_iter().flatten().collect();
            let variables = Variables::new(move |name| map.get(name).map(|value| (*value).to_owned()));
            Settings::read_for(&[Need::Database], variables)
        };
        assert!(read(None).is_ok());
        for weak in [("DATABASE_URL", "sqlite://x"), ("BROKER_URL", "amqp://mq"), ("LINK_KEYS", "a:c2hvcnQ=")] {
            let error = read(Some(weak)).expect_err(weak.1).to_string();
            assert!(error.contains(weak.0), "{error}");
        }
    }

    #[test]
    fn production_refuses_what_is_weak_and_names_it() {
        let error = read(&[("APP_ENV", "production")]).expect_err("everything is weak").to_string();
        for name in ["DATABASE_URL", "DOCUMENTS_URL", "BROKER_URL", "MAIL_URL", "TOKEN_KEYS", "LINK_KEYS", "PUBLIC_URL"]
        {
            assert!(error.contains(name), "{name} is missing: {error}");
        }
    }
}
