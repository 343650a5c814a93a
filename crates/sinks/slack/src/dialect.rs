use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Response;
use tidegate_base::{Revealed, Secret};
use tidegate_http::{Call, Dialect, ProbeStep, Step};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Reason, SinkError, SinkErrorKind};

use crate::answer::{Method, Reply, Said, read};
use crate::conversation::{Course, Place, scopes, with_form};
use crate::{SlackBuilder, webhook};

/// What is said to Slack and understood of it; [`HttpSink`](tidegate_http::HttpSink) makes a sink of it. See the
/// [crate](crate).
#[derive(Clone)]
pub struct Slack {
    profile: Profile,
    way: Way,
}

/// How messages come to Slack.
#[derive(Clone)]
pub(crate) enum Way {
    Bot { channel: String, token: Secret, endpoint: String },
    Webhook { url: Secret },
}

impl Slack {
    /// Posts and edits in the channel with the ID `channel`, as the app whose bot `token` this is.
    pub fn bot(channel: impl Into<String>, token: Secret) -> SlackBuilder {
        SlackBuilder::bot(channel.into(), token)
    }

    /// Posts each change to the incoming webhook at `url`.
    pub fn webhook(url: Secret) -> SlackBuilder {
        SlackBuilder::webhook(url)
    }

    pub(crate) fn new(profile: Profile, way: Way) -> Self {
        Self { profile, way }
    }
}

/// A secret that is not there stops the sink until it is.
fn reveal(secret: &Secret, name: &str) -> Result<Revealed, SinkError> {
    secret.reveal().map_err(|error| {
        SinkError::new(SinkErrorKind::Unauthorized, format!("Slack's `{name}` cannot be read")).with_source(error)
    })
}

impl Dialect for Slack {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn step(&self, delivery: &Delivery, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<Step, SinkError> {
        let (channel, token, endpoint) = match &self.way {
            Way::Bot { channel, token, endpoint } => (channel, reveal(token, "token")?, endpoint),
            Way::Webhook { url } => return webhook::step(&reveal(url, "webhook_url")?, delivery, answers, now),
        };
        let Some(mut course) = Course::new(delivery, Place { endpoint, channel, token: &token }, now) else {
            return Ok(Step::Done(Outcome::Rejected(Reason::new("Slack takes issues and notifications only"))));
        };
        for answer in answers {
            if let Some(outcome) = course.hear(answer)? {
                return Ok(Step::Done(outcome));
            }
        }
        Ok(Step::send(course.request()?))
    }

    fn probe(&self, answers: &[Response<Bytes>], now: DateTime<Utc>) -> Result<ProbeStep, SinkError> {
        let (channel, token, endpoint) = match &self.way {
            Way::Bot { channel, token, endpoint } => (channel, reveal(token, "token")?, endpoint),
            Way::Webhook { url } => return webhook::probe(&reveal(url, "webhook_url")?, answers, now),
        };
        let Some(answer) = answers.first() else {
            let call = Call::post(endpoint, "/auth.test").with_bearer(&token);
            return Ok(ProbeStep::send(with_form(call, &[]).harmless().build()?));
        };
        match read(Method::AuthTest, answer, &token, now) {
            Said::Done(reply) => proven(&reply, channel, answer, &token).map(ProbeStep::Done),
            Said::Failed(error) => Err(error),
            Said::Lost => Err(unknown_refusal("Slack refuses the token")),
            Said::Unfit(reason) | Said::Rejected(reason) => Err(unknown_refusal(&reason.to_string())),
        }
    }
}

/// For a word about the token that nobody knows.
fn unknown_refusal(said: &str) -> SinkError {
    let advice = "check that `token` is the app's bot token, which begins with xoxb-, and that `endpoint` is Slack's";
    SinkError::new(SinkErrorKind::Misconfigured, format!("{said}; {advice}"))
}

/// What a good token proves, and what it leaves open.
fn proven(reply: &Reply, channel: &str, answer: &Response<Bytes>, token: &str) -> Result<Probe, SinkError> {
    let granted: Option<Vec<&str>> = scopes(answer).map(Iterator::collect);
    let lacks = |scope: &str| granted.as_ref().is_some_and(|granted| !granted.contains(&scope));
    if lacks("chat:write") {
        let context = "the token lacks the scope chat:write: add it to the app and install it again";
        return Err(SinkError::new(SinkErrorKind::Unauthorized, context));
    }
    let name = |name: &Option<String>| {
        let name: String = name.as_deref().unwrap_or("?").chars().filter(|c| !c.is_control()).take(80).collect();
        tidegate_http::masked(&name, &[token])
    };
    let (user, team) = (name(&reply.user), name(&reply.team));
    let mut probe = Probe::new().with_proven(format!("the token is that of {user} in the workspace {team}"));
    if granted.is_some() {
        probe = probe.with_proven("the token has the scope chat:write");
    }
    probe = probe.with_unproven(format!("that {user} may post in the channel {channel}: nothing was posted"));
    let blind = lacks("metadata.message:read") || (lacks("channels:history") && lacks("groups:history"));
    if granted.is_some() && !blind {
        return Ok(probe.with_proven("the token has the scopes to look for a message whose answer was lost"));
    }
    Ok(probe.with_unproven(
        "that a message whose answer was lost is found again, which needs the scopes metadata.message:read and \
         channels:history (or groups:history): without them it is posted again, and says so",
    ))
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = match &self.way {
            Way::Bot { token, .. } => token,
            Way::Webhook { url } => url,
        };
        f.debug_struct("Slack").field("destination", self.profile.destination()).field("secret", secret).finish()
    }
}
