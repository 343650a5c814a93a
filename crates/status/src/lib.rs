//! How a tidegate router is, over HTTP: whether it lives, and whether it is ready; and notifications for it.
//!
//! ```
//! use tidegate_router::Router;
//! use tidegate_status::{Notifications, Status};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let router = Router::builder().build()?;
//! let handle = router.handle();
//! let status = Status::new(handle.clone()).with_notifications(Notifications::new());
//! let status = status.bind("127.0.0.1:0".parse()?).await?;
//! println!("http://{}/health/ready", status.address());
//!
//! let running = tokio::spawn(router.run());
//! let serving = tokio::spawn(status.serve(async move {
//!     // Until whatever ends the program.
//! }));
//! serving.await??;
//! handle.stop();
//! running.await??;
//! # Ok(())
//! # }
//! ```
//!
//! # What it answers
//! | path | 200 | else |
//! |---|---|---|
//! | `/health/live` | always: the process runs and answers | |
//! | `/health/ready` | the router runs, and its stores take what it writes | 503 |
//!
//! Both answer `GET` and `HEAD` with a JSON object on one line, which is not to be cached:
//! ```json
//! {"status":"unready","reasons":["a store fails: cannot append: input or output failed"]}
//! ```
//! `status` is `live`, `ready` or `unready`; `reasons` is there when it is `unready`. A sink that is away does not make a
//! router unready: the others are told, and what waits for it is kept. A router that does not answer within 2 s is
//! unready too. `notes` has what [whoever serves it](Status::with_notes) wants to have known, where there is anything.
//!
//! # Notifications
//! Where it is [to take them](Status::with_notifications), `POST /v1/notifications` hands one to the router, with a body
//! such as
//! ```json
//! {"id":"backup-118","kind":"backup","severity":"warning","message":"Backup skipped.","resource":{"cluster":"orders"}}
//! ```
//! | field | |
//! |---|---|
//! | `id` | names it for ever, over all its revisions: 1 to 256 bytes without control characters |
//! | `revision` | rises when there is something new to say of it; by default 0 |
//! | `kind` | what sort of thing happened: 1 to 64 of `a-z`, `0-9`, `-` |
//! | `severity` | `info`, `warning`, `error` or `critical`; by default `info`, or the [control plane's](tidegate_event::ControlPlane) |
//! | `message` | what people are told, at most 64 KiB; the control plane's events have their own |
//! | `resource` | where it happened: `cluster`, `node`, `part`, each at most 255 bytes; the control plane's events need a cluster |
//! | `at` | when, in RFC 3339; by default now, and no more than a day ahead |
//!
//! A field that is `null` is left out. The answer is 202 with `{"status":"taken","id":"backup-118","revision":0}` once it
//! is durable, and otherwise says why not, all that is wrong at once:
//! ```json
//! {"status":"refused","reasons":["`severity` is \"bad\"; it must be info, warning, error or critical"]}
//! ```
//! | code | means |
//! |---|---|
//! | 202 | it is durable; the same id again, at this or a lower revision, is answered so too and told nobody |
//! | 400 | something is wrong in the body: each field that is, what was found there and what would be right |
//! | 401 | no token, or another one |
//! | 403 | there is no token here, and the request does not come from this machine |
//! | 405 | another method than `POST` |
//! | 408 | the body was not there within 10 s |
//! | 409 | the id and revision were taken already as something else |
//! | 413 | the body is over 1 MiB |
//! | 415 | another `content-type` than `application/json` |
//! | 429 | 64 are under way; `retry-after` says when to try again |
//! | 503 | not durable within 30 s, the router has stopped, or the token cannot be read. It may have been taken: say it again |
//!
//! After 408, 429, 503 or no answer at all, say the same thing again with the same id. What was told already is not told
//! again, across restarts. One thing is done again: what the control plane says makes a cluster defunct, or available,
//! each time that it is handed to the router. Of the last 10,000 ids that it acknowledged since it started, the service
//! knows better; an older "failed" that comes after "available" retires the cluster anew.
//!
//! Without a token it takes what comes over loopback, with a `host` that is `localhost` or an IP address and without a
//! sign of a proxy, so that no page in a browser of this machine can say anything.
//!
//! # Limits
//! Whoever reaches the address may ask: bind it to loopback, or let a proxy stand before it, and then set a token. HTTP/1
//! alone, without TLS.

mod answer;
mod error;
mod health;
mod intake;
mod notifications;
mod serve;

pub use error::{StatusError, StatusErrorKind};
pub use notifications::Notifications;
pub use serve::{Bound, Status};
