/// A stream of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsStream {
    /// The group that it is in.
    pub group: String,
    /// Its name.
    pub name: String,
    /// What is in it, in the order in which it came.
    pub events: Vec<LogsEvent>,
}

/// An event in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsEvent {
    /// When it happened, in milliseconds since 1970.
    pub timestamp: i64,
    /// What it says.
    pub message: String,
}
