//! What is said of a delivery when the output fails, and what text from outside can do.

use std::io::ErrorKind;

use common::{deliver, deliveries, delivery, issue, node, screen, start};
use futures::FutureExt;
use futures::executor::block_on;
use tidegate_event::{Event, LogRecord, Notification, Sample};
use tidegate_sink::SinkErrorKind::{Gone, Unconfirmed, Unreachable};
use tidegate_sink::{Delivery, Outcome, Sink, SinkErrorKind};
use tidegate_sink_console::{Colour, Console, Output, Screen};

mod common;

fn samples(count: u32) -> Vec<Delivery> {
    let samples = (0..count).map(|number| Sample::new("m", node(), f64::from(number), "1", start()).expect("finite"));
    deliveries(samples.map(|sample| (Event::from(sample), false)))
}

/// `None`: accepted.
fn kinds(outcomes: &[Outcome]) -> Vec<Option<SinkErrorKind>> {
    let kind = |outcome: &Outcome| match outcome {
        Outcome::Accepted(_) => None,
        Outcome::Failed(error) => Some(error.kind()),
        other => panic!("{other:?}"),
    };
    outcomes.iter().map(kind).collect()
}

#[test]
fn an_output_that_fails_accepts_what_is_out_and_only_the_torn_item_is_unconfirmed() {
    let (whole, paper) = screen();
    deliver(&Console::new(whole).with_json(), &samples(3));
    let line = paper.text().lines().next().expect("a line").len() + 1;

    let table = [
        (0, ErrorKind::BrokenPipe, [Some(Gone), Some(Gone), Some(Gone)]),
        (0, ErrorKind::StorageFull, [Some(Unreachable), Some(Unreachable), Some(Unreachable)]),
        (line, ErrorKind::BrokenPipe, [None, Some(Gone), Some(Gone)]),
        (line + 1, ErrorKind::BrokenPipe, [None, Some(Unconfirmed), Some(Gone)]),
        (2 * line - 1, ErrorKind::StorageFull, [None, Some(Unconfirmed), Some(Unreachable)]),
        (3 * line, ErrorKind::StorageFull, [None, None, None]),
    ];
    for (room, error, want) in table {
        let (screen, paper) = screen();
        paper.fail_after(room, error);
        let outcomes = deliver(&Console::new(screen).with_json(), &samples(3));
        assert_eq!(kinds(&outcomes), want, "{error:?} after {room} bytes");
        assert_eq!(paper.text().len(), room);
    }
}

#[test]
fn what_follows_a_torn_line_begins_on_a_new_one() {
    let (screen, paper) = screen();
    let console = Console::new(screen).with_json();
    paper.fail_after(10, ErrorKind::StorageFull);
    deliver(&console, &samples(1));
    paper.mend();
    let outcomes = deliver(&console, &samples(1));
    assert_eq!(kinds(&outcomes), [None]);
    let text = paper.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(serde_json::from_str::<Event>(lines[1]).is_ok(), "{text}");
}

#[cfg(unix)]
#[test]
fn a_pipe_without_a_reader_is_gone_and_says_so_before_anything_is_written() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let screen = Screen::new(Output::new("pipe", writer), Output::nowhere()).expect("a thread");
    let console = Console::new(screen.clone());
    assert_eq!(screen.gone().now_or_never(), None);
    let outcomes = deliver(&console, &[delivery("1", issue(), false)]);
    assert_eq!(kinds(&outcomes), [Some(SinkErrorKind::Gone)]);
    let Outcome::Failed(error) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(error.to_string(), "nobody reads pipe any more: gone");
    block_on(screen.gone());
    let error = block_on(console.probe()).expect_err("gone");
    assert_eq!(error.kind(), SinkErrorKind::Gone);
}

#[test]
fn no_text_steers_the_terminal() {
    let evil = "x\u{1b}[2J\r\n2026 CLOSED\u{9b}31m\u{7}\u{202e}\u{7f}";
    let resource = node().with_part(evil);
    let mut bad = issue();
    bad.key = tidegate_event::IssueKey::new(evil, resource.clone());
    bad.summary = evil.to_owned();
    bad.cause = evil.to_owned();
    bad.remedy = evil.into();
    bad.evidence = vec![tidegate_event::Reading::new(evil, 1.0, evil)];
    let fields = [(evil.to_owned(), serde_json::json!([evil]))].into_iter().collect();
    let log = LogRecord::new(resource.clone(), evil, start()).with_exception(evil).with_fields(fields);
    let sample = Sample::new(evil, resource.clone(), 1.0, evil, start()).expect("finite");
    let sample = sample.with_labels([(evil, evil)].into_iter().collect());
    let notification = Notification::new(evil, evil, evil, start()).with_resource(resource);
    let events: [Event; 4] = [bad.into(), log.into(), sample.into(), notification.into()];
    let batch = deliveries(events.map(|event| (event, false)));

    let steers = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
    let (plain, paper) = screen();
    deliver(&Console::new(plain), &batch);
    let text = paper.text();
    assert!(!text.contains(steers), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("2026 CLOSED")), "{text}");
    assert_eq!(text.lines().count(), 8 + 3, "{text}");

    let (json, paper) = screen();
    deliver(&Console::new(json).with_json().with_colour(Colour::Always), &batch);
    let text = paper.text();
    assert!(!text.contains(steers), "{text:?}");
    let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert!(read.iter().zip(&batch).all(|(read, told)| *read == *told.event));
}

#[test]
fn a_delivery_that_nobody_waits_for_and_an_empty_one_leave_nothing_behind() {
    let (screen, paper) = screen();
    let console = Console::new(screen);
    assert!(deliver(&console, &[]).is_empty());
    drop(console.deliver(&samples(1)));
    assert_eq!(kinds(&deliver(&console, &samples(2))), [None, None]);
    assert_eq!(paper.text().lines().count(), 2);
}

#[test]
fn a_probe_tells_what_is_there_and_writes_nothing() {
    let (screen, paper) = common::terminal(80);
    let probe = block_on(Console::new(screen).probe()).expect("there");
    assert_eq!(probe.proven(), ["results is there (a terminal)"]);
    assert_eq!(probe.unproven().len(), 1);
    assert_eq!(paper.text(), "");
}
