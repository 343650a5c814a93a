//! A receiver of tidegate's webhooks, as one may be written in any language: it verifies each signature, drops what it has
//! had, and says in a line what is new. It knows nothing of tidegate but what `docs/guide/webhook.md` tells.
//!
//! ```sh
//! export WEBHOOK_SECRET="whsec_$(head -c 32 /dev/urandom | base64)"
//! cargo run -p tidegate-example-webhook-receiver        # listens on http://127.0.0.1:8080/hook
//! ```

mod inbox;
mod signature;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

pub use self::inbox::Inbox;
pub use self::signature::{Refusal, Verifier};

/// What the server works with.
#[derive(Clone)]
struct Receiver {
    verifier: Arc<Verifier>,
    inbox: Arc<Mutex<Inbox>>,
    say: Arc<dyn Fn(String) + Send + Sync>,
}

/// A server of `/hook`, which takes what `verifier` knows and has `say` tell what is new in it, a line each.
pub fn app(verifier: Verifier, say: impl Fn(String) + Send + Sync + 'static) -> Router {
    let receiver = Receiver { verifier: Arc::new(verifier), inbox: Arc::default(), say: Arc::new(say) };
    // A body may have 2 MiB: axum answers a larger one with 413, and tidegate then sends the batch in halves.
    Router::new().route("/hook", post(hook)).with_state(receiver)
}

/// Answers 204 once it has done its work: before that, tidegate would not send again what got lost here.
async fn hook(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // Over the bytes as they came: read and written anew, they would be others.
    let id = match receiver.verifier.verify(&headers, &body, now()) {
        Ok(id) => id,
        Err(Refusal::Malformed(_)) => return StatusCode::BAD_REQUEST,
        Err(Refusal::Unknown | Refusal::OutOfTime) => return StatusCode::UNAUTHORIZED,
    };
    let Ok(message) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    let news = receiver.inbox.lock().unwrap_or_else(PoisonError::into_inner).take(id, &message);
    for line in news {
        (receiver.say)(line);
    }
    StatusCode::NO_CONTENT
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a program of its own, with the clock of its machine")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
