//! Whether the promise held (DESIGN.md, section 4).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pipeline::Mutation;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use xtask::pack::Function;
use xtask::servers::Kind;

use crate::arena::{Arena, ORPHAN_GRACE, locked};
use crate::clients::{Clients, Told};
use crate::ledger::{Row, Unrest};
use crate::mail_sink::Received;
use crate::schedule::{Mishap, Schedule};

const LOOK: Duration = Duration::from_millis(200);

/// The table of a run, and what is wrong in it.
pub(crate) struct Verdict {
    pub(crate) lines: Vec<(&'static str, String)>,
    pub(crate) breaches: Vec<Breach>,
}

/// Something that is wrong.
pub(crate) struct Breach {
    sign: Sign,
    pub(crate) text: String,
}

/// What a breach is a sign of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// An accepted upload is not in the ledger.
    Lost,
    /// An upload has not each format once.
    Formats,
    /// An upload's count of open documents is wrong.
    Miscounted,
    /// A document's row names no content, or another one.
    Damaged,
    /// A document is queued, and no outbox row asks for it.
    Rowless,
    /// A message counts as published and is never published again, though its document or mail waits.
    Overdue,
    /// Of nothing in particular: a slow machine may give it too.
    Unclear,
}

impl Sign {
    /// Those of which this breach of the protocol must give one: none comes of slowness alone.
    const fn of(mutation: Mutation) -> &'static [Self] {
        match mutation {
            Mutation::UnconfirmedPublish => &[Self::Overdue],
            Mutation::AnswerBeforeCommit => &[Self::Lost],
            Mutation::DoubleDocument => &[Self::Formats],
            // Which of them depends on who comes first: the late attempt, or the next one's claim.
            Mutation::NoFence => &[Self::Damaged, Self::Miscounted],
            Mutation::OutboxGoneAtPublish => &[Self::Rowless],
        }
    }
}

impl Verdict {
    fn line(&mut self, name: &'static str, text: String) {
        self.lines.push((name, text));
    }

    /// Whether something is wrong in the way in which this breach of the protocol makes it wrong.
    pub(crate) fn shows(&self, mutation: Mutation) -> bool {
        self.breaches.iter().any(|breach| Sign::of(mutation).contains(&breach.sign))
    }

    fn note(&mut self, sign: Sign, text: String) {
        self.breaches.push(Breach { sign, text });
    }

    /// Notes a breach for each of a few, and how many there are in all.
    fn breach<T: std::fmt::Display>(&mut self, sign: Sign, what: &str, found: impl IntoIterator<Item = T>) {
        const SHOWN: usize = 3;
        let found: Vec<String> = found.into_iter().map(|one| one.to_string()).collect();
        if !found.is_empty() {
            let shown = found[..found.len().min(SHOWN)].join(", ");
            self.note(sign, format!("{} {what}: {shown}", found.len()));
        }
    }
}

/// Waits until everything is at rest, looks at everything, and compares.
pub(crate) async fn judge(
    arena: &Arena,
    clients: &Clients,
    schedule: &Schedule,
    told: &Told,
    mutation: Option<Mutation>,
) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict { lines: Vec::new(), breaches: Vec::new() };
    let patience = Duration::from_secs(if mutation.is_some() { 20 } else { 120 });
    let begun = Instant::now();
    let unrest = come_to_rest(arena, patience).await?;
    verdict.line("at rest after", format!("{:.1} s", begun.elapsed().as_secs_f64()));
    judge_rest(&mut verdict, patience, &unrest);
    let uploads = arena.ledger.uploads().await?;
    judge_uploads(&mut verdict, told, &uploads, arena.ledger.miscounted().await?);
    judge_documents(&mut verdict, clients, &uploads).await?;
    let perhaps_told = arena.ledger.perhaps_told().await?;
    judge_mails(&mut verdict, schedule, uploads.keys(), &perhaps_told, &arena.mails.received());
    let (waiting, dead) = arena.broker.messages().await?;
    verdict.line("queues", format!("{waiting} messages wait, {dead} dead, {} outbox rows", unrest.outbox));
    if (waiting, dead) != (0, 0) {
        let text = format!("{waiting} messages are left in the queues, {dead} in the dead letter queues");
        verdict.note(Sign::Unclear, text);
    }
    if mutation.is_none() {
        judge_blobs(&mut verdict, arena).await?;
    }
    Ok(verdict)
}

