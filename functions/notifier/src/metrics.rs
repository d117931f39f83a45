//! What the notifier counts.

use host::metrics::{Counters, Durations};
use pipeline::{Finish, MailOutcome};

static FINISHED: Counters<1> =
    Counters::new("invoices_mails_finished", "Attempts to send a mail that ended, by outcome", ["outcome"]);
pub(crate) static SENDING: Durations<0> =
    Durations::new("invoices_mail_send_duration_seconds", "Time until the mail server has answered for one mail", []);
static RETURNED: Counters<1> = Counters::new("invoices_mails_returned", "Mails that came back, by reason", ["reason"]);
const OUTCOMES: [&str; 6] = ["sent", "failed", "fault", "unreachable", "unknown", "fenced"];

/// Makes the counters known before there is anything to count.
pub(crate) fn declare() {
    for outcome in OUTCOMES {
        FINISHED.add(0, [outcome]);
    }
}

/// A mail came back: `bounce` or `complaint`.
pub(crate) fn count_returned(reason: &'static str) {
    RETURNED.count([reason]);
}

pub(crate) fn count(outcome: &MailOutcome, finish: &Finish) {
    let outcome = match (finish, outcome) {
        (Finish::Fenced, _) => "fenced",
        (_, MailOutcome::Sent) => "sent",
        (_, MailOutcome::Failed { .. }) => "failed",
        (_, MailOutcome::Fault { .. }) => "fault",
        (_, MailOutcome::Unreachable { .. }) => "unreachable",
        (_, MailOutcome::Unknown { .. }) => "unknown",
    };
    FINISHED.count([outcome]);
}
