//! `tidegate simulate`: a cluster that does not exist.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use tidegate::detect;
use tidegate::event::{EventKind, Name, Resource};
use tidegate::router::{Handle, Health, Integration, IntegrationStatus, Router, RouterBuilder, Snapshot, Subscription};
use tidegate::simulated::{Cluster, Progress};
use tidegate::sinks::console::{Console, Screen, escape};
use tokio::time::{Instant, sleep};

use crate::args::SimulateArgs;
use crate::failure::Failure;
use crate::file::{File, describe};
use crate::gaps::Gaps;
use crate::pulse;
use crate::session::{End, Session};
use crate::stop::Stop;
use crate::tally::{self, Tally};

/// How often is looked how far it has come.
const LOOK: Duration = Duration::from_millis(100);
/// How long is waited at the end for those who are still to be told.
const LAST_TELLING: Duration = Duration::from_secs(30);
/// The same for somebody who asked it to stop.
const SHORT_TELLING: Duration = Duration::from_secs(3);
/// By what it stops when all went as it should.
const THE_END: &str = "the end of the story";

/// Plays the story to its end, and tells how it went.
pub(crate) async fn run(args: SimulateArgs, screen: &Screen) -> Result<String, Failure> {
    let mut stop = Stop::listen()?;
    let cluster = Cluster::builder().with_speed(args.speed).build();
    let cluster = cluster.map_err(|error| Failure::Usage(format!("--{error}")))?;
    let tally = Tally::new();
    let (router, told) = match &args.config {
        Some(path) => by_file(path, &cluster, screen)?,
        None => (by_default(&cluster, screen), "Issues are printed on standard output.\n".to_owned()),
    };
    let router =
        router.with_source_watching(cluster.clone(), cluster.resources()).with_integration(tally.integration());
    // Whoever was not told until then was waited for.
    let router = router.with_grace(SHORT_TELLING);
    let router = router.build().map_err(|error| Failure::failed(&error))?;
    screen.say(opening(&cluster, &told));

    let (handle, progress) = (router.handle(), cluster.progress());
    let beside = async {
        tokio::select! {
            by = pulse::show(&handle, screen, || progress.now().map(|moment| bar(moment.elapsed, moment.total))) => by,
            by = tell(&progress, &handle, screen) => by,
        }
    };
    let session = Session { router, gaps: Gaps::default(), status: None, is_kept: false, control: None };
    let end =
        session.run(screen, &mut stop, beside, async |handle| leave(handle, &cluster, &progress, screen).await).await?;
    summary(&end, &tally)
}

fn by_default(cluster: &Cluster, screen: &Screen) -> RouterBuilder {
    let told = Subscription::new([EventKind::Issue, EventKind::Notification]);
    Router::builder().with_detectors(cluster.hurry_all(detect::standard())).with_integration(Integration::new(
        "console",
        Console::new(screen.clone()),
        told,
    ))
}

/// Detectors and integrations of the file, and what is to be said of them.
fn by_file(path: &Path, cluster: &Cluster, screen: &Screen) -> Result<(RouterBuilder, String), Failure> {
    let File { name, plan } = File::read(path, screen)?;
    let plan = plan.without_sources().map_detectors(|detector| Box::new(cluster.hurry(detector)));
    // The cluster is none of those that the file names.
    let everywhere = |one: &Integration| one.subscription().clone().with_clusters::<Name>([]);
    let plan = plan.map_integrations(|one| one.clone().with_subscription(everywhere(&one)));
    let mut words = format!("By {}, for every cluster:\n{}", escape(&name), describe(&plan));
    for planned in plan.integrations().iter().filter(|planned| planned.integration().subscription().is_muted()) {
        // Writing to a String cannot fail.
        let _ = writeln!(words, "{} is muted and will be told nothing.", planned.integration().name());
    }
    Ok((plan.into_router(), words))
}

fn opening(cluster: &Cluster, told: &str) -> String {
    let nodes: Vec<_> = cluster.addresses().iter().map(ToString::to_string).collect();
    let minutes = cluster.duration().as_secs_f64() * cluster.speed() / 60.0;
    format!(
        "tidegate {} plays a KurrentDB cluster that does not exist: {}.\n\
         Its nodes answer there while it is played: curl http://{}/gossip, or /metrics.\n\
         {minutes:.0} minutes of it take {:.1} s. Source, detectors, router and integrations are the real ones; who is \
         told is told no faster than ever.\n\
         {told}Ctrl-C ends it, and closes what is open.\n\n",
        env!("CARGO_PKG_VERSION"),
        nodes.join(", "),
        nodes[0],
        cluster.duration().as_secs_f64(),
    )
}

