mod body;
mod channel;
mod limits;
mod message;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};
use tidegate_base::{Clock, SystemClock};
use tidegate_event::IssueEvent;

use self::channel::Channel;
pub use self::message::SlackMessage;
use crate::conformance::Shown;
use crate::server::{json as answer, text};

/// What the token of a well installed app may do.
const SCOPES: [&str; 4] = ["chat:write", "chat:write.public", "channels:history", "metadata.message:read"];
/// The path of incoming webhooks, which need no token: their address is the secret.
const HOOKS: &str = "/services/";

/// Slack, as far as it is spoken to: one channel, its messages, and what Slack minds.
///
/// It answers requests, so that a real sink speaks to it: behind a [`Server`](crate::server::Server), or straight from a
/// transport of the test's own. Whatever stands before the method's name in the path is not looked at.
///
/// | | |
/// |---|---|
/// | `chat.postMessage` | a new message, under a `ts` of its own |
/// | `chat.update` | edits it, as Slack does: attachments that are left out stay, blocks go with a new text |
/// | `conversations.history` | page by page, the newest first, with metadata where that is asked for and allowed |
/// | `auth.test` | whose token it is, and its scopes |
/// | `/services/…` | an incoming webhook: a new message each time, and no `ts` |
///
/// The arguments may be a form, which Slack takes for every method, and for `chat.…` also JSON; of anything else it says
/// `invalid_post_type`.
///
/// | setting | default |
/// |---|---|
/// | [`token`](Self::set_token_good) | good |
/// | [`scopes`](Self::set_scopes) | `chat:write`, `chat:write.public`, `channels:history`, `metadata.message:read` |
/// | [`clock`](Self::with_clock), which `ts` and the log of requests are by | the machine's |
/// | [`page`](Self::with_page) of the history | as long as it is asked for |
/// | [`rates`](Self::with_rates) | not counted |
///
/// Clones are the same Slack, and every setting is one of all of them.
///
/// ```
/// use tidegate_testkit::model::SlackService;
/// use tidegate_testkit::server::Server;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let slack = SlackService::new("C0TIDE00001", "xoxb-t0ken");
/// let behind = slack.clone();
/// let server = Server::start(move |request| behind.answer(request)).await;
/// // … a sink with `server.url()` as its endpoint tells an issue, and its close …
/// # drop(server);
/// assert!(slack.messages().iter().all(|message| message.is_green()));
/// assert_eq!(slack.complaints(), [""; 0]);
/// # });
/// ```
#[derive(Clone)]
pub struct SlackService {
    inner: Arc<Mutex<Inner>>,
}

/// A request that Slack got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackRequest {
    /// The method, such as `chat.update`; `webhook` for an incoming webhook.
    pub method: String,
    /// When it came.
    pub at: DateTime<Utc>,
    /// Why it was not done: the word that Slack said.
    pub error: Option<String>,
}

struct Inner {
    clock: Box<dyn Clock>,
    token: String,
    token_good: bool,
    scopes: BTreeSet<String>,
    channel: Channel,
    requests: Vec<SlackRequest>,
    /// What Slack would have minded.
    complaints: Vec<String>,
    /// A text that is never taken.
    refused: Option<String>,
    counts_rates: bool,
}

