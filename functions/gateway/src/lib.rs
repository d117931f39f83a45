//! The gateway: every public route but those of auth, the OpenAPI document, and the page at `/`.

mod acceptance;
mod admission;
mod branding;
mod byte_range;
mod caller;
mod content;
mod docs;
mod download;
mod gallery;
mod health;
mod invoices;
mod metrics;
mod multipart;
mod open;
mod page;
mod preview;
mod processors;
#[cfg(feature = "auth-proxy")]
mod proxy;
mod publishing;
mod redrive;
mod request;
mod resource;
mod upload;
mod upload_ticket;
mod uploads;
mod verdict;
mod waiting;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::middleware::from_fn;
use host::Shutdown;
use host::links::LinkKeys;
use host::problem::one_line_errors;
use host::readiness::{Readiness, Server};
use host::settings::{Need, Settings, UploadLimits, base_path};
use host::token::Authenticator;
use pipeline::{Broker, Clock, Documents, Ledger, OwnedStore, ParseOptions, Users};
use render::Style;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admission::Admission;
use crate::page::Page;
use crate::processors::Processors;
use crate::publishing::Rest;

/// The gateway's servers and rules.
pub struct Gateway {
    /// The truth.
    pub ledger: Arc<dyn Ledger>,
    /// Where uploads go and downloads come from.
    pub documents: Arc<dyn Documents>,
    /// Gets the messages of accepted uploads.
    pub broker: Arc<dyn Broker>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Finds out who asks.
    pub authenticator: Authenticator,
    /// Verifies the links of mails, and signs the names of uploads.
    pub links: LinkKeys,
    /// How invoices are read.
    pub parse: ParseOptions,
    /// How previews look.
    pub style: Style,
    /// How clients reach it, without a slash at the end.
    pub public_url: String,
    /// What clients may send.
    pub limits: UploadLimits,
    /// Whom `notify=ADDRESS` may name.
    pub notify_allowed: Vec<String>,
    /// Whether its servers answer.
    pub readiness: Readiness,
    /// Whether the process may be frozen as soon as it has answered: then nothing is left for later, nobody is kept waiting
    /// for long, and no large document passes through it.
    pub is_frozen_between: bool,
    /// The page for people.
    pub(crate) page: Page,
    /// The OpenAPI document, made when it is asked for.
    pub(crate) openapi: OnceLock<Arc<Value>>,
    /// Ends waits that a client prefers.
    pub(crate) shutdown: Shutdown,
    /// Uploads at a time.
    pub(crate) admission: Admission,
    /// Reading and rendering at a time: it is work for processors.
    pub(crate) processors: Processors,
    /// Whether answers wait for the broker.
    pub(crate) publishing: Rest,
}

/// The servers that the settings name, for [`Gateway::new`].
pub struct Servers {
    /// Users, for API keys.
    pub users: Arc<dyn Users>,
    /// The truth.
    pub ledger: Arc<dyn Ledger>,
    /// Where uploads go and downloads come from.
    pub documents: Arc<dyn Documents>,
    /// Gets the messages of accepted uploads.
    pub broker: Arc<dyn Broker>,
}

impl Servers {
    /// What a gateway asks of the settings.
    pub const NEEDS: [Need; 6] =
        [Need::Database, Need::Documents, Need::Broker, Need::PublicUrl, Need::TokenKeys, Need::LinkKeys];

    /// Opens them.
    ///
    /// # Errors
    /// A setting is wrong or a server out of reach.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let urls = &settings.servers;
        let retry = settings.background.retry.clone();
        let lease = retry.lease;
        let database = adapters::open::Database::open(urls.database.expose()).await?;
        let ledger = database.ledger(retry);
        let documents = adapters::open::documents(urls.documents.expose()).await?;
        Ok(Self {
            users: database.users(),
            documents: Arc::new(OwnedStore::new(Arc::clone(&ledger), documents)),
            ledger,
            broker: adapters::open::broker(urls.broker.expose(), lease).await?,
        })
    }

    fn needed(&self) -> [Server; 3] {
        let ledger = Server::Ledger(Arc::clone(&self.ledger));
        let documents = Server::Documents(Arc::clone(&self.documents));
        let broker = Server::Broker(Arc::clone(&self.broker));
        [ledger, documents, broker]
    }
}

impl Gateway {
    /// Puts the gateway together.
    ///
    /// # Errors
    /// The link keys cannot be had.
    pub fn new(
        settings: &Settings,
        servers: Servers,
        authenticator: Authenticator,
        clock: Arc<dyn Clock>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        metrics::declare();
        Ok(Self {
            readiness: Readiness::accepting(shutdown, servers.needed()),
            shutdown: shutdown.clone(),
            ledger: servers.ledger,
            documents: servers.documents,
            broker: servers.broker,
            clock,
            authenticator,
            links: LinkKeys::open(settings)?,
            parse: settings.parse.clone(),
            style: Style::default(),
            public_url: settings.public_url.clone(),
            limits: settings.limits,
            notify_allowed: settings.mail.notify_allowed.clone(),
            admission: Admission::default(),
            processors: Processors::default(),
            is_frozen_between: false,
            publishing: Rest::default(),
            page: Page::new(base_path(&settings.public_url)),
            openapi: OnceLock::new(),
        })
    }

    /// What stands before each route for clients: a proxy may share its host with other services.
    pub(crate) fn base_path(&self) -> &str {
        base_path(&self.public_url)
    }
}

/// The gateway's routes with their part of the OpenAPI document. A new route stands here, and so in the document.
pub(crate) fn routes() -> OpenApiRouter<Arc<Gateway>> {
    let curl = OpenApiRouter::new()
        .routes(routes!(upload::upload))
        .routes(routes!(download::download))
        .layer(from_fn(one_line_errors));
    OpenApiRouter::new()
        .merge(curl)
        .routes(routes!(upload::create, invoices::list))
        .routes(routes!(uploads::create))
        .routes(routes!(uploads::hand_in))
        .routes(routes!(invoices::read, invoices::delete))
        .routes(routes!(redrive::redrive))
        .routes(routes!(preview::preview))
        .routes(routes!(preview::validate))
        .routes(routes!(branding::put, branding::read, branding::delete))
        .routes(routes!(caller::me))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(docs::openapi_json))
        .routes(routes!(docs::invoice_schema))
        .routes(routes!(gallery::list))
        .routes(routes!(gallery::read))
        .routes(routes!(page::page))
}

/// The gateway as a value: what runs it is somebody else's business.
pub fn router(gateway: Arc<Gateway>) -> Router {
    let (router, _) = routes().split_for_parts();
    let pages = docs::pages(gateway.base_path());
    router.with_state(gateway).merge(pages)
}

/// The router with the routes of auth, which go to the process that `AUTH_URL` names, if it names one.
///
/// # Errors
/// `AUTH_URL` is given, and the HTTP client cannot be built, or is left out by the lack of the feature `auth-proxy`.
pub fn with_auth(router: Router, settings: &Settings) -> anyhow::Result<Router> {
    let Some(auth_url) = &settings.auth_url else { return Ok(router) };
    #[cfg(feature = "auth-proxy")]
    return Ok(router.merge(proxy::router(auth_url, settings.trusted_proxies.clone(), settings.keep_alive)?));
    #[cfg(not(feature = "auth-proxy"))]
    anyhow::bail!("AUTH_URL: {auth_url} is not asked, as the gateway was built without its feature auth-proxy");
}