/// `[#####     ] 0:12 of 0:37`.
fn bar(elapsed: Duration, total: Duration) -> String {
    const WIDTH: usize = 10;
    let share = elapsed.as_secs_f64() / total.as_secs_f64().max(f64::MIN_POSITIVE);
    // Between none and all of the few columns.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and the width")]
    let done = ((share * WIDTH as f64) as usize).min(WIDTH);
    let clock = |time: Duration| format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60);
    let bar = format!("{}{}", "#".repeat(done), ".".repeat(WIDTH - done));
    format!("[{bar}] {} of {}", clock(elapsed), clock(total))
}

/// Says what happens, scene by scene, until all is told; by what it ends.
async fn tell(progress: &Progress, handle: &Handle, screen: &Screen) -> &'static str {
    let mut told = None;
    loop {
        sleep(LOOK).await;
        let Some(moment) = progress.now() else { continue };
        let is_over = moment.is_over();
        if told.as_ref() != Some(&moment.scene) {
            let minutes = moment.scene.at.as_secs() / 60;
            screen.say(format!("-- {minutes:>2}:{:02}  {}\n", moment.scene.at.as_secs() % 60, moment.scene.title));
            told = Some(moment.scene);
        }
        if is_over {
            wait(handle, LAST_TELLING, |snapshot| snapshot.sources.iter().all(|source| source.ended)).await;
            return THE_END;
        }
    }
}

/// Closes what is open, so that it stays open nowhere, and waits until all was told.
async fn leave(handle: &Handle, cluster: &Cluster, progress: &Progress, screen: &Screen) {
    let is_over = progress.now().is_some_and(|moment| moment.is_over());
    let patience = if is_over { LAST_TELLING } else { SHORT_TELLING };
    if is_over {
        wait_for_telling(handle, patience, screen).await;
    }
    let open = handle.snapshot().await.is_ok_and(|snapshot| !snapshot.issues.is_empty());
    if open || !is_over {
        // Signals of the story that are still on their way open nothing afterwards: the cluster is retired.
        let all = Resource { node: None, part: None, ..cluster.resources().into_iter().next().unwrap_or_default() };
        // A router that has stopped has nobody to tell.
        let _ = handle.retire(all, "The simulation ended before this did.").await;
        wait_for_telling(handle, patience, screen).await;
    }
}

/// Waits until everybody who may yet be told was told, and says on whom it waits where that takes a while.
async fn wait_for_telling(handle: &Handle, patience: Duration, screen: &Screen) {
    if wait(handle, SHORT_TELLING.min(patience) / 3, |snapshot| untold(snapshot).is_empty()).await {
        return;
    }
    if let Ok(snapshot) = handle.snapshot().await {
        let (names, seconds) = (untold(&snapshot).join(", "), patience.as_secs());
        screen.say(format!("Waiting {seconds} s at the most for {names}.\n"));
    }
    wait(handle, patience, |snapshot| untold(snapshot).is_empty()).await;
}

/// Who is still to be told how much. One that is paused or stopped is not waited for.
fn untold(snapshot: &Snapshot) -> Vec<String> {
    let waiting = |one: &IntegrationStatus| one.issues_waiting + one.batch_waiting;
    let is_away = |one: &IntegrationStatus| matches!(one.health, Health::Paused { .. } | Health::Stopped { .. });
    let some = snapshot.integrations.iter().filter(|one| waiting(one) > 0 && !is_away(one));
    some.map(|one| format!("{} ({} to tell)", escape(&one.name), waiting(one))).collect()
}

/// Waits until `is_so`, so long at the most; whether it came so.
async fn wait(handle: &Handle, most: Duration, is_so: impl Fn(&Snapshot) -> bool) -> bool {
    let deadline = Instant::now() + most;
    loop {
        match handle.snapshot().await {
            Ok(snapshot) if !is_so(&snapshot) && Instant::now() < deadline => sleep(LOOK).await,
            Ok(snapshot) => return is_so(&snapshot),
            Err(_) => return true, // it has stopped
        }
    }
}

