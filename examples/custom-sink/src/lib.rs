//! A sink of one's own: a card on the team's status board for each issue, by the board's HTTP API.
#![cfg_attr(doctest, doc = include_str!("../../../docs/guide/writing-a-sink.md"))]

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Response};
use serde::Deserialize;
use tidegate::base::SecretError;
use tidegate::config::{Registry, SecretConfig};
use tidegate::event::{Event, EventKind};
use tidegate::http::{Call, Dialect, HttpSink, HttpTransport, ProbeStep, Step, failure, judge};
use tidegate::sink::{Delivery, Outcome, Probe, Profile, Reason, SinkError, SinkErrorKind};

/// The keys of a `sink = "board"` in the configuration.
#[derive(Deserialize)]
struct BoardKeys {
    url: String,
    token: SecretConfig,
}

/// The board's protocol. `PUT /cards` makes the card of a key or changes it: nothing need be looked up or kept.
struct Board {
    profile: Profile,
    keys: BoardKeys,
}

impl Dialect for Board {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError> {
        let token = self.keys.token.get().reveal().map_err(unreadable)?;
        if let Some(answer) = answers.first() {
            return Ok(Step::Done(judge("the board", answer, &[&token], now).unwrap_or(Outcome::Accepted(None))));
        }
        let (key, open, text) = match &*delivery.event {
            Event::Issue(issue) => (issue.episode.to_string(), !issue.is_closed(), &issue.cause),
            Event::Notification(notification) => (notification.id.clone(), false, &notification.message),
            _ => return Ok(Step::Done(Outcome::Rejected(Reason::new("the board takes no logs and no metrics")))),
        };
        let text = &text[..text.floor_char_boundary(2_000)]; // the most that the board takes
        let card = serde_json::json!({ "key": key, "open": open, "text": text });
        let call = Call::new(Method::PUT, &self.keys.url, "/cards").with_bearer(&token).with_json(&card);
        Ok(Step::send(call.build()?))
    }

    fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
        let token = self.keys.token.get().reveal().map_err(unreadable)?;
        match answers.first() {
            None => Ok(ProbeStep::send(Call::get(&self.keys.url, "/me").with_bearer(&token).build()?)),
            Some(me) if me.status().is_success() => {
                Ok(ProbeStep::Done(Probe::new().with_proven("The token is right.")))
            }
            Some(other) => Err(failure(SinkErrorKind::Misconfigured, "the board", other, &[&token], now)),
        }
    }
}

fn unreadable(error: SecretError) -> SinkError {
    SinkError::new(SinkErrorKind::Unauthorized, "the board's token cannot be read").with_source(error)
}

/// All kinds that tidegate knows, and `board`.
pub fn registry() -> Registry {
    Registry::standard().with_sink("board", |section| {
        let keys: BoardKeys = section.parse()?;
        let transport = HttpTransport::new().map_err(|error| section.refuse(error))?;
        transport.check(&keys.url).map_err(|error| section.refuse_at("url", error))?;
        let profile = Profile::new(format!("board {}", keys.url)).with_concurrency(4).with_deduplication();
        let profile = profile.with_kinds([EventKind::Issue, EventKind::Notification].into());
        Ok(HttpSink::new(Board { profile, keys }, transport))
    })
}
