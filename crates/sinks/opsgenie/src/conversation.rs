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
pub(crate) const LONGEST: Duration = Duration::from_secs(95);

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

impl Change {
    /// What people call it.
    fn words(self) -> &'static str {
        match self {
            Self::Create => "the creation",
            Self::Message => "the message",
            Self::Description => "the description",
            Self::Priority => "the priority",
            Self::Note => "the note",
            Self::Close => "the close",
        }
    }
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
    applied: Vec<Change>,
    refused: Vec<(Change, Reason)>,
    /// There is no alert to be changed.
    absent: bool,
    /// There is one, and it is closed.
    closed: bool,
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
            Found::None if looks < MORE_LOOKS.min(self.place.polls.len()) => {
                self.waited += self.place.polls[looks];
                self.turn = Turn::Look(looks + 1);
            }
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
            Said::Queued(_) if speaker.flavor == Flavor::Jsm => self.known.applied.push(change),
            Said::Queued(Some(id)) => self.queued.push((change, id)),
            Said::Queued(None) => {
                let context = "Opsgenie says that the request is queued, and not under which id; check `endpoint`";
                return Err(SinkError::new(SinkErrorKind::Unconfirmed, context));
            }
            Said::Absent if change == Change::Create => return Err(speaker.nobody(answer)),
            Said::Absent => self.known.absent = true,
            Said::Rejected(reason) => self.known.refused.push((change, reason)),
            Said::Failed(error) => return Err(error),
        }
        // A change that overtakes a creation finds no alert: it is asked for once there is one.
        let is_creation_queued = change == Change::Create && !self.queued.is_empty();
        if !is_creation_queued && let Some(next) = self.todo.pop_front() {
            self.turn = Turn::Ask(next);
            return Ok(None);
        }
        self.follow_from(0)
    }

    fn followed(&mut self, round: usize, place: usize, answer: &Response<Bytes>) -> Result<Option<Outcome>, SinkError> {
        // There is always one: it was asked after.
        let change = self.queued.get(place).map_or(Change::Create, |(change, _)| *change);
        match self.place.speaker.became(change == Change::Create, answer) {
            Became::Pending => return self.follow(round, place + 1),
            Became::Failed(error) => return self.ask_later(round, error),
            // All is asked for once more: the answer to this question will be the same.
            Became::Undone(error) => return Err(error),
            Became::Applied => self.known.applied.push(change),
            Became::Absent => self.known.absent = true,
            Became::Closed => self.known.closed = true,
            Became::Refused(reason) => self.known.refused.push((change, reason)),
            // That it is queued is all that will ever be known.
            Became::Untold => self.known.applied.extend(self.queued.drain(..).map(|(change, _)| change)),
        }
        if place < self.queued.len() {
            self.queued.remove(place);
        }
        self.follow(round, place)
    }

    /// Asks after what is queued from that place on, then from the beginning in the next round.
    fn follow(&mut self, round: usize, place: usize) -> Result<Option<Outcome>, SinkError> {
        if place >= self.queued.len() {
            return self.follow_from(round + 1);
        }
        self.turn = Turn::Follow { round, place, after: Duration::ZERO };
        Ok(None)
    }

    /// Asks after all that is queued once the wait of `round` is over.
    fn follow_from(&mut self, round: usize) -> Result<Option<Outcome>, SinkError> {
        if self.queued.is_empty() {
            return self.conclude();
        }
        let Some(&after) = self.place.polls.get(round).filter(|wait| self.waited + **wait <= LONGEST) else {
            let waited = self.waited;
            let context =
                format!("Opsgenie has queued a request, and not worked it off within {waited:?}; it is tried again");
            return Err(SinkError::new(SinkErrorKind::Unconfirmed, context));
        };
        self.waited += after;
        self.turn = Turn::Follow { round, place: 0, after };
        Ok(None)
    }

    /// A question that failed for now is asked in the next round: given up, all would be asked for once more. Where the
    /// service wants to be left alone, that is meant for all deliveries, and only the end of this one tells them.
    fn ask_later(&mut self, round: usize, error: SinkError) -> Result<Option<Outcome>, SinkError> {
        let for_now = error.kind() == SinkErrorKind::Unavailable && error.retry_after().is_none();
        if for_now && round + 1 < self.place.polls.len() { self.follow_from(round + 1) } else { Err(error) }
    }

    /// What follows once it is known how all went. `None`: there is more to ask.
    fn conclude(&mut self) -> Result<Option<Outcome>, SinkError> {
        let is_closing = self.issue.is_closed();
        if (self.known.absent || self.known.closed) && !is_closing && !self.created {
            // Somebody deleted or closed it, and it is as wrong as before.
            self.known = Known::default();
            self.create();
            return Ok(None);
        }
        if let Some(reason) = self.refused() {
            return Ok(Some(Outcome::Rejected(reason)));
        }
        // It was created by now.
        if let Some(next) = self.todo.pop_front() {
            self.turn = Turn::Ask(next);
            return Ok(None);
        }
        // One that was closed right after its creation is left, as an integration that closes all would have it.
        if self.known.absent && !is_closing {
            let context = format!(
                "{} created an alert and then knew of none to change; it is looked for again",
                self.place.speaker.flavor.service()
            );
            return Err(SinkError::new(SinkErrorKind::Unconfirmed, context));
        }
        Ok(Some(Outcome::Accepted(Receipt::new(&Told { alias: self.alias.clone() }).ok())))
    }

    /// Why not all of it was taken. A part of an update counts as none: accepted, a rise in severity whose new priority was
    /// refused would be known as told, and nobody told of it again, while whoever is on call sees the old priority. As a
    /// dead letter it is seen, says what people see now, and may be told again; and the next change counts as a rise still.
    fn refused(&mut self) -> Option<Reason> {
        let refused: Vec<&str> = self.known.refused.iter().map(|(change, _)| change.words()).collect();
        let refused = refused.join(", ");
        let (_, mut reason) = self.known.refused.drain(..).next()?;
        let applied: Vec<&str> = self.known.applied.iter().map(|change| change.words()).collect();
        if !applied.is_empty() {
            reason.message = format!("{}; refused: {refused}; taken: {}", reason.message, applied.join(", "));
        }
        Some(reason)
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
