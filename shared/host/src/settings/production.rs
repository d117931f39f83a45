//! What `APP_ENV=production` refuses.

use std::net::IpAddr;

use url::Url;

use super::{Need, Settings, Variables};
use crate::links::LinkKeys;

/// Where the AWS programs look for a server in place of Amazon's.
const AWS_ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SESV2"];

/// Notes every setting that is too weak to face the world: of those that the process needs, and of all that are given.
pub(super) fn check(settings: &Settings, needs: &[Need], variables: &mut Variables<'_>) {
    let servers = &settings.servers;
    let checked = [
        (Need::Database, "DATABASE_URL", database(servers.database.expose())),
        (Need::Documents, "DOCUMENTS_URL", documents(servers.documents.expose())),
        (Need::Broker, "BROKER_URL", broker(servers.broker.expose())),
        (Need::Mail, "MAIL_URL", mail(servers.mail.expose())),
        (Need::PublicUrl, "PUBLIC_URL", public_url(&settings.public_url)),
        (Need::TokenKeys, "TOKEN_KEYS", token_keys(settings)),
        (Need::LinkKeys, "LINK_KEYS", link_keys(settings)),
    ];
    for (need, name, checked) in checked {
        let concerns = needs.contains(&need) || variables.optional(name).is_some();
        if let Err(reason) = checked
            && concerns
        {
            variables.fault(name, reason);
        }
    }
    for name in AWS_ENDPOINTS {
        if variables.optional(name).is_some_and(|url| !is_strong_endpoint(&url)) {
            variables.fault(name, "production needs an https:// address, or one on loopback");
        }
    }
}

type Checked = Result<(), String>;

fn strong_if(strong: bool, otherwise: &str) -> Checked {
    if strong { Ok(()) } else { Err(format!("production needs {otherwise}")) }
}

fn database(url: &str) -> Checked {
    let parameters = Parameters::of(url);
    let verified = parameters.all_are(&["sslmode", "ssl-mode"], "verify-full");
    let strong = matches!(scheme(url), "postgres" | "postgresql") && verified;
    strong_if(strong, "postgres://… with sslmode=verify-full")
}

fn documents(url: &str) -> Checked {
    let parameters = Parameters::of(url);
    let tls = ["tls", "ssl"];
    let strong = match scheme(url) {
        "s3" => parameters.endpoint_is_strong(),
        "mongodb" => parameters.all_are(&tls, "true") && !parameters.weaken_tls(),
        "mongodb+srv" => (!parameters.has(&tls) || parameters.all_are(&tls, "true")) && !parameters.weaken_tls(),
        _ => false,
    };
    strong_if(strong, "s3://… (an endpoint by https) or mongodb://… with tls=true and certificates that are verified")
}

fn broker(url: &str) -> Checked {
    strong_if(scheme(url) == "amqps", "amqps://…")
}

/// `tls=required` is STARTTLS or nothing.
fn mail(url: &str) -> Checked {
    let parameters = Parameters::of(url);
    let strong = match scheme(url) {
        "smtps" => true,
        "smtp" => parameters.all_are(&["tls"], "required") || is_on_loopback(url),
        "ses" => parameters.endpoint_is_strong(),
        _ => false,
    };
    strong_if(strong, "ses://…, smtps://…, smtp://… with tls=required, or a mail server on loopback")
}

fn public_url(url: &str) -> Checked {
    strong_if(scheme(url) == "https", "the service's https:// address")
}

fn token_keys(settings: &Settings) -> Checked {
    let keys = &settings.keys;
    let known = keys.token_keys.is_some() || keys.token_jwks.is_some() || settings.auth_url.is_some();
    strong_if(known, "the token keys (auth), or TOKEN_JWKS or AUTH_URL (others)")
}

fn link_keys(settings: &Settings) -> Checked {
    match settings.keys.link_keys.as_ref().map(|keys| LinkKeys::parse(keys.expose())) {
        Some(keys) => keys.map(|_| ()).map_err(|error| error.to_string().replace("LINK_KEYS: ", "")),
        None => strong_if(false, "secrets of at least 32 bytes: KID:BASE64"),
    }
}

