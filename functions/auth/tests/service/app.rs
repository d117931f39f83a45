use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use adapters::open::Database;
use auth::{AuthConfig, AuthState, DemoUser, SigningKeys};
use host::Shutdown;
use jiff::Timestamp;
use pipeline::{Clock, Role, User, Users};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const ISSUER: &str = "https://invoices.example.com";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const TOKEN_TTL: i64 = 24 * 3600;

/// A clock that stands still until it is moved.
pub(crate) struct StillClock(AtomicI64);

impl StillClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Auth, listening on a free port until it is dropped.
pub(crate) struct App {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<StillClock>,
    pub(crate) users: Arc<dyn Users>,
    pub(crate) state: AuthState,
    client: Client,
    shutdown: Shutdown,
    _folder: TempDir,
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::start_behind(&[]).await
    }

    /// Auth that believes these proxies.
    pub(crate) async fn start_behind(trusted_proxies: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&format!("sqlite://{}/users.sqlite3", folder.path().display())).await.unwrap();
        database.migrate().await.unwrap();
        let clock = Arc::new(StillClock(AtomicI64::new(1_800_000_000)));
        let state = AuthState::new(AuthConfig {
            users: database.users(),
            clock: clock.clone(),
            keys: SigningKeys::read_or_create(&folder.path().join("token-keys.pem")).unwrap(),
            issuer: ISSUER.to_owned(),
            token_ttl: Duration::from_secs(TOKEN_TTL.unsigned_abs()),
            trusted_proxies: trusted_proxies.iter().map(|network| network.parse().unwrap()).collect(),
            demo_user: DemoUser::Ignored,
        });
        let listener = host::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
        let router = auth::router(state.clone()).into();
        tokio::spawn(host::serve(listener, router, host::KEEP_ALIVE, shutdown.clone()));
        let client = Client::builder().no_proxy().build().unwrap();
        Self { address, clock, users: database.users(), state, client, shutdown, _folder: folder }
    }

    pub(crate) async fn add(&self, email: &str, roles: &[Role]) -> User {
        let roles = roles.iter().copied().collect::<BTreeSet<_>>();
        self.state.accounts().create(email.parse().unwrap(), PASSWORD.to_owned(), roles).await.unwrap()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Response {
        let request = self.request(Method::POST, "/login").basic_auth(email, Some(password));
        request.header("accept", "application/json").send().await.unwrap()
    }

    pub(crate) async fn token(&self, email: &str) -> String {
        let response = self.login(email, PASSWORD).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.text().await.unwrap()
    }

    /// A new account of these roles and a token of it.
    pub(crate) async fn logged_in(&self, email: &str, roles: &[Role]) -> (User, String) {
        (self.add(email, roles).await, self.token(email).await)
    }

    /// The status and JSON body of an answer to a request with a bearer credential.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        bearer: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = self.request(method, path).bearer_auth(bearer);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str, bearer: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, bearer, None).await
    }

    pub(crate) async fn post(&self, path: &str, bearer: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, bearer, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, bearer: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::PATCH, path, bearer, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, bearer: &str) -> StatusCode {
        self.call(Method::DELETE, path, bearer, None).await.0
    }

    pub(crate) async fn validate(&self, bearer: &str) -> (StatusCode, Value) {
        self.call(Method::POST, "/validate", bearer, None).await
    }
}

/// The text of a header, or nothing.
pub(crate) fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}
