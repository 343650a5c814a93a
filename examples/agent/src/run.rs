//! `tidegate run`: this host, the console.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use clap::CommandFactory;
use clap::error::ErrorKind;
use tidegate::event::{EventKind, IssueEvent, Resource};
use tidegate::router::{Handle, Integration, Leftover, Router, RouterError, Subscription};
use tidegate::sinks::console::{Console, Screen, escape};
use tidegate::source::SourceError;
use tidegate::sources::host::Host;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

use crate::args::{Args, RunArgs};
use crate::limits::Limits;
use crate::meter::{Gaps, Meter};
use crate::opening::Seen;
use crate::stop::Stop;
use crate::{opening, trace};

/// How long the last words may take to be written.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why the program ends with an error.
enum Failure {
    /// It was called wrongly: what is wrong, and what would be right.
    Usage(String),
    /// It failed.
    Failed(String),
}

/// Runs until it is asked to stop, and tells on standard error how it went.
pub(crate) async fn run(args: RunArgs) -> ExitCode {
    let screen = match Screen::standard() {
        Ok(screen) => screen,
        Err(error) => {
            eprintln!("tidegate: standard output cannot be used: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = watch(args, &screen).await;
    screen.set_status(None);
    let (words, code) = match ended {
        Ok(words) => (words, ExitCode::SUCCESS),
        Err(Failure::Usage(why)) => (usage(why), ExitCode::from(2)),
        Err(Failure::Failed(why)) => (format!("tidegate: {why}\n"), ExitCode::FAILURE),
    };
    say_last(&screen, words).await;
    code
}

/// In the words of the command line itself.
fn usage(why: String) -> String {
    let mut command = Args::command();
    command.build();
    let mut command = command.find_subcommand("run").cloned().unwrap_or(command);
    command.error(ErrorKind::ValueValidation, why).render().to_string()
}

/// Says the last words; past the screen where that is held by a reader of standard output that does not read.
async fn say_last(screen: &Screen, words: String) {
    screen.say(words.clone());
    if timeout(LAST_WORDS, screen.flush()).await.is_err() {
        let said = tokio::task::spawn_blocking(move || eprint!("{words}"));
        let _ = timeout(LAST_WORDS, said).await;
    }
}

async fn watch(args: RunArgs, screen: &Screen) -> Result<String, Failure> {
    trace::start(screen).map_err(Failure::Usage)?;
    let mut stop = Stop::new().map_err(|error| Failure::Failed(format!("signals cannot be heard: {error}")))?;
    let (router, gaps) = match unless_asked(start(&args, screen), stop.asked()).await {
        Ok(started) => started?,
        Err(by) => return Ok(format!("Stopped by {by}, before it began to watch.\n")),
    };
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    follow(running, &handle, screen, &gaps, &mut stop).await
}

/// What `work` gives, or by what it was asked to stop before that.
async fn unless_asked<T>(
    work: impl Future<Output = T>,
    asked: impl Future<Output = &'static str>,
) -> Result<T, &'static str> {
    tokio::select! {
        done = work => Ok(done),
        by = asked => Err(by),
    }
}

/// Looks at the machine, says what will be watched, and connects the parts.
async fn start(args: &RunArgs, screen: &Screen) -> Result<(Router, Gaps), Failure> {
    let limits = Limits::new(&args.limits, args.watch.interval).map_err(Failure::Usage)?;
    let host = host(args, &limits)?;
    let seen = look(&host).await.map_err(|error| Failure::Failed(chain(&error)))?;
    let words = opening::words(&host, &seen, &limits, &args.print);
    let points = seen.volumes.iter().filter_map(|volume| volume.resource.part.clone());
    // A program that reads JSON off a terminal has no use for a line that rewrites itself.
    let meter = Meter::new((!args.print.json).then(|| screen.clone()), limits.shown(), points);
    let gaps = meter.gaps().clone();
    let detectors = limits.build().map_err(|error| Failure::Usage(chain(&error)))?;

    let mut console = Console::new(screen.clone()).with_colour(args.print.colour());
    if args.print.json {
        console = console.with_json();
    }
    let metrics = args.print.metrics.then_some(EventKind::Metric);
    let kinds = [EventKind::Issue, EventKind::Notification].into_iter().chain(metrics);
    let subscription = Subscription::new(kinds.collect::<tidegate::sink::EventKinds>());
    let resources = host.resources();
    let router = Router::builder()
        .with_source_watching(host, resources)
        .with_detectors(detectors)
        .with_detector(meter)
        .with_integration(Integration::new("console", console, subscription))
        .build()
        .map_err(|error| Failure::Failed(chain(&error)))?;
    screen.say(words);
    Ok((router, gaps))
}

async fn look(host: &Host) -> Result<Seen, SourceError> {
    Ok(Seen { volumes: host.volumes().await?, first: host.measure().await?, basis: host.basis().await? })
}

fn host(args: &RunArgs, limits: &Limits) -> Result<Host, Failure> {
    let mut builder = Host::builder()
        .with_interval(limits.interval)
        .with_volumes(args.watch.volumes.clone())
        .with_cgroup(!args.watch.machine_memory);
    if let Some(cluster) = &args.watch.cluster {
        builder = builder.with_cluster(cluster.as_str());
    }
    if let Some(node) = &args.watch.node {
        builder = builder.with_node(node.as_str());
    }
    builder.build().map_err(|error| Failure::Usage(chain(&error)))
}

type Running = JoinHandle<Result<Leftover, RouterError>>;

/// Waits until there is a reason to stop, then stops the router in order.
async fn follow(
    mut running: Running,
    handle: &Handle,
    screen: &Screen,
    gaps: &Gaps,
    stop: &mut Stop,
) -> Result<String, Failure> {
    let asked = tokio::select! {
        ended = &mut running => return Err(ended_by_itself(ended)),
        by = stop.asked() => Some(by),
        () = screen.gone() => None,
    };
    screen.set_status(None);
    let stopping = async {
        let open = handle.snapshot().await.map(|snapshot| snapshot.issues).unwrap_or_default();
        let gaps = gaps.now();
        handle.stop();
        (open, gaps, (&mut running).await)
    };
    let (open, gaps, ended) = tokio::select! {
        ended = stopping => ended,
        by = stop.asked() => {
            return Err(Failure::Failed(format!("{by} once more: ended at once, without telling what was left")));
        }
    };
    match (asked, ended) {
        (Some(by), Ok(Ok(leftover))) => Ok(last_words(by, &open, &gaps, &leftover)),
        (None, _) => Err(Failure::Failed("nobody reads standard output any more; stopped".to_owned())),
        (Some(_), ended) => Err(ended_by_itself(ended)),
    }
}

fn ended_by_itself(ended: Result<Result<Leftover, RouterError>, JoinError>) -> Failure {
    Failure::Failed(match ended {
        Ok(Ok(_)) => "the router ended without being asked to".to_owned(),
        Ok(Err(error)) => chain(&error),
        Err(error) => format!("the router ended with a fault of this program: {error}"),
    })
}

/// What was left when all had stopped.
fn last_words(by: &str, open: &[IssueEvent], gaps: &BTreeMap<Resource, String>, leftover: &Leftover) -> String {
    let mut words = format!("Stopped by {by}.");
    // Writing to a String cannot fail.
    let _ = match open {
        [] => write!(words, " No issue was open."),
        [_] => write!(words, " One issue was open:"),
        _ => write!(words, " {} issues were open:", open.len()),
    };
    words.push('\n');
    for issue in open {
        let _ = writeln!(words, "  {:<8}  {}", issue.severity.as_str(), escape(&issue.summary));
    }
    if !gaps.is_empty() {
        words.push_str("Not measured at the end:\n");
    }
    for (resource, why) in gaps {
        let _ = writeln!(words, "  {}: {}", escape(&resource.to_string()), escape(why));
    }
    for (name, issues, others) in &leftover.integrations {
        let _ = writeln!(
            words,
            "Not told to {name}, and lost: issues and notifications {issues}, logs and measured values {others}."
        );
    }
    words
}

/// An error with all that caused it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    escape(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_start_that_hangs_can_be_stopped() {
        assert_eq!(unless_asked(pending::<()>(), ready("SIGTERM")).await, Err("SIGTERM"));
        assert_eq!(unless_asked(ready(1), pending()).await, Ok(1));
    }
}
