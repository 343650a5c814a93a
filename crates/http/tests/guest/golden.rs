//! Requests as files show them, and the issue that most of them are about. For the sinks' tests, by its path.

use std::path::Path;

use bytes::Bytes;
use chrono::TimeDelta;
use http::Request;
use serde_json::{Map, Value, json};
use tidegate_event::{EpisodeId, IssueEvent, IssueKey, IssueState, Reading, Resource, Severity};
use tidegate_testkit::sample;

/// How the requests of a sink are shown.
pub(crate) struct Golden {
    /// The header that is marked as sensitive, which no other may be.
    pub(crate) sensitive: Option<&'static str>,
    /// What is secret, and what stands in the files for it.
    pub(crate) masks: &'static [(&'static str, &'static str)],
}

impl Golden {
    /// # Panics
    /// Where `request` is not what `tests/golden` has as `name`. With `TIDEGATE_GOLDEN` set, the file is written anew.
    #[track_caller]
    pub(crate) fn check(&self, name: &str, request: &Request<Bytes>) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
        let shown = format!("{:#}\n", self.shown(request));
        let shown = self.masks.iter().fold(shown, |shown, (secret, mask)| shown.replace(secret, mask));
        if std::env::var_os("TIDEGATE_GOLDEN").is_some() {
            std::fs::write(&path, &shown).expect("written");
        }
        let want = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(shown, want, "{name} is sent otherwise");
    }

    fn shown(&self, request: &Request<Bytes>) -> Value {
        let headers = request.headers().iter().map(|(name, value)| {
            assert_eq!(value.is_sensitive(), Some(name.as_str()) == self.sensitive, "{name}");
            (name.to_string(), value.to_str().expect("a text").into())
        });
        let headers: Map<String, Value> = headers.collect();
        let text = || Value::from(std::str::from_utf8(request.body()).expect("a text"));
        let body = serde_json::from_slice(request.body()).unwrap_or_else(|_| text());
        let (method, url) = (request.method().as_str(), request.uri().to_string());
        json!({ "method": method, "url": url, "headers": headers, "body": body })
    }
}

/// A disk that is too full, because of `cause`.
pub(crate) fn disk(cause: &str) -> IssueEvent {
    let node = Resource::new().with_cluster("orders").with_node("10.0.0.1:2113");
    IssueEvent {
        key: IssueKey::new("disk-usage", node.with_part("/var")),
        episode: EpisodeId::new(sample::at(), [7; 10]),
        sequence: 1,
        state: IssueState::Open,
        severity: Severity::Warning,
        summary: "Disk over 80 % full at /var on node 10.0.0.1:2113 of cluster orders".to_owned(),
        cause: cause.to_owned(),
        remedy: "Remove data, run a scavenge, or move to a larger disk.".into(),
        evidence: vec![
            Reading::new("tidegate.disk_usage", 0.8246, "1").with_limit(0.8),
            Reading::new("system.filesystem.used", 442_703_754_854.4, "By"),
        ],
        stale: false,
        opened_at: sample::at(),
        at: sample::at(),
    }
}

#[allow(dead_code, reason = "a sink that makes no updates needs none")]
/// The event of number `sequence` of the same issue, `minutes` later.
pub(crate) fn later(issue: IssueEvent, minutes: i64, sequence: u32) -> IssueEvent {
    IssueEvent { at: issue.at + TimeDelta::minutes(minutes), sequence, ..issue }
}
