use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use tidegate_event::{Cursor, Signal};

use crate::{Ack, SourceError};

/// What a source hands in at once.
///
/// Once it is acknowledged, all of it was taken. One that is not may have been taken in part, and is handed in again whole:
/// a signal said twice does no harm. Samples of one measurement share their time and their intake.
pub struct Intake {
    /// What happened, in order.
    pub signals: Vec<Signal>,
    /// How far the source has come with this. It is stored with the last append, and handed to
    /// [`open`](Source::open) after a restart.
    pub cursor: Option<Cursor>,
    /// Completed once what is to be kept of this is durable; dropped when it was not taken.
    pub ack: Ack,
}

impl Intake {
    /// An intake without a cursor, for which nobody waits.
    pub fn new(signals: Vec<Signal>) -> Self {
        Self { signals, cursor: None, ack: Ack::nobody() }
    }

    /// The same with a cursor.
    pub fn with_cursor(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// The same with an ack that somebody waits for.
    pub fn with_ack(mut self, ack: Ack) -> Self {
        self.ack = ack;
        self
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("signals", &self.signals).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

/// Something that tidegate watches or listens to.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its name, unique among the sources of a router and the same after a restart: its cursor is stored by it.
    fn name(&self) -> &str;

    /// Starts it, where it was when `from` was handed in, or afresh.
    ///
    /// An `Err` item ends the stream; the router opens the source again with backoff, and an issue
    /// `source-unavailable` is open in the meantime. A stream that ends without an error has said all it had to
    /// say. The stream is dropped to stop it.
    ///
    /// # Errors
    /// When it cannot be started now; the router tries again with backoff.
    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError>;
}

#[async_trait]
impl<T: Source + ?Sized> Source for Box<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        (**self).open(from).await
    }
}

#[async_trait]
impl<T: Source + ?Sized> Source for Arc<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        (**self).open(from).await
    }
}
