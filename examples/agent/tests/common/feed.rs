//! The test's end of the source `feed`: what it says is said again to each new process until it was acknowledged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tidegate::event::Event;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

/// Clones are the same feed.
#[derive(Clone)]
pub(crate) struct Feed {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// What was said and not acknowledged, by the number that it last had.
    waiting: BTreeMap<u64, (Vec<Event>, oneshot::Sender<()>)>,
    /// The highest number that was said, and the highest that was acknowledged.
    said: u64,
    acknowledged: u64,
    /// To the process that is there.
    lines: Option<mpsc::UnboundedSender<String>>,
    /// What is wrong with the cursors that came back.
    complaints: Vec<String>,
    connections: usize,
}

impl Feed {
    pub(crate) fn listen(socket: &Path) -> Self {
        let listener = UnixListener::bind(socket).expect("a socket");
        let shared = Arc::<Mutex<Shared>>::default();
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The next process has nothing to say before this one is gone.
                serve(stream, &serving).await;
            }
        });
        Self { shared }
    }

    /// Says `events`, and waits until they were acknowledged, by whichever process.
    pub(crate) async fn say(&self, events: Vec<Event>) {
        let (taken, acknowledged) = oneshot::channel();
        lock(&self.shared).say(events, taken);
        acknowledged.await.expect("the feed is served");
    }

    /// Whether each process was told the cursor of what was last acknowledged, or a later one.
    pub(crate) fn complaints(&self) -> Vec<String> {
        lock(&self.shared).complaints.clone()
    }

    /// How many processes came as far as to open it.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.shared).connections
    }
}

impl Shared {
    fn say(&mut self, events: Vec<Event>, taken: oneshot::Sender<()>) {
        self.said += 1;
        if let Some(lines) = &self.lines {
            let _ = lines.send(json!({ "number": self.said, "events": events }).to_string()); // or to the next process
        }
        self.waiting.insert(self.said, (events, taken));
    }

    /// Says all that waits once more, to a process whose cursor is `from`.
    fn connect(&mut self, from: u64, lines: mpsc::UnboundedSender<String>) {
        self.connections += 1;
        if from < self.acknowledged || from > self.said {
            let (acknowledged, said) = (self.acknowledged, self.said);
            self.complaints.push(format!("from {from}, of {acknowledged} acknowledged and {said} said"));
        }
        self.lines = Some(lines);
        for (events, taken) in std::mem::take(&mut self.waiting).into_values() {
            self.say(events, taken);
        }
    }

    fn acknowledge(&mut self, number: u64) {
        self.acknowledged = self.acknowledged.max(number);
        if let Some((_, taken)) = self.waiting.remove(&number) {
            let _ = taken.send(()); // the test may not wait for it
        }
    }
}

/// Speaks with one process until that is gone.
async fn serve(stream: UnixStream, shared: &Mutex<Shared>) {
    let (read, mut write) = stream.into_split();
    let mut answers = BufReader::new(read).lines();
    let Ok(Some(greeting)) = answers.next_line().await else { return };
    let from = greeting.strip_prefix("from ").and_then(|from| from.parse().ok()).expect("a cursor");
    let (lines, mut to_say) = mpsc::unbounded_channel::<String>();
    lock(shared).connect(from, lines);
    let writing = tokio::spawn(async move {
        while let Some(line) = to_say.recv().await {
            if write.write_all(format!("{line}\n").as_bytes()).await.is_err() {
                break;
            }
        }
    });
    while let Ok(Some(number)) = answers.next_line().await {
        lock(shared).acknowledge(number.parse().expect("a number"));
    }
    lock(shared).lines = None;
    writing.abort();
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
