use crate::fail_point::FailPoint;
use crate::mutation::Mutation;
use crate::ports::broker::Broker;
use crate::ports::error::PortError;
use crate::ports::ledger::{Ledger, OutboxEntry};

/// Publishes an outbox row's message now and notes the broker's confirm. A failure is no error: the row stays due
/// and the sweeper publishes it. Its log lines have the trace of the span that it runs in.
pub async fn publish(entry: &OutboxEntry, broker: &dyn Broker, ledger: &dyn Ledger) {
    if let Err(error) = try_publish(entry, broker, ledger).await {
        tracing::warn!(%error, "not published; the sweeper will publish it");
    }
}

/// As [`publish`], and leaves it to the caller to say that the message was not confirmed.
///
/// # Errors
/// As [`Broker::publish`].
pub async fn try_publish(entry: &OutboxEntry, broker: &dyn Broker, ledger: &dyn Ledger) -> Result<(), PortError> {
    let published = broker.publish(&entry.message, entry.trace).await;
    if !Mutation::UnconfirmedPublish.is_on() {
        published?;
    }
    FailPoint::Published.reached();
    if let Err(error) = ledger.published(entry.id).await {
        tracing::warn!(%error, "published but not noted; it may be published twice");
    }
    FailPoint::PublishNoted.reached();
    Ok(())
}
