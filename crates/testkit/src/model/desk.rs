use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};

/// What a service does with one item, and what it keeps.
pub(super) trait Book: Send + 'static {
    fn apply(&mut self, delivery: &Delivery) -> Outcome;
}

/// Where a service takes items in, without a fault and at once.
#[derive(Debug)]
pub(super) struct Desk<B> {
    profile: Profile,
    book: Arc<Mutex<B>>,
}

impl<B: Book> Desk<B> {
    pub(super) fn new(profile: Profile, book: B) -> Self {
        Self { profile, book: Arc::new(Mutex::new(book)) }
    }

    pub(super) fn set_profile(&mut self, profile: Profile) {
        self.profile = profile;
    }

    pub(super) fn book(&self) -> MutexGuard<'_, B> {
        // A book is not left half written: nothing in `apply` panics.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Clone for Desk<B> {
    fn clone(&self) -> Self {
        Self { profile: self.profile.clone(), book: self.book.clone() }
    }
}

#[async_trait]
impl<B: Book> Sink for Desk<B> {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let mut book = self.book();
        Ok(batch.iter().map(|delivery| book.apply(delivery)).collect())
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new().with_proven(format!("the model service {} is there", self.profile.destination())))
    }
}

/// What the three services share: the sink, and how it is set up and watched.
macro_rules! service {
    ($service:ident, $book:ty) => {
        impl $service {
            /// The same service with another profile, for clones made of this one.
            pub fn with_profile(mut self, profile: Profile) -> Self {
                self.sink.inner_mut().set_profile(profile);
                self
            }

            /// The same service, with what `faults` decides for each call made through this clone and those of it.
            pub fn with_faults(mut self, faults: impl Faults + 'static) -> Self {
                self.sink = self.sink.with_faults(faults);
                self
            }

            /// The same service as seen by a process that ends with `crash`.
            pub fn with_crash(mut self, crash: Crash) -> Self {
                self.sink = self.sink.with_crash(crash);
                self
            }

            /// How often it was called.
            pub fn calls(&self) -> u64 {
                self.watch.calls()
            }

            /// The most calls that were under way at the same time.
            pub fn most_at_once(&self) -> usize {
                self.watch.most_at_once()
            }

            /// What a caller did that the profile forbids, a sentence each: too many calls at once, too large a batch,
            /// a kind that is not taken, two events of one issue or notification side by side.
            pub fn breaches(&self) -> Vec<String> {
                self.watch.breaches()
            }

            /// What it was offered and rejected, as often as it did.
            pub fn rejected(&self) -> Vec<Delivery> {
                self.watch.rejected()
            }

            fn book(&self) -> MutexGuard<'_, $book> {
                self.sink.inner().book()
            }
        }

        #[async_trait]
        impl Sink for $service {
            fn profile(&self) -> &Profile {
                self.sink.profile()
            }

            async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
                let _under_way = self.watch.enter(self.profile(), batch);
                let delivered = self.sink.deliver(batch).await;
                self.watch.answered(batch, &delivered);
                delivered
            }

            async fn probe(&self) -> Result<Probe, SinkError> {
                self.sink.probe().await
            }
        }

        impl fmt::Debug for $service {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($service))
                    .field("destination", self.profile().destination())
                    .field("book", &*self.book())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(super) use service;
