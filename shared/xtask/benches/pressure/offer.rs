//! An open loop: uploads come at their rate, whether those before are answered or not.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use crate::load::Load;

/// What became of uploads.
#[derive(Default)]
pub(crate) struct Outcomes {
    /// Their uploads' ids.
    pub(crate) accepted: Vec<Uuid>,
    /// 429 with `Retry-After`.
    pub(crate) shed: usize,
    /// Everything else, by what it was.
    pub(crate) others: BTreeMap<String, usize>,
    answers: Vec<Duration>,
}

enum Outcome {
    Accepted(Uuid),
    Shed,
    Other(String),
}

/// Sends uploads at a rate for a time and waits for all answers.
pub(crate) async fn offer(load: &Arc<Load>, rate: f64, time: Duration) -> anyhow::Result<Outcomes> {
    let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (begun, mut uploads, mut outcomes) = (Instant::now(), JoinSet::new(), Outcomes::default());
    while begun.elapsed() < time {
        ticks.tick().await;
        let load = Arc::clone(load);
        uploads.spawn(async move {
            let begun = Instant::now();
            (outcome(&load).await, begun.elapsed())
        });
        while let Some(ended) = uploads.try_join_next() {
            outcomes.count(ended?);
        }
    }
    while let Some(ended) = uploads.join_next().await {
        outcomes.count(ended?);
    }
    outcomes.answers.sort_unstable();
    Ok(outcomes)
}

async fn outcome(load: &Load) -> Outcome {
    match load.send().await {
        Ok(answer) if answer.status().is_success() => accepted(&answer),
        Ok(answer)
            if answer.status() == StatusCode::TOO_MANY_REQUESTS && answer.headers().contains_key(RETRY_AFTER) =>
        {
            Outcome::Shed
        }
        Ok(answer) => Outcome::Other(answer.status().as_u16().to_string()),
        Err(error) => Outcome::Other(format!("{error:?}")),
    }
}

/// `Location` names the upload: `/invoices/{id}`.
fn accepted(answer: &Response) -> Outcome {
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let id = location.and_then(|location| location.rsplit('/').next()?.parse().ok());
    id.map_or_else(|| Outcome::Other("accepted without an id".to_owned()), Outcome::Accepted)
}

impl Outcomes {
    fn count(&mut self, (outcome, time): (Outcome, Duration)) {
        match outcome {
            Outcome::Accepted(upload) => {
                self.accepted.push(upload);
                self.answers.push(time);
            }
            Outcome::Shed => self.shed += 1,
            Outcome::Other(what) => *self.others.entry(what).or_default() += 1,
        }
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |percent: usize| self.answers.get(self.answers.len() * percent / 100).map_or(0, Duration::as_millis);
        write!(f, "{} accepted (answered in p50 {} ms, p99 {} ms)", self.accepted.len(), at(50), at(99))?;
        write!(f, ", {} told to come again", self.shed)?;
        self.others.iter().try_for_each(|(what, count)| write!(f, ", {count} {what}"))
    }
}
