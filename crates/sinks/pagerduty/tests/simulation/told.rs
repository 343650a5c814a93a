//! What PagerDuty took, and of which event each was: a resolve does not say so itself.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Random;
use tidegate_event::Event;
use tidegate_http::{Dialect, ProbeStep, Step};
use tidegate_sink::{Delivery, Profile, SinkError};
use tidegate_sink_pagerduty::PagerDuty;
use tidegate_testkit::model::PagerDutyService;
use tidegate_testkit::server;

use crate::rules;
use crate::wire::Service;

/// The mark of a request, for this test alone.
const MARK: &str = "x-told";

/// An event that PagerDuty took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) episode: String,
    /// The number of the event.
    pub(crate) number: u32,
    pub(crate) action: String,
    pub(crate) dedup_key: String,
}

/// Which event of which episode it is.
fn mark(event: &Event) -> String {
    match event {
        Event::Issue(issue) => format!("{} {}", issue.sequence, issue.episode),
        other => panic!("none for PagerDuty: {other:?}"),
    }
}

/// The dialect, whose requests are marked with their event.
pub(crate) struct Marked(pub(crate) PagerDuty);

impl Dialect for Marked {
    fn profile(&self) -> &Profile {
        self.0.profile()
    }

    fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError> {
        if let Some(outcome) = rules::instead(&delivery.event, answers) {
            return Ok(Step::Done(outcome));
        }
        let step = self.0.step(delivery, answers, now)?;
        let Step::Send { after, mut request } = step else { return Ok(step) };
        request.headers_mut().insert(MARK, mark(&delivery.event).parse().expect("plain words"));
        Ok(Step::Send { after, request: rules::request(request) })
    }

    fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
        self.0.probe(answers, now)
    }
}

/// A PagerDuty that keeps what it took, in order.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) model: PagerDutyService,
    pub(crate) told: Arc<Mutex<Vec<Told>>>,
}

impl Watched {
    fn note(&self, request: &Request<Bytes>, answer: &Response<Bytes>) {
        let text = |body: &Bytes, name: &str| {
            let body: Value = serde_json::from_slice(body).expect("JSON");
            body[name].as_str().expect("a text").to_owned()
        };
        let mark = request.headers()[MARK].to_str().expect("plain words");
        let (number, episode) = mark.split_once(' ').expect("a number and an episode");
        let told = Told {
            episode: episode.to_owned(),
            number: number.parse().expect("a number"),
            action: text(request.body(), "event_action"),
            dedup_key: text(answer.body(), "dedup_key"),
        };
        self.told.lock().expect("no test panics here").push(told);
    }
}

impl Service for Watched {
    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let answer = self.model.answer(request);
        // A probe is of no event.
        if answer.status() == 202 && request.headers().contains_key(MARK) {
            self.note(request, &answer);
        }
        answer
    }

    fn too_much(&self, seconds: Option<u64>) -> Response<Bytes> {
        let mut answer = server::json(429, &json!({ "status": "throttle exceeded", "message": "Too quickly." }));
        if let Some(seconds) = seconds {
            answer.headers_mut().insert("retry-after", seconds.into());
        }
        answer
    }

    fn failure(&self, _: &Request<Bytes>, random: &mut Random) -> Response<Bytes> {
        match random.below(7) {
            0 => server::json(500, &json!({ "status": "error", "message": "Internal Server Error" })),
            1 => server::text(502, ""),
            2 => server::text(503, "<html></html>"),
            3 => server::text(504, "upstream"),
            4 => server::text(408, ""),
            // The beginning of an answer that says it is whole, and somebody else's words.
            5 => server::text(202, "{\"status\":\"succ"),
            _ => server::text(200, "<html>Please log in.</html>"),
        }
    }

    fn refusal(&self, _: &Request<Bytes>, _: &mut Random) -> Response<Bytes> {
        let (status, message) = ("invalid event", "Event object is invalid");
        server::json(400, &json!({ "status": status, "message": message, "errors": ["Invalid routing key"] }))
    }
}
