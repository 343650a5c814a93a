//! A tail whose intakes are taken at once, or not.
#![allow(dead_code, reason = "each test uses some of it")]

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use tidegate_event::{Cursor, Event, LogRecord, Signal};
use tidegate_source::{Intake, Source, SourceError};
use tidegate_source_tail::{Tail, TailBuilder};
use tokio::time::timeout;

/// A second of the tests is one of tokio's: it costs nothing.
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) struct Reader {
    tail: Tail,
    stream: Option<BoxStream<'static, Result<Intake, SourceError>>>,
    /// The cursor of the last intake that was taken.
    pub(crate) cursor: Option<Cursor>,
    pub(crate) untaken: VecDeque<Intake>,
}

impl Reader {
    pub(crate) fn new(builder: TailBuilder) -> Self {
        let tail = builder.build().expect("settings that fit");
        Self { tail, stream: None, cursor: None, untaken: VecDeque::new() }
    }

    /// Opens it where it was, if it is not open.
    pub(crate) async fn open(&mut self) -> &mut BoxStream<'static, Result<Intake, SourceError>> {
        if self.stream.is_none() {
            self.stream = Some(self.tail.open(self.cursor.clone()).await.expect("it opens"));
        }
        self.stream.as_mut().expect("it is open")
    }

    /// As a crash: what was not taken will be said again.
    pub(crate) fn close(&mut self) {
        self.stream = None;
        self.untaken.clear();
    }

    /// The next intake, where there is one within `wait`.
    pub(crate) async fn next(&mut self, wait: Duration) -> Option<Vec<Signal>> {
        let stream = self.open().await;
        let mut intake = timeout(wait, stream.next()).await.ok()?.expect("it does not end").expect("no error");
        let signals = std::mem::take(&mut intake.signals);
        self.untaken.push_back(intake);
        Some(signals)
    }

    /// Takes the oldest intake that is not.
    pub(crate) fn take(&mut self) {
        if let Some(intake) = self.untaken.pop_front() {
            self.cursor = intake.cursor.clone().or(self.cursor.take());
            intake.ack.complete();
        }
    }

    /// All signals until there was none for three seconds, each taken.
    pub(crate) async fn signals(&mut self) -> Vec<Signal> {
        let mut all = Vec::new();
        while let Some(signals) = self.next(3 * SECOND).await {
            all.extend(signals);
            self.take();
        }
        all
    }

    /// The same, of log lines alone.
    pub(crate) async fn records(&mut self) -> Vec<LogRecord> {
        self.signals().await.into_iter().filter_map(record).collect()
    }

    pub(crate) async fn messages(&mut self) -> Vec<String> {
        self.records().await.into_iter().map(|record| record.message).collect()
    }
}

pub(crate) fn record(signal: Signal) -> Option<LogRecord> {
    match signal {
        Signal::Event(Event::Log(record)) => Some(*record),
        _ => None,
    }
}

/// A line as KurrentDB writes it.
pub(crate) fn line(message: &str) -> String {
    format!(
        "{{\"@t\":\"2026-07-25T00:00:01.0521000+00:00\",\"@mt\":\"{message}\",\"@l\":\"Information\",\"@i\":1,\"ThreadId\":9}}\n"
    )
}

pub(crate) fn lines<'a>(messages: impl IntoIterator<Item = &'a str>) -> String {
    messages.into_iter().map(line).collect()
}

pub(crate) fn append(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    file.write_all(bytes.as_ref()).expect("room on the disk");
}

/// A node's folder below a folder of the test's own.
pub(crate) struct Node {
    root: tempfile::TempDir,
}

impl Node {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root().join("10.20.0.11-2113-cluster-node").join(name)
    }

    pub(crate) fn append<'a>(&self, name: &str, messages: impl IntoIterator<Item = &'a str>) {
        append(&self.file(name), lines(messages));
    }

    pub(crate) fn tail(&self) -> TailBuilder {
        Tail::builder().with_path(self.root())
    }
}
