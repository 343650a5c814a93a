use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Response;
use tidegate_base::{Revealed, Secret};
use tidegate_http::{Dialect, ProbeStep, Step};
use tidegate_sink::{Delivery, Outcome, Profile, Reason, SinkError, SinkErrorKind};

use crate::answer::Speaker;
use crate::conversation::{Course, Place};
use crate::place::Flavor;
use crate::{OpsgenieBuilder, probe};

/// What is said to Opsgenie or Jira Service Management and understood of it; [`HttpSink`](tidegate_http::HttpSink) makes
/// a sink of it. See the [crate](crate).
#[derive(Clone)]
pub struct Opsgenie {
    profile: Profile,
    flavor: Flavor,
    key: Secret,
    endpoint: String,
    polls: Vec<Duration>,
}

impl Opsgenie {
    /// Creates and closes alerts as the API integration whose `key` this is.
    pub fn builder(key: Secret) -> OpsgenieBuilder {
        OpsgenieBuilder::new(key)
    }

    pub(crate) fn built(profile: Profile, flavor: Flavor, key: Secret, endpoint: String, polls: Vec<Duration>) -> Self {
        Self { profile, flavor, key, endpoint, polls }
    }

    /// A key that is not there stops the sink until it is.
    fn reveal(&self) -> Result<Revealed, SinkError> {
        self.key.reveal().map_err(|error| {
            let context = format!("the `api_key` of {} cannot be read", self.flavor.service());
            SinkError::new(SinkErrorKind::Unauthorized, context).with_source(error)
        })
    }
}

impl Dialect for Opsgenie {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError> {
        let key = self.reveal()?;
        let speaker = Speaker { flavor: self.flavor, key: &key, now };
        let place = Place { endpoint: &self.endpoint, speaker, polls: &self.polls };
        let Some(mut course) = Course::new(delivery, place) else {
            let reason = Reason::new(format!("{} takes issues only", self.flavor.service()));
            return Ok(Step::Done(Outcome::Rejected(reason)));
        };
        for answer in answers {
            if let Some(outcome) = course.hear(answer)? {
                return Ok(Step::Done(outcome));
            }
        }
        course.step()
    }

    fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
        let key = self.reveal()?;
        let speaker = Speaker { flavor: self.flavor, key: &key, now };
        match self.flavor {
            Flavor::Opsgenie => probe::opsgenie(&self.endpoint, speaker, answers),
            Flavor::Jsm => probe::jsm(&self.endpoint, speaker, answers),
        }
    }
}

impl fmt::Debug for Opsgenie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opsgenie").field("destination", self.profile.destination()).field("key", &self.key).finish()
    }
}
