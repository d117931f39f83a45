//! What every adapter of [`Users`] does.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline::{ApiKeyId, ErrorKind, NewApiKey, PasswordHash, PortError, Role, Scope, User, UserId, Users};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Runs the suite. The store may hold other users; it holds some more afterwards.
///
/// # Panics
/// The adapter breaks the contract.
pub async fn passes(users: &dyn Users) {
    users.check().await.unwrap();
    accounts_are_kept(users).await;
    addresses_are_unique(users).await;
    accounts_change(users).await;
    accounts_are_listed_in_pages(users).await;
    keys_are_kept(users).await;
    keys_are_revoked_by_their_owner(users).await;
    the_use_of_keys_is_noted(users).await;
    failures_are_counted_within_the_window(users).await;
    failures_at_the_same_time_all_count(users).await;
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_123).unwrap()
}

fn user() -> User {
    let id = UserId::new();
    User {
        id,
        email: format!("user-{id}@example.com").parse().unwrap(),
        roles: BTreeSet::from([Role::User]),
        password: PasswordHash::from_phc("$argon2id$v=19$…".to_owned()),
        enabled: true,
        created_at: now(),
    }
}

async fn created(users: &dyn Users) -> User {
    let user = user();
    users.create(&user).await.unwrap();
    user
}

fn key(owner: &User) -> NewApiKey {
    let id = ApiKeyId::new();
    let mut sha256 = [7; 32];
    sha256[..16].copy_from_slice(id.uuid().as_bytes());
    NewApiKey {
        id,
        owner: owner.id,
        name: "Buchhaltung – 経理".to_owned(),
        prefix: id.uuid().simple().to_string(),
        sha256,
        scopes: BTreeSet::from([Scope::InvoicesRead]),
        created_at: now(),
    }
}

async fn added(users: &dyn Users, owner: &User) -> NewApiKey {
    let key = key(owner);
    users.add_key(&key).await.unwrap();
    key
}

fn assert_same(found: Option<User>, expected: &User) {
    let found = found.unwrap();
    assert_eq!((found.id, &found.email, &found.roles), (expected.id, &expected.email, &expected.roles));
    assert!(found.password == expected.password, "the password's hash differs");
    assert_eq!((found.enabled, found.created_at), (expected.enabled, expected.created_at));
}

fn kind<T>(result: Result<T, PortError>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

async fn accounts_are_kept(users: &dyn Users) {
    let mut user = user();
    user.roles.insert(Role::Admin);
    assert!(users.by_id(user.id).await.unwrap().is_none());
    assert!(users.by_email(&user.email).await.unwrap().is_none());
    users.create(&user).await.unwrap();
    assert_same(users.by_id(user.id).await.unwrap(), &user);
    assert_same(users.by_email(&user.email).await.unwrap(), &user);
}

async fn addresses_are_unique(users: &dyn Users) {
    let first = created(users).await;
    let second = User { email: first.email.clone(), ..user() };
    assert_eq!(kind(users.create(&second).await), Some(ErrorKind::AlreadyExists));
    assert!(users.by_id(second.id).await.unwrap().is_none());

    let racer = user();
    let twin = User { id: UserId::new(), ..racer.clone() };
    let (one, other) = futures_util::join!(users.create(&racer), users.create(&twin));
    assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1, "one of two wins");
}

async fn accounts_change(users: &dyn Users) {
    let bystander = created(users).await;
    let mut user = created(users).await;
    user.roles = BTreeSet::from([Role::Admin]);
    user.password = PasswordHash::from_phc("$argon2id$another".to_owned());
    user.enabled = false;
    users.update(&user).await.unwrap();
    assert_same(users.by_id(user.id).await.unwrap(), &user);
    assert_same(users.by_id(bystander.id).await.unwrap(), &bystander);
    assert_eq!(kind(users.update(&self::user()).await), Some(ErrorKind::NotFound));
}

async fn accounts_are_listed_in_pages(users: &dyn Users) {
    let made = [created(users).await.id, created(users).await.id, created(users).await.id];
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = users.list(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        listed.extend(page.iter().map(|user| user.id));
    }
    assert!(listed.is_sorted(), "ascending ids");
    let ours: Vec<UserId> = listed.into_iter().filter(|id| made.contains(id)).collect();
    assert_eq!(ours, made, "each of them once");
    assert!(users.list(None, 0).await.unwrap().is_empty());
}

