//! What rates of invoices need, computed from what was measured.

use std::fs;

use anyhow::{Context as _, ensure};

use crate::workspace::root;

/// Where the measurements of `cargo xtask bench pipeline` are written down.
const MEASURED: &str = "shared/xtask/README.md";

/// The page that shows what follows from them, between two marks.
const PAGE: &str = "k8s-fallback/README.md";
const BEGIN: &str = "<!-- capacity: made by `cargo xtask capacity` -->\n";
const END: &str = "<!-- end of capacity -->\n";

/// Invoices a second.
const RATES: [f64; 3] = [1.0, 100.0, 10_000.0];

/// How much of a processor is planned to be used: the rest is for peaks and for what the measurement did not do.
const LOAD: f64 = 0.6;

/// Processors of one replica: the limits of the chart `invoiceapp`.
const GATEWAY_CORES: f64 = 1.0;
const WORKER_CORES: f64 = 1.0;
const NOTIFIER_CORES: f64 = 0.25;
/// Of each server's chart.
const SERVER_CORES: f64 = 1.0;

/// Processors of a machine for one broker node, and for one member of a MongoDB shard, where servers have their own.
const NODE_CORES: f64 = 4.0;
const SHARD_CORES: f64 = 8.0;
/// Of the largest machine for one PostgreSQL.
const LARGEST_DATABASE_CORES: f64 = 64.0;

/// Members of a quorum queue: each of them writes every message.
const QUORUM: f64 = 3.0;
/// An invoice is one message of each of the two queues, and a queue's leader uses one processor at most.
const QUEUES: f64 = 2.0;

/// Connections that a replica may hold (`connections=` of DATABASE_URL).
const POOL: f64 = 16.0;
/// Replicas of auth and sweeper, whose work does not grow with invoices.
const OTHER_REPLICAS: f64 = 3.0;

/// What an invoice of two lines leaves: its JSON and its PDF.
const STORED_KILOBYTES: f64 = 28.0;
/// Its upload, document and mail.
const LEDGER_ROWS: f64 = 3.0;

const SECONDS_OF_A_DAY: f64 = 86_400.0;
const DAYS_OF_A_MONTH: f64 = 30.0;

/// CPU milliseconds of an invoice in each process, and the largest memory of a function.
struct Measured {
    gateway: f64,
    worker: f64,
    notifier: f64,
    postgres: f64,
    mongodb: f64,
    rabbitmq: f64,
    mebibytes: f64,
}

/// Rewrites the page.
pub(crate) fn write() -> anyhow::Result<()> {
    let page = fs::read_to_string(root().join(PAGE))?;
    fs::write(root().join(PAGE), with_capacity(&page, &Measured::read()?)?)?;
    println!("{PAGE} has what follows from the measurements in {MEASURED}");
    Ok(())
}

fn with_capacity(page: &str, measured: &Measured) -> anyhow::Result<String> {
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("{PAGE} has no line {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{PAGE} has no line {END}"))?;
    Ok(format!("{before}{BEGIN}\n{}\n{}\n{END}{after}", measured.needs(), measured.limits()))
}

impl Measured {
    fn read() -> anyhow::Result<Self> {
        Self::parse(&fs::read_to_string(root().join(MEASURED))?)
    }

    /// The table `process | CPU ms of an invoice | peak MiB`.
    fn parse(page: &str) -> anyhow::Result<Self> {
        let (_, table) = page.split_once("| process | CPU ms of an invoice | peak MiB |").context("no measurements")?;
        let number = |process: &str, column: usize| {
            let line = table.lines().find(|line| line.starts_with(&format!("| {process} |")));
            let cell = line.and_then(|line| line.split('|').nth(column + 1));
            let number: Option<f64> = cell.and_then(|cell| cell.trim().parse().ok());
            number.with_context(|| format!("{MEASURED} tells no measurement of {process}"))
        };
        let mut mebibytes = 0.0;
        for function in ["gateway", "worker", "notifier"] {
            mebibytes = f64::max(mebibytes, number(function, 2)?);
        }
        let measured = Self {
            gateway: number("gateway", 1)?,
            worker: number("worker", 1)?,
            notifier: number("notifier", 1)?,
            postgres: number("PostgreSQL", 1)?,
            mongodb: number("MongoDB", 1)?,
            rabbitmq: number("RabbitMQ", 1)?,
            mebibytes,
        };
        ensure!(measured.gateway > 0.0 && measured.worker > 0.0, "{MEASURED} tells of work that takes no time");
        Ok(measured)
    }

