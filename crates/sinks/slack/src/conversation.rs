//! How a delivery goes at a bot's token: edit, look, post.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidegate_http::Call;
use tidegate_sink::{Delivery, Outcome, Reason, Receipt, SinkError, SinkErrorKind};

use crate::answer::{Found, Method, Reply, Said, is_barred, read};
use crate::pace::Counted;
use crate::payload::{Layout, Tag, message};

/// So many messages a page of a look.
const PAGE: usize = 50;
/// So many pages of a look: what lies behind a thousand newer messages is told again.
const MOST_PAGES: usize = 20;
/// So many messages that cannot be edited, until a new one is posted without a look.
const MOST_LOST: usize = 3;
/// How far our clock and Slack's may be apart.
const SKEW: TimeDelta = TimeDelta::hours(1);

/// The address of a message, which is the receipt. `ts` is a name and no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Posted {
    channel: String,
    ts: String,
}

/// Where the messages go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) token: &'a str,
}

/// What is asked next.
#[derive(Debug)]
enum Turn {
    Edit(Posted),
    /// With the cursor of the page; empty for the first.
    Look(String),
    Post,
}

impl Turn {
    fn method(&self) -> Method {
        match self {
            Self::Edit(_) => Method::Update,
            Self::Look(_) => Method::History,
            Self::Post => Method::Post,
        }
    }
}

/// A conversation so far, told anew from its answers at each step.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    delivery: &'a Delivery,
    place: Place<'a>,
    tag: Tag,
    now: DateTime<Utc>,
    turn: Turn,
    layout: Layout,
    marked: bool,
    /// Messages that cannot be edited.
    lost: Vec<String>,
    pages: usize,
    /// The methods that were asked already.
    asked: Vec<Method>,
}

impl<'a> Course<'a> {
    /// `None`: an event of a kind that the profile does not take.
    pub(crate) fn new(delivery: &'a Delivery, place: Place<'a>, now: DateTime<Utc>) -> Option<Self> {
        let tag = Tag::of(&delivery.event)?;
        let prior = delivery.prior.as_ref().and_then(|receipt| receipt.read::<Posted>().ok());
        let turn = match prior.filter(|posted| !posted.channel.is_empty() && !posted.ts.is_empty()) {
            Some(posted) => Turn::Edit(posted),
            None if delivery.maybe_applied => Turn::Look(String::new()),
            None => Turn::Post,
        };
        let layout = Layout::Blocks;
        let (lost, asked) = (Vec::new(), Vec::new());
        Some(Self { delivery, place, tag, now, turn, layout, marked: false, lost, pages: 0, asked })
    }

    /// Takes the answer to what was asked last. An outcome ends it.
    pub(crate) fn hear(&mut self, answer: &Response<Bytes>) -> Result<Option<Outcome>, SinkError> {
        let method = self.turn.method();
        self.asked.push(method);
        let said = read(method, answer, self.place.token, self.now);
        match (&mut self.turn, said) {
            (Turn::Look(_), said) => self.looked(said, answer).map(|()| None),
            (Turn::Edit(posted), Said::Done(_)) => Ok(Some(Outcome::Accepted(Receipt::new(posted).ok()))),
            (Turn::Post, Said::Done(reply)) => self.posted(*reply).map(Some),
            (Turn::Edit(posted), Said::Lost) => {
                let ts = std::mem::take(&mut posted.ts);
                self.lost(ts);
                Ok(None)
            }
            (_, Said::Unfit(reason)) => Ok(self.plainer(reason)),
            (_, Said::Rejected(reason)) => Ok(Some(Outcome::Rejected(reason))),
            (_, Said::Failed(error)) => Err(error),
            (Turn::Post, Said::Lost) => Ok(Some(Outcome::Rejected(Reason::new("Slack refuses the message")))),
        }
    }

    fn posted(&self, reply: Reply) -> Result<Outcome, SinkError> {
        let Some(ts) = reply.ts.filter(|ts| !ts.is_empty()) else {
            let context = "Slack says that the message is posted, and not under which ts";
            return Err(SinkError::new(SinkErrorKind::Unconfirmed, context));
        };
        let channel = reply.channel.unwrap_or_else(|| self.place.channel.to_owned());
        Ok(Outcome::Accepted(Receipt::new(&Posted { channel, ts }).ok()))
    }

    /// Another message may have taken its place; if none did, a new one does.
    fn lost(&mut self, ts: String) {
        self.lost.push(ts);
        self.pages = 0;
        let look = self.delivery.maybe_applied && self.lost.len() < MOST_LOST;
        self.turn = if look { Turn::Look(String::new()) } else { Turn::Post };
    }

