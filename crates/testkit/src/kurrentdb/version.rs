use std::fmt;

/// A version of the server; what it writes differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Version {
    /// 24.10: metrics named `eventstore_…`, text only; the whole memory is told.
    V24_10,
    /// 25.0: metrics named `kurrentdb_…` with scopes, and OpenMetrics for who asks for it; the whole memory is told.
    V25_0,
    /// 26.1: ASP.NET's metrics too; of the memory 60 % is told as its total. The default.
    #[default]
    V26_1,
}

impl Version {
    /// The first number of the version.
    pub(super) fn major(self) -> u32 {
        match self {
            Self::V24_10 => 24,
            Self::V25_0 => 25,
            Self::V26_1 => 26,
        }
    }

    /// Where a package of this version puts its data.
    pub(super) fn data_folder(self) -> &'static str {
        if self >= Self::V25_0 { "/var/lib/kurrentdb" } else { "/var/lib/eventstore" }
    }

    /// What is told of `total` bytes of memory: from 25.1 on the limit of the collector.
    pub(super) fn memory_total(self, total: u64) -> u64 {
        if self >= Self::V26_1 { total / 5 * 3 + total % 5 * 3 / 5 } else { total }
    }
}

/// As `esVersion` writes it.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V24_10 => "24.10.6",
            Self::V25_0 => "25.0.1",
            Self::V26_1 => "26.1.0",
        })
    }
}
