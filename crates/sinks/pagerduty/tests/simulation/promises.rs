//! What people must see in PagerDuty, once everything is mended and there was time.

use std::collections::BTreeMap;

use serde_json::Value;
use tidegate_event::IssueEvent;
use tidegate_http::{Dialect, Step};
use tidegate_router::STORE_FAILING;
use tidegate_testkit::model::{PagerDutyAlert, PagerDutyService};
use tidegate_testkit::sample;

use crate::pager::{NAME, dialect};
use crate::told::Told;
use crate::truth::{Truth, is_told};

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

pub(crate) fn check(model: &PagerDutyService, told: &[Told], truth: &Truth) -> Result<(), String> {
    in_order(told, truth)?;
    // That stores fail is told while nothing can be recorded of it, so that a crash may set it back: the router's own checks
    // look at it.
    let episodes = truth.episodes.iter().filter(|(_, last)| &**last.key.kind() != STORE_FAILING);
    let mut alerts: BTreeMap<String, Vec<PagerDutyAlert>> = BTreeMap::new();
    for alert in model.alerts() {
        alerts.entry(alert.dedup_key.clone()).or_default().push(alert);
    }
    for (first, last) in episodes {
        let of_key = alerts.get(&last.key.id()).map(Vec::as_slice).unwrap_or_default();
        ensure(is_told(first, NAME) || of_key.is_empty(), || format!("it is told of itself: {last:?}"))?;
        if is_told(first, NAME) {
            episode(of_key, last).map_err(|what| format!("{what}, true is {last:?}"))?;
        }
    }
    Ok(())
}

/// Nothing goes back: above all no trigger after a resolve of its own episode or of a later one.
fn in_order(told: &[Told], truth: &Truth) -> Result<(), String> {
    let places: BTreeMap<String, usize> =
        truth.episodes.iter().enumerate().map(|(place, (first, _))| (first.episode.to_string(), place)).collect();
    let mut newest: BTreeMap<&str, ((usize, u32), &Told)> = BTreeMap::new();
    for one in told.iter().filter(|one| !one.dedup_key.starts_with(STORE_FAILING)) {
        let place = places.get(&one.episode).ok_or_else(|| format!("never became durable: {one:?}"))?;
        let place = (*place, one.number);
        if let Some((last, before)) = newest.insert(&one.dedup_key, (place, one)) {
            let newer = format!("a newer {}", before.action);
            ensure(last <= place, || format!("promise 1: a {} after {newer}: {one:?}, {before:?}", one.action))?;
        }
    }
    Ok(())
}

/// What the alerts of a key must show of the episode of which `last` is the last that is true.
fn episode(of_key: &[PagerDutyAlert], last: &IssueEvent) -> Result<(), String> {
    let id = last.episode.to_string();
    let alerts: Vec<&PagerDutyAlert> = of_key.iter().filter(|alert| alert.episode() == Some(&id)).collect();
    for alert in &alerts {
        let one = |trigger: &Value| trigger["payload"]["custom_details"]["episode"] == *id;
        ensure(alert.triggers.iter().all(one), || format!("promise 1: an alert of several episodes: {alert:?}"))?;
    }
    // Who resolves what goes on is woken by its next change.
    let by_hand = alerts.iter().filter(|alert| alert.by_hand).count();
    ensure(alerts.len() <= 1 + by_hand, || format!("promise 1: {} alerts: {alerts:?}", alerts.len()))?;
    if last.is_closed() {
        let open = alerts.iter().find(|alert| alert.is_open());
        return ensure(open.is_none(), || format!("promise 2: it is open: {open:?}"));
    }
    shows(alerts.last().copied(), &body(last))
}

/// Whether `alert` is open and says what is `expected`. What somebody resolved when all was said is not said again.
fn shows(alert: Option<&PagerDutyAlert>, expected: &Value) -> Result<(), String> {
    let alert = alert.ok_or("promise 2: there is no alert")?;
    ensure(alert.is_open() || alert.by_hand, || format!("promise 2: it is resolved: {alert:?}"))?;
    ensure(alert.last() == expected, || format!("promise 2: it says something else: {alert:?}"))
}

/// What the dialect says of `issue`, less the routing key.
fn body(issue: &IssueEvent) -> Value {
    match dialect().step(&sample::delivery(issue.clone()), &[], sample::at()) {
        Ok(Step::Send { request, .. }) => {
            let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
            body.as_object_mut().expect("an object").remove("routing_key");
            body
        }
        other => panic!("no request: {other:?}"),
    }
}
