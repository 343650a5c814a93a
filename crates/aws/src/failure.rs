use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use tidegate_event::{figure, text};
use tidegate_sink::SinkErrorKind::{self, Misconfigured, Unauthorized, Unconfirmed, Unreachable};
use tidegate_sink::{Reason, SinkError};

use crate::credentials::StaticKeys;
use crate::wire::date;
use crate::{Meaning, Operation, unanswered};

/// The most of what a service says that is passed on, in units of UTF-16.
const LONGEST: usize = 400;

/// The longest time to wait that is passed on: a year. What a lane honours is for the lane to say.
const LONGEST_WAIT: u64 = 365 * 24 * 60 * 60 * 1_000;

/// How far apart clocks may be before a signature is refused for it: AWS bears five minutes, as the SDK measures four.
pub(crate) const SKEW: TimeDelta = TimeDelta::minutes(4);

/// What a call came to that was not done. No secret is in it.
#[derive(Debug, Clone)]
pub struct AwsFailure {
    meaning: Meaning,
    code: Option<String>,
    message: String,
    status: Option<u16>,
    error: SinkError,
}

impl AwsFailure {
    /// What it means.
    pub fn meaning(&self) -> Meaning {
        self.meaning
    }

    /// The service's word for it, such as `ResourceNotFoundException`; `None` without an answer, or one without a code.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What the service says, on one line; empty where it says nothing.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status of the answer; `None` without one.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether what was sent will never be taken as it is.
    pub fn is_refused(&self) -> bool {
        self.meaning == Meaning::Refused
    }

    /// What to tell the lane. Of what is [refused](Self::is_refused): [`Misconfigured`].
    pub fn error(&self) -> &SinkError {
        &self.error
    }

    /// What to tell of an item that is [refused](Self::is_refused).
    pub fn reason(&self) -> Reason {
        let reason = Reason::new(self.error.context());
        if self.message.is_empty() { reason } else { reason.with_answer(&self.message) }
    }

    pub(crate) fn is_worth_another(&self) -> bool {
        matches!(self.meaning, Meaning::Expired | Meaning::Signature)
    }
}

impl From<AwsFailure> for SinkError {
    fn from(failure: AwsFailure) -> Self {
        failure.error
    }
}

/// By which time a request was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// That of this machine, as far as is known.
    Own,
    /// That of the service, as it told it when it minded the signature.
    Theirs,
}

/// What a failure is read with.
pub(crate) struct Reader<'a> {
    pub(crate) operation: &'a Operation,
    /// `in eu-west-1`, or `at` some host.
    pub(crate) place: &'a str,
    pub(crate) profile: Option<&'a str>,
    pub(crate) has_keys: bool,
    /// What nobody may see of what it says.
    pub(crate) secrets: &'a [String],
    pub(crate) now: DateTime<Utc>,
    pub(crate) signed: Time,
}

