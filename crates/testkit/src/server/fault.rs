use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tidegate_base::Random;

use super::{lock, text};

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
            Self::Throttle(_) | Self::Instead(_) => false,
            _ => self.point().is_none_or(|point| point >= Point::Applied),
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
        match random.below(8) {
            0 => Fault::throttled(RetryAfter::None),
            1 => Fault::throttled(RetryAfter::Seconds(1 + random.below(60))),
            2 => Fault::throttled(RetryAfter::Date(Duration::from_secs(1 + random.below(60)))),
            3 => Fault::status(pick(&[500, 502, 503, 504], &mut random)),
            4 => Fault::status_after(pick(&[500, 502, 503, 504], &mut random)),
            5 => Fault::ContentType("text/html".to_owned()),
            6 => Fault::Close(point),
            _ => Fault::Reset(point),
        }
    }
}

fn pick<T: Copy>(these: &[T], random: &mut Random) -> T {
    these[usize::try_from(random.below(these.len() as u64)).unwrap_or(0)]
}

/// Faults in a fixed order.
#[derive(Debug, Default)]
pub(super) struct Script(Mutex<VecDeque<Fault>>);

impl Script {
    pub(super) fn extend(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.0).extend(faults);
    }

    pub(super) fn next(&self) -> Option<Fault> {
        lock(&self.0).pop_front()
    }

    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }
}
