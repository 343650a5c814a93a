use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use futures::FutureExt;
use futures::stream::{self, BoxStream, StreamExt};
use tidegate_event::{Cursor, Signal};
use tidegate_source::{Ack, Intake, Source, SourceError, SourceErrorKind, Taken};
use tokio::sync::Notify;

/// A source that remembers all it ever had to say, says it from where it is told to, and notes what was taken.
#[derive(Clone, Default)]
pub(crate) struct Feed {
    state: Arc<Mutex<State>>,
    news: Arc<Notify>,
}

#[derive(Default)]
struct State {
    items: Vec<Vec<Signal>>,
    /// How many of the items were acknowledged.
    taken: usize,
    waiting: VecDeque<(usize, Taken)>,
    failing: bool,
    /// Of each item when it was first and last handed in, in handings.
    handed: BTreeMap<usize, (usize, usize)>,
    handings: usize,
    /// What is to be said at once, while it is gathered.
    gathered: Option<Vec<Signal>>,
    breaches: Vec<String>,
}

impl Feed {
    /// Gathers all that is said until [`utter`](Feed::utter) into one intake.
    pub(crate) fn gather(&self) {
        self.lock().gathered = Some(Vec::new());
    }

    /// Says what was gathered.
    pub(crate) fn utter(&self) {
        let gathered = self.lock().gathered.take();
        self.say(gathered.unwrap_or_default());
    }

    /// Says `signals` at once, as one intake. The number of the item, from 1.
    pub(crate) fn say(&self, signals: Vec<Signal>) -> usize {
        let mut state = self.lock();
        let next = state.items.len() + 1;
        if let Some(gathered) = &mut state.gathered {
            gathered.extend(signals);
            return next;
        }
        state.items.push(signals);
        self.news.notify_waiters();
        state.items.len()
    }

    /// Ends with an error; it can be opened again at once.
    pub(crate) fn fail(&self) {
        self.lock().failing = true;
        self.news.notify_waiters();
    }

    /// How many of the items were acknowledged.
    pub(crate) fn taken(&self) -> usize {
        let mut state = self.lock();
        while let Some((number, taken)) = state.waiting.front_mut() {
            let number = *number;
            match taken.now_or_never() {
                Some(Ok(())) => state.taken = state.taken.max(number),
                Some(Err(_)) => {}
                None => break,
            }
            state.waiting.pop_front();
        }
        state.taken
    }

    /// Whether `later` was handed in after `earlier`, if only when it was said again after a crash.
    pub(crate) fn followed(&self, earlier: usize, later: usize) -> bool {
        let state = self.lock();
        match (state.handed.get(&earlier), state.handed.get(&later)) {
            (Some((first, _)), Some((_, last))) => first < last,
            _ => false,
        }
    }

    /// How many items there are.
    pub(crate) fn said(&self) -> usize {
        self.lock().items.len()
    }

    /// What of it should not have been read again.
    pub(crate) fn breaches(&self) -> Vec<String> {
        self.lock().breaches.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics here")
    }

    fn next(&self, place: usize) -> Option<Result<Intake, SourceError>> {
        let mut state = self.lock();
        if std::mem::take(&mut state.failing) {
            return Some(Err(SourceError::new(SourceErrorKind::Unreachable, "the schedule says so")));
        }
        let signals = state.items.get(place)?.clone();
        state.handings += 1;
        let now = state.handings;
        state.handed.entry(place + 1).or_insert((now, now)).1 = now;
        let (ack, taken) = Ack::new();
        state.waiting.push_back((place + 1, taken));
        Some(Ok(Intake { signals, cursor: Some(Cursor::new((place + 1).to_string())), ack }))
    }
}

#[async_trait]
impl Source for Feed {
    fn name(&self) -> &'static str {
        "feed"
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        let place: usize = from.map_or(0, |cursor| cursor.as_str().parse().expect("its own cursor"));
        let taken = self.taken();
        if place < taken {
            self.lock().breaches.push(format!("opened at item {place}, when {taken} had been acknowledged"));
        }
        // Durable, though the acknowledgement was lost.
        self.lock().taken = place.max(taken);
        let feed = self.clone();
        Ok(stream::unfold(place, move |place| {
            let feed = feed.clone();
            async move {
                loop {
                    let news = feed.news.notified();
                    match feed.next(place) {
                        Some(Ok(intake)) => return Some((Ok(intake), place + 1)),
                        Some(Err(error)) => return Some((Err(error), place)),
                        None => news.await,
                    }
                }
            }
        })
        .boxed())
    }
}
