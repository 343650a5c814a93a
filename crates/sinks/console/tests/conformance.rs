//! The rules that every sink keeps, on both forms.

use std::io::ErrorKind;

use async_trait::async_trait;
use common::{Paper, screen};
use futures::executor::block_on;
use tidegate_event::{Event, IssueEvent};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_console::Console;
use tidegate_testkit::conformance::{Shown, Suite};

mod common;

/// A console and what it printed.
#[derive(Debug)]
struct Printed {
    console: Console,
    paper: Paper,
}

#[async_trait]
impl Sink for Printed {
    fn profile(&self) -> &Profile {
        self.console.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.console.deliver(batch).await
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.console.probe().await
    }
}

fn printed(shape: fn(Console) -> Console) -> Printed {
    let (screen, paper) = screen();
    Printed { console: shape(Console::new(screen)), paper }
}

/// Sinks whose output fails at once, or within the first line.
fn failing(shape: fn(Console) -> Console) -> impl Iterator<Item = Printed> {
    let ways = [ErrorKind::BrokenPipe, ErrorKind::StorageFull].map(|kind| [(0, kind), (10, kind)]);
    ways.into_iter().flatten().map(move |(room, kind)| {
        let printed = printed(shape);
        printed.paper.fail_after(room, kind);
        printed
    })
}

/// An issue is as its last line says. All lines of an episode are one telling of it.
fn last_line(printed: &Printed, issue: &IssueEvent) -> Shown {
    let text = printed.paper.text();
    let events = text.lines().map(|line| serde_json::from_str(line).expect("an event"));
    let mut lines = events.filter_map(|event| match event {
        Event::Issue(told) if told.episode == issue.episode => Some(told),
        _ => None,
    });
    let last = lines.next_back();
    Shown { open: last.as_ref().is_some_and(|told| !told.is_closed()), copies: usize::from(last.is_some()) }
}

#[test]
fn text_keeps_the_rules_of_every_sink() {
    let shape = |console| console;
    let suite = Suite::new(async || printed(shape)).with_failing(failing(shape));
    let report = block_on(suite.run());
    println!("{report}");
    report.assert_passed();
}

#[test]
fn json_lines_keep_the_rules_of_every_sink() {
    let suite =
        Suite::new(async || printed(Console::with_json)).with_view(last_line).with_failing(failing(Console::with_json));
    let report = block_on(suite.run());
    println!("{report}");
    report.assert_passed();
}
