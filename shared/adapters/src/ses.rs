//! Mail through Amazon SES.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Config;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use hyper_util::client::legacy;
use pipeline::{ErrorKind, Handover, MailLimits, Mailer, OutgoingMail, PortError};
use tokio::time::timeout;
use url::Url;

use crate::envelope;
use crate::parameters::parameters;

const EXPECTED: &str = "ses://REGION, such as ses://eu-central-1";
/// For one mail as a whole, credentials included: SES answers within seconds or not at all.
const SEND_LIMIT: Duration = Duration::from_secs(25);
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
const CHECK_LIMIT: Duration = Duration::from_secs(3);

pub(crate) struct Ses {
    client: Client,
    configuration_set: Option<String>,
}

/// A mail that is not sent yet.
struct Request<'a> {
    ses: &'a Ses,
    mail: &'a OutgoingMail,
}

impl Ses {
    /// Reads the URL: `ses://REGION?configuration_set=NAME&endpoint=http://…`. The credentials come from where the AWS
    /// programs look for them, when they are needed.
    ///
    /// The SDK makes no request twice: SES knows no idempotency key, and a mail whose answer was lost may have been sent.
    pub(crate) async fn open(url: &Url, limits: MailLimits) -> Result<Self, String> {
        let [configuration_set, endpoint] = parameters(url, ["configuration_set", "endpoint"])?;
        let region = region(url)?;
        if !configuration_set.as_deref().is_none_or(is_name) {
            return Err("the configuration_set may have letters, digits, - and _".to_owned());
        }
        let limit = limits.text.min(SEND_LIMIT);
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_LIMIT).operation_timeout(limit);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts.build());
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(web_address(endpoint)?);
        }
        Ok(Self { client: Client::new(&loader.load().await), configuration_set })
    }

    async fn deliver(&self, mail: &OutgoingMail) -> Result<(), PortError> {
        let message = RawMessage::builder().data(Blob::new(mail.message.as_slice())).build();
        let message = message.map_err(|source| {
            PortError::new(ErrorKind::Internal, "a mail for SES cannot be put together").with_source(source)
        })?;
        self.client
            .send_email()
            .from_email_address(envelope::address(&mail.from))
            .destination(Destination::builder().to_addresses(envelope::address(&mail.to)).build())
            .content(EmailContent::builder().raw(message).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| refusal(&error))
    }

    /// Any answer of the service will do: who may only send mails may not ask about the account.
    async fn ask(&self) -> Result<(), PortError> {
        let hurried = TimeoutConfig::builder().connect_timeout(CHECK_LIMIT).operation_timeout(CHECK_LIMIT);
        let hurried = Config::builder().timeout_config(hurried.build());
        match self.client.get_account().customize().config_override(hurried).send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(answer)) if !answer.raw().status().is_server_error() => Ok(()),
            Err(error) => Err(unreachable("SES does not answer").with_source(reason(&error))),
        }
    }
}

#[async_trait]
impl Mailer for Ses {
    async fn begin<'a>(&'a self, mail: &'a OutgoingMail) -> Result<Box<dyn Handover + 'a>, PortError> {
        Ok(Box::new(Request { ses: self, mail }))
    }

    async fn check(&self) -> Result<(), PortError> {
        let answered = timeout(CHECK_LIMIT, self.ask()).await;
        answered.unwrap_or_else(|_| Err(unreachable(format!("SES took over {CHECK_LIMIT:?}"))))
    }
}

#[async_trait]
impl Handover for Request<'_> {
    async fn complete(self: Box<Self>) -> Result<(), PortError> {
        self.ses.deliver(self.mail).await
    }
}

fn region(url: &Url) -> Result<String, String> {
    let is_bare = matches!(url.path(), "" | "/") && url.username().is_empty() && url.password().is_none();
    match url.host_str() {
        Some(region) if is_bare && url.port().is_none() && is_name(region) => Ok(region.to_owned()),
        _ => Err(format!("the URL names no region, expected {EXPECTED}")),
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_".contains(sign))
}

fn web_address(endpoint: String) -> Result<String, String> {
    let is_web = Url::parse(&endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    is_web.then_some(endpoint).ok_or_else(|| "the endpoint is no URL, expected https://HOST or http://HOST".to_owned())
}

fn refusal(error: &SdkError<SendEmailError>) -> PortError {
    let is_mail = error.as_service_error().is_some_and(is_the_mails_own);
    let (kind, context) = if is_mail {
        (ErrorKind::Rejected, "SES refuses the mail")
    } else if may_be_sent(error) {
        (ErrorKind::OutcomeUnknown, "SES did not say whether it took the mail")
    } else {
        (ErrorKind::Unreachable, "SES does not take the mail now")
    };
    PortError::new(kind, context).with_source(reason(error))
}

/// Whether the request went out and no answer of SES came back. A gateway before it that gave up does not know either.
fn may_be_sent(error: &SdkError<SendEmailError>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(answer) => matches!(answer.raw().status().as_u16(), 502 | 504),
        _ => causes(error).filter_map(|cause| cause.downcast_ref()).any(|error: &legacy::Error| !error.is_connect()),
    }
}

/// Whether another mail would go through. What the operator can mend in the account, the credentials or the settings
/// makes the mails wait.
fn is_the_mails_own(error: &SendEmailError) -> bool {
    match error {
        SendEmailError::BadRequestException(_) => true,
        // The same error says "Email address is not verified": of the sender, or in the sandbox of any recipient.
        SendEmailError::MessageRejected(rejected) => !rejected.message().unwrap_or_default().contains("not verified"),
        _ => false,
    }
}

/// The causes, without what SES says of requests that it cannot trust: it quotes their headers.
fn reason<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> String {
    if let Some(answer) = error.as_service_error() {
        let code = answer.code().unwrap_or("an error without a code");
        let message = answer.message().filter(|_| !code.contains("Signature")).unwrap_or_default();
        return format!("{code} {message}").trim_end().to_owned();
    }
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The error, its cause, the cause of that, and so on.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn unreachable(context: impl Into<String>) -> PortError {
    PortError::new(ErrorKind::Unreachable, context)
}
