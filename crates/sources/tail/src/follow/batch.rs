use tidegate_event::{Cursor, LogRecord, Signal};

/// As many lines as are handed in at once.
const LINES: usize = 1_000;
/// As many bytes of the files.
const BYTES: usize = 1024 * 1024;

/// What is handed in at once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) signals: Vec<Signal>,
    /// How many bytes of the files were read for it.
    pub(crate) bytes: usize,
    /// How far all files were read with it.
    pub(crate) cursor: Option<Cursor>,
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.signals.len() >= LINES || self.bytes >= BYTES
    }

    pub(super) fn push(&mut self, record: LogRecord) {
        if self.signals.capacity() == 0 {
            self.signals.reserve(LINES / 4);
        }
        self.signals.push(record.into());
    }
}
