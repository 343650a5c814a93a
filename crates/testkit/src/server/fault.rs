use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tidegate_base::Random;

use super::{lock, text};
use crate::conformance::Failure;

/// What becomes of one request.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Fault {
    /// It is applied and answered.
    #[default]
    None,
    /// It is applied at once, and answered so much later.
    Delay(Duration),
    /// It is answered with 429, and not applied.
    Throttle(RetryAfter),
    /// It is answered with this, and not applied.
    Instead(Response<Bytes>),
    /// It is applied, and answered with this.
    After(Response<Bytes>),
    /// It is answered with this status and its own words (address, headers, body), and not applied: what a sink repeats of
    /// an answer must not be its own secret.
    Echo(StatusCode),
    /// The connection is closed in good order.
    Close(Point),
    /// The connection is reset: what is on its way to the client is lost.
    Reset(Point),
    /// The connection stays, and nothing more ever comes over it.
    Hang(Point),
    /// It is applied, and the body of its answer comes in eight pieces, with this time before each.
    Slow(Duration),
    /// It is applied and answered, under another content type.
    ContentType(String),
    /// It is applied, and what comes back is not HTTP.
    Garbage,
}

impl Fault {
    /// Too much at once: 429, and nothing is applied.
    pub fn throttled(retry_after: RetryAfter) -> Self {
        Self::Throttle(retry_after)
    }

    /// An answer of `status` without a word; nothing is applied.
    ///
    /// # Panics
    /// When `status` is none of HTTP's.
    pub fn status(status: u16) -> Self {
        Self::Instead(text(status, ""))
    }

    /// An answer of `status` without a word, to a request that was applied all the same.
    ///
    /// # Panics
    /// When `status` is none of HTTP's.
    pub fn status_after(status: u16) -> Self {
        Self::After(text(status, ""))
    }

    /// One of each sort of failure, in every form and at every [`Point`]: each ends by itself within some hundredths of a
    /// second. Without [`Hang`](Self::Hang), which a client ends by a time-out of its own.
    pub fn each() -> Vec<Self> {
        let waits = [RetryAfter::None, RetryAfter::Seconds(7), RetryAfter::Date(Duration::from_mins(1))];
        let mut each: Vec<Self> = waits.map(Self::Throttle).into();
        each.extend([500, 502, 503, 504].map(Self::status));
        each.extend([500, 503].map(Self::status_after));
        each.extend([StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN, StatusCode::BAD_GATEWAY].map(Self::Echo));
        each.extend(Point::ALL.map(Self::Close));
        each.extend(Point::ALL.map(Self::Reset));
        each.extend([
            Self::Delay(Duration::from_millis(20)),
            Self::Slow(Duration::from_millis(2)),
            Self::ContentType("text/html".to_owned()),
            Self::Garbage,
        ]);
        each
    }

    /// What a sink may say of it.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Throttle(RetryAfter::None) => Failure::Throttled(None),
            Self::Throttle(RetryAfter::Seconds(seconds)) => Failure::Throttled(Some(Duration::from_secs(*seconds))),
            Self::Throttle(RetryAfter::Date(wait)) => Failure::Throttled(Some(*wait)),
            Self::Instead(answer) | Self::After(answer) if answer.status().is_server_error() => Failure::InDoubt,
            Self::Echo(status) if status.is_server_error() => Failure::InDoubt,
            Self::Instead(_) | Self::After(_) | Self::Echo(_) => Failure::Any,
            // The status is known by then, and for some services it says all.
            Self::Close(Point::HalfBody) | Self::Reset(Point::HalfBody) | Self::Hang(Point::HalfBody) => {
                Failure::Applied
            }
            Self::Close(_) | Self::Reset(_) | Self::Hang(_) | Self::Garbage => Failure::InDoubt,
            Self::None | Self::Delay(_) | Self::Slow(_) | Self::ContentType(_) => Failure::Applied,
        }
    }

    /// Where it breaks the exchange off, if it does.
    pub(super) fn point(&self) -> Option<Point> {
        match self {
            Self::Close(point) | Self::Reset(point) | Self::Hang(point) => Some(*point),
            _ => None,
        }
    }

    /// Whether the service gets the request.
    pub(super) fn applies(&self) -> bool {
        match self {
            Self::Throttle(_) | Self::Instead(_) | Self::Echo(_) => false,
            _ => self.point().is_none_or(|point| point >= Point::Applied),
        }
    }
}

