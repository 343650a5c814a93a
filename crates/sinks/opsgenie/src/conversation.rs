//! How a delivery goes: look, ask, and follow what was queued.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tidegate_event::{Event, IssueEvent};
use tidegate_http::{Call, Step};
use tidegate_sink::{Delivery, Outcome, Reason, Receipt, SinkError, SinkErrorKind};

use crate::answer::{Became, Found, Said, Speaker};
use crate::payload;
use crate::place::Flavor;

/// How often more an alert is looked for that may be in the queue still.
const MORE_LOOKS: usize = 3;
/// So long may a delivery wait all in all: a lane gives one up after two minutes, and the requests take their time too.
const LONGEST: Duration = Duration::from_secs(90);

/// The receipt: there is an alert by this alias.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    alias: String,
}

/// Where the requests go, and how long the queue is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) speaker: Speaker<'a>,
    pub(crate) polls: &'a [Duration],
}

/// A change of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Create,
    Message,
    Description,
    Priority,
    Note,
    Close,
}

/// The three that make an alert say what is so now.
const UPDATE: [Change; 3] = [Change::Message, Change::Description, Change::Priority];

/// What is asked next.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// Is there an open alert? After so many looks.
    Look(usize),
    Ask(Change),
    /// What became of the queued change in that place? The first question of a round waits.
    Follow {
        round: usize,
        place: usize,
        after: Duration,
    },
}

/// What is known of the changes so far.
#[derive(Debug, Default)]
struct Known {
    applied: bool,
    /// There is no open alert to be changed.
    missing: bool,
    refused: Option<Reason>,
}

/// A conversation so far, told anew from its answers at each step.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    issue: &'a IssueEvent,
    alias: String,
    place: Place<'a>,
    turn: Turn,
    todo: VecDeque<Change>,
    queued: Vec<(Change, String)>,
    known: Known,
    created: bool,
    waited: Duration,
}

impl<'a> Course<'a> {
    /// `None`: an event of a kind that the profile does not take.
    pub(crate) fn new(delivery: &'a Delivery, place: Place<'a>) -> Option<Self> {
        let Event::Issue(issue) = &*delivery.event else { return None };
        let alias = issue.key.id();
        let prior = delivery.prior.as_ref().and_then(|receipt| receipt.read::<Told>().ok());
        let is_told = prior.is_some_and(|told| told.alias == alias);
        let jsm = place.speaker.flavor == Flavor::Jsm;
        let mut todo = VecDeque::new();
        let turn = match (is_told, delivery.maybe_applied) {
            _ if issue.is_closed() => Turn::Ask(Change::Close),
            (true, _) if jsm => Turn::Ask(Change::Note),
            (true, _) => {
                todo.extend(&UPDATE[1..]);
                Turn::Ask(UPDATE[0])
            }
            (false, true) if !jsm => Turn::Look(0),
            (false, again) => {
                // Where it is there already, a creation changes nothing of what it says.
                if jsm && again && issue.sequence > 1 {
                    todo.push_back(Change::Note);
                }
                Turn::Ask(Change::Create)
            }
        };
        let created = matches!(turn, Turn::Ask(Change::Create));
        let (queued, known, waited) = (Vec::new(), Known::default(), Duration::ZERO);
        Some(Self { issue, alias, place, turn, todo, queued, known, created, waited })
    }

    /// Takes the answer to what was asked last. An outcome ends it.
    pub(crate) fn hear(&mut self, answer: &Response<Bytes>) -> Result<Option<Outcome>, SinkError> {
        match self.turn {
            Turn::Look(looks) => self.looked(looks, answer).map(|()| None),
            Turn::Ask(change) => self.answered(change, answer),
            Turn::Follow { round, place, .. } => self.followed(round, place, answer),
        }
    }

    fn looked(&mut self, looks: usize, answer: &Response<Bytes>) -> Result<(), SinkError> {
        match self.place.speaker.found(answer) {
            Found::Open => {
                self.todo.extend(&UPDATE[1..]);
                self.turn = Turn::Ask(UPDATE[0]);
            }
            // What was asked for may be in the queue still.
            Found::None if looks < MORE_LOOKS.min(self.place.polls.len()) => self.turn = Turn::Look(looks + 1),
            Found::None | Found::Untold => {
                // Where it is there all the same, a creation changes nothing of what it says.
                if self.issue.sequence > 1 {
                    self.todo.extend(&UPDATE);
                }
                self.create();
            }
            Found::Failed(error) => return Err(error),
        }
        Ok(())
    }

    fn create(&mut self) {
        self.created = true;
        self.turn = Turn::Ask(Change::Create);
    }

    fn answered(&mut self, change: Change, answer: &Response<Bytes>) -> Result<Option<Outcome>, SinkError> {
        let speaker = self.place.speaker;
        match speaker.change(answer) {
            Said::Queued(_) if speaker.flavor == Flavor::Jsm => self.known.applied = true,
            Said::Queued(Some(id)) => self.queued.push((change, id)),
            Said::Queued(None) => {
                let context = "Opsgenie says that the request is queued, and not under which id";
                return Err(SinkError::new(SinkErrorKind::Unconfirmed, context));
            }
            Said::Absent if change == Change::Create => return Err(speaker.nobody(answer)),
            Said::Absent => self.known.missing = true,
            Said::Rejected(reason) => self.known.refused = Some(reason),
            Said::Failed(error) => return Err(error),
        }
        if let Some(next) = self.todo.pop_front() {
            self.turn = Turn::Ask(next);
            return Ok(None);
        }
        self.follow_from(0, Duration::ZERO)
    }

