use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt, pending};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Reason, Sink, SinkError};

use super::{Fault, Faults, Script};
use crate::Crash;

/// A sink before which things go wrong; what does not goes on to the sink within. Clones share the faults.
///
/// ```
/// use tidegate_sink::{Outcome, Sink, SinkErrorKind};
/// use tidegate_testkit::faults::{Fault, FaultySink, Script};
/// use tidegate_testkit::model::BatchService;
/// use tidegate_testkit::sample;
///
/// # futures::executor::block_on(async {
/// let service = BatchService::new("logs");
/// let sink = FaultySink::new(service.clone(), Script::new([Fault::lost(SinkErrorKind::Unconfirmed)]));
/// let batch = [sample::delivery(sample::log("started"))];
///
/// assert_eq!(sink.deliver(&batch).await.unwrap_err().kind(), SinkErrorKind::Unconfirmed);
/// assert_eq!(service.count(batch[0].id), 1, "it has it all the same");
/// assert!(matches!(sink.deliver(&batch).await.unwrap()[0], Outcome::Accepted(_)));
/// # });
/// ```
#[derive(Clone)]
pub struct FaultySink<S> {
    sink: S,
    faults: Arc<Mutex<dyn Faults>>,
    crash: Crash,
}

impl<S: Sink> FaultySink<S> {
    /// `sink` with what `faults` decides.
    pub fn new(sink: S, faults: impl Faults + 'static) -> Self {
        Self { sink, faults: Arc::new(Mutex::new(faults)), crash: Crash::never() }
    }

    /// `sink` without a fault.
    pub(crate) fn faultless(sink: S) -> Self {
        Self::new(sink, Script::default())
    }

    /// The same with other faults.
    pub fn with_faults(mut self, faults: impl Faults + 'static) -> Self {
        self.faults = Arc::new(Mutex::new(faults));
        self
    }

    /// The same in a process that ends with `crash`: before a call has an effect, or after it.
    pub fn with_crash(mut self, crash: Crash) -> Self {
        self.crash = crash;
        self
    }

    /// The sink within.
    pub fn inner(&self) -> &S {
        &self.sink
    }

    pub(crate) fn inner_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    fn suffer<'a>(&'a self, batch: &'a [Delivery], fault: Fault) -> BoxFuture<'a, Result<Vec<Outcome>, SinkError>> {
        async move {
            match fault {
                Fault::None => self.sink.deliver(batch).await,
                Fault::Fail { kind, applied, retry_after } => {
                    assert!(!applied || kind.may_have_applied(), "an error that says it is {kind} was never applied");
                    self.apply(applied, batch).await;
                    let error = SinkError::new(kind, "the test says so");
                    Err(retry_after.into_iter().fold(error, SinkError::with_retry_after))
                }
                Fault::Reject => Ok(batch.iter().map(|_| Outcome::Rejected(Reason::new("the test says so"))).collect()),
                Fault::Untouched => Ok(batch.iter().map(|_| Outcome::Untouched).collect()),
                Fault::Hang { applied } => {
                    self.apply(applied, batch).await;
                    pending().await
                }
                Fault::Panic => self.panic(),
                Fault::Partial { done, rest } => self.split(batch, done, *rest).await,
            }
        }
        .boxed()
    }

    /// Has it applied; how that went nobody hears.
    async fn apply(&self, applied: bool, batch: &[Delivery]) {
        if applied {
            let _ = self.sink.deliver(batch).await;
        }
    }

    async fn split(&self, batch: &[Delivery], done: usize, rest: Fault) -> Result<Vec<Outcome>, SinkError> {
        let (front, back) = batch.split_at(done.min(batch.len()));
        let mut outcomes = if front.is_empty() { Vec::new() } else { self.sink.deliver(front).await? };
        if !back.is_empty() {
            match self.suffer(back, rest).await {
                Ok(more) => outcomes.extend(more),
                Err(error) => outcomes.extend(back.iter().map(|_| Outcome::Failed(error.clone()))),
            }
        }
        Ok(outcomes)
    }

    #[expect(clippy::panic, reason = "the script asks for it")]
    fn panic(&self) -> ! {
        panic!("the sink to {} panics, as the test says", self.sink.profile().destination())
    }
}

#[async_trait]
impl<S: Sink> Sink for FaultySink<S> {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.crash.point().await;
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).next(batch);
        let delivered = self.suffer(batch, fault).await;
        self.crash.point().await;
        delivered
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

impl<S: fmt::Debug> fmt::Debug for FaultySink<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultySink").field("sink", &self.sink).field("crash", &self.crash).finish_non_exhaustive()
    }
}
