use axum::extract::FromRequestParts;
use host::problem::Problem;
use host::token::Principal;
use http::StatusCode;
use http::request::Parts;
use pipeline::{Role, User, UserId};

use crate::state::AuthState;

/// A request's principal and its account, which exists and is enabled now, whatever the token says.
pub(super) struct Caller {
    pub(super) principal: Principal,
    pub(super) account: User,
}

/// A caller whose account is an administrator's now.
pub(super) struct Admin(pub(super) User);

impl Caller {
    /// The account that the path names, where the caller may manage its keys: `me`, their own, or any for an
    /// administrator. An API key manages no keys, so that a leaked one cannot make others.
    pub(super) fn managed_account(&self, path: &str) -> Result<UserId, Problem> {
        if self.principal.is_machine() {
            return Err(forbidden("API keys are managed with a token, not with an API key"));
        }
        if path == "me" {
            return Ok(self.account.id);
        }
        let named = path.parse::<UserId>().ok();
        if named == Some(self.account.id) || self.is_admin() {
            return named.ok_or_else(Problem::not_found);
        }
        Err(forbidden("this needs the role admin"))
    }

    fn is_admin(&self) -> bool {
        self.principal.is_admin() && self.account.roles.contains(&Role::Admin)
    }
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, detail)
}

impl FromRequestParts<AuthState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AuthState) -> Result<Self, Problem> {
        let principal = state.authenticator().authenticate(&parts.headers).await?;
        let account = match state.accounts().get(principal.user).await {
            Ok(account) if account.enabled => account,
            Ok(_) | Err(crate::AccountError::NotFound) => {
                return Err(Problem::unauthorized("the account is disabled or does not exist any more"));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self { principal, account })
    }
}

impl FromRequestParts<AuthState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AuthState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.principal.require_role(Role::Admin)?;
        if caller.is_admin() { Ok(Self(caller.account)) } else { Err(forbidden("this needs the role admin")) }
    }
}
