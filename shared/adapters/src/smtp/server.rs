//! Where the SMTP server is and how it is reached.

use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use pipeline::{MailLimits, PortError};
use tokio::time::timeout;
use url::{Host, Url};

use super::session::Session;
use super::unreachable;
use crate::parameters::parameters;

const EXPECTED: &str = "smtps://USER:PASSWORD@HOST:PORT or smtp://USER:PASSWORD@HOST:PORT";
/// For one address of a host that has several.
const ADDRESS_LIMIT: Duration = Duration::from_secs(4);

pub(super) struct Server {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    /// How the client names itself.
    name: ClientId,
}

impl Server {
    pub(super) fn read(url: &Url) -> Result<Self, String> {
        let [authorities, name, tls_need] = parameters(url, ["cacertfile", "helo", "tls"])?;
        if tls_need.as_ref().is_some_and(|need| need != "required") {
            return Err("tls may only be `required`".to_owned());
        }
        if !matches!(url.path(), "" | "/") {
            return Err(format!("the URL has a path, expected {EXPECTED}"));
        }
        let host = host(url)?;
        let is_wrapped = url.scheme() == "smtps";
        let is_optional = !is_wrapped && tls_need.is_none() && authorities.is_none() && is_loopback(&host);
        let parameters = tls_parameters(&host, is_optional, authorities.as_deref())?;
        Ok(Self {
            port: url.port().unwrap_or(if is_wrapped { 465 } else { 587 }),
            tls: match (is_wrapped, is_optional) {
                (true, _) => Tls::Wrapper(parameters),
                (_, true) => Tls::Opportunistic(parameters),
                _ => Tls::Required(parameters),
            },
            credentials: credentials(url)?,
            name: name.map_or_else(|| Ok(ClientId::default()), client_name)?,
            host,
        })
    }

    /// A session that may send mails.
    pub(super) async fn connect(&self, limits: &MailLimits) -> Result<Session, PortError> {
        let greeted = timeout(limits.greeting, self.greet()).await;
        let mut session = greeted.map_err(|_| unreachable("connecting to the mail server took too long"))??;
        if let Some(credentials) = &self.credentials {
            session.authenticate(credentials, limits.command).await?;
        }
        Ok(session)
    }

    /// A session over TLS, where that is asked for. The caller limits the time.
    pub(super) async fn greet(&self) -> Result<Session, PortError> {
        let cannot = |source| unreachable("cannot connect to the mail server").with_source(source);
        self.open_connection().await.map(Session::new).map_err(cannot)
    }

    async fn open_connection(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let address = (self.host.as_str(), self.port);
        let wrapper = if let Tls::Wrapper(parameters) = &self.tls { Some(parameters.clone()) } else { None };
        let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(ADDRESS_LIMIT), &self.name, wrapper, None);
        let mut connection = connecting.await?;
        match &self.tls {
            // Fails where the server does not offer it.
            Tls::Required(parameters) => connection.starttls(parameters.clone(), &self.name).await?,
            Tls::Opportunistic(parameters) if connection.can_starttls() => {
                connection.starttls(parameters.clone(), &self.name).await?;
            }
            _ => {}
        }
        Ok(connection)
    }
}

fn host(url: &Url) -> Result<String, String> {
    match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() => Ok(name.to_owned()),
        Some(Host::Ipv4(address)) => Ok(address.to_string()),
        Some(Host::Ipv6(address)) => Ok(address.to_string()),
        _ => Err(format!("the URL names no host, expected {EXPECTED}")),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn tls_parameters(host: &str, is_optional: bool, authorities: Option<&str>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned())
        // Where plain text would do as well, a certificate that nobody vouches for does no harm.
        .dangerous_accept_invalid_certs(is_optional)
        .dangerous_accept_invalid_hostnames(is_optional);
    if let Some(path) = authorities {
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificates(path)?);
    }
    builder.build().map_err(|error| format!("TLS cannot be set up: {error}"))
}

fn certificates(path: &str) -> Result<Certificate, String> {
    let pem = std::fs::read(path).map_err(|error| format!("cannot read the cacertfile: {error}"))?;
    let none = "the cacertfile holds no certificate, expected PEM";
    if !String::from_utf8_lossy(&pem).contains("BEGIN CERTIFICATE") {
        return Err(none.to_owned());
    }
    Certificate::from_pem(&pem).map_err(|_| none.to_owned())
}

fn credentials(url: &Url) -> Result<Option<Credentials>, String> {
    let decoded = |text| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded.map(String::from).map_err(|_| "the user or password is not UTF-8 once decoded".to_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some(Credentials::new(decoded(user)?, decoded(password)?))),
        _ => Err(format!("a user and a password belong together, expected {EXPECTED}")),
    }
}

fn client_name(name: String) -> Result<ClientId, String> {
    let is_right = !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || "-.:[]".contains(sign));
    is_right.then_some(ClientId::Domain(name)).ok_or_else(|| "helo is not a host's name".to_owned())
}
