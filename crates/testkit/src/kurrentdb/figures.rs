//! The figures of a node at a moment.

use chrono::{DateTime, Utc};

use super::json::LAST_COMMIT;
use super::node::Node;
use super::table::Value;
use super::world::World;

/// How far behind what is written the followers' confirmations are.
const REPLICATED: i64 = 370;
/// After how many seconds the index is read, and after how many it is merged.
const INDEX: [(&str, i64); 4] = [("Opening", 0), ("Rebuilding", 15), ("Initializing", 30), ("Merging", 83_775)];
/// The same of the last scavenge.
const SCAVENGE: [(&str, i64); 2] = [("Accumulation", 45_960), ("Chunk Execution", 48_345)];

/// What the table's values stand for.
pub(super) struct Figures {
    /// Since 1970.
    pub(super) millis: i64,
    /// Of what, which status, and when it was last so, in seconds since 1970.
    pub(super) statuses: Vec<(&'static str, String, i64)>,
    uptime: f64,
    live: Vec<(&'static str, String)>,
    labels: Vec<(&'static str, String)>,
}

impl Figures {
    pub(super) fn of(world: &World, node: &Node) -> Self {
        let own_now = world.now + node.skew;
        let uptime = (world.now - node.started).as_seconds_f64().max(0.0);
        let scheme = if world.settings.secure { "https" } else { "http" };
        let labels = vec![
            ("@mount", node.host.mount.replace('\\', r"\\").replace('"', "\\\"")),
            ("@host", node.place.host.clone()),
            ("@port", node.place.port.to_string()),
            ("@scheme", scheme.to_owned()),
        ];
        Self {
            millis: own_now.timestamp_millis(),
            statuses: statuses(node, world.now),
            uptime,
            live: live(node, uptime),
            labels,
        }
    }

    /// The text of a value that is no histogram.
    pub(super) fn value(&self, value: &Value) -> String {
        match value {
            Value::Live(name) => {
                self.live.iter().find(|(known, _)| known == name).map_or_else(String::new, |(_, value)| value.clone())
            }
            Value::Fixed(text) => (*text).to_owned(),
            Value::Growing { base, rate, whole } => {
                let value = base + rate * self.uptime;
                number(if *whole { value.floor() } else { (value * 1e7).round() / 1e7 })
            }
            Value::Statuses | Value::Histogram { .. } => String::new(),
        }
    }

    pub(super) fn fill(&self, labels: &str) -> String {
        let fill = |text: String, (name, value): &(&str, String)| text.replace(name, value);
        self.labels.iter().fold(labels.to_owned(), fill)
    }
}

fn live(node: &Node, uptime: f64) -> Vec<(&'static str, String)> {
    let host = &node.host;
    let [minute, five, fifteen] = host.shown_load();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes of a volume, and never negative"
    )]
    let disk_used = (host.disk_used as u64) / 4_096 * 4_096;
    let behind = |bytes: i64| (node.writer - bytes).max(0).to_string();
    vec![
        ("load1", number(minute)),
        ("load5", number(five)),
        ("load15", number(fifteen)),
        ("cpu", number(host.cpu)),
        ("memory_free", host.memory_total.saturating_sub(host.memory_used).to_string()),
        ("memory_total", node.version.memory_total(host.memory_total).to_string()),
        ("working_set", (host.memory_used / 7).to_string()),
        ("disk_used", disk_used.to_string()),
        ("disk_total", host.disk_size.to_string()),
        ("uptime", number((uptime * 1e7).round() / 1e7)),
        ("elections", node.elections.to_string()),
        ("writer", behind(0)),
        ("commit", behind(LAST_COMMIT)),
        ("replicated", behind(REPLICATED)),
    ]
}

fn statuses(node: &Node, now: DateTime<Utc>) -> Vec<(&'static str, String, i64)> {
    let (started, seconds) = (node.started.timestamp(), now.timestamp());
    let past = |of: &'static str, all: &[(&str, i64)]| {
        let all = all.iter().map(|(status, after)| (status.to_string(), started + after));
        all.filter(|(_, at)| *at <= seconds).map(|(status, at)| (of, status, at)).collect::<Vec<_>>()
    };
    let mut statuses = past("Index", &INDEX);
    statuses.push(("Index", "Idle".to_owned(), seconds));
    let is_now = |status: &str| node.is_up() && status == node.state.status();
    let own = node.statuses.iter().map(|(status, at)| (status.clone(), if is_now(status) { seconds } else { *at }));
    statuses.extend(own.map(|(status, at)| ("Node", status, at)));
    statuses.extend(past("Scavenge", &SCAVENGE));
    statuses.push(("Scavenge", "Idle".to_owned(), seconds));
    statuses
}

/// As .NET writes it: `2.14E-05`.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-4..1e15).contains(&size) {
        return value.to_string();
    }
    let text = format!("{value:E}");
    let Some((digits, exponent)) = text.split_once('E') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}E{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelt_as_dotnet_does() {
        for (value, want) in [
            (0.0, "0"),
            (3.42, "3.42"),
            (2.14e-5, "2.14E-05"),
            (1e-6, "1E-06"),
            (0.0001, "0.0001"),
            (118_951_690.0, "118951690"),
            (1e15, "1E+15"),
        ] {
            // .NET goes over to exponents below 1E-04.
            assert_eq!(number(value), want);
        }
    }
}
