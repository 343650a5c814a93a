//! The program as a person runs it: what it prints where, how it ends, and that its figures are the machine's.
#![cfg(target_os = "linux")]

mod common;

use std::io::{BufRead, Read};
use std::process::Output;

use common::{Running, finished, tidegate};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;

/// Nothing opens but by what a test asks for.
const QUIET: [&str; 6] = ["--core-load-limit", "100000", "--disk-limit", "0.999999", "--memory-close-for", "1h"];

#[test]
fn help_tells_of_every_part_and_nothing_else_is_printed() {
    let (code, results, words) = finished(&["run", "--help"]);
    assert_eq!((code, words.as_str()), (Some(0), ""));
    for part in [
        "--json",
        "--volume",
        "--machine-memory",
        "--interval",
        "--disk-limit",
        "--memory-limit",
        "--core-load-limit",
        "TIDEGATE_LOG",
    ] {
        assert!(results.contains(part), "{part} is not in:\n{results}");
    }
}

#[test]
fn what_cannot_be_right_ends_with_2_and_words_on_standard_error() {
    let table: [(&[&str], &str); 8] = [
        (&["run", "--disk-limit", "80"], "for 80 percent write 0.8 or 80%"),
        (&["run", "--memory-limit", "100%"], "nothing is above the whole; write less, such as 0.99 or 99%"),
        (&["run", "--disk-for", "soon"], "500ms, 30s, 5m, 1h or 2d"),
        (&["run", "--interval", "0"], "the shortest is 100 ms"),
        (&["run", "--disk-close", "0.9"], "--disk-close is 0.9; it must be at most --disk-limit, which is 0.8"),
        (&["run", "--volume", "data"], "volume \"data\" is not a path"),
        (&["run", "--bogus"], "--bogus"),
        (&[], "Usage: tidegate <COMMAND>"),
    ];
    for (args, why) in table {
        let (code, results, words) = finished(args);
        assert_eq!((code, results.as_str()), (Some(2), ""), "{args:?}: {words}");
        assert!(words.contains(why), "{args:?}: {words}");
    }
    for value in ["a=b=c", "warning", "off"] {
        let Output { status, stderr, .. } = tidegate(&["run"]).env("TIDEGATE_LOG", value).output().expect("it runs");
        let words = String::from_utf8(stderr).expect("UTF-8");
        let begin = format!("tidegate: the variable TIDEGATE_LOG is {value:?}: ");
        assert!(status.code() == Some(2) && words.starts_with(&begin), "{words}");
    }
}

#[test]
fn an_issue_is_one_line_of_json_and_sigterm_ends_it_in_order() {
    let args = ["run", "--json", "--node", "a", "--memory-limit", "0.000001", "--memory-critical", "1"];
    let mut running = Running::start(&[&args[..], &QUIET].concat());
    let issue = running.json();
    assert_eq!((&issue["type"], &issue["state"]), (&"issue".into(), &"open".into()), "{issue}");
    assert_eq!(issue["key"]["id"], "memory-usage_n.a");
    running.signal(Signal::TERM);
    let (status, results, words) = running.end();
    assert_eq!((status.code(), results.as_str()), (Some(0), ""), "{words}");
    assert!(words.starts_with("tidegate "), "{words}");
    let last: Vec<&str> = words.lines().rev().take(2).collect();
    assert_eq!(last, ["  warning   Memory over 0.0001 % used on node a", "Stopped by SIGTERM. One issue was open:"]);
}

#[test]
fn text_for_a_file_has_no_colour_and_no_status_line() {
    let args = ["run", "--memory-limit", "0.000001", "--memory-critical", "1"];
    let mut running = Running::start(&[&args[..], &QUIET].concat());
    let mut block = String::new();
    let stdout = running.stdout.as_mut().expect("still read");
    while !block.ends_with("\n\n") {
        assert!(stdout.read_line(&mut block).expect("readable") > 0, "{block}");
    }
    running.signal(Signal::INT);
    let (status, results, words) = running.end();
    assert_eq!((status.code(), results.as_str()), (Some(0), ""));
    for part in ["UTC  OPEN     warning      Memory over", "    cause     ", "    remedy    ", "    measured  "] {
        assert!(block.contains(part), "{part} is not in:\n{block}");
    }
    assert!(!block.contains('\u{1b}') && !words.contains('\u{1b}'), "{block}{words}");
    assert!(words.contains("Stopped by Ctrl-C."), "{words}");
}

/// What is said of itself quotes what it was given.
#[test]
fn what_cannot_be_measured_is_said_on_one_line_and_again_at_the_end() {
    let args = ["run", "--json", "--node", "a\u{1b}[2J\nforged", "--volume", "/no/such/volume"];
    let mut running = Running::start(&[&args[..], &QUIET].concat());
    let mut words = String::new();
    while !words.lines().any(|line| line.contains("WARN") && line.contains("/no/such/volume")) {
        assert!(running.stderr.read_line(&mut words).expect("readable") > 0, "{words}");
    }
    running.signal(Signal::TERM);
    let (status, _, rest) = running.end();
    words.push_str(&rest);
    assert_eq!(status.code(), Some(0), "{words}");
    assert!(!words.contains('\u{1b}') && !words.lines().any(|line| line.starts_with("forged")), "{words}");
    let end = "Not measured at the end:\n  /no/such/volume on node a\\u{1b}[2J\\nforged: no filesystem is mounted at ";
    assert!(words.contains(end), "{words}");
}

