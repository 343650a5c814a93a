use std::io::ErrorKind;
use std::ops::Range;

use async_trait::async_trait;
use serde::Serialize;
use tidegate_event::Event;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Reason, Receipt, Sink, SinkError, SinkErrorKind};

use crate::colour::Palette;
use crate::escape::escape_json;
use crate::screen::{Trouble, Written};
use crate::text::Text;
use crate::{Colour, Screen};

/// How many items one call takes.
const BATCH: usize = 1_000;

/// A sink that prints what it is told as the results of a [`Screen`]: as text for people, or as JSON lines.
///
/// It takes all four kinds of event, up to 1,000 at once, and wants updates of an issue as they come. An item is
/// accepted once the operating system has it. Of a text that was written in part the item that was torn is
/// [unconfirmed](SinkErrorKind::Unconfirmed), and what follows on a torn line begins on a new one. A pipe without a
/// reader is [gone](SinkErrorKind::Gone); any other failure may pass, so that the item can be tried again.
#[derive(Debug, Clone)]
pub struct Console {
    profile: Profile,
    screen: Screen,
    json: bool,
    colour: Colour,
    columns: Option<usize>,
}

/// What the receipt of an issue or notification says: it was told here before.
#[derive(Serialize)]
struct Told {
    told: bool,
}

impl Console {
    /// Prints text for people on `screen`, coloured where that is a terminal.
    pub fn new(screen: Screen) -> Self {
        let profile = Profile::new(screen.name().clone()).with_batch(BATCH);
        Self { profile, screen, json: false, colour: Colour::Auto, columns: None }
    }

    /// Prints JSON lines instead: each event as one object on one line, the JSON form of
    /// [`Event`](tidegate_event::Event) and nothing else.
    pub fn with_json(mut self) -> Self {
        self.json = true;
        self
    }

    /// Colours the text, or not. Default: [`Colour::Auto`].
    pub fn with_colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Wraps cause, remedy and the like to so many columns. Default: those of the terminal; nothing is wrapped where
    /// there is none.
    pub fn with_columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// The text of `batch`, and which part of it is which item's.
    fn render(&self, batch: &[Delivery]) -> (String, Vec<Result<Range<usize>, Reason>>) {
        let palette = Palette::new(self.colour.is_on(self.screen.is_terminal()));
        let words = Text { palette, columns: self.columns.or_else(|| self.screen.columns()) };
        let mut text = String::new();
        let parts = batch.iter().map(|delivery| {
            let start = text.len();
            if self.json {
                let json = serde_json::to_string(&*delivery.event);
                let json = json.map_err(|error| Reason::new(format!("it cannot be written as JSON: {error}")))?;
                text.push_str(&escape_json(json));
                text.push('\n');
            } else {
                words.write(&delivery.event, delivery.prior.is_some(), &mut text);
            }
            Ok(start..text.len())
        });
        let parts = parts.collect();
        (text, parts)
    }

    fn outcome(&self, event: &Event, part: &Range<usize>, written: &Written) -> Outcome {
        match &written.trouble {
            None => Outcome::Accepted(receipt(event)),
            Some(_) if part.end <= written.surely => Outcome::Accepted(receipt(event)),
            Some(trouble) => Outcome::Failed(self.failure(trouble, part.start < written.perhaps)),
        }
    }

    /// What `trouble` means for an item of which a part may be out, or none.
    fn failure(&self, trouble: &Trouble, begun: bool) -> SinkError {
        let name = self.screen.name();
        let (kind, context) = match trouble {
            Trouble::Full => (SinkErrorKind::Throttled, format!("too much waits to be written to {name}")),
            Trouble::Ended => (SinkErrorKind::Unconfirmed, format!("the thread that writes to {name} has ended")),
            Trouble::Io(_) if begun => (SinkErrorKind::Unconfirmed, format!("only a part was written to {name}")),
            Trouble::Io(error) if error.kind() == ErrorKind::BrokenPipe => {
                (SinkErrorKind::Gone, format!("nobody reads {name} any more"))
            }
            Trouble::Io(_) => (SinkErrorKind::Unreachable, format!("nothing can be written to {name}")),
        };
        let failure = SinkError::new(kind, context);
        match trouble {
            Trouble::Io(error) => failure.with_source(error.clone()),
            Trouble::Full | Trouble::Ended => failure,
        }
    }
}

/// So that the next text about it can say whether it is news here. A log line or sample is told once.
fn receipt(event: &Event) -> Option<Receipt> {
    match event {
        Event::Issue(_) | Event::Notification(_) => Receipt::new(&Told { told: true }).ok(),
        Event::Log(_) | Event::Metric(_) => None,
    }
}

#[async_trait]
impl Sink for Console {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let (text, parts) = self.render(batch);
        let written = if text.is_empty() { Written::all(0) } else { self.screen.write(text).await };
        let outcomes = batch.iter().zip(parts).map(|(delivery, part)| match part {
            Ok(part) => self.outcome(&delivery.event, &part, &written),
            Err(reason) => Outcome::Rejected(reason),
        });
        Ok(outcomes.collect())
    }

    /// Writes nothing: proves that the output is there and still read.
    async fn probe(&self) -> Result<Probe, SinkError> {
        let name = self.screen.name();
        let what = if self.screen.is_terminal() { "a terminal" } else { "not a terminal" };
        match self.screen.probe().await {
            Written { trouble: None, .. } => {
                let probe = Probe::new().with_proven(format!("{name} is there ({what})"));
                Ok(probe.with_unproven(format!("whether {name} takes what is written: nothing was")))
            }
            Written { trouble: Some(trouble), .. } => Err(self.failure(&trouble, false)),
        }
    }
}