async fn keys_are_kept(users: &dyn Users) {
    let (owner, other) = (created(users).await, created(users).await);
    let (first, second) = (added(users, &owner).await, added(users, &owner).await);
    added(users, &other).await;

    let ids: Vec<ApiKeyId> = users.keys(owner.id).await.unwrap().iter().map(|key| key.key.id).collect();
    assert_eq!(ids, [second.id, first.id], "newest first, and no other's");

    let (found, found_owner) = users.key_by_prefix(&first.prefix).await.unwrap().unwrap();
    assert_same(Some(found_owner), &owner);
    assert_eq!((found.key.id, found.key.owner, &found.key.name), (first.id, owner.id, &first.name));
    assert_eq!((found.key.sha256, &found.key.scopes), (first.sha256, &first.scopes));
    assert_eq!((found.key.created_at, found.last_used_at, found.revoked_at), (first.created_at, None, None));
    assert!(users.key_by_prefix("no such prefix").await.unwrap().is_none());

    let twin = NewApiKey { prefix: first.prefix.clone(), ..key(&other) };
    assert_eq!(kind(users.add_key(&twin).await), Some(ErrorKind::AlreadyExists));
    assert!(users.add_key(&key(&user())).await.is_err(), "a key needs an owner");
}

async fn keys_are_revoked_by_their_owner(users: &dyn Users) {
    let (owner, other) = (created(users).await, created(users).await);
    let key = added(users, &owner).await;
    assert!(!users.revoke_key(other.id, key.id, now()).await.unwrap());
    assert!(!users.revoke_key(owner.id, ApiKeyId::new(), now()).await.unwrap());
    let revoked_at = async || users.key_by_prefix(&key.prefix).await.unwrap().unwrap().0.revoked_at;
    assert_eq!(revoked_at().await, None);

    assert!(users.revoke_key(owner.id, key.id, now()).await.unwrap());
    assert!(users.revoke_key(owner.id, key.id, now() + MINUTE).await.unwrap());
    assert_eq!(revoked_at().await, Some(now()), "the first time stays");
}

async fn the_use_of_keys_is_noted(users: &dyn Users) {
    let owner = created(users).await;
    let (key, idle) = (added(users, &owner).await, added(users, &owner).await);
    let last_used_at = async |key: &NewApiKey| users.key_by_prefix(&key.prefix).await.unwrap().unwrap().0.last_used_at;
    users.touch_key(key.id, now() + MINUTE).await.unwrap();
    users.touch_key(key.id, now()).await.unwrap();
    assert_eq!(last_used_at(&key).await, Some(now() + MINUTE), "the latest time stays");
    assert_eq!(last_used_at(&idle).await, None);
}

async fn failures_are_counted_within_the_window(users: &dyn Users) {
    let (subject, other) = (format!("account {}", UserId::new()), format!("address {}", UserId::new()));
    let none = users.login_failures(&subject, Timestamp::MIN).await.unwrap();
    assert_eq!((none.count, none.latest), (0, None));

    for minutes in [0, 10, 20] {
        users.record_login_failure(&subject, now() + MINUTE * minutes, WINDOW).await.unwrap();
    }
    users.record_login_failure(&other, now() + MINUTE * 20, WINDOW).await.unwrap();
    let remembered = users.login_failures(&subject, Timestamp::MIN).await.unwrap();
    assert_eq!((remembered.count, remembered.latest), (2, Some(now() + MINUTE * 20)), "the first one is forgotten");
    let recent = users.login_failures(&subject, now() + MINUTE * 20).await.unwrap();
    assert_eq!(recent.count, 1, "the given time is within");

    users.clear_login_failures(&subject).await.unwrap();
    assert_eq!(users.login_failures(&subject, Timestamp::MIN).await.unwrap().count, 0);
    assert_eq!(users.login_failures(&other, Timestamp::MIN).await.unwrap().count, 1);
}

async fn failures_at_the_same_time_all_count(users: &dyn Users) {
    let subject = format!("account {}", UserId::new());
    let failures = (0..10).map(|_| users.record_login_failure(&subject, now(), WINDOW));
    for recorded in futures_util::future::join_all(failures).await {
        recorded.unwrap();
    }
    assert_eq!(users.login_failures(&subject, now()).await.unwrap().count, 10);
}
