/// Where a sample comes from, which decides on its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// tidegate itself, and whoever embeds it: issues, ratios, figures of one's own.
    Own,
    /// KurrentDB's own metrics.
    Database,
    /// The machine.
    Host,
}

/// What the names of metrics begin with that KurrentDB tells of itself, in all its versions.
const DATABASE: [&str; 8] = [
    "kurrentdb_",
    "kurrentdb.",
    "kurrent_",
    "eventstore_",
    "eventstore.",
    "messaging_kurrent_",
    "kestrel_",
    "http_server_",
];

impl Origin {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Own, Self::Database, Self::Host];

    /// That of the metric `name`.
    pub(crate) fn of(name: &str) -> Self {
        if name.starts_with("system.") {
            Self::Host
        } else if DATABASE.iter().any(|prefix| name.starts_with(prefix)) {
            Self::Database
        } else {
            Self::Own
        }
    }

    /// What stands after the namespace that was given.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Own => "",
            Self::Database => "/KurrentDB",
            Self::Host => "/host",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_of_who_tells_it() {
        for (name, suffix) in [
            ("system.load.1m", "/host"),
            ("kurrentdb_io_bytes_total", "/KurrentDB"),
            ("eventstore_proc_up_time", "/KurrentDB"),
            ("kestrel_active_connections", "/KurrentDB"),
            ("tidegate.disk_usage", ""),
            ("issue.disk-usage", ""),
            ("orders", ""),
            ("", ""),
        ] {
            assert_eq!(Origin::of(name).suffix(), suffix, "{name}");
        }
    }
}
