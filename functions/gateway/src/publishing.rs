//! Publishing what was accepted: the answer does not depend on it, the outbox covers a failure.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pipeline::OutboxEntry;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use crate::Gateway;

/// An answer that must not leave it for later waits no longer.
const WAIT: Duration = Duration::from_secs(2);
/// After a failure no answer waits for this long: the sweeper publishes meanwhile.
const REST: Duration = Duration::from_secs(10);

/// Until when publishing rests.
#[derive(Default)]
pub(crate) struct Rest(Mutex<Option<Instant>>);

impl Rest {
    fn is_over(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|until| until <= Instant::now())
    }

    fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + REST);
    }
}

/// Publishes in the background or, where the process may be frozen after the answer, before it.
pub(crate) async fn publish(gateway: &Arc<Gateway>, entries: Vec<OutboxEntry>) {
    if !gateway.is_frozen_between {
        tokio::spawn(publish_each(Arc::clone(gateway), entries).in_current_span());
        return;
    }
    if !gateway.publishing.is_over() {
        return;
    }
    // Not dropped when the time is up: the broker's client finds out by itself what has become of its connection.
    let published = tokio::spawn(publish_each(Arc::clone(gateway), entries).in_current_span());
    if !timeout(WAIT, published).await.is_ok_and(|published| published.unwrap_or(false)) {
        gateway.publishing.begin();
    }
}

/// Whether all of them were published.
async fn publish_each(gateway: Arc<Gateway>, entries: Vec<OutboxEntry>) -> bool {
    let (broker, ledger) = (gateway.broker.as_ref(), gateway.ledger.as_ref());
    let mut all = true;
    for entry in &entries {
        if let Err(error) = pipeline::try_publish(entry, broker, ledger).await {
            tracing::warn!(%error, "not published; the sweeper will publish it");
            all = false;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_rests_for_a_while_after_a_failure() {
        let rest = Rest::default();
        assert!(rest.is_over());
        rest.begin();
        tokio::time::sleep(REST - Duration::from_secs(1)).await;
        assert!(!rest.is_over());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(rest.is_over());
    }
}
