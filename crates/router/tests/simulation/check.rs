use std::collections::{BTreeMap, BTreeSet};

use tidegate_event::{EpisodeId, Event, IssueEvent, IssueKey};
use tidegate_router::{DeadLetter, STORE_FAILING};
use tidegate_sink::{Delivery, DeliveryId};
use tidegate_store::Space;
use tidegate_testkit::model::{Alert, AlertService, Message, MessageService, Subject};

use crate::truth::{Truth, is_told};
use crate::world::World;

/// What the window of `blind` may hold, and by how much a lane may go over it that must read on after a restart.
pub(crate) const BLIND_WINDOW: usize = 4_000;
const ONE_READ: usize = 17 * 1024;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Promises 4 and 6, while other sinks fail: who never fails is up to date, and the windows are bounded.
pub(crate) async fn calm(world: &World) -> Result<(), String> {
    let truth = Truth::read(world)?.with_note(world).await?;
    let calm = &world.services.calm;
    let expected: BTreeSet<EpisodeId> = truth.open_for("calm").map(|issue| issue.episode).collect();
    let mut open: BTreeSet<EpisodeId> = calm.open().into_iter().collect();
    open.retain(|episode| !calm.tellings(*episode).iter().any(|telling| truth.has_lost(&telling.event)));
    ensure(open == expected, || format!("promise 4: calm shows {open:?}, open are {expected:?}"))?;
    for issue in truth.open_for("calm") {
        let told = calm.tellings(issue.episode).last().and_then(tidegate_testkit::model::Telling::severity);
        ensure(told >= Some(issue.severity), || format!("a rise to {} waits: {issue:?}", issue.severity))?;
    }
    let Some(life) = &world.life else { return Ok(()) };
    for integration in life.snapshot().await.iter().flat_map(|snapshot| &snapshot.integrations) {
        let most = if &*integration.name == "blind" { BLIND_WINDOW + ONE_READ } else { 1_000_000 };
        ensure(integration.waiting_bytes <= most, || format!("promise 6: {integration:?}"))?;
    }
    Ok(())
}

/// All promises, once everything is mended and there was time.
pub(crate) async fn everything(world: &World) -> Result<(), String> {
    let truth = Truth::read(world)?;
    let of_others = world.services.breaches().into_iter().chain(world.stores.breaches());
    let breaches: Vec<String> = world.feed.breaches().into_iter().chain(of_others).collect();
    ensure(breaches.is_empty(), || breaches.join("; "))?;
    let (taken, said) = (world.feed.taken(), world.feed.said());
    ensure(taken == said, || format!("of {said} items {taken} were taken"))?;
    let (found, expected) = (truth.found(), world.expected());
    ensure(found == expected, || format!("promises 1 and 5: open are {found:?}, wrong are {expected:?}"))?;
    pager(world, &truth)?;
    chat(world, &truth)?;
    buried(world, &truth).await?;
    blind(world, &truth).await?;
    calm_at_last(world, &truth)?;
    if let Some(guest) = &world.guest {
        guest.check(&world.stores.journal(), &truth)?;
    }
    logs(world).await
}

/// Once all is well and was told, nothing is kept that nobody needs.
pub(crate) async fn nothing_is_left(world: &World) -> Result<(), String> {
    let (journal, bulk) = world.stores.held();
    ensure(journal == 0 && bulk == 0, || format!("{journal} events are left in the journal, {bulk} in the bulk log"))?;
    let records = world.stores.records(Space::Key, "").await;
    let issues: Vec<&String> = records.iter().map(|(key, _)| key).filter(|key| key.contains("/i/")).collect();
    ensure(issues.is_empty(), || format!("records are left: {issues:?}"))
}

/// What a service rejected: it may show something else than is true.
struct Rejects {
    closes: BTreeSet<IssueKey>,
    events: BTreeSet<(EpisodeId, u32)>,
}

impl Rejects {
    fn of(rejected: &[Delivery]) -> Self {
        let issues: Vec<&IssueEvent> = rejected
            .iter()
            .filter_map(|delivery| if let Event::Issue(issue) = &*delivery.event { Some(&**issue) } else { None })
            .collect();
        Self {
            closes: issues.iter().filter(|issue| issue.is_closed()).map(|issue| issue.key.clone()).collect(),
            events: issues.iter().map(|issue| (issue.episode, issue.sequence)).collect(),
        }
    }

    fn last_of(&self, issue: &IssueEvent) -> bool {
        self.events.contains(&(issue.episode, issue.sequence))
    }
}

