//! A configuration file, and what it makes.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use tidegate::config::{Config, ConfiguredSource, Plan, PlannedIntegration, Registry};
use tidegate::event::Severity;
use tidegate::router::Integration;
use tidegate::sinks::console::{Screen, escape};
use tidegate::status::{Notifications, Status};

use crate::ask::Tools;
use crate::failure::Failure;
use crate::gaps::GapWatch;
use crate::opening::kept;
use crate::session::Session;
use crate::state::State;

/// A file that is right, and what it asks for.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) plan: Plan,
}

impl File {
    /// Reads the file at `path`; its consoles print on `screen`.
    pub(crate) fn read(path: &Path, screen: &Screen) -> Result<Self, Failure> {
        let registry = Registry::standard().with_console(screen.clone());
        #[cfg(all(feature = "test-feed", unix))]
        let registry = crate::feed::register(registry);
        let plan = Config::read(path).and_then(|config| config.build(&registry)).map_err(Failure::Config)?;
        Ok(Self { name: path.display().to_string(), plan })
    }

    /// What it tells, and how.
    pub(crate) fn integrations(&self) -> Vec<Integration> {
        self.plan.integrations().iter().map(|planned| planned.integration().clone()).collect()
    }

    /// Says what will be done, and connects the parts.
    pub(crate) async fn start(self, screen: &Screen) -> Result<Session, Failure> {
        let mut words = format!("tidegate {} runs by {}:\n", env!("CARGO_PKG_VERSION"), escape(&self.name));
        words.push_str(&describe(&self.plan));
        let (address, watches) = (self.plan.status(), !self.plan.sources().is_empty());
        let token = self.plan.intake_token().cloned();
        let (hints, notes) = (describe_hints(&self.plan), notes(&self.plan));
        let gap_watch = GapWatch::default();
        let gaps = gap_watch.gaps().clone();
        let state = State::of(self.plan.storage()).await?;
        let dir = self.plan.storage().dir().map(Path::to_path_buf);
        let integrations = self.integrations();
        let router = self.plan.into_router().with_detector(gap_watch);
        let router = state.iter().fold(router, |router, state| state.keep(router));
        let router = router.build().map_err(|error| Failure::failed(&error))?;
        let status = match address {
            None => None,
            Some(address) => {
                let notifications = token.iter().cloned().fold(Notifications::new(), Notifications::with_token);
                let bound = Status::new(router.handle()).with_notifications(notifications).with_notes(notes);
                let bound = bound.bind(address).await;
                Some(bound.map_err(|error| Failure::failed(&error))?)
            }
        };
        if let Some(bound) = &status {
            describe_status(&mut words, bound.address(), token.is_some());
        }
        words.push_str(&hints);
        if !watches {
            words.push_str("Nothing is watched: there is no [[source]].\n");
        }
        words.push_str(&kept(dir.as_deref()));
        words.push_str("Ctrl-C ends it.\n\n");
        screen.say(words);
        let handle = Some(router.handle());
        let control = dir.zip(state).map(|(dir, state)| (dir, Tools { state, integrations, handle }));
        Ok(Session { router, gaps, status, is_kept: control.is_some(), control })
    }
}

/// What `plan` has, a line each.
pub(crate) fn describe(plan: &Plan) -> String {
    let mut text = String::new();
    for source in plan.sources() {
        let watched: Vec<_> = source.resources().iter().map(ToString::to_string).collect();
        let what = if watched.is_empty() { source.source().name().to_owned() } else { watched.join(", ") };
        row(&mut text, "source", &format!("{}: {what}", source.source().name()));
    }
    row(&mut text, "detectors", &plan.detectors().collect::<Vec<_>>().join(", "));
    for integration in plan.integrations() {
        row(&mut text, "integration", &words(integration));
    }
    text
}

/// Where `plan` keeps its state, serves its health and takes notifications, a line each, and what in it can hardly be meant.
pub(crate) fn describe_places(plan: &Plan) -> String {
    let mut text = String::new();
    let state = plan.storage().dir().map_or_else(|| "in memory".to_owned(), |dir| dir.display().to_string());
    row(&mut text, "state", &state);
    if let Some(address) = plan.status() {
        describe_status(&mut text, address, plan.intake_token().is_some());
    }
    text.push_str(&describe_hints(plan));
    text
}

/// What the sources of `plan` will not be able to tell.
fn notes(plan: &Plan) -> Vec<String> {
    plan.sources().iter().flat_map(ConfiguredSource::notes).cloned().collect()
}

/// What in `plan` can hardly be meant, and what nobody will measure, a line each.
fn describe_hints(plan: &Plan) -> String {
    let mut text = String::new();
    for warning in warnings(plan) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "warning: {}", escape(&warning));
    }
    for note in notes(plan) {
        row(&mut text, "not measured", &note);
    }
    text
}

fn describe_status(text: &mut String, address: SocketAddr, has_token: bool) {
    row(text, "health", &format!("http://{address}/health/live, http://{address}/health/ready"));
    let from = if has_token { "with the token" } else { "from this machine only" };
    row(text, "notifications", &format!("http://{address}/v1/notifications, {from}"));
}

/// The integrations that would never be told of anything, where all that is watched is known.
fn warnings(plan: &Plan) -> Vec<String> {
    let watched: Vec<_> = plan.sources().iter().flat_map(ConfiguredSource::resources).collect();
    let is_known = plan.sources().iter().all(|source| !source.resources().is_empty());
    let mut warnings = Vec::new();
    for integration in plan.integrations().iter().map(PlannedIntegration::integration).filter(|_| is_known) {
        let clusters: Vec<_> = integration.subscription().clusters().map(|cluster| &**cluster).collect();
        let is_met = watched.iter().filter_map(|resource| resource.cluster.as_deref()).any(|it| clusters.contains(&it));
        if !clusters.is_empty() && !watched.is_empty() && !is_met {
            warnings.push(format!(
                "integration {} is told of {} only, and no source watches that: set `cluster` in the source, or correct \
                 `cluster_ids`",
                integration.name(),
                clusters.join(", ")
            ));
        }
    }
    warnings
}

/// `ops-slack (Cluster health to #ops): issues, notifications from warning on of orders to slack:C0123456789`.
fn words(planned: &PlannedIntegration) -> String {
    let integration = planned.integration();
    let subscription = integration.subscription();
    let mut words = integration.name().to_string();
    if let Some(description) = planned.description() {
        let _ = write!(words, " ({description})");
    }
    let kinds: Vec<_> = subscription.kinds().iter().map(|kind| format!("{kind}s")).collect();
    let _ = write!(words, ": {}", kinds.join(", "));
    if subscription.min_severity() > Severity::Info {
        let _ = write!(words, " from {} on", subscription.min_severity());
    }
    let clusters: Vec<_> = subscription.clusters().map(|cluster| &**cluster).collect();
    if !clusters.is_empty() {
        let _ = write!(words, " of {}", clusters.join(", "));
    }
    let _ = write!(words, " to {}", integration.sink().profile().destination());
    if subscription.is_muted() {
        words.push_str(", muted");
    }
    words
}

fn row(text: &mut String, label: &str, what: &str) {
    let _ = writeln!(text, "  {label:<14}{}", escape(what));
}
