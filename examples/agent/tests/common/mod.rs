//! The program as a process.
#![allow(dead_code, reason = "each test file uses its own part")]

#[cfg(target_os = "linux")]
pub(crate) mod feed;
#[cfg(target_os = "linux")]
pub(crate) mod rig;
#[cfg(target_os = "linux")]
pub(crate) mod said;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

pub(crate) fn tidegate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.args(args).env_remove("TIDEGATE_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn finished(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = tidegate(args).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// One that runs until it is told to stop, or the test is over.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: Option<BufReader<ChildStdout>>,
    pub(crate) stderr: BufReader<ChildStderr>,
    /// Dropped when the test is over.
    _alive: mpsc::Sender<()>,
}

/// One that does not end is killed, so that its test fails and does not hang.
const LONGEST: Duration = Duration::from_mins(1);

pub(crate) fn process(child: &Child) -> Pid {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process")
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::of(tidegate(args).spawn().expect("it runs"))
    }

    pub(crate) fn of(mut child: Child) -> Self {
        let stdout = child.stdout.take().map(BufReader::new);
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let id = process(&child);
        let (alive, ended) = mpsc::channel();
        std::thread::spawn(move || {
            if ended.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
                let _ = kill_process(id, Signal::KILL);
            }
        });
        Self { child, stdout, stderr, _alive: alive }
    }

    /// The next line of standard output.
    pub(crate) fn json(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.as_mut().expect("still read").read_line(&mut line).expect("readable");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?} is not JSON: {error}"))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(process(&self.child), signal).expect("it runs");
    }

    /// How it ended, and what else it said: on standard output, on standard error.
    pub(crate) fn end(mut self) -> (ExitStatus, String, String) {
        let (mut results, mut words) = (String::new(), String::new());
        self.stderr.read_to_string(&mut words).expect("readable");
        if let Some(stdout) = &mut self.stdout {
            stdout.read_to_string(&mut results).expect("readable");
        }
        (self.child.wait().expect("ended"), results, words)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
