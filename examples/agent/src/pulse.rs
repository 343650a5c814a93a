//! The status line of a program that runs by a file: what is open, and how those who are told of it do.

use std::fmt::Write as _;
use std::time::Duration;

use tidegate::base::{Clock, SystemClock};
use tidegate::router::{Handle, Health, IntegrationStatus, Snapshot, SourceStatus};
use tidegate::sinks::console::{Screen, escape};

use crate::tally;

/// Keeps the status line on `screen` up to date, for ever. `head` is what stands first, where there is something.
pub(crate) async fn show(handle: &Handle, screen: &Screen, head: impl Fn() -> Option<String>) -> &'static str {
    let clock = SystemClock::new();
    let mut beats = tokio::time::interval(Duration::from_secs(1));
    while screen.shows_status() {
        beats.tick().await;
        if let Ok(snapshot) = handle.snapshot().await {
            let time = clock.now().format("%H:%M:%S UTC");
            let parts = [time.to_string()].into_iter().chain(head()).chain(parts(&snapshot));
            screen.set_status(Some(parts.collect::<Vec<_>>().join(" │ ")));
        }
    }
    std::future::pending().await
}

/// What is wrong first, since the end is cut where the terminal is narrow.
fn parts(snapshot: &Snapshot) -> Vec<String> {
    let mut parts = vec![match snapshot.issues.len() {
        0 => "no issue open".to_owned(),
        1 => "1 issue open".to_owned(),
        open => format!("{open} issues open"),
    }];
    parts.extend(snapshot.store_failing.is_some().then(|| "the store fails".to_owned()));
    parts.extend(snapshot.sources.iter().filter_map(source));
    let integrations = snapshot.integrations.iter().filter(|integration| !tally::is_one(&integration.name));
    let (well, ill): (Vec<_>, Vec<_>) = integrations.partition(|integration| integration.health == Health::Working);
    parts.extend(ill.into_iter().chain(well).map(integration));
    parts
}

fn source(source: &SourceStatus) -> Option<String> {
    source.away.as_ref().map(|_| format!("source {} away", escape(&source.name)))
}

/// `ops-slack paused, told 3, 2 wait`.
fn integration(integration: &IntegrationStatus) -> String {
    let mut words = escape(&integration.name).into_owned();
    words.push_str(match integration.health {
        Health::Working => "",
        Health::Failing { .. } => " fails,",
        Health::Paused { .. } => " is paused,",
        Health::Stopped { .. } => " is stopped,",
    });
    // Writing to a String cannot fail.
    let _ = write!(words, " told {}", integration.delivered);
    let waiting = integration.issues_waiting + integration.batch_waiting;
    for (count, what) in [(waiting as u64, "wait"), (integration.rejected, "rejected"), (integration.lost, "lost")] {
        if count > 0 {
            let _ = write!(words, ", {count} {what}");
        }
    }
    words
}
