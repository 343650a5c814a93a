//! `type = "feed"`, for tests of this program only: hands in what a test says over a Unix socket, and tells it what was
//! taken.
//!
//! A line in is `{"number": 7, "events": […]}`: one intake, with `number` as its cursor. A line out is `from 6`, the
//! cursor that the state had, once at the start, and then `7` for each intake that was acknowledged.

use std::path::PathBuf;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde::Deserialize;
use tidegate::config::{ConfiguredSource, Registry};
use tidegate::event::{Cursor, Event, Signal};
use tidegate::source::{Ack, Intake, Source, SourceError, SourceErrorKind};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

#[derive(Deserialize)]
struct Keys {
    socket: PathBuf,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_source("feed", |section| {
        let Keys { socket } = section.parse()?;
        Ok(ConfiguredSource::new(Feed { name: section.name().to_owned(), socket }))
    })
}

/// The source.
struct Feed {
    name: String,
    socket: PathBuf,
}

#[derive(Deserialize)]
struct Line {
    number: u64,
    events: Vec<Event>,
}

#[async_trait]
impl Source for Feed {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        let connected = UnixStream::connect(&self.socket).await;
        let (read, mut write) = connected.map_err(|error| unreachable_feed("connecting", error))?.into_split();
        let from = from.as_ref().map_or("0", Cursor::as_str);
        let greeted = write.write_all(format!("from {from}\n").as_bytes()).await;
        greeted.map_err(|error| unreachable_feed("greeting", error))?;
        let (taken, numbers) = mpsc::unbounded_channel();
        tokio::spawn(tell(write, numbers));
        let lines = BufReader::new(read).lines();
        Ok(stream::try_unfold((lines, taken), |(mut lines, taken)| async move {
            Ok(next(&mut lines, &taken).await?.map(|intake| (intake, (lines, taken))))
        })
        .boxed())
    }
}

/// The intake of the next line; its number goes to `taken` once it is acknowledged.
async fn next(
    lines: &mut Lines<BufReader<OwnedReadHalf>>,
    taken: &mpsc::UnboundedSender<u64>,
) -> Result<Option<Intake>, SourceError> {
    let line = lines.next_line().await.map_err(|error| unreachable_feed("reading", error))?;
    let Some(line) = line else { return Ok(None) };
    let Line { number, events } = serde_json::from_str(&line)
        .map_err(|error| SourceError::new(SourceErrorKind::Malformed, "reading a line").with_source(error))?;
    let (ack, acknowledged) = Ack::new();
    let taken = taken.clone();
    tokio::spawn(async move {
        if acknowledged.await.is_ok() {
            let _ = taken.send(number); // the test may have gone
        }
    });
    let signals = events.into_iter().map(Signal::from).collect();
    Ok(Some(Intake::new(signals).with_cursor(Cursor::new(number.to_string())).with_ack(ack)))
}

/// Tells the test what was taken, until either of them is gone.
async fn tell(mut write: OwnedWriteHalf, mut numbers: mpsc::UnboundedReceiver<u64>) {
    while let Some(number) = numbers.recv().await {
        if write.write_all(format!("{number}\n").as_bytes()).await.is_err() {
            break;
        }
    }
}

fn unreachable_feed(what: &str, error: std::io::Error) -> SourceError {
    SourceError::new(SourceErrorKind::Unreachable, what).with_source(error)
}
