//! What they say.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tidegate_event::figure;
use tidegate_http::{Verdict, excerpt, failure, masked};
use tidegate_sink::{Reason, SinkError, SinkErrorKind};

use crate::parts::secrets;

/// How long to wait where the whole workspace has had too much and Slack does not say.
const LIMIT_WAIT: Duration = Duration::from_mins(1);

/// Which method an answer is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Method {
    Post,
    Update,
    History,
    AuthTest,
}

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is done.
    Done(Box<Reply>),
    /// The message cannot be edited, now or ever.
    Lost,
    /// The layout does not please; another one may.
    Unfit(Reason),
    /// It will never be taken.
    Rejected(Reason),
    /// It may go through later.
    Failed(SinkError),
}

/// The parts of Slack's answers that are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reply {
    ok: Option<bool>,
    error: Option<String>,
    needed: Option<String>,
    provided: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) ts: Option<String>,
    pub(crate) messages: Vec<Found>,
    pub(crate) response_metadata: Option<More>,
    pub(crate) team: Option<String>,
    pub(crate) user: Option<String>,
}

/// A message of a channel's history.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Found {
    pub(crate) ts: String,
    pub(crate) metadata: Value,
}

/// Where a list goes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct More {
    pub(crate) next_cursor: String,
}

/// What an error code of Slack's means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Unauthorized,
    Misconfigured,
    Throttled,
    /// Surely not applied, and goes through later.
    NotApplied,
    /// May have been applied.
    Unsure,
    Lost,
    Unfit,
    Rejected,
}

/// What `answer` to `method` means. `token` is masked where Slack repeats it.
pub(crate) fn read(method: Method, answer: &Response<Bytes>, token: &str, now: DateTime<Utc>) -> Said {
    let status = answer.status();
    let reply: Option<Reply> = serde_json::from_slice(answer.body()).ok();
    let code = reply.as_ref().and_then(|reply| reply.error.as_deref());
    match (reply.as_ref().and_then(|reply| reply.ok), code) {
        (Some(true), _) if status.is_success() => return Said::Done(Box::new(reply.unwrap_or_default())),
        // A code says more than a 4xx. Of a 429 and a 5xx the status is the verdict.
        (Some(false), Some(code)) if is_for_code(status) => {
            return refused(method, code, reply.as_ref(), answer, token, now);
        }
        _ => {}
    }
    match Verdict::of(status) {
        Verdict::Accepted => {
            Said::Failed(failure(SinkErrorKind::Unconfirmed, "what speaks for Slack", answer, &[token], now))
        }
        Verdict::Rejected => Said::Rejected(reason(&format!("Slack answered {status}"), answer, &[token])),
        // Slack itself does not end like this: it is a proxy's or a wrong address's word.
        Verdict::Failed(SinkErrorKind::Gone) => {
            Said::Failed(failure(SinkErrorKind::Misconfigured, "Slack", answer, &[token], now))
        }
        Verdict::Failed(kind) => Said::Failed(failure(kind, "Slack", answer, &[token], now)),
    }
}

fn is_for_code(status: StatusCode) -> bool {
    status.is_success() || (status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS)
}

fn refused(
    method: Method,
    code: &str,
    reply: Option<&Reply>,
    answer: &Response<Bytes>,
    token: &str,
    now: DateTime<Utc>,
) -> Said {
    let plain = code.len() <= 100 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let shown = if plain { masked(code, &[token]) } else { "an error that is no word".to_owned() };
    let failed = |kind: SinkErrorKind, wait: Option<Duration>| {
        let advice = advice(code, reply, token);
        let wait = tidegate_http::retry_after(answer, now).or(wait);
        let held = wait.and_then(|wait| TimeDelta::from_std(wait).ok()).map(figure::span);
        let held = held.map_or_else(String::new, |held| format!("; it wants to be left alone for {held}"));
        let error = SinkError::new(kind, format!("Slack says {shown}{advice}{held}"));
        Said::Failed(wait.into_iter().fold(error, SinkError::with_retry_after))
    };
    let refusal = || reason(&format!("Slack refuses {}: {shown}", asked(method)), answer, &[token]);
    match class(method, code) {
        Class::Unauthorized => failed(SinkErrorKind::Unauthorized, None),
        Class::Misconfigured => failed(SinkErrorKind::Misconfigured, None),
        Class::Throttled => failed(SinkErrorKind::Throttled, (code == "message_limit_exceeded").then_some(LIMIT_WAIT)),
        Class::NotApplied => failed(SinkErrorKind::Unreachable, None),
        Class::Unsure => failed(SinkErrorKind::Unavailable, None),
        Class::Lost => Said::Lost,
        Class::Unfit => Said::Unfit(refusal()),
        Class::Rejected => Said::Rejected(refusal()),
    }
}

/// What Slack refuses when it does not do what `method` asks for.
fn asked(method: Method) -> &'static str {
    match method {
        Method::Post => "the message",
        Method::Update => "the edit",
        Method::History => "a look into the channel",
        Method::AuthTest => "the token",
    }
}

fn reason(message: &str, answer: &Response<Bytes>, secrets: &[&str]) -> Reason {
    match excerpt(answer, secrets) {
        said if said.is_empty() => Reason::new(message),
        said => Reason::new(message).with_answer(said),
    }
}

