use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use tidegate_event::{Cursor, Event, Signal};
use tidegate_source::{Ack, Intake, Source, SourceError, SourceErrorKind, Taken};
use tokio::sync::mpsc;
use tokio::time::Instant;

type Item = Option<Result<Intake, SourceError>>;

/// A source that says what a test tells it to. Clones are the same.
#[derive(Clone)]
pub(crate) struct Feed {
    name: String,
    say: mpsc::UnboundedSender<Item>,
    said: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Item>>>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// How often it cannot be opened.
    shut: usize,
    /// At the end of what it has to say it panics.
    panics: bool,
    opened: Vec<(Instant, Option<String>)>,
}

impl Feed {
    pub(crate) fn new(name: &str) -> Self {
        let (say, said) = mpsc::unbounded_channel();
        Self { name: name.to_owned(), say, said: Arc::new(tokio::sync::Mutex::new(said)), shared: Arc::default() }
    }

    /// Hands in `event` with `cursor`.
    pub(crate) fn say(&self, event: Event, cursor: &str) -> Taken {
        self.say_all(vec![Signal::Event(event)], cursor)
    }

    /// Hands in all of `signals` with `cursor`.
    pub(crate) fn say_all(&self, signals: Vec<Signal>, cursor: &str) -> Taken {
        let (ack, taken) = Ack::new();
        let intake = Intake::new(signals).with_cursor(Cursor::new(cursor)).with_ack(ack);
        self.send(Some(Ok(intake)));
        taken
    }

    /// Ends with an error.
    pub(crate) fn fail(&self) {
        self.send(Some(Err(SourceError::new(SourceErrorKind::Unreachable, "10.0.0.1"))));
    }

    /// Panics.
    pub(crate) fn panic(&self) {
        self.lock().panics = true;
        self.send(None);
    }

    /// Says that it has nothing more to say.
    pub(crate) fn end(&self) {
        self.send(None);
    }

    /// Cannot be opened so many times.
    pub(crate) fn shut(&self, times: usize) {
        self.lock().shut = times;
    }

    /// The cursors that it was opened from, failed openings too.
    pub(crate) fn opened(&self) -> Vec<Option<String>> {
        self.lock().opened.iter().map(|(_, cursor)| cursor.clone()).collect()
    }

    /// When it was opened.
    pub(crate) fn opened_at(&self) -> Vec<Instant> {
        self.lock().opened.iter().map(|(at, _)| *at).collect()
    }

    /// How many share it.
    pub(crate) fn shares(&self) -> usize {
        Arc::strong_count(&self.shared)
    }

    fn send(&self, item: Item) {
        assert!(self.say.send(item).is_ok(), "the feed itself keeps the other end");
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no test panics here")
    }
}

#[async_trait]
impl Source for Feed {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        {
            let mut shared = self.lock();
            shared.opened.push((Instant::now(), from.map(|cursor| cursor.as_str().to_owned())));
            if shared.shut > 0 {
                shared.shut -= 1;
                return Err(SourceError::new(SourceErrorKind::Unreachable, "10.0.0.1"));
            }
        }
        let feed = self.clone();
        let items = stream::unfold(feed, |feed| async move {
            let item = feed.said.lock().await.recv().await.flatten();
            assert!(item.is_some() || !std::mem::take(&mut feed.lock().panics), "the script says so");
            item.map(|item| (item, feed))
        });
        Ok(items.boxed())
    }
}