fn pager(world: &World, truth: &Truth) -> Result<(), String> {
    let moved = world.services.pager.now();
    let service: &AlertService = &moved.service;
    let rejects = Rejects::of(&service.rejected());
    let open: BTreeMap<String, _> =
        service.all().into_iter().filter(Alert::is_open).map(|alert| (alert.key.clone(), alert)).collect();
    for issue in truth.open_for("pager").filter(|issue| !rejects.last_of(issue)) {
        let alert = open.get(&issue.key.id()).ok_or_else(|| format!("the pager has no alert for {issue:?}"))?;
        let told = alert.severity();
        ensure(told == Some(issue.severity), || format!("the pager says {told:?} of {issue:?}"))?;
    }
    for (issue, last) in
        truth.episodes.iter().filter(|(_, last)| last.is_closed() && !rejects.closes.contains(&last.key))
    {
        let alerts = service.opened_for(issue.episode);
        // While the state fails too nothing says who was told that stores fail, and a crash lets another filter decide.
        if &**last.key.kind() == STORE_FAILING {
            continue;
        }
        ensure(alerts.len() <= 1, || format!("promise 1: the pager has {} alerts for {last:?}", alerts.len()))?;
        for alert in &alerts {
            ensure(!alert.is_open(), || format!("promise 2: the pager has an open alert for {last:?}"))?;
            let episodes = alert.episodes();
            ensure(episodes.len() == 1, || format!("promise 1: an alert of several episodes: {episodes:?}"))?;
            in_order(alert.history().map(|telling| (telling.sequence(), telling.is_closed())), last)?;
        }
    }
    Ok(())
}

/// Within one alert or message nothing goes back, and a close is the last.
fn in_order(told: impl Iterator<Item = (u32, bool)>, last: &IssueEvent) -> Result<(), String> {
    let told: Vec<(u32, bool)> = told.collect();
    // That stores fail is told while nothing can be recorded of it: a crash may set it back.
    let set_back = &**last.key.kind() == STORE_FAILING;
    ensure(told.is_sorted() || set_back, || format!("promise 1: told {told:?} of {last:?}"))
}

fn chat(world: &World, truth: &Truth) -> Result<(), String> {
    let moved = world.services.chat.now();
    let rejects = Rejects::of(&moved.service.rejected());
    for (first, last) in &truth.episodes {
        let posts = moved.service.posts(first.episode);
        ensure(posts.len() <= 1, || format!("promise 1: chat has {} messages for {last:?}", posts.len()))?;
        ensure(posts.is_empty() || is_told(first, "chat"), || format!("chat is told of itself: {last:?}"))?;
        let since = moved.since;
        let old = truth.was_closed_by(first.episode, since);
        ensure(posts.is_empty() || !old, || format!("told to a place that came after it: {last:?}"))?;
        message(posts.first(), last, &rejects, "chat", is_told(first, "chat"))?;
    }
    Ok(())
}

fn message(post: Option<&Message>, last: &IssueEvent, rejects: &Rejects, who: &str, told: bool) -> Result<(), String> {
    let Some(post) = post else {
        let missing = told && !last.is_closed() && !rejects.last_of(last);
        return ensure(!missing, || format!("{who} has no message for {last:?}"));
    };
    ensure(!post.is_mixed(), || format!("promise 1: a message of {who} was made to tell of another: {post:?}"))?;
    in_order(post.history.iter().map(|telling| (telling.sequence(), telling.is_closed())), last)?;
    // While the state fails too nothing says who was told that stores fail, and a crash lets another filter decide.
    let forgotten = &**last.key.kind() == STORE_FAILING && who == "chat";
    if !rejects.last_of(last) && !forgotten {
        ensure(post.is_open() != last.is_closed(), || format!("promise 2: {who} shows {post:?}, true is {last:?}"))?;
    }
    Ok(())
}

/// Whether it tells that stores fail: then nothing may be buried either.
fn is_alarm(event: &Event) -> bool {
    matches!(event, Event::Issue(issue) if &**issue.key.kind() == STORE_FAILING)
}

/// Which event of which episode or notification it is.
fn saying(event: &Event) -> (String, u32) {
    match event {
        Event::Issue(issue) => (issue.episode.to_string(), issue.sequence),
        Event::Notification(notification) => (notification.id.clone(), notification.revision),
        Event::Log(_) | Event::Metric(_) => (String::new(), 0),
    }
}

