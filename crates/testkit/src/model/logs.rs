mod limits;
mod place;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request, Response};
use serde_json::{Value, json};
use tidegate_base::{Clock, SystemClock};

use self::limits::Put;
pub use self::place::{LogsEvent, LogsStream};
use super::aws;

/// What stands before the name of an operation in `x-amz-target`.
const TARGET: &str = "Logs_20140328.";
/// The type of every body.
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Amazon CloudWatch Logs, as far as it is written to: `PutLogEvents`, `CreateLogStream`, `CreateLogGroup` and
/// `DescribeLogStreams` in AWS JSON 1.1.
///
/// It answers requests, so that a real sink speaks to it: behind a [`Server`](crate::server::Server), or straight from a
/// client of the test's own. It verifies each signature by itself, with no code of the SDK.
///
/// | | |
/// |---|---|
/// | within each limit of the API's model | 200; events that are too old, too far ahead or older than the [retention](Self::with_retention) are refused one by one, in `rejectedLogEventsInfo` |
/// | beyond one, or in disorder | 400 `InvalidParameterException`, and a [complaint](Self::complaints); nothing of the call is kept |
/// | a group or a stream that is not there | 400 `ResourceNotFoundException`; one that is there already, `ResourceAlreadyExistsException` |
/// | another key, a wrong signature, a clock that is off | 400 `UnrecognizedClientException`, 403 `InvalidSignatureException` |
/// | an operation that is [denied](Self::deny) | 400 `AccessDeniedException` |
/// | a text that is [refused](Self::with_refused) | 400 `InvalidParameterException`, for the whole call |
///
/// The limits of a call: 1 to 10,000 events in order of time, 1,048,576 bytes (26 more for each event than its message
/// has), 24 hours from the first to the last that is not refused.
///
/// Clones are the same CloudWatch Logs.
///
/// ```
/// use tidegate_testkit::model::LogsService;
/// use tidegate_testkit::server::Server;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let logs = LogsService::new("AKIDEXAMPLE", "secret").with_group("/tidegate/orders");
/// let behind = logs.clone();
/// let server = Server::start(move |request| behind.answer(request)).await;
/// // … a sink writes to `server.url()` …
/// # drop(server);
/// assert_eq!(logs.streams().len(), 0);
/// assert_eq!(logs.complaints(), [""; 0]);
/// # });
/// ```
#[derive(Clone)]
pub struct LogsService {
    inner: Arc<Mutex<Inner>>,
}

/// A request that CloudWatch Logs got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsRequest {
    /// When it came.
    pub at: DateTime<Utc>,
    /// `PutLogEvents`, say; empty where it is none.
    pub operation: String,
    /// The stream that it is about; empty where it is about none.
    pub stream: String,
    /// How many events it has.
    pub events: usize,
    /// How many bytes they count.
    pub bytes: usize,
    /// The status of the answer.
    pub status: u16,
}

struct Inner {
    clock: Box<dyn Clock>,
    key: (String, String),
    denied: BTreeSet<String>,
    refused: Option<String>,
    retention: Option<TimeDelta>,
    groups: BTreeSet<String>,
    streams: Vec<LogsStream>,
    /// How often something that was made is not there yet.
    lag: u32,
    requests: Vec<LogsRequest>,
    complaints: Vec<String>,
}

/// Why something is not done: a code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

fn refuse<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { status: 400, code, message: message.into() })
}

