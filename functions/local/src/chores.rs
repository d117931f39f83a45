//! Chores on files and on the ledger.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use host::settings::Settings;
use invoice::{CsvDialect, Finding, Format, Invoice, Parsed, Rejected};
use pipeline::{Actor, RedriveFilter, adopt_store};
use render::Style;
use sweeper::Bulk;

use crate::parts::Parts;

/// What is to be rendered of which file, and where to.
#[derive(Clone, Copy)]
pub(crate) struct RenderOrder<'a> {
    pub(crate) file: &'a Path,
    pub(crate) format: Format,
    /// Goes before that of the data.
    pub(crate) dialect: Option<CsvDialect>,
    /// `None` is beside the data.
    pub(crate) output: Option<&'a Path>,
}

/// Renders an invoice from a file.
#[allow(clippy::print_stdout)] // The answer of a command.
pub(crate) fn render(settings: &Settings, order: RenderOrder<'_>) -> anyhow::Result<()> {
    let RenderOrder { file, format, dialect, output } = order;
    let mut parsed = parse(settings, file)?;
    if let Some(Err(found)) = einvoice::judge_sent(&parsed, format) {
        bail!("{} cannot become {format}: {} fault(s):{}", file.display(), found.len(), lines(&found));
    }
    let presentation = &mut parsed.invoice.presentation;
    presentation.csv_dialect = dialect.or(presentation.csv_dialect);
    let rendered = render::render(&parsed.invoice, format, &Style::default())?;
    let output = output.map_or_else(|| file.with_file_name(&rendered.file_name), Path::to_owned);
    fs::write(&output, &rendered.bytes).with_context(|| format!("cannot write {}", output.display()))?;
    println!("{} ({} bytes)", output.display(), rendered.bytes.len());
    Ok(())
}

/// How often a watched file is looked at: as soon as a person looks up from the editor.
const WATCH_PERIOD: Duration = Duration::from_millis(250);

/// Renders an invoice from a file whenever that has changed. A fault is printed, and the next save is waited for.
#[allow(clippy::print_stdout)] // The answer of a command.
pub(crate) async fn watch(settings: &Settings, order: RenderOrder<'_>) -> anyhow::Result<()> {
    let mut seen = None;
    let mut ticks = tokio::time::interval(WATCH_PERIOD);
    loop {
        ticks.tick().await;
        // Editors put a new file in the place of the old one, so for a moment there may be none.
        let Ok(now) = fs::metadata(order.file).and_then(|metadata| Ok((metadata.modified()?, metadata.len()))) else {
            continue;
        };
        if seen.replace(now) == Some(now) {
            continue;
        }
        if let Err(error) = render(settings, order) {
            println!("{error:#}");
        }
    }
}

/// Computes an invoice from a file, prints its figures, and which legal formats it can become.
///
/// # Errors
/// The invoice is wrong, or cannot become one of the formats that it must be able to.
#[allow(clippy::print_stdout)] // The answer of a command.
pub(crate) fn validate(settings: &Settings, file: &Path, required: &[Format]) -> anyhow::Result<()> {
    let parsed = parse(settings, file)?;
    print!("{}", figures(&parsed.invoice));
    for warning in &parsed.warnings {
        println!("warning: {}", line(warning));
    }
    if required.is_empty() {
        summarise(&parsed);
        return Ok(());
    }
    let mut refused = Vec::new();
    for format in required {
        match einvoice::judge_sent(&parsed, *format) {
            None => {}
            Some(Ok(report)) => println!("{format} can be issued{}", lines(&report.warnings)),
            Some(Err(found)) => {
                println!("{format} cannot be issued: {} fault(s){}", found.len(), lines(&found));
                refused.push(format.name());
            }
        }
    }
    ensure!(refused.is_empty(), "{} cannot become {}", file.display(), refused.join(", "));
    Ok(())
}

/// A line for each legal format: whether the invoice can become it, or else the rules that refuse that.
#[allow(clippy::print_stdout)] // The answer of a command.
fn summarise(parsed: &Parsed) {
    for format in Format::LEGAL {
        match einvoice::judge_sent(parsed, format) {
            None => {}
            Some(Ok(_)) => println!("{format} can be issued"),
            Some(Err(found)) => {
                let rules: BTreeSet<&str> = found.iter().map(|fault| fault.rule).collect();
                let rules: Vec<&str> = rules.into_iter().collect();
                println!("{format} cannot be issued: {}", rules.join(", "));
            }
        }
    }
}

