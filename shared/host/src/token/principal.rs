use std::collections::BTreeSet;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use pipeline::{ApiKeyId, Email, Role, Scope, UserId};

use super::Claims;
use crate::problem::Problem;

/// What a request proved itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A token that auth signed after a login.
    Token(Box<Claims>),
    /// A machine's API key.
    ApiKey(ApiKeyId),
}

/// Who a request acts for, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// The user's mail address.
    pub email: Email,
    /// The roles that the request has: the user's with a token, only [`Role::User`] with an API key.
    pub roles: BTreeSet<Role>,
    /// What it may do: everything with a token, the key's scopes with an API key.
    pub scopes: BTreeSet<Scope>,
    /// What it proved itself with.
    pub credential: Credential,
}

impl From<Claims> for Principal {
    fn from(claims: Claims) -> Self {
        Self {
            user: claims.sub,
            email: claims.email.clone(),
            roles: claims.roles.clone(),
            scopes: Scope::ALL.into(),
            credential: Credential::Token(Box::new(claims)),
        }
    }
}

impl Principal {
    /// Whether the request may manage users and see every invoice.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Whether the request came with an API key.
    #[must_use]
    pub const fn is_machine(&self) -> bool {
        matches!(self.credential, Credential::ApiKey(_))
    }

    /// Passes where the request has this scope.
    ///
    /// # Errors
    /// A 403 that names the scope (RFC 6750 section 3.1).
    pub fn require_scope(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let problem = Problem::new(StatusCode::FORBIDDEN, format!("the API key lacks the scope {scope}"));
        let challenge = format!("Bearer realm=\"invoices\", error=\"insufficient_scope\", scope=\"{scope}\"");
        Err(match HeaderValue::from_str(&challenge) {
            Ok(challenge) => problem.with_header(WWW_AUTHENTICATE, challenge),
            Err(_) => problem,
        })
    }

    /// Passes where the request has this role.
    ///
    /// # Errors
    /// A 403 that names the role.
    pub fn require_role(&self, role: Role) -> Result<(), Problem> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        let detail = if self.is_machine() {
            format!("this needs a token of a user with the role {role}; an API key does not have it")
        } else {
            format!("this needs the role {role}")
        };
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }
}
