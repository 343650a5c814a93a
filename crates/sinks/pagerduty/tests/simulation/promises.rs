//! What people must see in PagerDuty, once everything is mended and there was time.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tidegate_event::{Event, IssueEvent};
use tidegate_http::{Dialect, Step};
use tidegate_testkit::model::{PagerDutyAlert, PagerDutyService};
use tidegate_testkit::sample;

use crate::pager::{NAME, dialect};
use crate::told::Told;
use crate::truth::{Truth, is_told};

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

pub(crate) fn check(
    model: &PagerDutyService,
    told: &[Told],
    journal: &[Arc<Event>],
    truth: &Truth,
) -> Result<(), String> {
    in_order(told, truth)?;
    let mut alerts: BTreeMap<String, Vec<PagerDutyAlert>> = BTreeMap::new();
    for alert in model.alerts() {
        alerts.entry(alert.dedup_key.clone()).or_default().push(alert);
    }
    for (first, last) in &truth.episodes {
        let of_key = alerts.get(&last.key.id()).map(Vec::as_slice).unwrap_or_default();
        ensure(is_told(first, NAME) || of_key.is_empty(), || format!("it is told of itself: {last:?}"))?;
        if is_told(first, NAME) {
            episode(of_key, last).map_err(|what| format!("{what}, true is {last:?}"))?;
        }
    }
    for notification in notifications(journal) {
        let expected = body(&notification);
        let of_key = alerts.get(expected["dedup_key"].as_str().unwrap_or_default());
        let last = of_key.and_then(|alerts| alerts.last());
        shows(last, &expected).map_err(|what| format!("{what}, true is {notification:?}"))?;
    }
    Ok(())
}

/// Nothing goes back: above all no trigger after a resolve of its own episode or of a later one.
fn in_order(told: &[Told], truth: &Truth) -> Result<(), String> {
    let places: BTreeMap<String, usize> =
        truth.episodes.iter().enumerate().map(|(place, (first, _))| (first.episode.to_string(), place)).collect();
    let mut newest: BTreeMap<&str, ((usize, u32), &Told)> = BTreeMap::new();
    for one in told {
        // A notification has no episode; its revisions are in order all the same.
        let place = (places.get(&one.id).copied().unwrap_or(0), one.number);
        if let Some((last, before)) = newest.insert(&one.dedup_key, (place, one)) {
            ensure(last <= place, || format!("promise 1: {one:?} came after {before:?}"))?;
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
    shows(alerts.last().copied(), &body(&last.clone().into()))
}

/// Whether `alert` is open and says what is `expected`. What somebody resolved when all was said is not said again.
fn shows(alert: Option<&PagerDutyAlert>, expected: &Value) -> Result<(), String> {
    let alert = alert.ok_or("promise 2: there is no alert")?;
    ensure(alert.is_open() || alert.by_hand, || format!("promise 2: it is resolved: {alert:?}"))?;
    ensure(alert.last() == expected, || format!("promise 2: it says something else: {alert:?}"))
}

/// Each notification's last revision, as it was taken first.
fn notifications(journal: &[Arc<Event>]) -> Vec<Arc<Event>> {
    let mut last: BTreeMap<&str, (u32, &Arc<Event>)> = BTreeMap::new();
    for event in journal {
        if let Event::Notification(notification) = &**event {
            let known = last.entry(&notification.id).or_insert((notification.revision, event));
            if notification.revision > known.0 {
                *known = (notification.revision, event);
            }
        }
    }
    last.into_values().map(|(_, event)| Arc::clone(event)).collect()
}

/// What the dialect says of `event`, less the routing key.
fn body(event: &Event) -> Value {
    match dialect().step(&sample::delivery(event.clone()), &[], sample::at()) {
        Ok(Step::Send { request, .. }) => {
            let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
            body.as_object_mut().expect("an object").remove("routing_key");
            body
        }
        other => panic!("no request: {other:?}"),
    }
}
