//! `tidegate run` without a file: this machine, the console.

use tidegate::event::EventKind;
use tidegate::router::{Integration, Router, Subscription};
use tidegate::sink::EventKinds;
use tidegate::sinks::console::{Console, Screen};
use tidegate::source::SourceError;
use tidegate::sources::host::Host;

use crate::args::RunArgs;
use crate::failure::{Failure, chain};
use crate::gaps::GapWatch;
use crate::limits::Limits;
use crate::meter::Meter;
use crate::opening::{self, Seen};
use crate::session::Session;
use crate::state::State;

/// Looks at the machine, says what will be watched, and connects the parts.
pub(crate) async fn start(args: &RunArgs, screen: &Screen) -> Result<Session, Failure> {
    let limits = Limits::new(&args.limits, args.watch.interval).map_err(Failure::Usage)?;
    let host = host(args, &limits)?;
    let seen = look(&host).await.map_err(|error| Failure::failed(&error))?;
    let words = opening::words(&host, &seen, &limits, args);
    let points = seen.volumes.iter().filter_map(|volume| volume.resource.part.clone());
    // A program that reads JSON off a terminal has no use for a line that rewrites itself.
    let meter = (!args.print.json).then(|| Meter::new(screen.clone(), limits.shown(), points));
    let gap_watch = GapWatch::default();
    let gaps = gap_watch.gaps().clone();
    let detectors = limits.build().map_err(|error| Failure::Usage(chain(&error)))?;

    let mut console = Console::new(screen.clone()).with_colour(args.print.colour());
    if args.print.json {
        console = console.with_json();
    }
    let metrics = args.print.metrics.then_some(EventKind::Metric);
    let kinds = [EventKind::Issue, EventKind::Notification].into_iter().chain(metrics);
    let subscription = Subscription::new(kinds.collect::<EventKinds>());
    let resources = host.resources();
    let router = Router::builder()
        .with_polled_source(host, resources)
        .with_detectors(detectors)
        .with_detector(gap_watch)
        .with_integration(Integration::new("console", console, subscription));
    let router = meter.into_iter().fold(router, tidegate::router::RouterBuilder::with_detector);
    let state = State::at(args.state_dir.as_deref()).await?;
    let router = state.iter().fold(router, |router, state| state.keep(router));
    let router = router.build().map_err(|error| Failure::failed(&error))?;
    screen.say(words);
    Ok(Session { router, gaps, status: None, is_kept: state.is_some(), control: None })
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
