use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;

use crate::Output;

/// How often it is looked whether the reader has gone, while there is nothing to write.
const LOOK: Duration = Duration::from_secs(1);

/// To the start of the line, and clear it.
const ERASE: &[u8] = b"\r\x1b[2K";
/// Lines that are too long are cut by the terminal itself, so that a status line never takes two; and on again.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";

/// What the thread is asked to do.
pub(super) enum Job {
    Results(String, oneshot::Sender<Written>),
    Words(String),
    /// Is the output of the results there?
    Probe(oneshot::Sender<Written>),
    /// There is another status line.
    Status,
    Flush(oneshot::Sender<()>),
}

/// How far the writing of a text came.
#[derive(Debug)]
pub(crate) struct Written {
    /// So many bytes are surely out.
    pub(crate) surely: usize,
    /// So many bytes may be out.
    pub(crate) perhaps: usize,
    pub(crate) trouble: Option<Trouble>,
}

/// Why not all of a text was written.
#[derive(Debug)]
pub(crate) enum Trouble {
    Io(Arc<io::Error>),
    /// Too much waits already.
    Full,
    /// The thread has ended.
    Ended,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl Written {
    pub(crate) fn all(bytes: usize) -> Self {
        Self { surely: bytes, perhaps: bytes, trouble: None }
    }

    pub(crate) fn nothing(trouble: Trouble) -> Self {
        Self { surely: 0, perhaps: 0, trouble: Some(trouble) }
    }
}

/// The thread that writes.
pub(super) struct Worker {
    results: Output,
    words: Output,
    status: Arc<Mutex<Option<String>>>,
    tell_gone: Option<oneshot::Sender<()>>,
    /// A status line stands on the terminal, and the cursor at its end.
    drawn: bool,
    /// The results end within a line.
    torn: bool,
}

impl Worker {
    pub(super) fn new(
        results: Output,
        words: Output,
        status: Arc<Mutex<Option<String>>>,
        tell_gone: oneshot::Sender<()>,
    ) -> Self {
        Self { results, words, status, tell_gone: Some(tell_gone), drawn: false, torn: false }
    }

    pub(super) fn run(mut self, inbox: &Receiver<Job>) {
        loop {
            match inbox.recv_timeout(LOOK) {
                Ok(job) => self.work(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.tell_gone.is_some() && (self.results.is_gone)() {
                self.has_gone();
            }
        }
        let _ = self.erase();
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Results(_, done) if done.is_canceled() => {}
            Job::Results(text, done) => {
                let written = self.results(text.as_bytes());
                if matches!(&written.trouble, Some(Trouble::Io(error)) if error.kind() == ErrorKind::BrokenPipe) {
                    self.has_gone();
                }
                self.draw();
                let _ = done.send(written);
            }
            Job::Words(text) => {
                // There is nowhere to tell that these cannot be written.
                let _ = self.erase();
                let _ = self.words.write_out(text.as_bytes());
                self.draw();
            }
            Job::Probe(done) => {
                let gone = (self.results.is_gone)() || self.tell_gone.is_none();
                let flushed = if gone { Err(ErrorKind::BrokenPipe.into()) } else { self.results.writer.flush() };
                let _ = done.send(flushed.map_or_else(|error| Written::nothing(error.into()), |()| Written::all(0)));
            }
            Job::Status => {
                let _ = self.erase();
                self.draw();
            }
            Job::Flush(done) => {
                let _ = self.results.writer.flush();
                let _ = done.send(());
            }
        }
    }

    fn results(&mut self, text: &[u8]) -> Written {
        if let Err(error) = self.erase().and_then(|()| self.end_torn_line()) {
            return Written::nothing(error.into());
        }
        let (perhaps, failed) = self.results.write_counted(text);
        if let Some(last) = perhaps.checked_sub(1) {
            self.torn = text[last] != b'\n';
        }
        let flushed = self.results.writer.flush();
        // A writer with a buffer may have lost any of it.
        let surely = if flushed.is_ok() { perhaps } else { 0 };
        let trouble = failed.or(flushed.err()).map(Trouble::from);
        Written { surely, perhaps, trouble }
    }

    /// What follows half a line begins on a line of its own.
    fn end_torn_line(&mut self) -> io::Result<()> {
        if self.torn {
            self.results.write_out(b"\n")?;
            self.torn = false;
        }
        Ok(())
    }

    /// Takes the status line away.
    fn erase(&mut self) -> io::Result<()> {
        if self.drawn {
            self.results.write_out(ERASE)?;
            self.drawn = false;
        }
        Ok(())
    }

    /// Draws the status line, where there is one. A line that cannot be drawn is no loss.
    fn draw(&mut self) {
        let Some(terminal) = self.results.terminal.as_ref().filter(|terminal| !terminal.dumb) else { return };
        let status = self.status.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(line) = status.filter(|_| !self.torn) {
            let line = cut(&line, (terminal.columns)());
            self.drawn = self.results.write_out(format!("{NO_WRAP}{line}{WRAP}").as_bytes()).is_ok();
        }
    }

    fn has_gone(&mut self) {
        if let Some(tell) = self.tell_gone.take() {
            let _ = tell.send(());
        }
    }
}

/// At most one letter less than `columns`, since a cursor in the last column wraps on some terminals.
fn cut(line: &str, columns: usize) -> String {
    let room = columns.saturating_sub(1);
    match line.char_indices().nth(room) {
        None => line.to_owned(),
        Some(_) => line.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_less_than_the_width() {
        let table = [("abcde", 6, "abcde"), ("abcde", 5, "abc…"), ("äöüßé", 4, "äö…"), ("abc", 1, "…"), ("", 0, "")];
        for (line, columns, shown) in table {
            assert_eq!(cut(line, columns), shown, "{line} in {columns}");
        }
    }
}
