//! Results, words and the status line on one terminal.

use common::{Paper, deliver, delivery, node, screen, start, terminal};
use futures::executor::block_on;
use tidegate_event::LogRecord;
use tidegate_sink_console::{Colour, Console, Screen};

mod common;

/// What stands on a terminal that `text` was printed on: knows line feed, carriage return and "clear line".
fn shown(text: &str) -> Vec<String> {
    let text = text.replace("\u{1b}[?7l", "").replace("\u{1b}[?7h", "");
    let mut lines = vec![String::new()];
    let mut rest = text.as_str();
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\r\u{1b}[2K") {
            lines.last_mut().expect("a line").clear();
            rest = after;
            continue;
        }
        match letter {
            '\n' => lines.push(String::new()),
            letter => lines.last_mut().expect("a line").push(letter),
        }
        rest = &rest[letter.len_utf8()..];
    }
    lines
}

fn flushed(screen: &Screen, paper: &Paper) -> Vec<String> {
    block_on(screen.flush());
    shown(&paper.text())
}

#[test]
fn the_status_line_is_always_last_and_tears_nothing() {
    let (screen, paper) = terminal(40);
    let console = Console::new(screen.clone()).with_colour(Colour::Never);
    screen.say("Watching.\n");
    screen.set_status(Some("load 1".to_owned()));
    assert_eq!(flushed(&screen, &paper), ["Watching.", "load 1"]);

    deliver(&console, &[delivery("1", LogRecord::new(node(), "one", start()), false)]);
    screen.say("two\n");
    screen.set_status(Some("load 2".to_owned()));
    let lines = flushed(&screen, &paper);
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[1].contains("one"));
    assert_eq!(lines[2..], ["two", "load 2"]);

    screen.set_status(None);
    screen.say("Stopped.\n");
    assert_eq!(flushed(&screen, &paper)[3..], ["Stopped.", ""]);
}

#[test]
fn a_status_line_is_cut_to_the_width() {
    let (screen, paper) = terminal(10);
    screen.set_status(Some("0123456789abc".to_owned()));
    assert_eq!(flushed(&screen, &paper), ["01234567…"]);
}

#[test]
fn what_is_not_a_terminal_has_no_status_line() {
    let (screen, paper) = screen();
    assert!(!screen.shows_status());
    screen.set_status(Some("load 1".to_owned()));
    assert_eq!(flushed(&screen, &paper), [""]);
}

#[test]
fn the_last_clone_takes_the_status_line_away() {
    let (screen, paper) = terminal(40);
    screen.set_status(Some("load 1".to_owned()));
    block_on(screen.flush());
    drop(screen);
    for _ in 0..1_000_000 {
        if shown(&paper.text()) == [""] {
            return;
        }
        std::thread::yield_now();
    }
    panic!("still there: {:?}", paper.text());
}
