//! `tidegate run`: this host, the console.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::CommandFactory;
use clap::error::ErrorKind;
use tidegate::event::{EventKind, IssueEvent};
use tidegate::router::{Handle, Integration, Leftover, Router, RouterError, Subscription};
use tidegate::sinks::console::{Console, Screen, escape};
use tidegate::sources::host::Host;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

use crate::args::{Args, RunArgs};
use crate::limits::Limits;
use crate::meter::Meter;
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
    let colour = args.print.colour();
    trace::start(screen, colour).map_err(Failure::Usage)?;
    let mut stop = Stop::new().map_err(|error| Failure::Failed(format!("signals cannot be heard: {error}")))?;
    let limits = Limits::new(&args.limits, args.watch.interval).map_err(Failure::Usage)?;
    let host = host(&args, &limits)?;
    let volumes = host.volumes().await.map_err(|error| Failure::Failed(chain(&error)))?;
    let first = host.measure().await.map_err(|error| Failure::Failed(chain(&error)))?;
    let words = opening::words(&host, &volumes, &first, &limits, &args.print);
    let points = volumes.iter().filter_map(|volume| volume.resource.part.clone());
    let meter = Meter::new(screen.clone(), limits.shown(), points);
    let detectors = limits.build().map_err(|error| Failure::Usage(chain(&error)))?;

    let mut console = Console::new(screen.clone()).with_colour(colour);
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
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    follow(running, &handle, screen, &mut stop).await
}

fn host(args: &RunArgs, limits: &Limits) -> Result<Host, Failure> {
    let mut builder = Host::builder().with_interval(limits.interval).with_volumes(args.watch.volumes.clone());
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
async fn follow(mut running: Running, handle: &Handle, screen: &Screen, stop: &mut Stop) -> Result<String, Failure> {
    let asked = tokio::select! {
        ended = &mut running => return Err(ended_by_itself(ended)),
        by = stop.asked() => Some(by),
        () = screen.gone() => None,
    };
    screen.set_status(None);
    let stopping = async {
        let open = handle.snapshot().await.map(|snapshot| snapshot.issues).unwrap_or_default();
        handle.stop();
        (open, (&mut running).await)
    };
    let (open, ended) = tokio::select! {
        ended = stopping => ended,
        by = stop.asked() => {
            return Err(Failure::Failed(format!("{by} once more: ended at once, without telling what was left")));
        }
    };
    match (asked, ended) {
        (Some(by), Ok(Ok(leftover))) => Ok(last_words(by, &open, &leftover)),
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
fn last_words(by: &str, open: &[IssueEvent], leftover: &Leftover) -> String {
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
