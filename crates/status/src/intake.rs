//! `POST /v1/notifications`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use tidegate_router::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::Notifications;
use crate::answer::{Answer, Refusal};
use memory::{Mark, Memory, Recalled};
use told::Told;

mod body;
mod field;
mod gate;
mod memory;
mod told;

/// Where notifications are taken.
pub(crate) const PATH: &str = "/v1/notifications";
/// How many requests may be under way: with bodies of 1 MiB each, 64 MiB in memory.
const PLACES: usize = 64;
/// How long a notification may take to become durable before its sender is told to come again.
const PATIENCE: Duration = Duration::from_secs(30);

/// What takes notifications.
pub(crate) struct Intake {
    handle: Handle,
    notifications: Notifications,
    places: Semaphore,
    memory: Mutex<Memory>,
}

impl Intake {
    pub(crate) fn new(handle: Handle, notifications: Notifications) -> Self {
        Self { handle, notifications, places: Semaphore::new(PLACES), memory: Mutex::default() }
    }

    async fn take(&self, request: Request) -> Result<Response, Refusal> {
        let (head, body) = request.into_parts();
        gate::admit(self.notifications.token.as_ref(), &head)?;
        let Ok(_place) = self.places.try_acquire() else {
            let reason = format!("{PLACES} notifications are under way, which are all that may be; say it again later");
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason).with_header(RETRY_AFTER, "1"));
        };
        let told = self.read(&head.headers, body).await?;
        let (id, revision) = (told.notification.id.clone(), told.notification.revision);
        let mark = Mark::of(&told.notification);
        let recalled = self.memory.lock().unwrap_or_else(PoisonError::into_inner).recall(mark);
        match recalled {
            Recalled::New => self.publish(told, &id, mark).await?,
            Recalled::Taken => {}
            Recalled::Otherwise => {
                let reason = format!(
                    "`id` {} with `revision` {revision} was taken as something else: of another `kind`, or about another \
                     `resource`; give this one an id of its own",
                    field::quoted(&id)
                );
                return Err(Refusal::new(StatusCode::CONFLICT, reason));
            }
        }
        Ok(Answer::taken(id, revision).respond(StatusCode::ACCEPTED))
    }

    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Told, Refusal> {
        expect_json(headers)?;
        let body = body::read(body).await?;
        let now = self.notifications.clock.now();
        Told::read(&body, now).map_err(|reasons| Refusal::of(StatusCode::BAD_REQUEST, reasons))
    }

    /// Returns once it is durable, and remembers it.
    async fn publish(&self, told: Told, id: &str, mark: Mark) -> Result<(), Refusal> {
        let reason = match timeout(PATIENCE, self.handle.publish(told.into_signals())).await {
            Ok(Ok(())) => {
                self.memory.lock().unwrap_or_else(PoisonError::into_inner).remember(mark);
                return Ok(());
            }
            Ok(Err(_)) => "the router has stopped, and may not have taken it; say it again with the same id".to_owned(),
            Err(_) => format!(
                "not durable within {} s: a store hangs or fails. It may have been taken; say it again with the same id",
                PATIENCE.as_secs()
            ),
        };
        tracing::warn!(id, reason, "a notification is not acknowledged");
        Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason).with_header(RETRY_AFTER, "5"))
    }
}

/// Where notifications are taken by POST, and nothing else is.
pub(crate) fn route(intake: Intake) -> MethodRouter<Handle> {
    let take = async |State(intake): State<Arc<Intake>>, request: Request| intake.take(request).await;
    post(take).fallback(async |request: Request| wrong_method(&request)).with_state(Arc::new(intake))
}

fn wrong_method(request: &Request) -> Response {
    let reason = format!("found {}; notifications are said by POST", request.method());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, reason).with_header(ALLOW, "POST").into_response()
}

/// A page in a browser can post text and forms to any address without asking first, and JSON it cannot.
fn expect_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let found = headers.get(CONTENT_TYPE);
    let kind = found.and_then(|found| found.to_str().ok()).and_then(|found| found.split(';').next());
    if kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    let found = found.map_or_else(
        || "there is no `content-type`".to_owned(),
        |found| format!("`content-type` is {}", field::quoted(&String::from_utf8_lossy(found.as_bytes()))),
    );
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("{found}; it must be application/json")))
}