    /// How much of each part the rates need.
    fn needs(&self) -> String {
        let row = |name: &str, need: &dyn Fn(f64) -> f64| {
            let cells: Vec<String> = RATES.iter().map(|rate| grouped(need(*rate))).collect();
            format!("| {name} | {} |\n", cells.join(" | "))
        };
        let gateways = |rate| units(self.gateway, rate, GATEWAY_CORES);
        let workers = |rate| units(self.worker, rate, WORKER_CORES);
        let notifiers = |rate| units(self.notifier, rate, NOTIFIER_CORES);
        let replicas = |rate| gateways(rate) + workers(rate) + notifiers(rate);
        let nodes = |rate| odd(units(self.rabbitmq * QUORUM, rate, NODE_CORES).max(QUORUM));
        let rows = [
            row("gateways (1 vCPU each)", &gateways),
            row("workers (1 vCPU each)", &workers),
            row("notifiers (¼ vCPU each)", &notifiers),
            row("memory of all these, MiB", &|rate| replicas(rate) * self.mebibytes),
            row("broker nodes (4 vCPU each)", &nodes),
            row("shards of each queue", &|rate| units(self.rabbitmq / QUEUES, rate, 1.0)),
            row("MongoDB shards (3 members of 8 vCPU each)", &|rate| units(self.mongodb, rate, SHARD_CORES)),
            row("PostgreSQL, vCPU", &|rate| units(self.postgres, rate, 1.0)),
            row("PostgreSQL, connections", &|rate| (replicas(rate) + OTHER_REPLICAS) * POOL),
            row("stored in a day, GB", &|rate| (rate * SECONDS_OF_A_DAY * STORED_KILOBYTES / 1e6).ceil()),
            row("stored in 30 days, TB", &|rate| {
                (rate * SECONDS_OF_A_DAY * DAYS_OF_A_MONTH * STORED_KILOBYTES / 1e9).ceil()
            }),
            row("ledger rows in 30 days, millions", &|rate| {
                (rate * SECONDS_OF_A_DAY * DAYS_OF_A_MONTH * LEDGER_ROWS / 1e6).ceil()
            }),
        ];
        let rates: Vec<String> = RATES.iter().map(|rate| format!("{}/s", grouped(*rate))).collect();
        format!("| invoices | {} |\n|---|--:|--:|--:|\n{}", rates.join(" | "), rows.concat())
    }

    /// Where each part gives out, the first one first.
    fn limits(&self) -> String {
        let mut limits = [
            ("PostgreSQL as its chart has it, 1 vCPU", most(self.postgres, SERVER_CORES)),
            ("MongoDB as its chart has it, 1 vCPU", most(self.mongodb, SERVER_CORES)),
            ("RabbitMQ as its chart has it, 1 vCPU", most(self.rabbitmq, SERVER_CORES)),
            ("one notifier, ¼ vCPU", most(self.notifier, NOTIFIER_CORES)),
            ("one worker", most(self.worker, WORKER_CORES)),
            ("one gateway", most(self.gateway, GATEWAY_CORES)),
            ("one queue: its leader is one processor", most(self.rabbitmq / QUEUES, 1.0)),
            ("one MongoDB shard of 8 vCPU", most(self.mongodb, SHARD_CORES)),
            ("one PostgreSQL of 64 vCPU", most(self.postgres, LARGEST_DATABASE_CORES)),
        ];
        limits.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        let rows = limits.map(|(part, most)| format!("| {part} | {} |\n", grouped(most)));
        format!("| what gives out | at invoices/s |\n|---|--:|\n{}", rows.concat())
    }
}

/// How many units of `processors` do work of `milliseconds` at this rate, at least one.
fn units(milliseconds: f64, rate: f64, cores: f64) -> f64 {
    (milliseconds / 1000.0 * rate / LOAD / cores).ceil().max(1.0)
}

/// The rate that `processors` carry.
fn most(milliseconds: f64, cores: f64) -> f64 {
    (cores * LOAD * 1000.0 / milliseconds).floor()
}

/// A majority needs an odd number.
fn odd(number: f64) -> f64 {
    if number % 2.0 == 0.0 { number + 1.0 } else { number }
}

/// With a comma between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let places = digits.chars().enumerate();
    let comma = |place: usize| place > 0 && (digits.len() - place).is_multiple_of(3);
    places.flat_map(|(place, digit)| comma(place).then_some(',').into_iter().chain([digit])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_OF_A_TEST: &str = "\
| process | CPU ms of an invoice | peak MiB |
|---|---|---|
| gateway | 0.85 | 36 |
| worker | 1.20 | 45 |
| notifier | 0.50 | 32 |
| PostgreSQL | 3.00 | 33 |
| MongoDB | 2.40 | 486 |
| RabbitMQ | 0.60 | 145 |
";

    #[test]
    fn the_page_has_what_follows_from_the_measurements() -> anyhow::Result<()> {
        let page = fs::read_to_string(root().join(PAGE))?;
        assert!(with_capacity(&page, &Measured::read()?)? == page, "run `cargo xtask capacity`");
        Ok(())
    }

    #[test]
    fn needs_grow_with_the_rate_and_are_never_nothing() -> anyhow::Result<()> {
        let needs = Measured::parse(PAGE_OF_A_TEST)?.needs();
        for row in [
            "| workers (1 vCPU each) | 1 | 1 | 20 |",
            "| notifiers (¼ vCPU each) | 1 | 1 | 34 |",
            "| broker nodes (4 vCPU each) | 3 | 3 | 9 |",
            "| shards of each queue | 1 | 1 | 5 |",
            "| MongoDB shards (3 members of 8 vCPU each) | 1 | 1 | 5 |",
            "| PostgreSQL, vCPU | 1 | 1 | 50 |",
            "| PostgreSQL, connections | 96 | 96 | 1,152 |",
        ] {
            assert!(needs.contains(row), "{row}:\n{needs}");
        }
        Ok(())
    }

    #[test]
    fn what_gives_out_first_stands_first() -> anyhow::Result<()> {
        let limits = Measured::parse(PAGE_OF_A_TEST)?.limits();
        assert!(limits.lines().nth(2).is_some_and(|line| line.ends_with("| 200 |")), "{limits}");
        Ok(())
    }

    #[test]
    fn a_measurement_that_is_missing_is_named() {
        let error = Measured::parse(&PAGE_OF_A_TEST.replace("MongoDB", "SQLite")).err().expect("it is missing");
        assert!(error.to_string().contains("MongoDB"), "{error}");
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(
            ["7", "100", "1,000", "24,193"],
            [7.0, 100.0, 1000.0, 24_193.0].map(grouped).each_ref().map(String::as_str)
        );
    }
}