fn scheme(url: &str) -> &str {
    url.split_once("://").map_or("", |(scheme, _)| scheme)
}

fn is_strong_endpoint(url: &str) -> bool {
    scheme(url) == "https" || (scheme(url) == "http" && is_on_loopback(url))
}

fn is_on_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A URL's parameters, their names in lower case. No URL is parsed for them: MongoDB's name several hosts.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(url: &str) -> Self {
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned())).collect())
    }

    fn values<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }

    fn has(&self, names: &[&str]) -> bool {
        self.values(names).next().is_some()
    }

    /// Whether the parameter, by whichever of its names, is given and has no other value: of several one would win.
    fn all_are(&self, names: &[&str], value: &str) -> bool {
        self.has(names) && self.values(names).all(|found| found == value)
    }

    /// Whether MongoDB's driver would take any certificate.
    fn weaken_tls(&self) -> bool {
        let weak = ["tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames"];
        self.values(&weak).any(|value| value != "false")
    }

    /// Whether a server of the reader's own, in place of Amazon's, is one behind TLS or on loopback.
    fn endpoint_is_strong(&self) -> bool {
        self.values(&["endpoint"]).all(is_strong_endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::{broker, database, documents, mail};

    #[test]
    fn what_is_strong_passes() {
        for url in
            ["postgres://u:p@db/x?sslmode=verify-full&sslrootcert=/ca.pem", "postgresql://db/x?sslmode=verify-full"]
        {
            assert_eq!(database(url), Ok(()), "{url}");
        }
        for url in [
            "s3://bucket/prefix",
            "s3://bucket?endpoint=https://s3.example.com",
            "s3://bucket?endpoint=http://127.0.0.1:8333",
            "mongodb://u:p@a:27017,b:27017,c:27017/invoices?replicaSet=rs0&tls=true",
            "mongodb://a/x?ssl=true&tlsInsecure=false",
            "mongodb+srv://cluster.example.com/x",
        ] {
            assert_eq!(documents(url), Ok(()), "{url}");
        }
        for url in [
            "ses://eu-west-1",
            "smtps://u:p@mail.example.com",
            "smtp://u:p@mail.example.com:587?tls=required",
            "smtp://127.0.0.1:1025",
            "smtp://u:p@[::1]",
            "smtp://localhost",
        ] {
            assert_eq!(mail(url), Ok(()), "{url}");
        }
        assert_eq!(broker("amqps://u:p@mq:5671/%2f"), Ok(()));
    }

    #[test]
    fn what_only_looks_strong_does_not() {
        for url in [
            "postgres://db/x",
            "postgres://db/x?sslmode=require",
            "postgres://db/x?sslmode=verify-full&sslmode=disable",
            "postgres://db/x?sslmode=verify-full&ssl-mode=disable",
            "postgres://u:sslmode=verify-full@db/x",
            "postgres://db/x#?sslmode=verify-full",
            "sqlite:///data/x?sslmode=verify-full",
        ] {
            assert!(database(url).is_err(), "{url}");
        }
        for url in [
            "mongodb://db/x",
            "mongodb://db/x?tls=false",
            "mongodb://db/x?tls=true&ssl=false",
            "mongodb://db/x?tls=true&tlsInsecure=true",
            "mongodb://db/x?tls=true&tlsAllowInvalidCertificates=true",
            "mongodb+srv://db/x?tls=false",
            "s3://bucket?endpoint=http://s3.example.com",
            "s3://bucket?endpoint=http://127.0.0.1.example.com",
            "file:///data",
        ] {
            assert!(documents(url).is_err(), "{url}");
        }
        for url in [
            "smtp://mail.example.com",
            "smtp://mail.example.com?tls=opportunistic",
            "smtp://127.example.com",
            "smtp://localhost.example.com",
            "smtp://localhost@mail.example.com",
            "ses://eu-west-1?endpoint=http://mail.example.com",
            "file:///data",
        ] {
            assert!(mail(url).is_err(), "{url}");
        }
        assert!(broker("amqp://127.0.0.1").is_err());
    }
}
