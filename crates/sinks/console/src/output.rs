use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

use tidegate_event::Name;

use crate::colour::is_dumb;

/// Where a [`Screen`](crate::Screen) writes: standard output, standard error, or any writer.
pub struct Output {
    pub(crate) name: Name,
    pub(crate) writer: Box<dyn Write + Send>,
    pub(crate) terminal: Option<Terminal>,
    /// Whether whoever read it has gone, where that can be seen without writing.
    pub(crate) is_gone: Box<dyn Fn() -> bool + Send>,
    /// Waits until it takes more, where whoever gave it to us made it one that does not wait by itself.
    pub(crate) wait: Option<Box<dyn Fn() -> io::Result<()> + Send>>,
}

/// What is known of a terminal.
#[derive(Clone)]
pub(crate) struct Terminal {
    pub(crate) columns: Arc<dyn Fn() -> usize + Send + Sync>,
    /// Takes no escape sequences.
    pub(crate) dumb: bool,
}

/// The width of a terminal that does not tell.
const COLUMNS: usize = 80;

impl Output {
    /// A writer that is not a terminal, under a name for people such as `memory`.
    pub fn new(name: impl Into<Name>, writer: impl Write + Send + 'static) -> Self {
        Self { name: name.into(), writer: Box::new(writer), terminal: None, is_gone: Box::new(|| false), wait: None }
    }

    /// Nowhere: all that is written is lost.
    pub fn nowhere() -> Self {
        Self::new("nowhere", io::sink())
    }

    /// The same as a terminal that is so many columns wide now.
    pub fn with_terminal(mut self, columns: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        self.terminal = Some(Terminal { columns: Arc::new(columns), dumb: false });
        self
    }

    /// Standard output, as `stdout`, without a buffer: what is written is out.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub fn stdout() -> io::Result<Self> {
        standard::output("stdout", io::stdout)
    }

    /// Standard error, as `stderr`, without a buffer.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub fn stderr() -> io::Result<Self> {
        standard::output("stderr", io::stderr)
    }

    /// Writes all of `text`, and tells how much of it the writer took and what stopped it.
    pub(crate) fn write_counted(&mut self, text: &[u8]) -> (usize, Option<io::Error>) {
        let mut taken = 0;
        while taken < text.len() {
            match self.writer.write(&text[taken..]) {
                Ok(0) => return (taken, Some(ErrorKind::WriteZero.into())),
                Ok(more) => taken += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => match self.wait.as_ref().filter(|_| error.kind() == ErrorKind::WouldBlock) {
                    Some(wait) => match wait() {
                        Ok(()) => {}
                        Err(error) => return (taken, Some(error)),
                    },
                    None => return (taken, Some(error)),
                },
            }
        }
        (taken, None)
    }

    /// Writes all of `text`, out of any buffer.
    pub(crate) fn write_out(&mut self, text: &[u8]) -> io::Result<()> {
        match self.write_counted(text) {
            (_, Some(error)) => Err(error),
            (_, None) => self.writer.flush(),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Whether it is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("name", &self.name).field("is_terminal", &self.is_terminal()).finish()
    }
}

impl Terminal {
    fn current(columns: impl Fn() -> Option<usize> + Send + Sync + 'static) -> Self {
        let columns = Arc::new(move || columns().filter(|columns| *columns > 0).unwrap_or(COLUMNS));
        Self { columns, dumb: is_dumb(std::env::var_os("TERM")) }
    }
}

#[cfg(unix)]
mod standard {
    use std::fs::File;
    use std::io::{self, IsTerminal};
    use std::os::fd::AsFd;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::termios::tcgetwinsize;

    use super::{Output, Terminal};

    /// The stream through a descriptor of our own, past the buffer of the standard library: so that it is known to
    /// the byte what was written when a write fails.
    pub(super) fn output<S>(name: &'static str, stream: fn() -> S) -> io::Result<Output>
    where
        S: AsFd + IsTerminal + 'static,
    {
        let file = File::from(stream().as_fd().try_clone_to_owned()?);
        let mut output = Output::new(name, file);
        output.is_gone = Box::new(move || is_gone(&stream()));
        output.wait = Some(Box::new(move || wait(&stream())));
        if stream().is_terminal() {
            output.terminal =
                Some(Terminal::current(move || tcgetwinsize(stream()).ok().map(|size| usize::from(size.ws_col))));
        }
        Ok(output)
    }

    /// Until it takes more, or will never again: the next write tells which.
    fn wait(stream: &impl AsFd) -> io::Result<()> {
        match poll(&mut [PollFd::new(stream, PollFlags::OUT)], None) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A pipe without a reader, or a terminal that was closed.
    fn is_gone(stream: &impl AsFd) -> bool {
        let mut fds = [PollFd::new(stream, PollFlags::empty())];
        let polled = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        polled.is_ok() && fds[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
    }
}

#[cfg(not(unix))]
mod standard {
    use std::io::{self, IsTerminal, Write};

    use super::{Output, Terminal};

    pub(super) fn output<S>(name: &'static str, stream: fn() -> S) -> io::Result<Output>
    where
        S: Write + IsTerminal + Send + 'static,
    {
        let mut output = Output::new(name, stream());
        if stream().is_terminal() {
            output.terminal = Some(Terminal::current(|| None));
        }
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Takes one byte, then none until it was waited for.
    #[derive(Default)]
    struct Narrow {
        full: Arc<AtomicBool>,
        text: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.full.swap(true, Ordering::Relaxed) {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.text.lock().expect("not poisoned").extend(&bytes[..1]);
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_does_not_wait_by_itself_is_waited_for() {
        let narrow = Narrow::default();
        let (full, text) = (narrow.full.clone(), narrow.text.clone());
        let mut output = Output::new("narrow", narrow);
        output.wait = Some(Box::new(move || {
            full.store(false, Ordering::Relaxed);
            Ok(())
        }));
        output.write_out(b"whole").expect("written");
        assert_eq!(*text.lock().expect("not poisoned"), b"whole");

        output.wait = Some(Box::new(|| Err(ErrorKind::BrokenPipe.into())));
        let (taken, failed) = output.write_counted(b"ab");
        assert_eq!((taken, failed.map(|error| error.kind())), (0, Some(ErrorKind::BrokenPipe)));
    }
}
