mod answer;
mod cbor;
mod limits;
mod series;

use std::fmt;
use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use http::{Method, Request, Response};
use tidegate_base::{Clock, SystemClock};

use self::answer::{Refusal, answer};
use self::cbor::Value;
pub use self::series::{CloudWatchPoint, CloudWatchSeries};
use super::aws;
use crate::server::text;

/// What stands before the name of an operation in the path.
const OPERATIONS: &str = "/service/GraniteServiceVersion20100801/operation/";
/// The largest body in bytes, before it is compressed. CloudWatch says 1 MB; the smaller readings count.
const LARGEST: u64 = 1_000_000;
/// What is sent as it is where it is shorter: an SDK compresses the rest.
const COMPRESSED: usize = 10_240;

/// Amazon CloudWatch, as far as metrics are put into it and listed: `PutMetricData` and `ListMetrics` by the protocol
/// Smithy RPC v2 CBOR, which is the one that the SDK for Rust speaks.
///
/// It answers requests, so that a real sink speaks to it: behind a [`Server`](crate::server::Server), or straight from a
/// client of the test's own. It verifies each signature by itself, with no code of the SDK.
///
/// | | |
/// |---|---|
/// | within each limit of the API's model | 200 with an empty map; all values are kept |
/// | beyond one | 400 `InvalidParameterValue`, `InvalidParameterCombination` or `MissingParameter`, which names the datum as `MetricData.member.<n>`; nothing of the request is kept |
/// | a body over 1,000,000 bytes, unpacked | 413 `RequestEntityTooLarge` |
/// | another key, a wrong signature, a clock that is off | 403 `InvalidClientTokenId`, `SignatureDoesNotMatch` |
/// | a key that [may not](Self::set_allowed) | 403 `AccessDenied` |
/// | a name that is [refused](Self::with_refused) | 400, which names the datum, as for NaN |
/// | another protocol, address or method | 400, and a [complaint](Self::complaints) |
///
/// The limits: 1 to 1,000 datums, 150 unique values each with as many counts, 30 dimensions, names of 1 to 255 and values of
/// 1 to 1,024 letters of ASCII, times from two weeks ago to two hours ahead, numbers up to 2^360, 27 words for units.
///
/// Clones are the same CloudWatch.
///
/// ```
/// use tidegate_testkit::model::CloudWatchService;
/// use tidegate_testkit::server::Server;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let cloudwatch = CloudWatchService::new("AKIDEXAMPLE", "secret");
/// let behind = cloudwatch.clone();
/// let server = Server::start(move |request| behind.answer(request)).await;
/// // … a sink puts metrics to `server.url()` …
/// # drop(server);
/// assert_eq!(cloudwatch.series().len(), 0);
/// assert_eq!(cloudwatch.complaints(), [""; 0]);
/// # });
/// ```
#[derive(Clone)]
pub struct CloudWatchService {
    inner: Arc<Mutex<Inner>>,
}

/// A request that CloudWatch got.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudWatchRequest {
    /// When it came.
    pub at: DateTime<Utc>,
    /// `PutMetricData` or `ListMetrics`; empty where it is neither.
    pub operation: String,
    /// The status of the answer.
    pub status: u16,
    /// The namespace.
    pub namespace: String,
    /// How many datums it has.
    pub datums: usize,
    /// How many bytes its body has, unpacked.
    pub bytes: usize,
    /// How many bytes were sent for that.
    pub sent_bytes: usize,
}

struct Inner {
    clock: Box<dyn Clock>,
    key_id: String,
    secret: String,
    allowed: bool,
    query_errors: bool,
    refused: Option<String>,
    series: Vec<CloudWatchSeries>,
    requests: Vec<CloudWatchRequest>,
    complaints: Vec<String>,
}

