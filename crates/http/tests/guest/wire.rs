//! The way to a service in the fault simulation of the router, on which everything goes wrong that can. Each HTTP sink's
//! simulation takes this module by its path, with a [`Service`] that answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tidegate_base::Random;
use tidegate_http::{Transport, TransportError, TransportErrorKind};
use tidegate_testkit::{Crash, server};

/// After so long a request is given up.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A model of a service, and the words in which the real one fails.
pub(crate) trait Service: Send + Sync {
    /// Its answer, once it has done what it was asked to.
    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes>;
    /// Too much at once, with the seconds to wait or without.
    fn too_much(&self, seconds: Option<u64>) -> Response<Bytes>;
    /// A failure inside of it, which does not tell whether it did what it was asked to.
    fn failure(&self, request: &Request<Bytes>, random: &mut Random) -> Response<Bytes>;
    /// A refusal for a moment: it did nothing. A key that changes between two requests, say.
    fn refusal(&self, request: &Request<Bytes>, random: &mut Random) -> Response<Bytes>;
}

/// What happens to a request.
enum Fault {
    None,
    /// Nothing was sent.
    Refused,
    /// The connection ends without an answer.
    Lost {
        applied: bool,
    },
    /// No answer comes in time.
    Silent {
        applied: bool,
    },
    Throttled(Option<u64>),
    Failed {
        applied: bool,
        answer: Response<Bytes>,
    },
}

/// What goes wrong on the way. Clones are the same.
#[derive(Clone)]
pub(crate) struct Trouble {
    random: Arc<Mutex<Random>>,
    over: Arc<AtomicBool>,
    away: Arc<AtomicBool>,
}

impl Trouble {
    pub(crate) fn new(random: Random) -> Self {
        Self { random: Arc::new(Mutex::new(random)), over: Arc::default(), away: Arc::default() }
    }

    /// Nothing goes wrong any more.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// The service is not to be reached, or is again. Whether it is away now.
    pub(crate) fn toggle_away(&self) -> bool {
        !self.away.fetch_xor(true, Ordering::Relaxed)
    }

    fn next(&self, service: &dyn Service, request: &Request<Bytes>) -> Fault {
        if self.over.load(Ordering::Relaxed) {
            return Fault::None;
        }
        let mut random = self.random.lock().expect("no test panics here");
        if self.away.load(Ordering::Relaxed) {
            return if random.one_in(5) { Fault::Silent { applied: random.one_in(2) } } else { Fault::Refused };
        }
        let applied = random.one_in(2);
        match random.below(100) {
            0..5 => Fault::Refused,
            5..17 => Fault::Lost { applied },
            17..20 => Fault::Silent { applied },
            20..25 => Fault::Throttled(random.one_in(2).then(|| 1 + random.below(90))),
            25..34 => Fault::Failed { applied, answer: service.failure(request, &mut random) },
            34..36 => Fault::Failed { applied, answer: server::text(502, "<html>Please log in.</html>") },
            36..38 => Fault::Failed { applied: false, answer: service.refusal(request, &mut random) },
            _ => Fault::None,
        }
    }

    fn pause(&self) -> Duration {
        self.random.lock().expect("no test panics here").duration(Duration::from_millis(400))
    }
}

/// The way, as one life of the process has it.
pub(crate) struct Wire {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) trouble: Trouble,
    pub(crate) crash: Crash,
}

impl Wire {
    async fn apply(&self, request: &Request<Bytes>) -> Response<Bytes> {
        tokio::time::sleep(self.trouble.pause()).await;
        let answer = self.service.answer(request);
        self.crash.point().await;
        tokio::time::sleep(self.trouble.pause()).await;
        answer
    }

    async fn apply_if(&self, applied: bool, request: &Request<Bytes>) {
        if applied {
            let _ = self.apply(request).await;
        }
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let failed = |kind| Err(TransportError::new(kind, "the schedule says so"));
        self.crash.point().await;
        match self.trouble.next(&*self.service, &request) {
            Fault::None => Ok(self.apply(&request).await),
            Fault::Refused => failed(TransportErrorKind::Unreachable),
            Fault::Lost { applied } => {
                self.apply_if(applied, &request).await;
                failed(TransportErrorKind::Interrupted)
            }
            Fault::Silent { applied } => {
                self.apply_if(applied, &request).await;
                tokio::time::sleep(TIMEOUT).await;
                failed(TransportErrorKind::TimedOut)
            }
            Fault::Throttled(seconds) => Ok(self.service.too_much(seconds)),
            Fault::Failed { applied, answer } => {
                self.apply_if(applied, &request).await;
                Ok(answer)
            }
        }
    }
}
