use tidegate_event::{Cursor, LogRecord, Signal};

/// As many lines as are handed in at once.
const LINES: usize = 1_000;
/// As many bytes of the files, or of the records that were made of them.
const BYTES: usize = 1024 * 1024;
/// As much, at least, it takes to hand anything in.
const LEAST: usize = 1024;

/// What is handed in at once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) signals: Vec<Signal>,
    /// How many bytes of the files were read for it.
    pub(crate) bytes: usize,
    /// How many bytes of memory its records take: many times as many, where lines are short or have many fields.
    pub(super) size: usize,
    /// How far all files were read with it.
    pub(crate) cursor: Option<Cursor>,
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.signals.len() >= LINES || self.bytes.max(self.size) >= BYTES
    }

    /// How much it counts until it is taken.
    pub(crate) fn weight(&self) -> usize {
        self.bytes.max(self.size).max(LEAST)
    }

    pub(super) fn push(&mut self, record: LogRecord) {
        if self.signals.capacity() == 0 {
            self.signals.reserve(LINES / 4);
        }
        let signal: Signal = record.into();
        self.size += signal.size_bytes();
        self.signals.push(signal);
    }
}
