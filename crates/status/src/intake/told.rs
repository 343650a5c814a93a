use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tidegate_event::{ControlPlane, Notification, Resource, Severity, Signal, text, time};

use super::field::{Fields, Mistakes, shown};

const KEYS: &[&str] = &["id", "revision", "kind", "severity", "message", "resource", "at"];
const PARTS: &[&str] = &["cluster", "node", "part"];
/// The most bytes of a message: 64 KiB.
const LONGEST_MESSAGE: usize = 64 * 1024;
/// How far ahead of our clock something may have happened: two clocks that differ by more than a time zone are wrong.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// A notification as it was said, and which of the control plane's it is.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) notification: Notification,
    event: Option<ControlPlane>,
}

impl Told {
    /// Reads a body. What says no time happened `now`.
    ///
    /// # Errors
    /// All that is wrong, in words.
    pub(super) fn read(body: &[u8], now: DateTime<Utc>) -> Result<Self, Vec<String>> {
        let body: Value =
            serde_json::from_slice(body).map_err(|error| vec![format!("the body is no JSON: {error}")])?;
        let Value::Object(object) = &body else {
            return Err(vec![format!("the body is {}; it must be an object", shown(&body))]);
        };
        let mut mistakes = Mistakes::default();
        let fields = Fields::new(object, "", KEYS, &mut mistakes);
        let told = Self::of(&fields, now, &mut mistakes);
        mistakes.or(told)
    }

    fn of(fields: &Fields<'_>, now: DateTime<Utc>, mistakes: &mut Mistakes) -> Option<Self> {
        let id = id(fields, mistakes);
        let revision = revision(fields, mistakes);
        let kind = kind(fields, mistakes);
        let event = kind.and_then(ControlPlane::of_kind);
        let severity = severity(fields, event, mistakes);
        let message = message(fields, kind, event, mistakes);
        let resource = resource(fields, event, mistakes);
        let at = at(fields, now, mistakes);
        let notification = Notification::new(id?, kind?, message?, at?)
            .with_revision(revision?)
            .with_severity(severity?)
            .with_resource(resource?);
        Some(Self { notification, event })
    }

    /// What the router is told, all at once.
    pub(super) fn into_signals(self) -> Vec<Signal> {
        let Self { notification, event } = self;
        match event {
            Some(event) => event.signals(notification),
            None => vec![notification.into()],
        }
    }
}

fn id<'a>(fields: &Fields<'a>, mistakes: &mut Mistakes) -> Option<&'a str> {
    let right = "1 to 256 bytes of text without control characters";
    fields.required("id", |text| is_name(text, 256), right, mistakes)
}

fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn revision(fields: &Fields<'_>, mistakes: &mut Mistakes) -> Option<u32> {
    if fields.value("revision").is_none() {
        return Some(0);
    }
    let right = format!("a whole number from 0 to {}", u32::MAX);
    let whole = |value: &Value| value.as_u64().and_then(|number| number.try_into().ok());
    fields.read("revision", whole, &right, mistakes)
}

fn kind<'a>(fields: &Fields<'a>, mistakes: &mut Mistakes) -> Option<&'a str> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_right = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(is_letter);
    let meant = fields.value("kind").and_then(Value::as_str).and_then(control_plane_near);
    let meant = meant.map(|kind| format!("; did you mean {kind}?")).unwrap_or_default();
    let right = format!("1 to 64 of a-z, 0-9 and -{meant}");
    fields.required("kind", is_right, &right, mistakes)
}

fn control_plane_near(kind: &str) -> Option<&'static str> {
    text::nearest(kind, ControlPlane::ALL.iter().map(|event| event.kind()))
}

fn severity(fields: &Fields<'_>, event: Option<ControlPlane>, mistakes: &mut Mistakes) -> Option<Severity> {
    if fields.value("severity").is_none() {
        return Some(event.map_or(Severity::Info, ControlPlane::severity));
    }
    let of_word = |value: &Value| Severity::ALL.into_iter().find(|severity| value.as_str() == Some(severity.as_str()));
    fields.read("severity", of_word, "info, warning, error or critical", mistakes)
}

/// The control plane's events bring their own.
fn message<'a>(
    fields: &Fields<'a>,
    kind: Option<&str>,
    event: Option<ControlPlane>,
    mistakes: &mut Mistakes,
) -> Option<&'a str> {
    if let Some(event) = event {
        let own = event.message();
        let right = format!("{own:?} for {event}, or left out");
        return match fields.value("message") {
            None => Some(own),
            Some(_) => fields.text("message", |text| text == own, &right, mistakes),
        };
    }
    let is_right = |text: &str| text.len() <= LONGEST_MESSAGE && !text.trim().is_empty();
    let mut right = "1 byte to 64 KiB of text, and more than blanks".to_owned();
    if fields.value("message").is_none()
        && let Some(meant) = kind.and_then(control_plane_near)
    {
        right = format!("{right}. Did you mean the kind {meant}, which has a message of its own?");
    }
    fields.required("message", is_right, &right, mistakes)
}

fn resource(fields: &Fields<'_>, event: Option<ControlPlane>, mistakes: &mut Mistakes) -> Option<Resource> {
    let mut resource = Some(Resource::new());
    if fields.value("resource").is_some() {
        resource = match fields.read("resource", Value::as_object, "an object", mistakes) {
            Some(object) => parts(&Fields::new(object, "resource.", PARTS, mistakes), mistakes),
            None => None,
        };
    }
    if let (Some(event), Some(Resource { cluster: None, .. })) = (event, &resource) {
        mistakes.note(|| format!("`resource.cluster` is missing; for {event} it must be the name of the cluster"));
    }
    resource
}

fn parts(fields: &Fields<'_>, mistakes: &mut Mistakes) -> Option<Resource> {
    let right = "1 to 255 bytes of text without control characters";
    let mut part = |key| {
        let text = fields.text(key, |text| is_name(text, 255), right, mistakes);
        (text.is_some() == fields.value(key).is_some()).then(|| text.map(Into::into))
    };
    let (cluster, node, part) = (part("cluster"), part("node"), part("part"));
    Some(Resource { cluster: cluster?, node: node?, part: part? })
}

fn at(fields: &Fields<'_>, now: DateTime<Utc>, mistakes: &mut Mistakes) -> Option<DateTime<Utc>> {
    if fields.value("at").is_none() {
        return Some(now);
    }
    let of_text = |value: &Value| value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let right = "a time in RFC 3339, such as \"2026-11-24T03:00:00Z\"";
    let at = fields.read("at", of_text, right, mistakes)?.to_utc();
    if at > now + AHEAD {
        let now = time::format(now);
        let found = fields.value("at").map(shown).unwrap_or_default();
        mistakes.note(|| {
            format!("`at` is {found}; it must be no more than a day ahead of the clock here, which says {now}")
        });
        return None;
    }
    Some(at)
}
