use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::{Map, Value};
use tidegate_base::{Revealed, Secret};
use tidegate_event::Event;
use tidegate_http::{Call, Dialect, ProbeStep, Step};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Reason, SinkError, SinkErrorKind};

use crate::answer::{Said, read};
use crate::payload::{Size, body, idle};
use crate::{Link, PagerDutyBuilder};

/// Where events go, below the endpoint.
pub(crate) const PATH: &str = "/v2/enqueue";

/// What is said to PagerDuty and understood of it; [`HttpSink`](tidegate_http::HttpSink) makes a sink of it. See the
/// [crate](crate).
#[derive(Clone)]
pub struct PagerDuty {
    profile: Profile,
    endpoint: String,
    routing_key: Secret,
    links: Vec<Link>,
}

impl PagerDuty {
    /// Tells by the integration that has `routing_key`.
    pub fn builder(routing_key: Secret) -> PagerDutyBuilder {
        PagerDutyBuilder::new(routing_key)
    }

    pub(crate) fn new(profile: Profile, endpoint: String, routing_key: Secret, links: Vec<Link>) -> Self {
        Self { profile, endpoint, routing_key, links }
    }

    /// A key that is not there stops the sink until it is.
    fn key(&self) -> Result<Revealed, SinkError> {
        self.routing_key.reveal().map_err(|error| {
            let context = "PagerDuty's `routing_key` cannot be read";
            SinkError::new(SinkErrorKind::Unauthorized, context).with_source(error)
        })
    }

    fn request(&self, mut body: Map<String, Value>, key: &str) -> Result<Request<Bytes>, SinkError> {
        body.insert("routing_key".to_owned(), key.into());
        Call::post(&self.endpoint, PATH).with_json(&body).build()
    }
}

impl Dialect for PagerDuty {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError> {
        let Event::Issue(issue) = &*delivery.event else {
            return Ok(Step::Done(Outcome::Rejected(Reason::new("PagerDuty takes issues only"))));
        };
        let key = self.key()?;
        let size = match answers {
            [] => Size::All,
            [.., last] => match read(last, &key, now) {
                Said::Done => return Ok(Step::Done(Outcome::Accepted(None))),
                Said::Failed(error) => return Err(error),
                Said::TooLarge(_) if answers.len() == 1 => Size::Least,
                Said::TooLarge(reason) | Said::Rejected(reason) => return Ok(Step::Done(Outcome::Rejected(reason))),
            },
        };
        Ok(Step::send(self.request(body(issue, &self.links, size), &key)?))
    }

    /// A resolve of an alert that is not there: PagerDuty drops it, if it knows the key.
    fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
        let key = self.key()?;
        let Some(answer) = answers.first() else {
            return Ok(ProbeStep::send(self.request(idle(), &key)?));
        };
        match read(answer, &key, now) {
            Said::Done => Ok(ProbeStep::Done(
                Probe::new()
                    .with_proven("PagerDuty takes events by the routing key: it took one that changes nothing")
                    .with_unproven(
                        "which service the routing key is of, and that it wakes somebody: no alert was opened",
                    ),
            )),
            Said::Failed(error) => Err(error),
            Said::TooLarge(reason) | Said::Rejected(reason) => {
                Err(SinkError::new(SinkErrorKind::Misconfigured, reason.to_string()))
            }
        }
    }
}

impl fmt::Debug for PagerDuty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagerDuty")
            .field("destination", self.profile.destination())
            .field("routing_key", &self.routing_key)
            .finish_non_exhaustive()
    }
}
