//! What the sweeper counts.

use host::metrics::{Counters, Gauges};
use pipeline::Expired;

static PUBLISHED: Counters<1> = Counters::new(
    "invoices_outbox_published",
    "Messages that were due and published by the sweeper, by queue",
    ["queue"],
);
static EXPIRED: Counters<1> =
    Counters::new("invoices_leases_expired", "Attempts that crashed, by what they were for", ["of"]);
static REMOVED: Counters<1> =
    Counters::new("invoices_housekeeping_removed", "What grew old and was removed: orphan blobs, uploads", ["what"]);

static HELD_BACK: Gauges<0> = Gauges::new(
    "invoices_orphans_held_back",
    "Orphan blobs that are not deleted, because this many at once need `sweeper remove-orphans --yes`",
    [],
);

/// Makes the counters known before there is anything to count.
pub(crate) fn declare() {
    for queue in pipeline::Queue::ALL {
        PUBLISHED.add(0, [queue.name()]);
    }
    count_expired(Expired::default());
    count_removed_blobs(0);
    count_removed_uploads(0);
    set_held_back(0);
}

pub(crate) fn count_published(queue: pipeline::Queue) {
    PUBLISHED.count([queue.name()]);
}

pub(crate) fn count_expired(expired: Expired) {
    EXPIRED.add(expired.documents, ["document"]);
    EXPIRED.add(expired.mails, ["mail"]);
}

pub(crate) fn count_removed_blobs(blobs: usize) {
    REMOVED.add(blobs, ["blob"]);
}

pub(crate) fn count_removed_uploads(uploads: usize) {
    REMOVED.add(uploads, ["upload"]);
}

pub(crate) fn set_held_back(blobs: u64) {
    HELD_BACK.set(i64::try_from(blobs).unwrap_or(i64::MAX), []);
}