impl LogsService {
    /// One that knows the key `key_id` with `secret`, in whatever region, and has no group.
    pub fn new(key_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let inner = Inner {
            clock: Box::new(SystemClock::new()),
            key: (key_id.into(), secret.into()),
            denied: BTreeSet::new(),
            refused: None,
            retention: None,
            groups: BTreeSet::new(),
            streams: Vec::new(),
            lag: 0,
            requests: Vec::new(),
            complaints: Vec::new(),
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same by another clock: it tells how old an event is, and a signature.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.lock().clock = Box::new(clock);
        self
    }

    /// The same with the group `name`.
    pub fn with_group(self, name: impl Into<String>) -> Self {
        self.lock().groups.insert(name.into());
        self
    }

    /// The same, whose groups keep events so long.
    pub fn with_retention(self, retention: TimeDelta) -> Self {
        self.lock().retention = Some(retention);
        self
    }

    /// The same, which takes no call with an event that has `part` in it.
    pub fn with_refused(self, part: impl Into<String>) -> Self {
        self.lock().refused = Some(part.into());
        self
    }

    /// The same, where what was made is not there yet for the next `times` calls.
    pub fn with_lag(self, times: u32) -> Self {
        self.lock().lag = times;
        self
    }

    /// From now on it knows the key `key_id` with `secret` and no other.
    pub fn set_key(&self, key_id: impl Into<String>, secret: impl Into<String>) {
        self.lock().key = (key_id.into(), secret.into());
    }

    /// From now on the key may not do `operation`, such as `PutLogEvents`.
    pub fn deny(&self, operation: impl Into<String>) {
        self.lock().denied.insert(operation.into());
    }

    /// From now on the key may do everything.
    pub fn allow_all(&self) {
        self.lock().denied.clear();
    }

    /// Somebody deletes the group `name` with all that is in it.
    pub fn delete_group(&self, name: &str) {
        let mut inner = self.lock();
        inner.groups.remove(name);
        inner.streams.retain(|stream| stream.group != name);
    }

    /// The groups, by name.
    pub fn groups(&self) -> Vec<String> {
        self.lock().groups.iter().cloned().collect()
    }

    /// The streams, in the order in which they were made.
    pub fn streams(&self) -> Vec<LogsStream> {
        self.lock().streams.clone()
    }

    /// What is in the stream `name`, in the order in which it came; nothing where there is no such stream.
    pub fn events(&self, name: &str) -> Vec<LogsEvent> {
        self.streams().into_iter().filter(|stream| stream.name == name).flat_map(|stream| stream.events).collect()
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<LogsRequest> {
        self.lock().requests.clone()
    }

    /// What was asked that a careful client does not ask, a sentence each.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// Does what `request` asks for, or not, and says so.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut inner = self.lock();
        let at = inner.clock.now();
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut noted = LogsRequest {
            at,
            operation: target.strip_prefix(TARGET).unwrap_or_default().to_owned(),
            stream: String::new(),
            events: 0,
            bytes: 0,
            status: 200,
        };
        let mut answer = match inner.take(request, &mut noted) {
            Ok(body) => said(200, &body),
            Err(refusal) => {
                said(refusal.status, &json!({ "__type": refusal.code, "message": refusal.message }).to_string())
            }
        };
        noted.status = answer.status().as_u16();
        inner.requests.push(noted);
        if let Ok(date) = at.format("%a, %d %b %Y %H:%M:%S GMT").to_string().parse() {
            answer.headers_mut().insert("date", date);
        }
        answer
    }

    /// What it says where there was too much, with the time to wait in milliseconds.
    pub fn throttled(retry_after: Option<u64>) -> Response<Bytes> {
        let mut answer = said(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
        if let Some(wait) = retry_after {
            answer.headers_mut().insert("x-amz-retry-after", wait.into());
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn said(status: u16, body: &str) -> Response<Bytes> {
    let mut answer = crate::server::text(status, body.to_owned());
    answer.headers_mut().insert("content-type", http::HeaderValue::from_static(CONTENT_TYPE));
    let id = http::HeaderValue::from_static("6a0f1c52-7b3d-4e19-8c44-5f2a9d0b1e37");
    answer.headers_mut().insert("x-amzn-requestid", id);
    answer
}

impl Inner {
    fn take(&mut self, request: &Request<Bytes>, noted: &mut LogsRequest) -> Result<String, Refusal> {
        self.check_key(request, noted.at)?;
        let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
        if request.method() != Method::POST || request.uri().path() != "/" || content_type != Some(CONTENT_TYPE) {
            self.complaints.push(format!("{} {} as {content_type:?}", request.method(), request.uri().path()));
            return refuse("UnknownOperationException", "");
        }
        let Ok(body) = serde_json::from_slice::<Value>(request.body()) else {
            self.complaints.push("a body that is no JSON".to_owned());
            return refuse("SerializationException", "");
        };
        if self.denied.contains(&noted.operation) {
            let message = format!(
                "User: arn:aws:iam::123456789012:user/tidegate is not authorized to perform: logs:{}",
                noted.operation
            );
            return refuse("AccessDeniedException", message);
        }
        let done = self.apply(&body, noted);
        if let Err(refusal) = &done
            && refusal.code == "InvalidParameterException"
            && !self.holds_refused(&body)
        {
            self.complaints.push(format!("{}: {}", noted.operation, refusal.message));
        }
        done
    }

    fn check_key(&self, request: &Request<Bytes>, now: DateTime<Utc>) -> Result<(), Refusal> {
        let (key_id, secret) = &self.key;
        match aws::check(request, (key_id, secret), "logs", now) {
            Ok(_) => Ok(()),
            // Its own words for the same.
            Err(unsigned) if unsigned.code == "InvalidClientTokenId" => {
                refuse("UnrecognizedClientException", unsigned.message)
            }
            Err(unsigned) => Err(Refusal { status: 403, code: "InvalidSignatureException", message: unsigned.message }),
        }
    }

    fn apply(&mut self, body: &Value, noted: &mut LogsRequest) -> Result<String, Refusal> {
        let group = limits::group(body)?;
        match noted.operation.as_str() {
            "CreateLogGroup" => {
                if !self.groups.insert(group) {
                    return refuse("ResourceAlreadyExistsException", "The specified log group already exists");
                }
                Ok(String::new())
            }
            "CreateLogStream" => {
                let name = limits::stream(body)?;
                noted.stream.clone_from(&name);
                self.look_for(&group)?;
                if self.streams.iter().any(|stream| stream.group == group && stream.name == name) {
                    return refuse("ResourceAlreadyExistsException", "The specified log stream already exists");
                }
                self.streams.push(LogsStream { group, name, events: Vec::new() });
                Ok(String::new())
            }
            "DescribeLogStreams" => {
                self.look_for(&group)?;
                let names = self.streams.iter().filter(|stream| stream.group == group).map(|stream| &stream.name);
                let most = usize::try_from(body["limit"].as_u64().unwrap_or(50)).unwrap_or(50);
                let streams: Vec<Value> = names.take(most).map(|name| json!({ "logStreamName": name })).collect();
                Ok(json!({ "logStreams": streams }).to_string())
            }
            "PutLogEvents" => self.put(&group, body, noted),
            _ => refuse("UnknownOperationException", ""),
        }
    }

    fn put(&mut self, group: &str, body: &Value, noted: &mut LogsRequest) -> Result<String, Refusal> {
        let name = limits::stream(body)?;
        noted.stream.clone_from(&name);
        let put = Put::read(body)?;
        (noted.events, noted.bytes) = (put.events.len(), put.bytes());
        self.look_for(group)?;
        let found = self.streams.iter().position(|stream| stream.group == group && stream.name == name);
        let Some(stream) = found else {
            return refuse("ResourceNotFoundException", "The specified log stream does not exist.");
        };
        if self.lag > 0 {
            self.lag -= 1;
            return refuse("ResourceNotFoundException", "The specified log stream does not exist.");
        }
        let bounds = put.check(noted.at, self.retention)?;
        if self.holds_refused(body) {
            return refuse("InvalidParameterException", "Log event is not accepted.");
        }
        let kept = put.events.into_iter().enumerate().filter(|(place, _)| bounds.takes(*place)).map(|(_, event)| event);
        self.streams[stream].events.extend(kept);
        Ok(bounds.answer().to_string())
    }

    fn look_for(&self, group: &str) -> Result<(), Refusal> {
        if self.groups.contains(group) {
            return Ok(());
        }
        refuse("ResourceNotFoundException", "The specified log group does not exist.")
    }

    fn holds_refused(&self, body: &Value) -> bool {
        let holds = |part: &String| {
            let events = body["logEvents"].as_array().into_iter().flatten();
            events.filter_map(|event| event["message"].as_str()).any(|message| message.contains(part.as_str()))
        };
        self.refused.as_ref().is_some_and(holds)
    }
}

impl fmt::Debug for LogsService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        write!(f, "LogsService({} streams, {} requests)", inner.streams.len(), inner.requests.len())
    }
}

#[cfg(test)]
mod tests;
