use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use tidegate_router::Handle;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::intake::{self, Intake};
use crate::{Notifications, StatusError, answer, health};

/// How long those who were heard may take once it is to stop: a client that does not read must not hold up the end.
const GRACE: Duration = Duration::from_secs(2);

/// Tells over HTTP how a router is, and where it is to, takes notifications for it.
#[derive(Debug, Clone)]
pub struct Status {
    handle: Handle,
    notifications: Option<Notifications>,
    notes: Arc<[String]>,
}

impl Status {
    /// Tells of the router that `handle` steers.
    pub fn new(handle: Handle) -> Self {
        Self { handle, notifications: None, notes: Arc::default() }
    }

    /// Takes notifications too, at `/v1/notifications`. Default: nobody's.
    pub fn with_notifications(mut self, notifications: Notifications) -> Self {
        self.notifications = Some(notifications);
        self
    }

    /// Says these with `/health/ready`: what is as it is configured and good to know, such as what nobody measures.
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes = notes.into_iter().collect();
        self
    }

    /// Listens at `address`; with port 0 at one that is free. Nobody is answered before it
    /// [serves](Bound::serve).
    ///
    /// # Errors
    /// When the address is taken, not this machine's, or not allowed.
    pub async fn bind(self, address: SocketAddr) -> Result<Bound, StatusError> {
        let listener = TcpListener::bind(address).await.map_err(|error| StatusError::new(address, error))?;
        self.with_listener(listener)
    }

    /// Answers those who come to `listener`, which somebody else has bound.
    ///
    /// # Errors
    /// When the system does not tell its address.
    pub fn with_listener(self, listener: TcpListener) -> Result<Bound, StatusError> {
        let address = listener.local_addr().map_err(|error| StatusError::new("the listener", error))?;
        Ok(Bound { status: self, listener, address })
    }

    /// The service itself, to be nested in a server of one's own. Notifications are taken without a token only where
    /// that server tells who asks: by axum's `into_make_service_with_connect_info::<SocketAddr>()`.
    pub fn into_service(self) -> Router {
        let mut paths = "/health/live and /health/ready".to_owned();
        let notes = self.notes;
        let ready = async move |State(handle): State<Handle>| health::ready(&handle, &notes).await;
        let mut service =
            Router::new().route("/health/live", get(async || health::live())).route("/health/ready", get(ready));
        if let Some(notifications) = self.notifications {
            paths = format!("/health/live, /health/ready and {}", intake::PATH);
            service = service.route(intake::PATH, intake::route(Intake::new(self.handle.clone(), notifications)));
        }
        service.fallback(async move || answer::not_found(&paths)).with_state(self.handle)
    }
}

/// A status with an address.
#[derive(Debug)]
pub struct Bound {
    status: Status,
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` ends; then it takes nobody new, ends what it has begun, for 2 s at the most, and returns. It
    /// goes on when the router has stopped, and says so.
    ///
    /// # Errors
    /// When the system fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StatusError> {
        let Self { status, listener, address } = self;
        tracing::info!(%address, "serving the status");
        let service = status.into_service().into_make_service_with_connect_info::<SocketAddr>();
        let (tell_stop, stopping) = oneshot::channel();
        let served = axum::serve(listener, service).with_graceful_shutdown(async move {
            stop.await;
            let _ = tell_stop.send(()); // nobody waits any more where serving has failed
        });
        let too_long = async {
            match stopping.await {
                Ok(()) => sleep(GRACE).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = served.into_future() => ended.map_err(|error| StatusError::new(address, error)),
            () = too_long => Ok(()),
        }
    }
}
