//! Sessions that wait for the next mail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::session::Session;

/// The most that wait; further ones are closed.
const MOST: usize = 4;
/// How long one waits. Servers hang up after some minutes.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Idle(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    sessions: Vec<(Instant, Session)>,
    /// Whether a task sees to those that waited for too long.
    is_watched: bool,
}

impl Idle {
    /// The session that waited least.
    pub(super) fn take(&self) -> Option<Session> {
        let (since, session) = lock(&self.0).sessions.pop()?;
        if since.elapsed() < IDLE_LIMIT {
            return Some(session);
        }
        session.quit();
        None
    }

    pub(super) fn put(&self, session: Session) {
        let mut waiting = lock(&self.0);
        if waiting.sessions.len() >= MOST {
            return session.quit();
        }
        waiting.sessions.push((Instant::now(), session));
        if !waiting.is_watched {
            waiting.is_watched = true;
            tokio::spawn(close_late_ones(Arc::downgrade(&self.0)));
        }
    }
}

/// Runs until none is left.
async fn close_late_ones(waiting: Weak<Mutex<Waiting>>) {
    loop {
        sleep(IDLE_LIMIT).await;
        let Some(waiting) = waiting.upgrade() else { return };
        let mut waiting = lock(&waiting);
        for (_, session) in waiting.sessions.extract_if(.., |(since, _)| since.elapsed() >= IDLE_LIMIT) {
            session.quit();
        }
        waiting.is_watched = !waiting.sessions.is_empty();
        if !waiting.is_watched {
            return;
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
