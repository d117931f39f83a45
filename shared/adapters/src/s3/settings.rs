//! What a URL says: `s3://BUCKET/PREFIX?PARAMETERS`.

use aws_sdk_s3::types::ServerSideEncryption;
use url::Url;

const EXPECTED: &str =
    "s3://BUCKET/PREFIX?region=…&endpoint=https://…&path_style=true|false&sse=AES256|aws:kms&kms_key=…";

/// Where the blobs are kept, and how.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) bucket: String,
    /// What all keys begin with: empty, or a path that ends with `/`.
    pub(super) prefix: String,
    pub(super) region: Option<String>,
    /// The address of a compatible store; AWS's own where there is none.
    pub(super) endpoint: Option<String>,
    /// Whether the bucket stands in the path rather than in the host's name.
    pub(super) path_style: bool,
    /// The encryption that is asked for with each blob; the bucket's own where there is none.
    pub(super) encryption: Option<ServerSideEncryption>,
    /// The key of KMS; the account's own where there is none.
    pub(super) kms_key: Option<String>,
}

impl Settings {
    /// Reads a URL. An error says what was expected and never quotes a value.
    pub(super) fn read(url: &Url) -> Result<Self, String> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("credentials belong into the environment (AWS_ACCESS_KEY_ID, …), expected {EXPECTED}"));
        }
        let Some(bucket) = url.host_str().filter(|host| !host.is_empty() && url.port().is_none()) else {
            return Err(format!("the URL names no bucket, expected {EXPECTED}"));
        };
        let mut settings = Self {
            bucket: bucket.to_owned(),
            prefix: prefix(url.path())?,
            region: None,
            endpoint: None,
            path_style: false,
            encryption: None,
            kms_key: None,
        };
        for (name, value) in url.query_pairs() {
            settings.set(&name, &value)?;
        }
        if settings.kms_key.is_some() && settings.encryption != Some(ServerSideEncryption::AwsKms) {
            return Err(format!("kms_key goes with sse=aws:kms, expected {EXPECTED}"));
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = |expected: &str| Err(format!("{name} must be {expected}"));
        match name {
            _ if value.is_empty() => return wrong("given a value"),
            "region" => self.region = Some(value.to_owned()),
            "endpoint" if is_endpoint(value) => self.endpoint = Some(value.to_owned()),
            "endpoint" => return wrong("http://HOST:PORT or https://HOST:PORT"),
            "path_style" => match value {
                "true" => self.path_style = true,
                "false" => self.path_style = false,
                _ => return wrong("true or false"),
            },
            "sse" => match value {
                "AES256" => self.encryption = Some(ServerSideEncryption::Aes256),
                "aws:kms" => self.encryption = Some(ServerSideEncryption::AwsKms),
                _ => return wrong("AES256 or aws:kms"),
            },
            "kms_key" => self.kms_key = Some(value.to_owned()),
            _ => {
                return Err(format!("the parameter {name:?} is unknown, expected {EXPECTED}"));
            }
        }
        Ok(())
    }
}

/// The keys' beginning; the URL's path is percent-encoded, so only plain names are taken.
fn prefix(path: &str) -> Result<String, String> {
    let path = path.trim_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()/".contains(c);
    if !path.chars().all(is_plain) || path.contains("//") {
        return Err("PREFIX may have letters, digits and !-_.*'() between single slashes".to_owned());
    }
    Ok(if path.is_empty() { String::new() } else { format!("{path}/") })
}

fn is_endpoint(value: &str) -> bool {
    let Ok(url) = Url::parse(value) else { return false };
    matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Settings, String> {
        Settings::read(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_bucket_is_enough() {
        let settings = read("s3://documents").unwrap();
        assert_eq!((settings.bucket.as_str(), settings.prefix.as_str()), ("documents", ""));
        assert_eq!((settings.path_style, settings.encryption, settings.region), (false, None, None));
    }

    #[test]
    fn every_parameter_is_read() {
        let parameters = "region=eu-west-1&endpoint=http://127.0.0.1:9000&path_style=true&sse=aws:kms&kms_key=alias/x";
        let settings = read(&format!("s3://documents/a/b/?{parameters}")).unwrap();
        assert_eq!(settings.prefix, "a/b/");
        assert_eq!(settings.region.as_deref(), Some("eu-west-1"));
        assert_eq!(settings.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert!(settings.path_style);
        assert_eq!(settings.encryption, Some(ServerSideEncryption::AwsKms));
        assert_eq!(settings.kms_key.as_deref(), Some("alias/x"));
    }

    #[test]
    fn what_is_wrong_is_told_without_a_value() {
        for (url, told) in [
            ("s3://key:hush@documents/a", "AWS_ACCESS_KEY_ID"),
            ("s3:///a", "names no bucket"),
            ("s3://documents/a?regoin=hush", "\"regoin\" is unknown, expected s3://BUCKET/PREFIX?region="),
            ("s3://documents/a?sse=hush", "AES256 or aws:kms"),
            ("s3://documents/a?path_style=hush", "true or false"),
            ("s3://documents/a?endpoint=http://key:hush@host", "endpoint must be http://HOST:PORT"),
            ("s3://documents/a?sse=AES256&kms_key=hush", "sse=aws:kms"),
            ("s3://documents/a?region=", "region must be given a value"),
            ("s3://documents/a%20hush", "PREFIX"),
        ] {
            let error = read(url).unwrap_err();
            assert!(error.contains(told) && !error.contains("hush"), "{url}: {error}");
        }
    }
}