async fn come_to_rest(arena: &Arena, patience: Duration) -> anyhow::Result<Unrest> {
    let deadline = Instant::now() + patience;
    loop {
        let unrest = arena.ledger.unrest().await?;
        let is_done = unrest == Unrest::default() && arena.broker.messages().await? == (0, 0);
        if is_done || Instant::now() > deadline {
            return Ok(unrest);
        }
        sleep(LOOK).await;
    }
}

/// Nothing waits any more; what does has an outbox row, which is published again and again.
fn judge_rest(verdict: &mut Verdict, patience: Duration, unrest: &Unrest) {
    if *unrest != Unrest::default() {
        verdict.note(Sign::Unclear, format!("not at rest after {patience:?}: {unrest:?}"));
    }
    if unrest.rowless > 0 {
        verdict.note(Sign::Rowless, format!("{} queued documents have no outbox row", unrest.rowless));
    }
    if unrest.overdue > 0 {
        let text = format!("{} messages count as published and are not published again", unrest.overdue);
        verdict.note(Sign::Overdue, text);
    }
}

/// Accepted is in the ledger, with each format once.
fn judge_uploads(verdict: &mut Verdict, told: &Told, uploads: &BTreeMap<Uuid, Vec<Row>>, miscounted: i64) {
    let lost = told.accepted.keys().filter(|id| !uploads.contains_key(id)).count();
    verdict.line(
        "uploads",
        format!(
            "{} accepted, {lost} lost, {} more that no client was told of; {} wrong ones refused, {} repeated, {} retries",
            told.accepted.len(),
            uploads.len() + lost - told.accepted.len(),
            told.refused,
            told.repeated,
            told.retries
        ),
    );
    let lost = told.accepted.keys().filter(|id| !uploads.contains_key(id));
    verdict.breach(Sign::Lost, "accepted uploads are lost", lost);
    let differs = |(id, formats): &(&Uuid, &BTreeSet<&'static str>)| {
        let Some(documents) = uploads.get(id) else { return false };
        let mut found: Vec<&str> = documents.iter().map(|document| document.format.as_str()).collect();
        found.sort_unstable();
        let mut wanted: Vec<&str> = formats.iter().copied().collect();
        wanted.sort_unstable();
        found != wanted
    };
    let differing = told.accepted.iter().filter(differs).map(|(id, _)| id);
    verdict.breach(Sign::Formats, "uploads have not each format once", differing);
    if miscounted > 0 {
        verdict.note(Sign::Miscounted, format!("{miscounted} uploads count their open documents wrongly"));
    }
}

/// Each is stored and downloads as the ledger describes it, or has failed for a reason.
async fn judge_documents(
    verdict: &mut Verdict,
    clients: &Clients,
    uploads: &BTreeMap<Uuid, Vec<Row>>,
) -> anyhow::Result<()> {
    let (mut stored, mut failed, mut damaged, mut unread) = (0, Vec::new(), Vec::new(), Vec::new());
    for document in uploads.values().flatten() {
        match (document.state.as_str(), document.blob, &document.sha256) {
            ("stored", Some(blob), Some(sha256)) => {
                stored += 1;
                match clients.download(blob).await {
                    Ok(bytes) if Sha256::digest(&bytes).as_slice() == sha256.as_slice() => {}
                    Ok(_) => damaged.push(format!("{blob} has another SHA-256")),
                    Err(error) => unread.push(format!("{error}")),
                }
            }
            ("stored", ..) => damaged.push("a stored document names no blob".to_owned()),
            ("failed", ..) => failed.push(document.reason.clone().unwrap_or_default()),
            _ => {}
        }
    }
    let bad = damaged.len() + unread.len();
    verdict.line("documents", format!("{stored} stored, {bad} damaged, {} failed visibly", failed.len()));
    verdict.breach(Sign::Damaged, "documents do not download as stored", damaged);
    verdict.breach(Sign::Unclear, "documents do not download", unread);
    let silent = failed.iter().filter(|reason| reason.is_empty());
    verdict.breach(Sign::Unclear, "documents failed without a reason", silent);
    Ok(())
}

