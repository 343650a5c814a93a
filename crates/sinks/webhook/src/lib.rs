//! The webhook sink of tidegate: events of every kind as JSON, signed by the [Standard Webhooks] specification 1.0.0, for
//! a program of your own to receive.
//!
//! ```
//! use tidegate_base::Secret;
//! use tidegate_sink::Sink;
//! use tidegate_sink_webhook::Webhook;
//!
//! let sink = Webhook::to("https://receiver.example.com/hook", Secret::from_env("WEBHOOK_SECRET"))
//!     .with_secret(Secret::from_file("the-secret-before"))
//!     .build_sink()?;
//! assert_eq!(&**sink.profile().destination(), "webhook:receiver.example.com/fe25a8dc");
//! # Ok::<(), tidegate_sink_webhook::WebhookError>(())
//! ```
//!
//! # What is posted
//! `{"type": …, "timestamp": …, "data": {…}}`. `timestamp` is when it happened; it and `data` are the same on every
//! attempt.
//!
//! | type | data |
//! |---|---|
//! | `issue.opened` | the issue event as [`tidegate_event`] writes it, with its key's `id`; the first that is told of the episode |
//! | `issue.updated` | the same: a later one, still open |
//! | `issue.closed` | the same: the last one |
//! | `notification.created` | the notification; the first that is told of its `id` |
//! | `notification.updated` | the same: a later revision |
//! | `log.batch` | `{"logs": […]}`, each with an `id` of its own |
//! | `metric.batch` | `{"metrics": […]}`, the same |
//!
//! | header | |
//! |---|---|
//! | `webhook-id` | the same on every attempt: the [`DeliveryId`](tidegate_sink::DeliveryId), or one made of those of a batch |
//! | `webhook-timestamp` | when this attempt is made, in seconds |
//! | `webhook-signature` | `v1,` and the HMAC-SHA256 of id, timestamp and body; one for each secret, separated by blanks |
//!
//! # What a receiver must do
//! Verify the signature over the bytes as they came, refuse a timestamp more than five minutes away, drop a `webhook-id`
//! that it has had, and answer 2xx within the time-out. Of a batch drop the items whose `id` it has had, too: after an
//! attempt that failed, the same items may come in batches that are cut otherwise. Of an issue take nothing whose
//! `sequence` is not above the last of its `episode`. `examples/webhook-receiver` does all of it.
//!
//! # What it answers, and what follows
//!
//! | | |
//! |---|---|
//! | 2xx | done, whatever the body says |
//! | 401, 403 | [`Unauthorized`](tidegate_sink::SinkErrorKind::Unauthorized): everything waits for the operator |
//! | 410 | [`Gone`](tidegate_sink::SinkErrorKind::Gone): it stops until the configuration changes |
//! | 413 | a batch goes on with its first half; one event is rejected |
//! | 429 | [`Throttled`](tidegate_sink::SinkErrorKind::Throttled) |
//! | 408, 5xx | [`Unavailable`](tidegate_sink::SinkErrorKind::Unavailable): tried again |
//! | 3xx, 404, 405 | the same; a redirect is not followed |
//! | any other 4xx | the same [for this event alone](tidegate_sink::SinkError::of_item) until three days after it happened; then rejected. Logs and metrics wait in order, and are given up by their age |
//! | no complete answer | [`Unconfirmed`](tidegate_sink::SinkErrorKind::Unconfirmed): tried again, which the id makes harmless |
//!
//! A `Retry-After` counts on any of them. There is one request at a time, so that what is sent first arrives first.
//!
//! # Limits
//! - The specification wants bodies below some 20 KB: a batch holds at most 100 items and 20,000 bytes, which
//!   [`with_batch`](WebhookBuilder::with_batch) and [`with_batch_bytes`](WebhookBuilder::with_batch_bytes) change. One
//!   event that is larger goes by itself, whole: nothing is cut.
//! - An update that was told as `issue.updated` just before the machine stopped may come as `issue.opened` once more,
//!   under the same `webhook-id`.
//! - Symmetric signatures (`v1`) only; the specification's ed25519 (`v1a`) is not spoken.
//! - It posts to any address, internal ones too, as a program on one's own premises must: there is no filter against
//!   server-side request forgery. Who may write the configuration decides where it posts.
//! - The URL is no secret to the configuration; still, no error, `Debug` or destination shows more of it than its host.
//!   The destination has a fingerprint of scheme and path: another of those is another place, which is told anew what is
//!   open. A password or a query may change.
//! - Clocks must agree to five minutes, or every signature is refused. A probe compares them.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

mod address;
mod answer;
mod builder;
mod config;
mod dialect;
mod error;
mod payload;
mod signature;
mod sink;

pub use builder::WebhookBuilder;
pub use config::WebhookConfig;
pub use dialect::Webhook;
pub use error::{WebhookError, WebhookErrorKind};
pub use sink::WebhookSink;