impl CloudWatchService {
    /// One that knows the key `key_id` with `secret`, in whatever region.
    pub fn new(key_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let inner = Inner {
            clock: Box::new(SystemClock::new()),
            key_id: key_id.into(),
            secret: secret.into(),
            allowed: true,
            query_errors: true,
            refused: None,
            series: Vec::new(),
            requests: Vec::new(),
            complaints: Vec::new(),
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same by another clock: it tells how old a datum is, and a signature.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        self.lock().clock = Box::new(clock);
        self
    }

    /// The same, which refuses each datum of the metric `name`, by its number.
    pub fn with_refused(self, name: impl Into<String>) -> Self {
        self.lock().refused = Some(name.into());
        self
    }

    /// The same without the header `x-amzn-query-error`: the code of an error stands in the body only.
    pub fn without_query_errors(self) -> Self {
        self.lock().query_errors = false;
        self
    }

    /// From now on it knows the key `key_id` with `secret` and no other.
    pub fn set_key(&self, key_id: impl Into<String>, secret: impl Into<String>) {
        let mut inner = self.lock();
        (inner.key_id, inner.secret) = (key_id.into(), secret.into());
    }

    /// Whether the key may do anything from now on.
    pub fn set_allowed(&self, allowed: bool) {
        self.lock().allowed = allowed;
    }

    /// All metrics that it has, in the order in which they came first.
    pub fn series(&self) -> Vec<CloudWatchSeries> {
        self.lock().series.clone()
    }

    /// How many values it has of all metrics together.
    pub fn sample_count(&self) -> f64 {
        self.lock().series.iter().map(CloudWatchSeries::sample_count).sum()
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<CloudWatchRequest> {
        self.lock().requests.clone()
    }

    /// What no SDK does, a sentence each.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// Takes what `request` brings, or not, and says so.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut inner = self.lock();
        let at = inner.clock.now();
        let operation = request.uri().path().strip_prefix(OPERATIONS).unwrap_or_default().to_owned();
        let mut noted = CloudWatchRequest {
            at,
            operation,
            status: 200,
            namespace: String::new(),
            datums: 0,
            bytes: 0,
            sent_bytes: request.body().len(),
        };
        let query_errors = inner.query_errors;
        let mut answer = match inner.take(request, &mut noted) {
            Ok(body) => answer(200, body),
            Err(refusal) => refusal.answer(query_errors),
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
        let mut answer = Refusal::new("Throttling", "Rate exceeded").answer(true);
        if let Some(wait) = retry_after {
            answer.headers_mut().insert("x-amz-retry-after", wait.into());
        }
        answer
    }

    /// What it says where it failed: `InternalServiceError` with 500, or `ServiceUnavailable` with 503.
    pub fn failed(status: u16) -> Response<Bytes> {
        match status {
            500 => Refusal::new("InternalServiceError", "Request processing has failed.").answer(true),
            503 => Refusal::new("ServiceUnavailable", "Service is unavailable.").answer(true),
            other => text(other, ""),
        }
    }

    /// The answer to a request whose datum number `which` is minded, counted from 1; without a number nobody says which.
    pub fn refused(which: Option<usize>) -> Response<Bytes> {
        let which = which.map_or_else(String::new, |which| format!(" for parameter MetricData.member.{which}.Value"));
        Refusal::new("InvalidParameterValue", format!("The value{which} is invalid.")).answer(true)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The body of the answer.
    fn take(&mut self, request: &Request<Bytes>, noted: &mut CloudWatchRequest) -> Result<Vec<u8>, Refusal> {
        let body = self.body(request, noted)?;
        aws::check(request, (&self.key_id, &self.secret), "monitoring", noted.at)
            .map_err(|unsigned| Refusal::new(unsigned.code, unsigned.message))?;
        if !self.allowed {
            let (key, operation) = (&self.key_id, &noted.operation);
            let message = format!("User: {key} is not authorized to perform: cloudwatch:{operation}");
            return Err(Refusal::new("AccessDenied", message));
        }
        match &*noted.operation {
            "PutMetricData" => self.put(&body, noted),
            "ListMetrics" => Ok(self.list(&body, noted)),
            other => {
                let what = format!("the operation {other:?} of {}", request.uri());
                Err(self.minds("UnknownOperationException", what))
            }
        }
    }

    /// What the request says, if it is one of the protocol.
    fn body(&mut self, request: &Request<Bytes>, noted: &mut CloudWatchRequest) -> Result<Value, Refusal> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        if request.method() != Method::POST {
            return Err(self.minds("UnknownOperationException", format!("the method {}", request.method())));
        }
        for (name, right) in [
            ("content-type", "application/cbor"),
            ("smithy-protocol", "rpc-v2-cbor"),
            ("accept", "application/cbor"),
            ("x-amzn-query-mode", "true"),
        ] {
            if header(name) != Some(right) {
                let what = format!("the header {name} is {:?}, where {right} is right", header(name));
                return Err(self.minds("SerializationException", what));
            }
        }
        let unpacked = match header("content-encoding") {
            None if request.body().len() < COMPRESSED => request.body().to_vec(),
            None => {
                let what = format!("a body of {} bytes as it is", request.body().len());
                return Err(self.minds("SerializationException", what));
            }
            Some("gzip") => {
                let mut unpacked = Vec::new();
                let read = GzDecoder::new(&request.body()[..]).take(LARGEST + 1).read_to_end(&mut unpacked);
                read.map_err(|error| self.minds("SerializationException", format!("a body of gzip: {error}")))?;
                unpacked
            }
            Some(other) => return Err(self.minds("SerializationException", format!("a body of {other}"))),
        };
        noted.bytes = unpacked.len();
        if unpacked.len() as u64 > LARGEST {
            return Err(Refusal::new("RequestEntityTooLarge", "Request size exceeded the limit."));
        }
        Value::read(&unpacked).map_err(|error| self.minds("SerializationException", format!("CBOR: {error}")))
    }

    fn put(&mut self, body: &Value, noted: &mut CloudWatchRequest) -> Result<Vec<u8>, Refusal> {
        noted.datums = body.get("MetricData").and_then(Value::list).map_or(0, <[Value]>::len);
        let (namespace, datums) = limits::datums(body, self.refused.as_deref(), self.clock.now())
            .map_err(|limits::Wrong(code, message)| Refusal::new(code, message))?;
        for datum in &datums {
            let place = self.series.iter().position(|series| series.is_of(&namespace, datum));
            let place = place.unwrap_or_else(|| {
                self.series.push(CloudWatchSeries::new(&namespace, datum));
                self.series.len() - 1
            });
            self.series[place].add(datum);
        }
        noted.namespace = namespace;
        Ok(vec![0xa0])
    }

    fn list(&self, body: &Value, noted: &mut CloudWatchRequest) -> Vec<u8> {
        let namespace = body.get("Namespace").and_then(Value::text);
        namespace.unwrap_or_default().clone_into(&mut noted.namespace);
        let listed = self.series.iter().filter(|series| namespace.is_none_or(|named| named == series.namespace));
        cbor::metrics(&listed.map(|series| (series.namespace.clone(), series.name.clone())).collect::<Vec<_>>())
    }

    fn minds(&mut self, code: &'static str, what: String) -> Refusal {
        self.complaints.push(what.clone());
        Refusal::new(code, what)
    }
}

impl fmt::Debug for CloudWatchService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("CloudWatchService")
            .field("series", &inner.series.len())
            .field("requests", &inner.requests.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