/// As a shell may leave it behind, for all who share it.
#[test]
fn lines_are_whole_on_an_output_that_does_not_wait() {
    let (read, write) = pipe_with(PipeFlags::NONBLOCK).expect("a pipe");
    fcntl_setpipe_size(&write, 4_096).expect("a pipe");
    let flags = ["run", "--json", "--metrics", "--interval", "100ms", "--stale-after", "1m"];
    let mut command = tidegate(&[&flags[..], &QUIET].concat());
    let child = command.stdout(write).spawn().expect("it runs");
    // It has the writing end still.
    drop(command);
    let mut running = Running::of(child);
    let mut text = Vec::new();
    // It writes while it finds the pipe full again and again, as long as it takes for three pipes full.
    while text.len() < 3 * 4_096 {
        poll(&mut [PollFd::new(&read, PollFlags::IN)], None).expect("something to read");
        let mut part = [0; 512];
        let taken = rustix::io::read(&read, &mut part).expect("readable");
        assert!(taken > 0, "it ended");
        text.extend(&part[..taken]);
    }
    let text = String::from_utf8(text).expect("UTF-8");
    let (whole, _) = text.rsplit_once('\n').expect("a line");
    for line in whole.lines() {
        let value: Result<Value, _> = serde_json::from_str(line);
        assert!(value.is_ok(), "{line:?}");
    }
    let _ = running.child.kill();
}

/// What a run printed on a terminal until it had measured twice and was stopped.
fn on_a_terminal(args: &[&str]) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("ours");
    unlockpt(&ours).expect("ours");
    let name = ptsname(&ours, Vec::new()).expect("it has a name");
    let theirs = rustix::fs::open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("opened");
    let flags = ["run", "--metrics", "--interval", "100ms", "--stale-after", "1m", "--color", "never"];
    let mut command = tidegate(&[&flags[..], &QUIET, args].concat());
    let child = command.stdout(theirs).env("TERM", "xterm").spawn().expect("it runs");
    // It has that end still.
    drop(command);
    let running = Running::of(child);
    let (mut text, mut asked) = (String::new(), false);
    let mut part = [0; 4_096];
    // A terminal that nobody has open any more fails.
    while let Ok(taken) = rustix::io::read(&ours, &mut part) {
        text.push_str(&String::from_utf8_lossy(&part[..taken]));
        if !asked && text.matches("system.load.15m").count() >= 2 {
            asked = true;
            running.signal(Signal::TERM);
        }
    }
    assert_eq!(running.end().0.code(), Some(0), "{text}");
    text
}

#[test]
fn text_on_a_terminal_has_a_status_line_and_json_has_none() {
    let text = on_a_terminal(&[]);
    assert!(text.contains(" UTC │ load ") && text.contains("\u{1b}[2K"), "{text}");
    let json = on_a_terminal(&["--json"]);
    assert!(!json.contains('\u{1b}') && !json.contains('│'), "{json}");
    for line in json.lines() {
        let value: Result<Value, _> = serde_json::from_str(line);
        assert!(value.is_ok(), "{line:?}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    let mut running = Running::start(&[&["run", "--json"][..], &QUIET].concat());
    drop(running.stdout.take());
    let (status, _, words) = running.end();
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(words.ends_with("tidegate: nobody reads standard output any more; stopped\n"), "{words}");
}

/// The first signal waits for what is on its way. The second does not.
#[test]
fn a_reader_that_does_not_read_holds_up_the_end_until_a_second_signal() {
    let flags = ["run", "--json", "--metrics", "--interval", "100ms", "--stale-after", "1m"];
    let mut running = Running::start(&[&flags[..], &QUIET].concat());
    let stdout = running.stdout.as_ref().expect("still read").get_ref();
    // The first second of samples is more than that, so that writing them does not end.
    fcntl_setpipe_size(stdout, 4_096).expect("a pipe");
    poll(&mut [PollFd::new(stdout, PollFlags::IN)], None).expect("something to read");
    running.signal(Signal::TERM);
    running.signal(Signal::INT);
    let mut words = String::new();
    running.stderr.read_to_string(&mut words).expect("readable");
    assert_eq!(running.child.wait().expect("ended").code(), Some(1), "{words}");
    assert!(words.ends_with("once more: ended at once, without telling what was left\n"), "{words}");
}

#[test]
fn the_figures_are_those_of_the_machine() {
    // The load changes every five seconds: one of two looks around the measurement is the same, unless the machine is
    // so busy that more than that passed between them.
    let matched = (0..5).any(|_| {
        let before = load();
        let mut running = Running::start(&[&["run", "--json", "--metrics", "--volume", "/"][..], &QUIET].concat());
        let mut samples = std::collections::BTreeMap::new();
        while !(samples.contains_key("system.load.1m") && samples.contains_key("system.filesystem.size")) {
            let sample = running.json();
            let name = sample["name"].as_str().unwrap_or_else(|| panic!("not a sample: {sample}")).to_owned();
            samples.insert(name, sample["value"].as_f64().expect("a number"));
        }
        let after = load();
        running.signal(Signal::TERM);
        let (status, _, words) = running.end();
        assert_eq!(status.code(), Some(0), "{words}");

        let root = rustix::fs::statvfs("/").expect("there is a root");
        let size = (root.f_blocks - root.f_bfree + root.f_bavail) * root.f_frsize;
        let off = (samples["system.filesystem.size"] - size as f64).abs();
        assert!(off <= 0.001 * size as f64, "{} is not {size}", samples["system.filesystem.size"]);
        [before, after].contains(&samples["system.load.1m"].to_string())
    });
    assert!(matched, "the load was never the one of /proc/loadavg");
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").expect("Linux");
    let first: f64 = text.split(' ').next().and_then(|load| load.parse().ok()).expect("a number");
    first.to_string()
}
