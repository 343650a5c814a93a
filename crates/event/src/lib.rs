//! What happened, as data: the events that tidegate routes and the signals that its detectors see.
//!
//! An [`Event`] is one of four: an [`IssueEvent`] (a possibly bad state opened, changed or closed), a
//! [`Notification`] (something noteworthy, once), a [`LogRecord`] or a [`Sample`] of a metric. A [`Signal`] is what a
//! source hands in: an event, or something that only detectors and the ledger need, such as "could not measure". What a
//! control plane tells of its clusters has kinds and messages of its own: [`ControlPlane`].
//!
//! ```
//! use tidegate_event::{Event, IssueKey, Resource, Sample};
//! use chrono::{TimeZone, Utc};
//!
//! let node = Resource::new().with_cluster("orders").with_node("10.0.0.2:2113");
//! let at = Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap();
//! let sample = Sample::new("system.load.1m", node.clone(), 9.2, "1", at)?;
//! let json = serde_json::to_string(&Event::Metric(sample))?;
//! assert!(json.starts_with(r#"{"type":"metric","name":"system.load.1m""#));
//!
//! let key = IssueKey::new("core-load", node);
//! assert_eq!(key.id(), "core-load_c.orders_n.10.0.0.2_3A2113");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The JSON form
//! Each event is one object with `"type"`: `issue`, `notification`, `log` or `metric`. Times are RFC 3339 in UTC with
//! milliseconds. Fields that a reader does not know are ignored; a `type` that it does not know is an error. What is
//! written is read back equal.
//!
//! # Limits
//! Times lie in the years 0 to 9999 (RFC 3339 has no others) and are cut to the millisecond by every constructor.
//! [`IssueKey::id`] has at most 255 bytes, so that it fits Opsgenie's alias (512 characters) and PagerDuty's
//! `dedup_key` (255).

mod control_plane;
mod cursor;
mod error;
mod event;
mod id;
mod issue;
mod key;
mod log;
mod nearest;
mod notification;
mod resource;
mod sample;
mod severity;
mod signal;
mod views;

pub mod figure;
pub mod text;
pub mod time;

pub use control_plane::ControlPlane;
pub use cursor::Cursor;
pub use error::{EventError, EventErrorKind};
pub use event::{Event, EventKind};
pub use id::EpisodeId;
pub use issue::{IssueEvent, IssueState, Reading};
pub use key::IssueKey;
pub use log::{LogFlag, LogLevel, LogRecord};
pub use notification::Notification;
pub use resource::{Name, Resource};
pub use sample::{Labels, Sample, SampleKind};
pub use severity::Severity;
pub use signal::Signal;
pub use views::{ClusterViews, Detail, Member, MemberRole, NodeView, View, ViewError, ViewErrorKind};
