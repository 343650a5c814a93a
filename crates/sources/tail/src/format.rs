/// How the lines of the files are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Format {
    /// As KurrentDB writes them, and `EventStoreDB` before it: see [`Clef`](crate::Clef).
    #[default]
    KurrentDb,
    /// Each line is a JSON object with a message. What the names do not name is a field of the record.
    Json(JsonNames),
    /// Each record begins with a line of text; the lines after it that begin with a blank or are empty belong to it.
    Text {
        /// A regular expression: a line that matches begins a record, and all others belong to the one before them.
        /// What its groups `time` (RFC 3339) and `level` match is the record's time and level. Default: none.
        start: Option<String>,
    },
}

/// The names of the fields that say what every record has. Only those at the top of the object are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonNames {
    /// Of the time: RFC 3339, or a number of seconds or milliseconds since 1970. Default: `time`.
    pub time: String,
    /// Of the level, by any of its usual names. Default: `level`.
    pub level: String,
    /// Of the message: a line without one passes as it is, flagged. Default: `message`.
    pub message: String,
    /// Of an exception's text. Default: `exception`.
    pub exception: String,
}

impl Default for JsonNames {
    fn default() -> Self {
        let [time, level, message, exception] = ["time", "level", "message", "exception"].map(str::to_owned);
        Self { time, level, message, exception }
    }
}

/// The series of files that a node of KurrentDB writes side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// `log…`: everything but statistics.
    Log,
    /// `log-err…`: errors and exceptions, all of which are in `log…` as well.
    Errors,
    /// `log-stats…`: statistics, 30 s apart, some kilobytes each. Most of them are metrics as well.
    Statistics,
}

/// Where files are read from that are there before the tail was ever started. Those that appear later are always read
/// from their beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StartFrom {
    /// From their end: a month of old lines is nobody's news, and would be paid for.
    #[default]
    End,
    /// From their beginning.
    Beginning,
}
