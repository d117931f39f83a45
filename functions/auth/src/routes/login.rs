use axum::extract::State;
use axum::response::{IntoResponse, Response};
use host::problem::Problem;
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use pipeline::{Email, User};

use crate::basic::{BasicCredentials, CHALLENGE};
use crate::client_address::ClientAddress;
use crate::login_throttle::Attempt;
use crate::state::AuthState;

/// Give a mail address and a password, get a token.
#[utoipa::path(
    post,
    path = "/login",
    tag = "users",
    security(("basic" = [])),
    responses(
        (status = 200, description = "The token, as plain text.", body = String, content_type = "text/plain"),
        (status = 401, description = "The address or the password is wrong.", body = Problem,
         content_type = "application/problem+json", headers(("WWW-Authenticate" = String))),
        (status = 429, description = "Too many failures.", body = Problem,
         content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds."))),
        (status = 503, description = "Too many logins at a time, or the database is out of reach.", body = Problem,
         content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds."))),
    )
)]
pub(super) async fn login(
    State(state): State<AuthState>,
    address: ClientAddress,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let credentials = BasicCredentials::from_headers(&headers).ok_or_else(refusal)?;
    state.settle_demo_user().await?;
    let email = credentials.user_id.parse::<Email>().ok();
    let attempt = Attempt::new(email.as_ref(), address.network());
    state.throttle().check(&attempt).await?;
    let Some(user) = verified(&state, email, credentials.password, &attempt).await? else {
        tracing::info!(address = address.0.map(tracing::field::display), "login refused");
        return Err(refusal());
    };
    tracing::info!(user = %user.id, "logged in");
    Ok(([(CACHE_CONTROL, "no-store")], state.issuer().issue(&user)?).into_response())
}

/// The user whose password this is. Without such a user the same work is done.
///
/// The failures are looked at again when it is this request's turn, and its own outcome is counted before the next one
/// has its turn: many guesses at the same time gain nothing.
async fn verified(
    state: &AuthState,
    email: Option<Email>,
    password: String,
    attempt: &Attempt,
) -> Result<Option<User>, Problem> {
    let user = match &email {
        Some(email) => state.accounts().by_email(email).await?,
        None => None,
    };
    let slot = state.hashing().slot().await?;
    state.throttle().check(attempt).await?;
    let stored = user.as_ref().map(|user| user.password.clone());
    let fits = slot.verify(password, stored).await?;
    let verified = user.filter(|user| fits && user.enabled);
    match &verified {
        Some(_) => state.throttle().record_success(attempt).await?,
        None => state.throttle().record_failure(attempt).await?,
    }
    Ok(verified)
}

/// The same whatever was wrong.
fn refusal() -> Problem {
    let detail = "log in with your mail address and password (Basic authentication); one of them is missing or wrong";
    Problem::new(StatusCode::UNAUTHORIZED, detail).with_header(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))
}