/// By code and never by wording. A code that nobody knows is a reject of the message, not of the sink.
fn class(method: Method, code: &str) -> Class {
    match code {
        "team_not_found" => Class::Misconfigured,
        _ if bars(code) => Class::Unauthorized,
        "missing_scope"
        | "not_allowed_token_type"
        | "no_permission"
        | "access_denied"
        | "accesslimited"
        | "app_access_restricted" => Class::Unauthorized,
        "messages_tab_disabled"
        | "channel_not_found"
        | "not_in_channel"
        | "is_archived"
        | "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "deprecated_endpoint"
        | "method_deprecated"
        | "unknown_method" => Class::Misconfigured,
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => Class::Throttled,
        // The body was cut on its way, or the workspace is being moved: Slack documents that nothing was done.
        "request_timeout" | "team_added_to_org" => Class::NotApplied,
        "service_unavailable"
        | "fatal_error"
        | "internal_error"
        | "update_failed"
        | "external_channel_migrating"
        | "streaming_state_conflict" => Class::Unsure,
        "message_not_found" | "cant_update_message" | "edit_window_closed" | "is_inactive"
            if method == Method::Update =>
        {
            Class::Lost
        }
        "msg_too_long"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "msg_blocks_too_long"
        | "invalid_attachments"
        | "too_many_attachments"
        | "attachment_payload_limit_exceeded"
        | "block_mismatch"
        | "invalid_arguments" => Class::Unfit,
        _ => Class::Rejected,
    }
}

/// Whether Slack does nothing at all for a token of which it says `code`.
fn bars(code: &str) -> bool {
    matches!(
        code,
        "not_authed"
            | "invalid_auth"
            | "account_inactive"
            | "token_revoked"
            | "token_expired"
            | "team_not_found"
            | "org_login_required"
            | "ekm_access_denied"
            | "enterprise_is_restricted"
            | "two_factor_setup_required"
    )
}

/// Whether Slack says that it does nothing at all for the token, so that a refusal says nothing of the method.
pub(crate) fn is_barred(answer: &Response<Bytes>) -> bool {
    let reply: Option<Reply> = serde_json::from_slice(answer.body()).ok();
    reply.and_then(|reply| reply.error).is_some_and(|code| bars(&code))
}

/// What the operator should do, after a semicolon; nothing where the code says it all.
fn advice(code: &str, reply: Option<&Reply>, token: &str) -> String {
    let known = match code {
        "missing_scope" => {
            let scopes = |scopes: Option<&String>| {
                let scopes = scopes.map_or("?", String::as_str);
                let scopes: String = scopes.chars().filter(|letter| !letter.is_control()).take(200).collect();
                masked(&scopes, &[token])
            };
            let needed = scopes(reply.and_then(|reply| reply.needed.as_ref()));
            let provided = scopes(reply.and_then(|reply| reply.provided.as_ref()));
            return format!(
                "; the token lacks the scope {needed} (it has {provided}): add it to the app and install it again"
            );
        }
        "not_authed" | "invalid_auth" | "token_revoked" | "token_expired" | "account_inactive" => {
            "the token is not good: copy the app's bot token anew into `token`"
        }
        "not_allowed_token_type" => "`token` must be a bot token, which begins with xoxb-",
        "channel_not_found" => "check `channel_id`; a private channel shows only once the app is invited to it",
        "not_in_channel" => "invite the app to the channel, or give it the scope chat:write.public",
        "is_archived" => "the channel is archived: restore it, or set another `channel_id`",
        "restricted_action" | "restricted_action_read_only_channel" | "restricted_action_thread_only_channel" => {
            "the channel's settings do not let the app post"
        }
        "deprecated_endpoint" | "method_deprecated" | "unknown_method" => {
            "check `endpoint`; if it is right, a newer tidegate is needed"
        }
        "no_permission"
        | "access_denied"
        | "accesslimited"
        | "app_access_restricted"
        | "org_login_required"
        | "ekm_access_denied"
        | "enterprise_is_restricted"
        | "two_factor_setup_required"
        | "team_not_found"
        | "messages_tab_disabled" => "the workspace does not let the app in: ask its administrators",
        _ => return String::new(),
    };
    format!("; {known}")
}

/// What an answer of an incoming webhook means: a status and a plain word.
pub(crate) fn read_webhook(answer: &Response<Bytes>, url: &str, now: DateTime<Utc>) -> Said {
    let service = "Slack's webhook";
    let secrets = secrets(url);
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let failed = |kind| Said::Failed(failure(kind, service, answer, &secrets, now));
    match (Verdict::of(answer.status()), answer.status()) {
        (Verdict::Accepted, _) if answer.body().trim_ascii() == b"ok" => Said::Done(Box::default()),
        (Verdict::Accepted, _) => failed(SinkErrorKind::Unconfirmed),
        (_, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE) => {
            let advice = "; make a new webhook for the channel and set `webhook_url`";
            let context = format!("{service} answered {}{advice}", seen(answer, url));
            Said::Failed(SinkError::new(SinkErrorKind::Misconfigured, context))
        }
        (Verdict::Failed(kind), _) => failed(kind),
        (Verdict::Rejected, status) => {
            let reason = reason(&format!("{service} answered {status}"), answer, &secrets);
            match answer.body().trim_ascii() {
                b"invalid_payload" | b"too_many_attachments" | b"invalid_blocks" | b"invalid_attachments" => {
                    Said::Unfit(reason)
                }
                _ => Said::Rejected(reason),
            }
        }
    }
}

/// The status of a webhook's answer, and its words where there are any.
pub(crate) fn seen(answer: &Response<Bytes>, url: &str) -> String {
    let secrets = secrets(url);
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    match excerpt(answer, &secrets) {
        said if said.is_empty() => answer.status().to_string(),
        said => format!("{} ({said})", answer.status()),
    }
}