/// How it went. It failed where something stayed open, or was not told to somebody.
fn summary(end: &End, tally: &Tally) -> Result<String, Failure> {
    let counts = tally.counts();
    let (opened, closed) = (counts.episodes.len(), counts.episodes.values().filter(|closed| **closed).count());
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (issues, notifications) = (many(opened, "issue"), many(counts.notifications, "notification"));
    let mut words = format!("{issues} opened and {closed} closed; {notifications}.\n");
    let integrations = end.snapshot.iter().flat_map(|snapshot| &snapshot.integrations);
    let (mut told, mut rejected, mut asked) = (0, 0, false);
    for one in integrations.filter(|one| !tally::is_one(&one.name)) {
        (told, rejected, asked) = (told + one.delivered, rejected + one.rejected, true);
        // Writing to a String cannot fail.
        let _ = writeln!(words, "  {:<14}told {}, rejected {}", escape(&one.name), one.delivered, one.rejected);
    }
    let undelivered = end.undelivered();
    let why = if end.by != THE_END {
        format!("stopped by {} before the story was over", end.by)
    } else if closed < opened {
        format!("{} did not close", many(opened - closed, "issue"))
    } else if !undelivered.is_empty() || rejected > 0 {
        "not everything was told".to_owned()
    } else if opened == 0 {
        "no issue opened: none of the detectors' figures was passed".to_owned()
    } else if asked && told == 0 {
        "nobody was told: no integration takes what happened".to_owned()
    } else {
        return Ok(words);
    };
    Err(Failure::Failed(format!("{why}\n{words}{undelivered}").trim_end().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tidegate::event::{Event, IssueEvent, IssueState};
    use tidegate::router::Leftover;
    use tidegate::sink::{Delivery, DeliveryId, Sink};
    use tidegate_testkit::sample;

    use super::*;

    fn end(by: &'static str, untold: usize) -> End {
        let mut leftover = Leftover::default();
        leftover.integrations.extend((untold > 0).then(|| ("ops".into(), untold, 0)));
        End { by, snapshot: None, gaps: BTreeMap::new(), leftover, is_kept: false }
    }

    async fn tally(events: impl IntoIterator<Item = Event>) -> Tally {
        let tally = Tally::new();
        for event in events {
            let delivery = Delivery::new(DeliveryId::new("a", "b"), event.into());
            tally.deliver(&[delivery]).await.expect("it counts");
        }
        tally
    }

    #[tokio::test]
    async fn it_went_well_only_if_all_that_opened_closed_and_was_told() {
        let open = sample::issue();
        let closed = IssueEvent { sequence: 2, state: IssueState::Closed, ..open.clone() };
        let all = tally([open.clone().into(), closed.into(), sample::notification("a").into()]).await;
        let words = summary(&end(THE_END, 0), &all).expect("well");
        assert_eq!(words, "1 issue opened and 1 closed; 1 notification.\n");
        let other = sample::episode(7);
        let none = tally([]).await;
        let left = tally([open.clone().into(), IssueEvent { episode: other, ..open }.into()]).await;
        for (end, tally, why) in [
            (end(THE_END, 0), &left, "2 issues did not close\n2 issues opened and 0 closed; 0 notifications."),
            (
                end(THE_END, 3),
                &all,
                "not everything was told\n1 issue opened and 1 closed; 1 notification.\nNot told to ops",
            ),
            (end(THE_END, 0), &none, "no issue opened: none of the detectors' figures was passed\n0 issues opened"),
            (end("Ctrl-C", 0), &all, "stopped by Ctrl-C before the story was over\n1 issue opened"),
        ] {
            let Err(Failure::Failed(words)) = summary(&end, tally) else { panic!("it went well: {why}") };
            assert!(words.starts_with(why), "{words}");
        }
    }

    #[test]
    fn the_line_shows_how_far_it_is() {
        assert_eq!(bar(Duration::from_secs(9), Duration::from_secs(36)), "[##........] 0:09 of 0:36");
        assert_eq!(bar(Duration::from_secs(36), Duration::from_secs(36)), "[##########] 0:36 of 0:36");
        assert_eq!(bar(Duration::ZERO, Duration::ZERO), "[..........] 0:00 of 0:00");
    }
}