    /// The same once more as plain text.
    fn plainer(&mut self, reason: Reason) -> Option<Outcome> {
        if self.layout == Layout::Plain {
            return Some(Outcome::Rejected(reason));
        }
        self.layout = Layout::Plain;
        None
    }

    fn looked(&mut self, said: Said, answer: &Response<Bytes>) -> Result<(), SinkError> {
        use SinkErrorKind::{Throttled, Unavailable, Unconfirmed, Unreachable};
        let reply = match said {
            Said::Done(reply) => reply,
            Said::Failed(error) if matches!(error.kind(), Throttled | Unavailable | Unconfirmed | Unreachable) => {
                return Err(error);
            }
            // A token that is good again a moment later would post what it could not look for.
            Said::Failed(error) if is_barred(answer) => return Err(error),
            // The token may not look. If it may not post either, the post says so.
            _ => {
                self.marked = true;
                self.turn = Turn::Post;
                return Ok(());
            }
        };
        self.pages += 1;
        let ours = |found: &&Found| {
            let metadata = &found.metadata;
            metadata["event_type"] == self.tag.event_type
                && metadata["event_payload"]["id"] == self.tag.id.as_str()
                && !found.ts.is_empty()
                && !self.lost.contains(&found.ts)
        };
        let cursor = reply.response_metadata.map(|more| more.next_cursor).filter(|cursor| !cursor.is_empty());
        self.turn = match (reply.messages.iter().filter(ours).max_by(|one, other| one.ts.cmp(&other.ts)), cursor) {
            (Some(found), _) => Turn::Edit(Posted { channel: self.place.channel.to_owned(), ts: found.ts.clone() }),
            (None, Some(cursor)) if self.pages < MOST_PAGES => Turn::Look(cursor),
            (None, cursor) => {
                self.marked = cursor.is_some() || !shows_metadata(answer);
                Turn::Post
            }
        };
        Ok(())
    }

    /// What to ask now. All of it is [harmless](tidegate_http::Harmless) to what follows: an answer of Slack's says
    /// itself whether it was applied, and [`read`] tells.
    pub(crate) fn request(&self) -> Result<Request<Bytes>, SinkError> {
        let call = |path| Call::post(self.place.endpoint, path).with_bearer(self.place.token);
        let call = match &self.turn {
            Turn::Edit(posted) => call("/chat.update").with_json(&self.edit(posted)),
            Turn::Look(cursor) => with_form(call("/conversations.history"), &self.look(cursor)),
            Turn::Post => call("/chat.postMessage").with_json(&self.post()),
        };
        let method = self.turn.method();
        let counted = Counted { method, further: self.asked.contains(&method) };
        Ok(counted.on(call.harmless().build()?))
    }

    fn edit(&self, posted: &Posted) -> Map<String, Value> {
        let mut body = message(&self.delivery.event, self.layout, false).unwrap_or_default();
        body.insert("channel".to_owned(), posted.channel.clone().into());
        body.insert("ts".to_owned(), posted.ts.clone().into());
        body
    }

    fn post(&self) -> Map<String, Value> {
        let mut body = message(&self.delivery.event, self.layout, self.marked).unwrap_or_default();
        body.insert("channel".to_owned(), self.place.channel.into());
        body.insert("unfurl_links".to_owned(), false.into());
        body.insert("unfurl_media".to_owned(), false.into());
        body
    }

    fn look(&self, cursor: &str) -> Vec<(&'static str, String)> {
        let mut body = vec![
            ("channel", self.place.channel.to_owned()),
            ("include_all_metadata", "true".to_owned()),
            ("limit", PAGE.to_string()),
        ];
        // What is dated in the future was told before that.
        if self.tag.since <= self.now {
            let oldest = self.tag.since.timestamp().saturating_sub(SKEW.num_seconds()).max(0);
            body.push(("oldest", format!("{oldest}.000000")));
        }
        if !cursor.is_empty() {
            body.push(("cursor", cursor.to_owned()));
        }
        body
    }
}

/// `call` with `fields` as a form, which Slack takes for each method; JSON it takes for some.
pub(crate) fn with_form(call: Call, fields: &[(&str, String)]) -> Call {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    call.with_header(CONTENT_TYPE, "application/x-www-form-urlencoded").with_body(fields.join("&"))
}

fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}

/// Whether the token sees the metadata of messages, as far as Slack says: else, that nothing was found proves nothing.
fn shows_metadata(answer: &Response<Bytes>) -> bool {
    scopes(answer).is_none_or(|mut scopes| scopes.any(|scope| scope == "metadata.message:read"))
}

/// The scopes that the token has, where Slack says so.
pub(crate) fn scopes(answer: &Response<Bytes>) -> Option<impl Iterator<Item = &str>> {
    let scopes = answer.headers().get("x-oauth-scopes")?.to_str().ok()?;
    Some(scopes.split(',').map(str::trim))
}