/// Promise 3: what was rejected last of an episode or notification, and never told after all, is in the dead letters.
async fn buried(world: &World, truth: &Truth) -> Result<(), String> {
    let services = &world.services;
    let (pager, chat, blind) = (&services.pager.now().service, &services.chat.now().service, &services.blind);
    // By what it says, not by its delivery: it may have been told anew, which is another one.
    let told = |messages: &MessageService| -> BTreeSet<(String, u32)> {
        messages.messages().iter().flat_map(|message| &message.history).map(|telling| saying(&telling.event)).collect()
    };
    let alerts: BTreeSet<(String, u32)> = pager
        .all()
        .iter()
        .flat_map(|alert| alert.history().map(|telling| saying(&telling.event)).collect::<Vec<_>>())
        .collect();
    for (name, rejected, told) in [
        ("pager", pager.rejected(), alerts),
        ("chat", chat.rejected(), told(chat)),
        ("blind", blind.rejected(), told(blind)),
    ] {
        let letters = dead_letters(world, name).await?;
        // One that was delivered again and rejected once more is known by its first delivery.
        let words: BTreeSet<_> = letters.iter().filter(|_| world.again).map(|letter| saying(&letter.event)).collect();
        let letters: BTreeSet<DeliveryId> = letters.iter().map(|letter| letter.id).collect();
        for delivery in rejected.iter().filter(|delivery| truth.is_last(&delivery.event) && !is_alarm(&delivery.event))
        {
            // A close that found no alert leaves no trace in the service; here it was accepted when tried again.
            let idle = match &*delivery.event {
                Event::Issue(issue) => {
                    // So does one that is delivered again when another episode's has closed the alert.
                    let traceless = world.again || pager.opened_for(issue.episode).is_empty();
                    name == "pager" && issue.is_closed() && traceless
                }
                _ => false,
            };
            let dead = letters.contains(&delivery.id) || words.contains(&saying(&delivery.event));
            let found = dead || told.contains(&saying(&delivery.event)) || idle;
            ensure(found, || format!("promise 3: {name} rejected it, and no dead letter tells of it: {delivery:?}"))?;
        }
    }
    Ok(())
}

async fn blind(world: &World, truth: &Truth) -> Result<(), String> {
    let service: &MessageService = &world.services.blind;
    let rejects = Rejects::of(&service.rejected());
    let open: BTreeSet<EpisodeId> = service.open().into_iter().collect();
    for (first, last) in truth.episodes.iter().filter(|(_, last)| !rejects.last_of(last)) {
        let shown = open.contains(&first.episode);
        let expected = !last.is_closed() && is_told(first, "blind");
        ensure(shown == expected, || format!("promise 2: blind shows open: {shown}, true is {last:?}"))?;
        let posts = service.posts(first.episode);
        let unmarked = posts.iter().skip(1).find(|post| !post.marked);
        ensure(unmarked.is_none(), || format!("promise 1: posted again without need: {unmarked:?}"))?;
        for post in &posts {
            ensure(!post.is_mixed(), || format!("promise 1: a message was made to tell of another: {post:?}"))?;
        }
    }
    let letters = dead_letters(world, "blind").await?;
    for (id, revision) in &truth.notifications {
        let posts = service.about(&Subject::Notification(id.clone()));
        let shown = posts.iter().flat_map(|post| &post.history).any(|telling| telling.sequence() == *revision);
        let dead = letters.iter().any(|letter| match &*letter.event {
            Event::Notification(notification) => notification.id == *id && notification.revision == *revision,
            _ => false,
        });
        ensure(shown || dead, || format!("promise 3: notification {id} revision {revision} is nowhere"))?;
    }
    Ok(())
}

fn calm_at_last(world: &World, truth: &Truth) -> Result<(), String> {
    let service = &world.services.calm;
    let rejects = Rejects::of(&[]);
    for (first, last) in truth.episodes.iter().filter(|(first, _)| is_told(first, "calm")) {
        let posts = service.posts(first.episode);
        ensure(posts.len() == 1, || format!("promise 1: calm has {} messages for {last:?}", posts.len()))?;
        message(posts.first(), last, &rejects, "calm", true)?;
        let told = posts.first().and_then(Message::last).map(|telling| telling.event.clone());
        let told =
            told.and_then(|event| if let Event::Issue(issue) = &*event { Some((**issue).clone()) } else { None });
        ensure(told.as_ref() == truth.last(first.episode), || {
            format!("calm was last told {told:?}, true is {last:?}")
        })?;
    }
    for (id, (revision, item)) in &world.notifications {
        ensure(*item <= world.feed.taken(), || format!("notification {id} was not taken"))?;
        let posts = service.about(&Subject::Notification(id.clone()));
        let revisions: Vec<u32> =
            posts.iter().flat_map(|post| &post.history).map(tidegate_testkit::model::Telling::sequence).collect();
        let right = posts.len() == 1 && revisions.is_sorted() && revisions.last() == Some(revision);
        ensure(right, || format!("promise 3: notification {id} revision {revision} is told as {posts:?}"))?;
    }
    Ok(())
}

async fn logs(world: &World) -> Result<(), String> {
    let mut there = BTreeSet::new();
    for item in world.services.archive.items() {
        if let Event::Log(record) = &*item.event {
            there.insert(record.message.clone());
        }
    }
    for letter in dead_letters(world, "archive").await? {
        if let Event::Log(record) = &*letter.event {
            there.insert(record.message.clone());
        }
    }
    for (line, item) in &world.logs {
        ensure(there.contains(line), || format!("promise 3: {line} of item {item} is nowhere"))?;
    }
    Ok(())
}

async fn dead_letters(world: &World, integration: &str) -> Result<Vec<DeadLetter>, String> {
    let records = world.stores.records(Space::DeadLetter, &format!("{integration}/")).await;
    records
        .iter()
        .map(|(key, bytes)| serde_json::from_slice(bytes).map_err(|error| format!("{key}: {error}")))
        .collect()
}