/// What becomes of the request: `applied, and answered 503 Service Unavailable`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("applied and answered"),
            Self::Delay(wait) => write!(f, "applied, and answered after {wait:?}"),
            Self::Throttle(RetryAfter::None) => f.write_str("answered 429 without a Retry-After"),
            Self::Throttle(RetryAfter::Seconds(seconds)) => write!(f, "answered 429 with a Retry-After of {seconds}"),
            Self::Throttle(RetryAfter::Date(wait)) => write!(f, "answered 429 with a Retry-After date {wait:?} ahead"),
            Self::Instead(answer) => write!(f, "not applied, and answered {}", answer.status()),
            Self::After(answer) => write!(f, "applied, and answered {}", answer.status()),
            Self::Echo(status) => write!(f, "not applied, and answered {status} with its own words"),
            Self::Close(point) => write!(f, "{point}, and the connection is closed"),
            Self::Reset(point) => write!(f, "{point}, and the connection is reset"),
            Self::Hang(point) => write!(f, "{point}, and nothing more comes"),
            Self::Slow(each) => write!(f, "applied, and answered in pieces, one each {each:?}"),
            Self::ContentType(other) => write!(f, "applied, and answered as {other}"),
            Self::Garbage => f.write_str("applied, and answered with what is no HTTP"),
        }
    }
}

/// How far an exchange comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// The first bytes of the request have arrived, and are not read.
    Start,
    /// The request's head was read, and its body is not.
    Head,
    /// The whole request was read, and is not applied.
    Request,
    /// The request was applied, and nothing is answered.
    Applied,
    /// Half of the answer's head was sent.
    HalfHead,
    /// The answer's head was sent, and half of its body.
    HalfBody,
}

impl Point {
    /// All six, in order.
    pub const ALL: [Self; 6] = [Self::Start, Self::Head, Self::Request, Self::Applied, Self::HalfHead, Self::HalfBody];
}

/// What becomes of the request: `applied, and not answered`.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "not read",
            Self::Head => "read no further than its head",
            Self::Request => "read, and not applied",
            Self::Applied => "applied, and not answered",
            Self::HalfHead => "applied, and answered with half a head",
            Self::HalfBody => "applied, and answered with half a body",
        })
    }
}

/// How a 429 says how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// Not at all.
    None,
    /// In seconds.
    Seconds(u64),
    /// By a date, so far from the answer's own `date`.
    Date(Duration),
}

/// Who decides what becomes of each request: a closure, or [`RandomServerFaults`]. It is asked when the whole request is
/// there, so that [`Point::Start`] and [`Point::Head`] are to it the same as [`Point::Request`].
pub trait ServerFaults: Send {
    /// What becomes of `request`.
    fn next(&mut self, request: &Request<Bytes>) -> Fault;
}

impl<F: FnMut(&Request<Bytes>) -> Fault + Send> ServerFaults for F {
    fn next(&mut self, request: &Request<Bytes>) -> Fault {
        self(request)
    }
}

/// Seeded faults of every sort but those that wait: one request in so many. Clones share the seed's course and the stop.
#[derive(Debug, Clone)]
pub struct RandomServerFaults {
    random: Arc<Mutex<Random>>,
    one_in: u64,
    stopped: Arc<AtomicBool>,
}

impl RandomServerFaults {
    /// Faults that follow from `random`, one in `one_in` requests; none where that is 0.
    pub fn new(random: Random, one_in: u64) -> Self {
        Self { random: Arc::new(Mutex::new(random)), one_in, stopped: Arc::default() }
    }

    /// From now on all goes well, so that a test can see how it ends.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }
}

impl ServerFaults for RandomServerFaults {
    fn next(&mut self, _: &Request<Bytes>) -> Fault {
        let mut random = lock(&self.random);
        if self.stopped.load(Ordering::SeqCst) || !random.one_in(self.one_in) {
            return Fault::None;
        }
        let point = pick(&[Point::Request, Point::Applied, Point::HalfHead, Point::HalfBody], &mut random);
        match random.below(9) {
            0 => Fault::throttled(RetryAfter::None),
            1 => Fault::throttled(RetryAfter::Seconds(1 + random.below(60))),
            2 => Fault::throttled(RetryAfter::Date(Duration::from_secs(1 + random.below(60)))),
            3 => Fault::status(pick(&[500, 502, 503, 504], &mut random)),
            4 => Fault::status_after(pick(&[500, 502, 503, 504], &mut random)),
            5 => Fault::ContentType("text/html".to_owned()),
            6 => Fault::Garbage,
            7 => Fault::Close(point),
            _ => Fault::Reset(point),
        }
    }
}

fn pick<T: Copy>(these: &[T], random: &mut Random) -> T {
    these[usize::try_from(random.below(these.len() as u64)).unwrap_or(0)]
}

/// Faults in a fixed order, and what follows them.
#[derive(Debug, Default)]
pub(super) struct Script(Mutex<(VecDeque<Fault>, Option<Fault>)>);

impl Script {
    pub(super) fn extend(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.0).0.extend(faults);
    }

    pub(super) fn end_with(&self, fault: Fault) {
        lock(&self.0).1 = Some(fault);
    }

    pub(super) fn next(&self) -> Option<Fault> {
        let mut script = lock(&self.0);
        script.0.pop_front().or_else(|| script.1.clone())
    }

    pub(super) fn clear(&self) {
        *lock(&self.0) = Default::default();
    }
}
