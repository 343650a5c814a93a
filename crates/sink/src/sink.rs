use std::sync::Arc;

use async_trait::async_trait;

use crate::{Delivery, Outcome, Probe, Profile, SinkError};

/// A service that people look at, or a place where data is kept.
#[async_trait]
pub trait Sink: Send + Sync {
    /// What it takes and how. The same at every call.
    fn profile(&self) -> &Profile;

    /// Delivers a batch of at most [`Profile::batch`] items, of kinds that the profile takes.
    ///
    /// Gives one outcome for each item, in the order of `batch`. May be called several times at once, up to
    /// [`Profile::concurrency`], and may be dropped at any await: the lane then counts it as unconfirmed.
    ///
    /// # Errors
    /// `Err(e)`: every item failed with `e`.
    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError>;

    /// Checks address and credentials, without leaving a trace where the service allows it. It is for people; and a router
    /// asks so, once a minute at the most, when a sink that was ill has nothing to deliver by which it would show itself
    /// well again.
    ///
    /// # Errors
    /// When the sink would not work now; the error says what to do.
    async fn probe(&self) -> Result<Probe, SinkError>;
}

#[async_trait]
impl<T: Sink + ?Sized> Sink for Box<T> {
    fn profile(&self) -> &Profile {
        (**self).profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        (**self).deliver(batch).await
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        (**self).probe().await
    }
}

#[async_trait]
impl<T: Sink + ?Sized> Sink for Arc<T> {
    fn profile(&self) -> &Profile {
        (**self).profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        (**self).deliver(batch).await
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        (**self).probe().await
    }
}
