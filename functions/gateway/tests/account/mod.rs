//! Somebody who may upload.

use std::collections::BTreeSet;

use host::token::PlainApiKey;
use jiff::Timestamp;
use pipeline::{ApiKeyId, NewApiKey, PasswordHash, Role, Scope, User, UserId, Users};

/// A machine's key of a new user: it is verified without auth.
pub(crate) async fn api_key(users: &dyn Users, email: &str) -> String {
    let (plain, now) = (PlainApiKey::generate(), Timestamp::now());
    let user = User {
        id: UserId::new(),
        email: email.parse().unwrap(),
        roles: BTreeSet::from([Role::User]),
        password: PasswordHash::from_phc("none".to_owned()),
        enabled: true,
        created_at: now,
    };
    users.create(&user).await.unwrap();
    let key = NewApiKey {
        id: ApiKeyId::new(),
        owner: user.id,
        name: "test".to_owned(),
        prefix: plain.prefix().to_owned(),
        sha256: plain.sha256(),
        scopes: Scope::ALL.into(),
        created_at: now,
    };
    users.add_key(&key).await.unwrap();
    plain.expose().to_owned()
}
