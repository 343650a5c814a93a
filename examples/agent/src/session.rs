//! A router at work, from its first words to its last.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use tidegate::event::Resource;
use tidegate::router::{Handle, Health, Leftover, Router, RouterError, Snapshot};
use tidegate::sinks::console::{Screen, escape};
use tidegate::status::Bound;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::ask::Tools;
use crate::control;
use crate::failure::{Failure, chain};
use crate::gaps::Gaps;
use crate::stop::Stop;

/// How long the last words may take to be written.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A router that is put together, and what belongs to it.
pub(crate) struct Session {
    pub(crate) router: Router,
    pub(crate) gaps: Gaps,
    /// Where its health is served, where it is.
    pub(crate) status: Option<Bound>,
    /// Whether what is left is told after the next start.
    pub(crate) is_kept: bool,
    /// Answers who asks in this folder, where state is kept.
    pub(crate) control: Option<(PathBuf, Tools)>,
}

impl Session {
    /// Runs until there is a reason to stop. Beside it `beside` runs, which may end it: by what it says, as a signal
    /// would. Before the router stops, `farewell` has a last word with it.
    ///
    /// # Errors
    /// When it ended for another reason.
    pub(crate) async fn run(
        self,
        screen: &Screen,
        stop: &mut Stop,
        beside: impl Future<Output = &'static str>,
        farewell: impl AsyncFnOnce(&Handle),
    ) -> Result<End, Failure> {
        let (handle, is_kept) = (self.router.handle(), self.is_kept);
        let mut running = tokio::spawn(self.router.run());
        let serving = Serving::start(self.status);
        let mut helpers = JoinSet::new();
        if let Some((dir, tools)) = self.control {
            helpers.spawn(control::serve(dir, tools));
        }
        let asked = tokio::select! {
            ended = &mut running => return Err(ended_by_itself(ended)),
            by = stop.asked() => Some(by),
            by = beside => Some(by),
            () = screen.gone() => None,
        };
        screen.set_status(None);
        let stopping = async {
            farewell(&handle).await;
            let snapshot = handle.snapshot().await.ok();
            let gaps = self.gaps.now();
            handle.stop();
            let ended = (&mut running).await;
            serving.end().await;
            helpers.shutdown().await;
            (snapshot, gaps, ended)
        };
        let (snapshot, gaps, ended) = tokio::select! {
            ended = stopping => ended,
            by = stop.asked() => {
                return Err(Failure::Failed(format!("{by} once more: ended at once, without telling what was left")));
            }
        };
        match (asked, ended) {
            (Some(by), Ok(Ok(leftover))) => Ok(End { by, snapshot, gaps, leftover, is_kept }),
            (None, _) => Err(Failure::Failed("nobody reads standard output any more; stopped".to_owned())),
            (Some(_), ended) => Err(ended_by_itself(ended)),
        }
    }
}

/// Health, served as long as the router runs.
struct Serving {
    stop: oneshot::Sender<()>,
    task: Option<JoinHandle<()>>,
}

impl Serving {
    fn start(status: Option<Bound>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let task = status.map(|bound| {
            tokio::spawn(async move {
                let until_stopped = async move {
                    let _ = stopped.await; // dropped: to be stopped, too
                };
                if let Err(error) = bound.serve(until_stopped).await {
                    tracing::error!(error = &error as &dyn std::error::Error, "health is served no more");
                }
            })
        });
        Self { stop, task }
    }

    async fn end(self) {
        let _ = self.stop.send(());
        if let Some(task) = self.task {
            let _ = task.await; // it says itself what went wrong
        }
    }
}

fn ended_by_itself(ended: Result<Result<Leftover, RouterError>, JoinError>) -> Failure {
    Failure::Failed(match ended {
        Ok(Ok(_)) => "the router ended without being asked to".to_owned(),
        Ok(Err(error)) => chain(&error),
        Err(error) => format!("the router ended with a fault of this program: {error}"),
    })
}

/// What `work` gives, or by what it was asked to stop before that.
pub(crate) async fn unless_asked<T>(
    work: impl Future<Output = T>,
    asked: impl Future<Output = &'static str>,
) -> Result<T, &'static str> {
    tokio::select! {
        done = work => Ok(done),
        by = asked => Err(by),
    }
}

/// Says the last words; past the screen where that is held by a reader of standard output that does not read.
pub(crate) async fn say_last(screen: &Screen, words: String) {
    screen.say(words.clone());
    if timeout(LAST_WORDS, screen.flush()).await.is_err() {
        let said = tokio::task::spawn_blocking(move || eprint!("{words}"));
        let _ = timeout(LAST_WORDS, said).await;
    }
}

/// What was left when all had stopped.
pub(crate) struct End {
    /// Why it stopped.
    pub(crate) by: &'static str,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) gaps: BTreeMap<Resource, String>,
    pub(crate) leftover: Leftover,
    pub(crate) is_kept: bool,
}

impl End {
    /// The last words of a program that was to watch until it is stopped.
    pub(crate) fn words(&self) -> String {
        let mut words = format!("Stopped by {}.", self.by);
        let open = self.snapshot.as_ref().map(|snapshot| snapshot.issues.as_slice()).unwrap_or_default();
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
        if !self.gaps.is_empty() {
            words.push_str("Not measured at the end:\n");
        }
        for (resource, why) in &self.gaps {
            let _ = writeln!(words, "  {}: {}", escape(&resource.to_string()), escape(why));
        }
        words.push_str(&self.undelivered());
        words
    }

    /// Who was not told everything, a line each.
    pub(crate) fn undelivered(&self) -> String {
        let mut words = String::new();
        for integration in self.snapshot.iter().flat_map(|snapshot| &snapshot.integrations) {
            let (Health::Failing { why, .. } | Health::Paused { why, .. } | Health::Stopped { why, .. }) =
                &integration.health
            else {
                continue;
            };
            // Writing to a String cannot fail.
            let _ = writeln!(words, "{} did not deliver at the end: {}", integration.name, escape(why));
        }
        let fate = if self.is_kept { "; told after the next start" } else { ", and lost" };
        for (name, issues, others) in &self.leftover.integrations {
            let _ = writeln!(
                words,
                "Not told to {name}{fate}: issues and notifications {issues}, logs and measured values {others}."
            );
        }
        words
    }
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
