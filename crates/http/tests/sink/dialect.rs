//! Dialects that do as a test says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request, Response};
use tidegate_http::{Call, Dialect, ProbeStep, Step, judge};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, SinkError};

const DESK: &str = "https://desk.example";

/// What a dialect does next.
#[derive(Clone)]
pub(crate) enum Line {
    Ask { after: Duration, method: Method, harmless: bool },
    Done(Outcome),
    Fail(SinkError),
}

impl Line {
    pub(crate) fn ask(method: Method) -> Self {
        Self::Ask { after: Duration::ZERO, method, harmless: false }
    }

    pub(crate) fn harmless() -> Self {
        Self::Ask { after: Duration::ZERO, method: Method::POST, harmless: true }
    }

    pub(crate) fn after(after: Duration) -> Self {
        Self::Ask { after, method: Method::GET, harmless: false }
    }
}

/// Says its lines one by one, and remembers which statuses it was shown at each.
pub(crate) struct Plan {
    profile: Profile,
    lines: Vec<Line>,
    seen: Arc<Mutex<Vec<Vec<u16>>>>,
}

impl Plan {
    pub(crate) fn new(lines: impl IntoIterator<Item = Line>) -> Self {
        Self { profile: Profile::new("desk"), lines: lines.into_iter().collect(), seen: Arc::default() }
    }

    /// Asks and asks.
    pub(crate) fn endless() -> Self {
        Self::new([])
    }

    pub(crate) fn seen(&self) -> Arc<Mutex<Vec<Vec<u16>>>> {
        Arc::clone(&self.seen)
    }
}

impl Dialect for Plan {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn step(&self, _: &Delivery, answers: &[Response<Bytes>], _: DateTime<Utc>) -> Result<Step, SinkError> {
        let statuses = answers.iter().map(|answer| answer.status().as_u16()).collect();
        self.seen.lock().expect("the answers seen").push(statuses);
        match self.lines.get(answers.len()).cloned().unwrap_or_else(|| Line::ask(Method::POST)) {
            Line::Ask { after, method, harmless } => {
                let call = Call::new(method, DESK, "");
                let request = if harmless { call.harmless() } else { call }.build()?;
                Ok(Step::Send { after, request })
            }
            Line::Done(outcome) => Ok(Step::Done(outcome)),
            Line::Fail(error) => Err(error),
        }
    }

    fn probe(&self, _: &[Response<Bytes>], _: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
        Ok(ProbeStep::send(Call::get(DESK, "").build()?))
    }
}

/// Posts once to each delivery's own path and takes the status for the verdict.
pub(crate) struct Counting {
    profile: Profile,
    endpoint: String,
}

impl Counting {
    pub(crate) fn new() -> Self {
        Self::at(DESK)
    }

    pub(crate) fn at(endpoint: &str) -> Self {
        Self { profile: Profile::new("desk").with_batch(10), endpoint: endpoint.to_owned() }
    }

    fn request(&self, path: &str) -> Result<Request<Bytes>, SinkError> {
        Call::post(&self.endpoint, path).with_bearer(crate::network::SECRET).build()
    }
}

impl Dialect for Counting {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError> {
        match answers {
            [] => Ok(Step::send(self.request(&format!("/{}", delivery.id))?)),
            [answer, ..] => Ok(Step::Done(judge("desk", answer, &[], now).unwrap_or(Outcome::Accepted(None)))),
        }
    }

    fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
        match answers {
            [] => Ok(ProbeStep::send(self.request("/probe")?)),
            [answer, ..] => match judge("desk", answer, &[], now) {
                None => Ok(ProbeStep::Done(Probe::new().with_proven("the key is good"))),
                Some(Outcome::Failed(error)) => Err(error),
                Some(other) => panic!("{other:?}"),
            },
        }
    }
}