    fn followed(&mut self, round: usize, place: usize, answer: &Response<Bytes>) -> Result<Option<Outcome>, SinkError> {
        let creates = self.queued.get(place).is_some_and(|(change, _)| *change == Change::Create);
        match self.place.speaker.became(creates, answer) {
            Became::Pending => return self.follow(round, place + 1),
            Became::Failed(error) => return self.ask_later(round, error),
            Became::Applied => self.known.applied = true,
            Became::Absent | Became::Closed => self.known.missing = true,
            Became::Refused(reason) => self.known.refused = Some(reason),
            // That it is queued is all that will ever be known.
            Became::Untold => {
                self.queued.clear();
                self.known.applied = true;
            }
        }
        if place < self.queued.len() {
            self.queued.remove(place);
        }
        self.follow(round, place)
    }

    /// Asks after what is queued from that place on, then from the beginning in the next round.
    fn follow(&mut self, round: usize, place: usize) -> Result<Option<Outcome>, SinkError> {
        if place >= self.queued.len() {
            return self.follow_from(round + 1, Duration::ZERO);
        }
        self.turn = Turn::Follow { round, place, after: Duration::ZERO };
        Ok(None)
    }

    /// Asks after all that is queued once the wait of `round` is over, and not before `least`.
    fn follow_from(&mut self, round: usize, least: Duration) -> Result<Option<Outcome>, SinkError> {
        if self.queued.is_empty() {
            return Ok(self.conclude());
        }
        let Some(wait) = self.place.polls.get(round) else {
            let context = format!("Opsgenie has queued a request, and not worked it off within {:?}", self.waited);
            return Err(SinkError::new(SinkErrorKind::Unconfirmed, context));
        };
        let after = least.max(*wait);
        self.waited += after;
        self.turn = Turn::Follow { round, place: 0, after };
        Ok(None)
    }

    /// A question that failed for now is asked in the next round: given up, all would be asked for once more.
    fn ask_later(&mut self, round: usize, error: SinkError) -> Result<Option<Outcome>, SinkError> {
        let least = error.retry_after().unwrap_or_default();
        let for_now = matches!(error.kind(), SinkErrorKind::Throttled | SinkErrorKind::Unavailable);
        match self.place.polls.get(round + 1) {
            Some(wait) if for_now && self.waited + least.max(*wait) <= LONGEST => self.follow_from(round + 1, least),
            _ => Err(error),
        }
    }

    /// What follows once it is known how all went. `None`: there is more to ask.
    fn conclude(&mut self) -> Option<Outcome> {
        let Known { applied, missing, refused } = std::mem::take(&mut self.known);
        if missing && !self.issue.is_closed() && !self.created {
            // Somebody deleted or closed it, and it is as wrong as before.
            self.create();
            return None;
        }
        match refused {
            Some(reason) if !applied => Some(Outcome::Rejected(reason)),
            _ => Some(Outcome::Accepted(Receipt::new(&Told { alias: self.alias.clone() }).ok())),
        }
    }

    /// What to ask now, and when.
    pub(crate) fn step(&self) -> Result<Step, SinkError> {
        let wait = |round: usize| self.place.polls.get(round).copied().unwrap_or_default();
        let after = match self.turn {
            Turn::Look(looks) if looks > 0 => wait(looks - 1),
            Turn::Follow { after, .. } => after,
            _ => Duration::ZERO,
        };
        Ok(Step::Send { after, request: self.request()? })
    }

    fn request(&self) -> Result<Request<Bytes>, SinkError> {
        let alias = &self.alias;
        let alert = |rest: &str| format!("/v2/alerts/{alias}{rest}?identifierType=alias");
        let (method, path, body) = match self.turn {
            Turn::Look(_) => (Method::GET, alert(""), None),
            Turn::Follow { place, .. } => {
                let id = self.queued.get(place).map(|(_, id)| id.as_str()).unwrap_or_default();
                (Method::GET, format!("/v2/alerts/requests/{id}"), None)
            }
            Turn::Ask(change) => {
                let (method, path, body) = match change {
                    Change::Create => (Method::POST, "/v2/alerts".to_owned(), payload::create(self.issue)),
                    Change::Message => {
                        (Method::PUT, alert("/message"), json!({ "message": payload::message(self.issue) }))
                    }
                    Change::Description => {
                        let description = payload::description(self.issue);
                        (Method::PUT, alert("/description"), json!({ "description": description }))
                    }
                    Change::Priority => {
                        let priority = payload::priority(self.issue.severity);
                        (Method::PUT, alert("/priority"), json!({ "priority": priority }))
                    }
                    Change::Note => (Method::POST, alert("/notes"), payload::change(self.issue)),
                    Change::Close => (Method::POST, alert("/close"), payload::close(self.issue)),
                };
                (method, path, Some(body))
            }
        };
        let call = Call::new(method, self.place.endpoint, &path).with_authorization("GenieKey", self.place.speaker.key);
        match body {
            Some(body) => call.with_json(&body).build(),
            None => call.build(),
        }
    }
}