impl SlackService {
    /// A workspace with the channel of that ID, which the app with `token` is in, and which every webhook leads to.
    pub fn new(channel: impl Into<String>, token: impl Into<String>) -> Self {
        let inner = Inner {
            clock: Box::new(SystemClock::new()),
            token: token.into(),
            token_good: true,
            scopes: SCOPES.map(str::to_owned).into(),
            channel: Channel::new(channel.into()),
            requests: Vec::new(),
            complaints: Vec::new(),
            refused: None,
            counts_rates: false,
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same by another clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.lock().clock = Box::new(clock);
        self
    }

    /// The same with a token that may not look into the channel.
    pub fn without_history(self) -> Self {
        self.set_scopes(["chat:write"]);
        self
    }

    /// The same, in which a page of the history is no longer than `messages`; at least 1.
    pub fn with_page(self, messages: usize) -> Self {
        self.lock().channel.page = messages.max(1);
        self
    }

    /// The same, which never takes a message with `part` in its text and says `restricted_text`, a word that no client
    /// knows.
    pub fn with_refused(self, part: impl Into<String>) -> Self {
        self.lock().refused = Some(part.into());
        self
    }

    /// The same, which counts: past 60 posts, 50 edits or 50 looks within a minute it says `ratelimited`.
    pub fn with_rates(self) -> Self {
        self.lock().counts_rates = true;
        self
    }

    /// Whether the token is good from now on: a revoked one is `invalid_auth`, and a webhook's address `invalid_token`.
    pub fn set_token_good(&self, good: bool) {
        self.lock().token_good = good;
    }

    /// What the token may do from now on. Without `channels:history` a look is refused, without `metadata.message:read`
    /// it shows no metadata, and without `chat:write` nothing is posted.
    pub fn set_scopes<'a>(&self, scopes: impl IntoIterator<Item = &'a str>) {
        self.lock().scopes = scopes.into_iter().map(str::to_owned).collect();
    }

    /// The messages that are there, in the order of their posts.
    pub fn messages(&self) -> Vec<SlackMessage> {
        self.lock().channel.messages.iter().filter(|message| !message.deleted).cloned().collect()
    }

    /// All messages that ever were, the deleted ones too, in the order of their posts.
    pub fn all(&self) -> Vec<SlackMessage> {
        self.lock().channel.messages.clone()
    }

    /// The messages that are there with `id` in their metadata: an episode, or the id of a notification.
    pub fn about(&self, id: &str) -> Vec<SlackMessage> {
        self.messages().into_iter().filter(|message| message.id() == Some(id)).collect()
    }

    /// Somebody deletes the message. Whether it was there.
    pub fn delete(&self, ts: &str) -> bool {
        self.lock().channel.find(ts).map(|message| message.deleted = true).is_some()
    }