/// Each upload has its mail, or one of unknown outcome, and no more than what could hide a mail's outcome explains.
fn judge_mails<'a>(
    verdict: &mut Verdict,
    schedule: &Schedule,
    uploads: impl Iterator<Item = &'a Uuid>,
    perhaps_told: &BTreeSet<Uuid>,
    received: &Received,
) {
    let of = |upload: &Uuid| received.mails.get(&upload.to_string()).map(Vec::as_slice).unwrap_or_default();
    let uploads: Vec<&Uuid> = uploads.collect();
    let extra: usize = uploads.iter().map(|upload| of(upload).len().saturating_sub(1)).sum();
    let causes = received.lost_replies
        + schedule.count(|mishap| match mishap {
            Mishap::Kill(function) | Mishap::Pause(function, _) => *function == Function::Notifier,
            Mishap::Restart { server, .. } | Mishap::Cut(server) => *server == Kind::Postgres,
            Mishap::ReadOnly(_) | Mishap::FullDisk(_) => true,
            Mishap::PauseAtWork(_) | Mishap::PublishAgain | Mishap::Purge | Mishap::Skew(..) => false,
        });
    verdict.line(
        "mails",
        format!(
            "{} for {} uploads, {extra} extra where {causes} events can cause one; {} of unknown outcome, {} refused for a while",
            received.mails.values().map(Vec::len).sum::<usize>(),
            uploads.len(),
            perhaps_told.len(),
            received.refusals
        ),
    );
    let untold = |upload: &&&Uuid| of(upload).is_empty() && !perhaps_told.contains(**upload);
    verdict.breach(Sign::Unclear, "uploads have no mail", uploads.iter().filter(untold));
    let thrice = uploads.iter().filter(|upload| of(upload).len() > 2);
    verdict.breach(Sign::Unclear, "uploads have more than two mails", thrice);
    let differ = |upload: &&&Uuid| of(upload).iter().collect::<BTreeSet<_>>().len() > 1;
    verdict.breach(Sign::Unclear, "uploads have mails with different ids", uploads.iter().filter(differ));
    if extra > causes {
        verdict.note(Sign::Unclear, format!("{extra} mails too many, of which {causes} are explained"));
    }
}

/// A pass that finds more orphans than this, and more than one in a hundred blobs, waits for an operator.
const HELD_BACK: usize = 100;

/// Once the sweeper's grace is over twice, for setting aside and for deleting, there are the blobs that rows name, and no
/// others.
async fn judge_blobs(verdict: &mut Verdict, arena: &Arena) -> anyhow::Result<()> {
    let deadline = Instant::now() + 2 * ORPHAN_GRACE + Duration::from_secs(60);
    let named = arena.ledger.blobs().await?;
    let mut there = arena.documents.blobs().await?;
    let before = there.difference(&named).count();
    while there != named && Instant::now() < deadline {
        // The sweeper deletes no more without an operator's word. It may be at work, then a later try is heard.
        if there.difference(&named).count() > HELD_BACK
            && let Err(error) = locked(&arena.pack).chore(&["remove-orphans", "--yes"])
        {
            println!("  {error}");
        }
        sleep(LOOK).await;
        there = arena.documents.blobs().await?;
    }
    let orphans: Vec<&Uuid> = there.difference(&named).collect();
    verdict.line("blobs", format!("{} named, {before} orphans, {} after the grace", named.len(), orphans.len()));
    verdict.breach(Sign::Unclear, "blobs are named by no row", orphans);
    verdict.breach(Sign::Unclear, "blobs are missing", named.difference(&there));
    Ok(())
}
