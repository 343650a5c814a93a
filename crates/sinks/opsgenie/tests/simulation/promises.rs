//! What people must see, at each accepted delivery and in the end.

use std::collections::BTreeMap;

use serde_json::Value;
use tidegate_event::IssueEvent;
use tidegate_http::{Dialect, Step};
use tidegate_router::STORE_FAILING;
use tidegate_sink_opsgenie::Flavor;
use tidegate_testkit::model::{OpsgenieAlert, OpsgenieService};
use tidegate_testkit::sample;

use crate::alerts::{NAME, dialect};
use crate::truth::{Truth, is_told};

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// What the dialect says of `issue` for the first time: the body that creates or closes its alert.
fn body(issue: &IssueEvent) -> Value {
    match dialect(Flavor::Opsgenie).step(&sample::delivery(issue.clone()), &[], sample::at()) {
        Ok(Step::Send { request, .. }) => serde_json::from_slice(request.body()).expect("JSON"),
        other => panic!("no request: {other:?}"),
    }
}

/// Whether the alert says now what `issue` says.
fn says(alert: &OpsgenieAlert, issue: &IssueEvent) -> bool {
    let body = body(issue);
    body["description"] == alert.description && body["message"] == alert.message && body["priority"] == alert.priority
}

/// Whether what was just accepted is so.
pub(crate) fn is_so(service: &OpsgenieService, issue: &IssueEvent) -> Result<(), String> {
    let alerts = service.alerts_of(&issue.key);
    let holds = if issue.is_closed() {
        !alerts.iter().any(OpsgenieAlert::is_open)
    } else {
        alerts.iter().any(|alert| says(alert, issue) && (alert.is_open() || alert.by_hand))
    };
    ensure(holds, || format!("accepted, and not so: {issue:?} in {alerts:?}"))
}

pub(crate) fn check(flavor: Flavor, service: &OpsgenieService, truth: &Truth) -> Result<(), String> {
    service.settle();
    let alerts = service.alerts();
    let mut episodes: BTreeMap<&str, Vec<&OpsgenieAlert>> = BTreeMap::new();
    for alert in &alerts {
        episodes.entry(alert.episode().unwrap_or_default()).or_default().push(alert);
    }
    for (first, last) in &truth.episodes {
        let mine = episodes.remove(&*last.episode.to_string()).unwrap_or_default();
        ensure(is_told(first, NAME) || mine.is_empty(), || format!("it is told of itself: {last:?}"))?;
        if is_told(first, NAME) {
            one(flavor, &mine, last).map_err(|what| format!("{what}: {mine:?}, true is {last:?}"))?;
        }
    }
    ensure(episodes.is_empty(), || format!("alerts of nothing: {episodes:?}"))
}

/// What the alerts of one episode must show, of which `last` is the last that is true.
fn one(flavor: Flavor, alerts: &[&OpsgenieAlert], last: &IssueEvent) -> Result<(), String> {
    // Told though nothing could be made durable: a crash may set it back, and it is told again, in other words at times.
    let set_back = &**last.key.kind() == STORE_FAILING;
    let by_hand = alerts.iter().filter(|alert| alert.by_hand).count();
    ensure(set_back || alerts.len() <= 1 + by_hand, || format!("promise 1: {} alerts", alerts.len()))?;
    let Some(alert) = alerts.last() else {
        return ensure(last.is_closed(), || "promise 2: there is no alert".to_owned());
    };
    // What somebody did to it when all was said is not undone.
    if alert.by_hand {
        return Ok(());
    }
    ensure(alert.is_open() != last.is_closed(), || format!("promise 2: open is {}", alert.is_open()))?;
    if set_back {
        return Ok(());
    }
    if last.is_closed() {
        let note = alert.notes.last().map(String::as_str).unwrap_or_default();
        return ensure(body(last)["note"] == note, || "promise 2: closed without the reason".to_owned());
    }
    let description = body(last)["description"].as_str().unwrap_or_default().to_owned();
    let is_latest = match (flavor, alert.notes.last()) {
        (Flavor::Jsm, Some(note)) => note.contains(&description),
        _ => says(alert, last),
    };
    ensure(is_latest, || "promise 2: it says something else".to_owned())
}
