use std::sync::Arc;
use std::time::Duration;

use host::token::{AUDIENCE, Claims};
use pipeline::{Clock, ErrorKind, PortError, User};
use uuid::Uuid;

use crate::signing_keys::SigningKeys;

/// Makes the tokens of users who proved themselves.
pub(crate) struct TokenIssuer {
    pub(crate) keys: SigningKeys,
    pub(crate) issuer: String,
    pub(crate) life: Duration,
    pub(crate) clock: Arc<dyn Clock>,
}

impl TokenIssuer {
    /// A token that is valid from now on.
    pub(crate) fn issue(&self, user: &User) -> Result<String, PortError> {
        let now = self.clock.now().as_second();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user.id,
            email: user.email.clone(),
            roles: user.roles.clone(),
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(self.life.as_secs()),
            jti: Uuid::new_v4().to_string(),
        };
        let failed = |error| PortError::new(ErrorKind::Internal, "cannot sign a token").with_source(error);
        self.keys.sign(&claims).map_err(failed)
    }
}