    /// Somebody deletes all messages.
    pub fn delete_all(&self) {
        self.lock().channel.messages.iter_mut().for_each(|message| message.deleted = true);
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<SlackRequest> {
        self.lock().requests.clone()
    }

    /// What was asked that a careful client does not ask, a sentence each: texts and layouts past Slack's limits, no
    /// such method, a content type that the method does not take, a charset that is not told.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// What people see of the episode of `issue`: of several messages the last counts, and each is a copy.
    pub fn shown(&self, issue: &IssueEvent) -> Shown {
        let about = self.about(&issue.episode.to_string());
        Shown { open: about.last().is_some_and(SlackMessage::is_open), copies: about.len() }
    }

    /// The same where messages came by a webhook: those of an episode, which each names, are one telling.
    pub fn shown_at_webhook(&self, issue: &IssueEvent) -> Shown {
        let episode = issue.episode.to_string();
        let messages = self.messages();
        let last = messages.iter().rfind(|message| message.mentions(&episode));
        Shown { open: last.is_some_and(SlackMessage::is_open), copies: usize::from(last.is_some()) }
    }

    /// Does what `request` asks for, and says what Slack says.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut inner = self.lock();
        let now = inner.clock.now();
        let path = request.uri().path();
        let is_hook = path.contains(HOOKS);
        let method = if is_hook { "webhook" } else { path.rsplit('/').next().unwrap_or_default() };
        let answered = inner.take(method, request, now);
        let error = answered.as_ref().err().map(|refusal| refusal.code.clone());
        inner.requests.push(SlackRequest { method: method.to_owned(), at: now, error });
        match answered {
            Ok(_) if is_hook => text(200, "ok"),
            Ok(mut body) => {
                body["ok"] = true.into();
                inner.with_scopes(answer(200, &body))
            }
            Err(refusal) if is_hook => refusal.of_webhook(),
            Err(refusal) => inner.with_scopes(refusal.of_method()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn take(&mut self, method: &str, request: &Request<Bytes>, now: DateTime<Utc>) -> Result<Value, Refusal> {
        let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let known = method == "webhook" || bearer.and_then(|value| value.strip_prefix("Bearer ")) == Some(&*self.token);
        if !known || !self.token_good {
            return Err(Refusal::new("invalid_auth"));
        }
        let body = self.read(method, request)?;
        if self.counts_rates {
            limits::rate(method, now, &self.requests)?;
        }
        match method {
            "webhook" => self.check(&body).map(|()| self.channel.post(&body, now)),
            "auth.test" => Ok(json!({ "team": "Example", "user": "tidegate" })),
            "chat.postMessage" => {
                self.needs("chat:write")?;
                self.channel.is_meant(&body)?;
                self.check(&body)?;
                Ok(self.channel.post(&body, now))
            }
            "chat.update" => {
                self.needs("chat:write")?;
                self.channel.is_meant(&body)?;
                self.check(&body)?;
                self.channel.update(&body)
            }
            "conversations.history" => {
                self.needs("channels:history")?;
                self.channel.is_meant(&body)?;
                Ok(self.channel.history(&body, self.scopes.contains("metadata.message:read")))
            }
            _ => {
                self.complaints.push(format!("no such method: {method}"));
                Err(Refusal::new("unknown_method"))
            }
        }
    }

    fn needs(&self, scope: &str) -> Result<(), Refusal> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        Err(Refusal { needed: Some((scope.to_owned(), self.scopes_line())), ..Refusal::new("missing_scope") })
    }

    fn check(&mut self, body: &Value) -> Result<(), Refusal> {
        let text = body["text"].as_str().unwrap_or_default();
        if self.refused.as_deref().is_some_and(|refused| text.contains(refused)) {
            return Err(Refusal::new("restricted_text"));
        }
        let Err(code) = limits::check(body) else { return Ok(()) };
        // What a probe asks of a webhook, on purpose.
        if body.as_object().is_some_and(|body| !body.is_empty()) {
            self.complaints.push(format!("{code}: {body}"));
        }
        Err(Refusal::new(code))
    }

    fn read(&mut self, method: &str, request: &Request<Bytes>) -> Result<Value, Refusal> {
        let body = body::read(method, request);
        if body.is_err() || (method != "webhook" && body::lacks_charset(request)) {
            let kind = request.headers().get("content-type");
            self.complaints.push(format!("{method} with the content type {kind:?}"));
        }
        body.map_err(Refusal::new)
    }

    fn scopes_line(&self) -> String {
        self.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }

    fn with_scopes(&self, mut answer: Response<Bytes>) -> Response<Bytes> {
        if let Ok(scopes) = HeaderValue::from_str(&self.scopes_line()) {
            answer.headers_mut().insert("x-oauth-scopes", scopes);
        }
        answer
    }
}

/// Why Slack does not do it.
#[derive(Debug)]
struct Refusal {
    code: String,
    /// The scope that is needed, and those that are there.
    needed: Option<(String, String)>,
    /// So many seconds are to be waited.
    retry_after: Option<u64>,
}

impl Refusal {
    fn new(code: &str) -> Self {
        Self { code: code.to_owned(), needed: None, retry_after: None }
    }

    fn of_method(&self) -> Response<Bytes> {
        let mut body = json!({ "ok": false, "error": self.code });
        if let Some((needed, provided)) = &self.needed {
            body["needed"] = needed.as_str().into();
            body["provided"] = provided.as_str().into();
        }
        self.with_wait(answer(if self.retry_after.is_some() { 429 } else { 200 }, &body))
    }

    fn of_webhook(&self) -> Response<Bytes> {
        let (status, word) = match self.code.as_str() {
            "invalid_auth" => (403, "invalid_token"),
            "no_text" => (400, "no_text"),
            "too_many_attachments" => (400, "too_many_attachments"),
            "ratelimited" => (429, ""),
            _ => (400, "invalid_payload"),
        };
        self.with_wait(text(status, word))
    }

    fn with_wait(&self, mut answer: Response<Bytes>) -> Response<Bytes> {
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert("retry-after", seconds.into());
        }
        answer
    }
}

impl fmt::Debug for SlackService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("SlackService")
            .field("channel", &inner.channel)
            .field("token_good", &inner.token_good)
            .field("scopes", &inner.scopes)
            .field("requests", &inner.requests.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
