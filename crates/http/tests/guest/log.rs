//! All that is logged. For the tests that look for secrets in it, by its path.

#![allow(dead_code, reason = "not every test listens to the whole process")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Everything that was logged. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens to the whole process from now on, at the most verbose level: for a test binary of its own.
    pub(crate) fn of_the_process() -> Self {
        let log = Self::default();
        tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish().init();
        log
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("the log")).into_owned()
    }

    /// # Panics
    /// Where one of `hidden` was logged, or nothing at all: a test that sees nothing proves nothing.
    pub(crate) fn assert_without<'a>(&self, hidden: impl IntoIterator<Item = &'a str>) {
        let text = self.text();
        assert!(!text.is_empty(), "nothing was logged");
        for hidden in hidden {
            assert!(!text.contains(hidden), "{hidden} is in the log: {text}");
        }
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
