//! What goes wrong in a run, and when: drawn from the seed, or made for one breach of the protocol.

use std::time::Duration;

use fastrand::Rng;
use pipeline::Mutation;
use xtask::pack::Function;
use xtask::servers::Kind;

/// A server that a run kills, stops and cuts off.
pub(crate) const SERVERS: [Kind; 3] = [Kind::Postgres, Kind::Mongodb, Kind::RabbitMq];

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// SIGKILL of a function, which is started again.
    Kill(Function),
    /// SIGSTOP of a function, for so long.
    Pause(Function, Duration),
    /// The same for the worker, at a moment when a document is in work.
    PauseAtWork(Duration),
    /// A function's clock is put forward by this number of milliseconds.
    Skew(Function, i64),
    /// A server is killed or stopped cleanly, and started again after so long.
    Restart { server: Kind, cleanly: bool, down: Duration },
    /// The database takes no writes for so long; when that begins, its sessions end.
    ReadOnly(Duration),
    /// The database's disk is full for so long. Then it is killed and started again: it may have ended, or may not.
    FullDisk(Duration),
    /// All connections to a server are cut.
    Cut(Kind),
    /// The messages of some documents are published once more.
    PublishAgain,
    /// Both queues lose what waits in them.
    Purge,
}

/// At this time into the run.
pub(crate) type Planned = (Duration, Mishap);

/// Mishaps that do not wait for each other, and how long uploads go on.
pub(crate) struct Schedule {
    pub(crate) length: Duration,
    pub(crate) lanes: Vec<Vec<Planned>>,
}

impl Schedule {
    /// Each function is killed five times or more; each server is killed, stopped and cut off, and the database is full and
    /// read-only.
    pub(crate) fn draw(seed: u64, uploads: usize) -> Self {
        let mut dice = Rng::with_seed(seed);
        let length =
            Duration::from_secs(60).max(Duration::from_millis(60) * u32::try_from(uploads).unwrap_or(u32::MAX));
        let kills = 5.max(uploads / 200);
        let mut restarts: Vec<Mishap> =
            Function::ALL.iter().flat_map(|function| vec![Mishap::Kill(*function); kills]).collect();
        for server in SERVERS {
            for cleanly in [true, false] {
                restarts.push(Mishap::Restart { server, cleanly, down: Duration::from_millis(dice.u64(0..1500)) });
            }
        }
        restarts.push(Mishap::FullDisk(Duration::from_secs(dice.u64(3..=6))));
        let pauses = (0..4.max(uploads / 200)).map(|_| {
            let function = dice.choice(Function::ALL).unwrap_or(Function::Worker);
            Mishap::Pause(function, Duration::from_secs(dice.u64(5..=20)))
        });
        let pauses: Vec<Mishap> = pauses.collect();
        let mut slips = vec![Mishap::Purge, Mishap::Purge];
        slips.extend(SERVERS.map(Mishap::Cut).repeat(2));
        slips.extend([Mishap::PublishAgain; 3]);
        slips.extend((0..2).map(|_| Mishap::ReadOnly(Duration::from_secs(dice.u64(3..=8)))));
        let lanes = [restarts, pauses, slips, skews()].map(|mishaps| spread(mishaps, length, &mut dice));
        Self { length, lanes: lanes.into() }
    }

    /// What shows the breach for certain.
    pub(crate) fn showing(mutation: Mutation) -> Self {
        let seconds = Duration::from_secs;
        let pause = |function| Mishap::Pause(function, seconds(9));
        let down = seconds(3);
        let lanes = match mutation {
            // What is published meanwhile is lost.
            Mutation::UnconfirmedPublish => {
                vec![vec![(seconds(1), Mishap::Restart { server: Kind::RabbitMq, cleanly: false, down })]]
            }
            // What is answered meanwhile is never committed.
            Mutation::AnswerBeforeCommit => {
                vec![vec![(seconds(1), Mishap::Restart { server: Kind::Postgres, cleanly: false, down })]]
            }
            Mutation::DoubleDocument => Vec::new(),
            // Whatever is in work when it begins has lost its lease when it ends.
            Mutation::NoFence => vec![vec![(Duration::ZERO, Mishap::PauseAtWork(seconds(9)))]],
            // The messages are in the queue when it is purged, and nothing else knows of them.
            Mutation::OutboxGoneAtPublish => {
                vec![vec![(Duration::ZERO, pause(Function::Worker))], vec![(seconds(6), Mishap::Purge)]]
            }
        };
        Self { length: seconds(5), lanes }
    }

    /// How many of its mishaps are such.
    pub(crate) fn count(&self, is_such: impl Fn(&Mishap) -> bool) -> usize {
        self.lanes.iter().flatten().filter(|(_, mishap)| is_such(mishap)).count()
    }
}

/// Clocks that differ and jump. Tokens stand a difference of seconds between auth and gateway, and the run's short grace
/// of orphans no sweeper that is far ahead.
fn skews() -> Vec<Mishap> {
    const HOUR: i64 = 3_600_000;
    let (small, large) = ([20, -20, 5_000, -5_000], [HOUR, -HOUR]);
    let small = Function::ALL.iter().flat_map(|function| small.map(|skew| Mishap::Skew(*function, skew)));
    let large =
        [Function::Worker, Function::Notifier].into_iter().flat_map(|one| large.map(|skew| Mishap::Skew(one, skew)));
    small.chain(large).chain([Mishap::Skew(Function::Sweeper, -HOUR)]).collect()
}

/// In a random order, with random times between.
fn spread(mut mishaps: Vec<Mishap>, length: Duration, dice: &mut Rng) -> Vec<Planned> {
    dice.shuffle(&mut mishaps);
    let mut times: Vec<Duration> = mishaps.iter().map(|_| length.mul_f64(dice.f64())).collect();
    times.sort_unstable();
    times.into_iter().zip(mishaps).collect()
}
