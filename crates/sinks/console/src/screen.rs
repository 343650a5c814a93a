use std::fmt;
use std::io;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::channel::oneshot;
use tidegate_event::Name;

use crate::Output;
use crate::output::Terminal;

mod worker;

use worker::{Job, Worker};
pub(crate) use worker::{Trouble, Written};

/// How many pieces of text wait to be written. Past it the program's own words are lost, and a delivery is told so.
const WAITING: usize = 256;

/// A place to print to that several parts of a program share without tearing each other's lines: a terminal whose last
/// line rewrites itself, or a file or pipe. Cheap to clone.
///
/// It has two outputs: one for the results, which a [`Console`](crate::Console) writes, and one for the program's own
/// [words](Screen::say). With both on one terminal, they come in the order in which they were given. The
/// [status line](Screen::set_status) is taken away before anything is written, and drawn again below.
///
/// A thread of its own writes, so that a terminal that is held (Ctrl-S) or a reader that is slow holds up nobody else.
/// It ends with the last clone.
#[derive(Clone)]
pub struct Screen {
    inner: Arc<Inner>,
}

struct Inner {
    jobs: SyncSender<Job>,
    status: Arc<Mutex<Option<String>>>,
    name: Name,
    terminal: Option<Terminal>,
    words_terminal: bool,
    gone: futures::future::Shared<oneshot::Receiver<()>>,
}

impl Screen {
    /// Results to standard output, words to standard error.
    ///
    /// # Errors
    /// When the process may open no more files or start no thread.
    pub fn standard() -> io::Result<Self> {
        Self::new(Output::stdout()?, Output::stderr()?)
    }

    /// Results to `results`, words to `words`.
    ///
    /// # Errors
    /// When the process may start no thread.
    pub fn new(results: Output, words: Output) -> io::Result<Self> {
        let (jobs, inbox) = sync_channel(WAITING);
        let (tell_gone, gone) = oneshot::channel();
        let status = Arc::new(Mutex::new(None));
        let inner = Inner {
            jobs,
            status: status.clone(),
            name: results.name.clone(),
            terminal: results.terminal.clone(),
            words_terminal: words.is_terminal(),
            gone: gone.shared(),
        };
        let worker = Worker::new(results, words, status, tell_gone);
        std::thread::Builder::new().name("tidegate-screen".to_owned()).spawn(move || worker.run(&inbox))?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The name of the results' output, such as `stdout`.
    pub fn name(&self) -> &Name {
        &self.inner.name
    }

    /// Whether the results go to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.inner.terminal.is_some()
    }

    /// Whether the words go to a terminal.
    pub fn is_words_terminal(&self) -> bool {
        self.inner.words_terminal
    }

    /// Whether a [status line](Screen::set_status) is shown: the results go to a terminal that can rewrite a line.
    pub fn shows_status(&self) -> bool {
        self.inner.terminal.as_ref().is_some_and(|terminal| !terminal.dumb)
    }

    /// How many columns the terminal of the results has now.
    pub fn columns(&self) -> Option<usize> {
        self.inner.terminal.as_ref().map(|terminal| (terminal.columns)())
    }

    /// Prints words of the program itself, as they are, line breaks and all: [`escape`](crate::escape) what is not its
    /// own. Returns at once. Where they cannot be written, or more than 256 pieces of text wait, they are lost.
    pub fn say(&self, words: impl Into<String>) {
        let _ = self.inner.jobs.try_send(Job::Words(words.into()));
    }

    /// Shows `line` below everything else from now on, instead of what was there; `None`: nothing. It is cut to the
    /// width of the terminal. Returns at once, and does nothing where no status line is [shown](Screen::shows_status).
    pub fn set_status(&self, line: Option<String>) {
        if self.shows_status() {
            *self.inner.status.lock().unwrap_or_else(PoisonError::into_inner) = line;
            // With a full queue it is drawn with the next text.
            let _ = self.inner.jobs.try_send(Job::Status);
        }
    }

    /// Waits until everything given so far is written, or cannot be.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.inner.jobs.try_send(Job::Flush(done)).is_ok() {
            let _ = written.await;
        }
    }

    /// Waits until nobody reads the results any more: the pipe was closed, or the terminal.
    pub async fn gone(&self) {
        if self.inner.gone.clone().await.is_err() {
            // The thread ended without saying so. It does not while there is a handle.
            futures::future::pending::<()>().await;
        }
    }

    /// Writes results. A job that nobody waits for any more is not begun.
    pub(crate) async fn write(&self, text: String) -> Written {
        self.ask(|done| Job::Results(text, done)).await
    }

    /// Whether the results can be written, without writing any.
    pub(crate) async fn probe(&self) -> Written {
        self.ask(Job::Probe).await
    }

    async fn ask(&self, job: impl FnOnce(oneshot::Sender<Written>) -> Job) -> Written {
        let (done, written) = oneshot::channel();
        match self.inner.jobs.try_send(job(done)) {
            Ok(()) => written.await.unwrap_or_else(|_| Written::nothing(Trouble::Ended)),
            Err(TrySendError::Full(_)) => Written::nothing(Trouble::Full),
            Err(TrySendError::Disconnected(_)) => Written::nothing(Trouble::Ended),
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").field("name", &self.inner.name).field("is_terminal", &self.is_terminal()).finish()
    }
}
