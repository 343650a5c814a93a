use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate_event::Cursor;
use tidegate_source::{Intake, Source, SourceError, SourceErrorKind};
use tokio::sync::{Semaphore, mpsc};

use crate::Publisher;
use crate::queue::{Exit, Home, Reader};

/// How many bytes may wait to be handed in, where nothing else is said: 1 MiB, some thousands of notifications or
/// samples.
pub const DEFAULT_CAPACITY: NonZeroU32 = NonZeroU32::new(1024 * 1024).expect("more than none");

/// The source: it hands in what its [`Publisher`]s publish.
///
/// It is open once at a time. It has no cursor: what was taken is behind it, and what was not is its publishers' to
/// repeat.
#[derive(Debug)]
pub struct Push {
    name: Arc<str>,
    home: Home,
}

impl Push {
    /// A source of this name, unique among those of a router, and its first publisher. [`DEFAULT_CAPACITY`] may wait.
    pub fn new(name: impl Into<Arc<str>>) -> (Self, Publisher) {
        Self::with_capacity(name, DEFAULT_CAPACITY)
    }

    /// The same, where about `bytes` may wait to be handed in.
    pub fn with_capacity(name: impl Into<Arc<str>>, bytes: NonZeroU32) -> (Self, Publisher) {
        let name = name.into();
        let (sender, items) = mpsc::unbounded_channel();
        // A 32-bit machine has room for fewer, and no use for so many.
        let capacity = bytes.get().min(u32::MAX >> 3);
        let room = Arc::new(Semaphore::new(capacity as usize));
        let publisher = Publisher { source_name: Arc::clone(&name), items: sender, room: Arc::clone(&room), capacity };
        (Self { name, home: Arc::new(Mutex::new(Some(Exit { items, room }))) }, publisher)
    }
}

#[async_trait]
impl Source for Push {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(
        &self,
        _from: Option<Cursor>,
    ) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        let Some(reader) = Reader::take(&self.home) else {
            let context = format!("opening source `{}`, which is open already: it has one reader at a time", self.name);
            return Err(SourceError::new(SourceErrorKind::Misconfigured, context));
        };
        let next = |mut reader: Reader| async move {
            let intake = reader.next().await?;
            Some((Ok(intake), reader))
        };
        Ok(stream::unfold(reader, next).boxed())
    }
}
