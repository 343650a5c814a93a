use tidegate_event::{Name, Resource, Signal};
use tidegate_source::{Ack, Intake};
use tokio::sync::{mpsc, oneshot, watch};

use crate::inlet::Inlet;
use crate::{Integration, RouterError, RouterErrorKind, Snapshot};

/// What the handle asks of a router that runs.
#[derive(Debug)]
pub(crate) enum Request {
    Add(Box<Integration>, oneshot::Sender<Result<(), RouterError>>),
    Replace(Box<Integration>, oneshot::Sender<Result<(), RouterError>>),
    Remove(Name, oneshot::Sender<Result<(), RouterError>>),
    Retell(Name, oneshot::Sender<Result<(), RouterError>>),
    Redeliver(Name, oneshot::Sender<Result<(), RouterError>>),
    Replay(Name, oneshot::Sender<Result<(), RouterError>>),
    Snapshot(oneshot::Sender<Snapshot>),
}

/// Steers a router from outside while it runs. Cheap to clone.
///
/// Every call waits for the router to run; it fails with [`RouterErrorKind::Stopped`] once it has stopped.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) inlet: Inlet,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) stop: watch::Sender<bool>,
}

impl Handle {
    /// Hands `signals` in, as a source would. Returns once what is to be kept of them is durable.
    ///
    /// # Errors
    /// When the router stops first: they may be published again.
    pub async fn publish(&self, signals: impl IntoIterator<Item = impl Into<Signal>>) -> Result<(), RouterError> {
        let (ack, taken) = Ack::new();
        let intake = Intake::new(signals.into_iter().map(Into::into).collect()).with_ack(ack);
        self.inlet.hand_in(None, intake).await.map_err(|_| stopped())?;
        taken.await.map_err(|_| stopped())
    }

    /// Closes the issues of `resource` and all that lies in it with this cause, and lets nothing about it open until
    /// it is restored.
    ///
    /// # Errors
    /// When the resource is empty, or the router stops first.
    pub async fn retire(&self, resource: Resource, why: impl Into<String> + Send) -> Result<(), RouterError> {
        if resource.is_empty() {
            return Err(RouterError::new(RouterErrorKind::NotFound, "the empty resource cannot be retired"));
        }
        self.publish([Signal::Retired { resource, why: why.into() }]).await
    }

    /// Watches `resource` again, and all that was retired within it.
    ///
    /// # Errors
    /// When the resource is empty, or the router stops first.
    pub async fn restore(&self, resource: Resource) -> Result<(), RouterError> {
        if resource.is_empty() {
            return Err(RouterError::new(RouterErrorKind::NotFound, "the empty resource cannot be restored"));
        }
        self.publish([Signal::Restored { resource }]).await
    }

    /// Adds an integration. It is told the issues that are open now, and what happens from now on.
    ///
    /// # Errors
    /// When there is one of that name, one of that name was removed and is still ending
    /// ([`RouterErrorKind::Busy`]), the name is not fit for one, or where it begins cannot be saved.
    pub async fn add(&self, integration: Integration) -> Result<(), RouterError> {
        self.ask(|reply| Request::Add(Box::new(integration), reply)).await?
    }

    /// Replaces the integration of the same name. It keeps its place and receipts where it sends to the same
    /// destination; another destination is told the issues that are open now, and the old one keeps what it was told.
    ///
    /// # Errors
    /// When there is none of that name, or where it begins cannot be saved: then nothing was changed.
    pub async fn replace(&self, integration: Integration) -> Result<(), RouterError> {
        self.ask(|reply| Request::Replace(Box::new(integration), reply)).await?
    }

    /// Removes an integration and all that its lanes have stored, its dead letters too. Its destination keeps what it was
    /// told.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn remove(&self, name: impl Into<Name> + Send) -> Result<(), RouterError> {
        let name = name.into();
        self.ask(|reply| Request::Remove(name, reply)).await?
    }

    /// Tells an integration all issues that are open now, as new deliveries, whatever it was told before.
    ///
    /// # Errors
    /// When there is none of that name, or what is open now is not in the journal yet because that fails.
    pub async fn retell(&self, name: impl Into<Name> + Send) -> Result<(), RouterError> {
        let name = name.into();
        self.ask(|reply| Request::Retell(name, reply)).await?
    }

    /// Delivers now those dead letters of an integration again that were asked for with
    /// [`Records::redeliver`](crate::Records::redeliver), rather than after the next start.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn redeliver(&self, name: impl Into<Name> + Send) -> Result<(), RouterError> {
        let name = name.into();
        self.ask(|reply| Request::Redeliver(name, reply)).await?
    }

    /// Begins now the replay of an integration that was asked for with [`Records::replay`](crate::Records::replay),
    /// rather than after the next start. What is on its way is let end first.
    ///
    /// # Errors
    /// When there is none of that name, or what is open now is not in the journal yet because that fails.
    pub async fn replay(&self, name: impl Into<Name> + Send) -> Result<(), RouterError> {
        let name = name.into();
        self.ask(|reply| Request::Replay(name, reply)).await?
    }

    /// Everything that a status page shows.
    ///
    /// # Errors
    /// When the router has stopped.
    pub async fn snapshot(&self) -> Result<Snapshot, RouterError> {
        self.ask(Request::Snapshot).await
    }

    /// Asks the router to stop in order. Returns at once; `Router::run` returns when it has.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, RouterError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())
    }
}

fn stopped() -> RouterError {
    RouterError::new(RouterErrorKind::Stopped, "the router was asked after it had stopped")
}
