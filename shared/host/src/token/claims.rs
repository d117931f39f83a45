use std::collections::BTreeSet;

use pipeline::{Email, Role, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The claims of a token (RFC 7519 section 4.1). Every one is required. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claims {
    /// Issuer: the service's public URL.
    #[schema(example = "https://invoices.example.com")]
    pub iss: String,
    /// Audience: the service that the token is for.
    #[schema(example = "invoices")]
    pub aud: String,
    /// Subject: the user's id.
    #[schema(value_type = String, format = "uuid")]
    pub sub: UserId,
    /// The user's mail address.
    #[schema(value_type = String, format = Email, example = "test@example.com")]
    pub email: Email,
    /// The user's roles.
    #[schema(value_type = Vec<String>, example = json!(["user"]))]
    pub roles: BTreeSet<Role>,
    /// Issued at.
    pub iat: i64,
    /// Not valid before.
    pub nbf: i64,
    /// Not valid from here on.
    pub exp: i64,
    /// The token's own id.
    #[schema(format = "uuid")]
    pub jti: String,
}