fn parse(settings: &Settings, file: &Path) -> anyhow::Result<Parsed> {
    let json = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    invoice::parse(&json, &settings.parse).map_err(|rejected| anyhow::anyhow!("{}", faults(file, &rejected)))
}

fn faults(file: &Path, rejected: &Rejected) -> String {
    format!("{} has {} fault(s):{}", file.display(), rejected.faults.len(), lines(&rejected.faults))
}

/// Each finding on a line of its own, after a line break.
fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n  {}", line(finding))).collect()
}

fn line(finding: &Finding) -> String {
    let mut line = format!("{}  {} [{}]", finding.pointer, finding.message, finding.rule);
    if let Some(expected) = &finding.expected {
        line.push_str(&format!("; expected {expected}"));
    }
    if let Some(found) = &finding.found {
        line.push_str(&format!("; found {found}"));
    }
    line
}

/// The figures as a table: lines, taxes, totals.
fn figures(invoice: &Invoice) -> String {
    let mut rows = vec![["line".to_owned(), "quantity".to_owned(), "unit price".to_owned(), "amount".to_owned()]];
    for line in &invoice.lines {
        let cells = [line.id.to_string(), line.quantity.to_string(), line.price.net.to_string()];
        let [id, quantity, price] = cells;
        rows.push([id, quantity, price, line.net_amount.to_string()]);
    }
    for group in &invoice.tax_breakdown {
        let rate = group.rate.map(|rate| format!("{rate} %")).unwrap_or_default();
        let tax = format!("tax {}", group.category.code());
        rows.push([tax, group.taxable_amount.to_string(), rate, group.tax_amount.to_string()]);
    }
    let totals = &invoice.totals;
    for (name, amount) in [
        ("without tax", totals.total_without_tax),
        ("with tax", totals.total_with_tax),
        ("to pay", invoice.balance(invoice.presentation.mark).amount()),
    ] {
        rows.push([name.to_owned(), String::new(), invoice.currency.code().to_owned(), amount.to_string()]);
    }
    table(&rows)
}

fn table(rows: &[[String; 4]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2), width(3)];
    let row = |cells: &[String; 4]| {
        let [id, quantity, price, amount] = cells;
        format!("{id:<0$}  {quantity:>1$}  {price:>2$}  {amount:>3$}\n", widths[0], widths[1], widths[2], widths[3])
    };
    rows.iter().map(row).collect()
}

/// Makes the documents this database's, whosever they were.
#[allow(clippy::print_stdout)] // The answer of a command.
pub(crate) async fn adopt(settings: &Settings) -> anyhow::Result<()> {
    let parts = Parts::open_of_any_store(settings).await?;
    let sample = adopt_store(&*parts.ledger, &*parts.documents, &Actor::Operator).await?;
    println!("the documents are this database's now: {sample}");
    Ok(())
}

/// Looks for documents that no row names, and deletes those that were set aside long enough ago.
#[allow(clippy::print_stdout)] // The answer of a command.
pub(crate) async fn remove_orphans(settings: &Settings, yes: bool) -> anyhow::Result<()> {
    let sweeper = Parts::open(settings).await?.sweeper(settings);
    let bulk = if yes { Bulk::Delete } else { Bulk::Stop };
    let done = sweeper.remove_all_orphans(bulk).await?;
    println!("{} orphan(s) set aside, {} deleted", done.set_aside, done.deleted);
    ensure!(done.held_back == 0, "{} orphans are not deleted without --yes", done.held_back);
    Ok(())
}

/// Compares every document with the database.
#[allow(clippy::print_stdout)] // The answer of a command.
pub(crate) async fn verify(settings: &Settings, make_again: bool) -> anyhow::Result<()> {
    let verified = Parts::open(settings).await?.sweeper(settings).verify(make_again).await?;
    ensure!(verified.is_whole(), "{verified}");
    println!("{verified}");
    Ok(())
}

/// Retries failed documents and mails, or only lists them.
#[allow(clippy::print_stdout)] // The answer of a command.
pub(crate) async fn redrive(settings: &Settings, filter: &RedriveFilter, list: bool) -> anyhow::Result<()> {
    let parts = Parts::open(settings).await?;
    let sweeper = parts.sweeper(settings);
    let done = if list {
        sweeper.print_failed(filter).await
    } else {
        sweeper.redrive(filter, &Actor::Operator).await.map(|redrive| {
            println!("{} document(s) and {} mail(s) are retried", redrive.documents, redrive.mails);
        })
    };
    parts.close().await;
    Ok(done?)
}