impl Reader<'_> {
    pub(crate) fn service(&self) -> String {
        format!("{} {}", self.operation.service.name, self.place).trim_end().to_owned()
    }

    /// What it is when nobody knows whether the service did it.
    pub(crate) fn unknown(&self) -> SinkErrorKind {
        if self.operation.harmless { Unreachable } else { Unconfirmed }
    }

    pub(crate) fn read<E>(&self, error: &SdkError<E, HttpResponse>) -> AwsFailure
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let Some(answer) = error.raw_response() else {
            let (kind, context) = unanswered::read(self, error, matches!(error, SdkError::ConstructionFailure(_)));
            let error = SinkError::new(kind, self.masked(&context));
            return AwsFailure {
                meaning: Meaning::Failed(kind),
                code: None,
                message: String::new(),
                status: None,
                error,
            };
        };
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = metadata.and_then(|metadata| metadata.code()).filter(|code| !code.is_empty()).map(str::to_owned);
        let said = metadata.and_then(|metadata| metadata.message());
        let message = match (said, &code) {
            // What AWS says of a signature is the whole request, with a token in it, from the second line on.
            (Some(said), _) => text::line(&self.masked(said.lines().next().unwrap_or_default()), LONGEST),
            (None, Some(_)) => String::new(),
            (None, None) => self.body(answer),
        };
        self.judge(answer, code, message)
    }

    fn judge(&self, answer: &HttpResponse, code: Option<String>, message: String) -> AwsFailure {
        let status = answer.status().as_u16();
        let named = code.as_deref().and_then(|code| {
            let corrected = self.operation.service.corrections.iter().find(|(corrected, _)| *corrected == code);
            corrected.map(|(_, meaning)| *meaning).or_else(|| Meaning::of_code(code))
        });
        let meaning = match named {
            // Consent that is none of this service's: a proxy's page, say.
            None if (200..300).contains(&status) => Meaning::Failed(self.unknown()),
            None => match Meaning::of_status(status) {
                // AWS has a code for everything. Without one somebody else said it, on the way, and nothing is lost for that
                // but what was too large for them.
                Meaning::Refused if code.is_none() && status != 413 => Meaning::Failed(Misconfigured),
                meaning => meaning,
            },
            Some(meaning) => meaning,
        };
        let apart = date(answer).map(|date| date - self.now).filter(|skew| skew.abs() > SKEW);
        // By the service's own time it is the secret that is wrong, unless it still minds the time.
        let skew = apart.filter(|_| self.signed == Time::Own || code.as_deref().is_some_and(minds_the_time));
        let meaning = match meaning {
            // Some say no more than that of a signature that is too old.
            Meaning::Denied if skew.is_some() => Meaning::Signature,
            meaning => meaning,
        };
        let kind = match meaning {
            Meaning::Failed(kind) => kind,
            Meaning::Signature if skew.is_some() => Misconfigured,
            Meaning::Expired | Meaning::Signature | Meaning::Denied => Unauthorized,
            Meaning::Refused => Misconfigured,
        };
        let mut context = self.answered(status, code.as_deref(), &message);
        context.push_str(&self.advice(meaning, code.as_deref(), skew));
        let wait = retry_after(answer, self.now);
        let error = wait.into_iter().fold(SinkError::new(kind, context), SinkError::with_retry_after);
        AwsFailure { meaning, code, message, status: Some(status), error }
    }

    fn answered(&self, status: u16, code: Option<&str>, message: &str) -> String {
        let said = if message.is_empty() { String::new() } else { format!(" ({message})") };
        let (service, operation) = (self.service(), self.operation.name);
        match code {
            Some(code) => format!("{service} answered {operation} with {code}{said}"),
            None if (200..300).contains(&status) => {
                format!("{service} answered {operation} with {status}, and what it says is not understood{said}")
            }
            None => format!("{service} answered {operation} with status {status}{said}"),
        }
    }

    /// What helps, in words that follow others.
    fn advice(&self, meaning: Meaning, code: Option<&str>, skew: Option<TimeDelta>) -> String {
        let keys =
            if self.has_keys { "`access_key_id` and `secret_access_key`" } else { "the credentials of this machine" };
        match meaning {
            Meaning::Denied => format!("; allow {} to whom the credentials belong, in IAM", self.operation.action),
            Meaning::Expired if self.has_keys => "; put a new key and token into the configuration".to_owned(),
            Meaning::Expired => "; fetched anew they are over too".to_owned(),
            Meaning::Signature => match skew {
                Some(skew) => {
                    let (apart, ours) = (figure::span(skew.abs()), self.now.format("%H:%M:%S"));
                    let theirs = (self.now + skew).format("%H:%M:%S");
                    format!(
                        "; this machine's clock is wrong by {apart}: it says {ours}, AWS says {theirs} (UTC); set it right, with NTP"
                    )
                }
                None => format!("; check {keys}, the secret above all"),
            },
            Meaning::Failed(Unauthorized) => match code {
                Some("OptInRequired" | "SubscriptionRequiredException") => {
                    "; the account is not enabled for it".to_owned()
                }
                _ => format!(
                    "; check {keys}, and `region`: a key can be unknown in a region that the account has not enabled"
                ),
            },
            Meaning::Failed(Misconfigured) if code == Some("LimitExceededException") => {
                "; a quota of the account is used up: delete what nobody needs, or ask AWS for more".to_owned()
            }
            Meaning::Failed(Misconfigured) => "; check `endpoint` and `region`".to_owned(),
            Meaning::Failed(_) | Meaning::Refused => String::new(),
        }
    }

    /// The beginning of an answer that has no code: a proxy's page, say.
    fn body(&self, answer: &HttpResponse) -> String {
        let body = answer.body().bytes().unwrap_or_default();
        let body = &body[..body.len().min(4 * LONGEST)];
        text::line(&self.masked(&String::from_utf8_lossy(body)), LONGEST)
    }

    fn masked(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}

/// Whether a code is of the time of a request alone.
fn minds_the_time(code: &str) -> bool {
    ["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"].contains(&code)
}

/// What must be seen nowhere.
pub(crate) fn secrets(keys: Option<&StaticKeys>, kept: Option<&Credentials>) -> Vec<String> {
    let given = keys.into_iter().flat_map(|keys| {
        let secrets = [Some(&keys.secret_access_key), keys.session_token.as_ref(), Some(&keys.access_key_id)];
        secrets.into_iter().flatten().filter_map(|secret| secret.reveal().ok().map(|text| text.trim().to_owned()))
    });
    let found = kept.into_iter().flat_map(|kept| {
        [Some(kept.secret_access_key()), kept.session_token()].into_iter().flatten().map(str::to_owned)
    });
    let mut secrets: Vec<String> = given.chain(found).filter(|secret| !secret.is_empty()).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// How long the answer says to wait: `x-amz-retry-after` in milliseconds, else `Retry-After` in seconds or as a date, read
/// against the answer's own `Date`.
fn retry_after(answer: &HttpResponse, now: DateTime<Utc>) -> Option<Duration> {
    let header = |name| answer.headers().get(name).map(str::trim);
    if let Some(millis) = header("x-amz-retry-after").and_then(|text| text.parse::<u64>().ok()) {
        return Some(Duration::from_millis(millis.min(LONGEST_WAIT)));
    }
    let value = header("retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        let millis = (seconds * 1_000.0).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is bounded at once"
        )]
        return (millis >= 0.0).then(|| Duration::from_millis((millis as u64).min(LONGEST_WAIT)));
    }
    let until = NaiveDateTime::parse_from_str(value, "%a, %d %b %Y %H:%M:%S GMT").ok()?.and_utc();
    let wait = until.signed_duration_since(date(answer).unwrap_or(now));
    Some(wait.to_std().unwrap_or_default().min(Duration::from_millis(LONGEST_WAIT)))
}
