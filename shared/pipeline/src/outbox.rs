use crate::ports::broker::Broker;
use crate::ports::clock::Clock;
use crate::ports::ledger::{Ledger, OutboxEntry};

/// Publishes an outbox row's message now and notes the broker's confirm. A failure is no error: the row stays due
/// and the sweeper publishes it. Answers whether it was confirmed.
pub async fn publish(entry: &OutboxEntry, broker: &dyn Broker, ledger: &dyn Ledger, clock: &dyn Clock) -> bool {
    if let Err(error) = broker.publish(&entry.message, entry.trace).await {
        tracing::warn!(%error, trace_id = %entry.trace, "not published; the sweeper will publish it");
        return false;
    }
    if let Err(error) = ledger.published(entry.id, clock.now()).await {
        tracing::warn!(%error, trace_id = %entry.trace, "published but not noted; it may be published twice");
    }
    true
}
