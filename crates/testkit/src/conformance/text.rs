//! Texts of every sort.

use tidegate_event::{Event, EventKind, IssueEvent, IssueKey, Labels, Notification, Reading, Resource, Sample};
use tidegate_sink::{Outcome, Sink};

use super::{Breach, Suite, deliver};
use crate::sample::{self, Episode};

/// The most bytes of one text that a sink must cope with.
const LONGEST: usize = 64 * 1024;
/// The most bytes of a name: of a kind, a resource, a unit, a metric, a label, a field. People give those.
const LONGEST_NAME: usize = 1024;

/// Texts that have broken somebody's program.
const TEXTS: [&str; 10] = [
    "Størrelse på disk: 80 % — full",
    "القرص ممتلئ بنسبة ٨٠٪ \u{202e}reversed\u{202c}",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇦🇽",
    "e\u{301}\u{302}\u{323} a\u{20dd}",
    "nul \0, bell \u{7}, escape \u{1b}[31m, delete \u{7f}, next line \u{85}",
    "line\nbreak\r\nand\ttab\u{2028}and separator",
    "\u{feff}byte order mark, \u{fffd}, \u{10ffff}, \u{fffe}",
    r#"quotes " ' ` and \ backslash \u0000 \n"#,
    "<!channel> <@U0123> <https://x|y> &amp; *bold* _it_ ```code``` <script>alert(1)</script>",
    "{\"json\": [null]} %s %00 ${jndi:x} {{template}} '; DROP TABLE issues; --",
];

/// An event of `kind` whose every text is `text`, and every name as much of it as a name may have.
fn saying(kind: EventKind, text: &str) -> Event {
    let name = &text[..text.floor_char_boundary(LONGEST_NAME)];
    let resource = Resource::new().with_cluster(name).with_node(name).with_part(name);
    match kind {
        EventKind::Issue => IssueEvent {
            summary: text.to_owned(),
            cause: text.to_owned(),
            remedy: text.into(),
            evidence: vec![Reading::new(name, 0.5, name).with_limit(0.4); 3],
            ..Episode::of(IssueKey::new(name, resource), sample::episode(1)).open()
        }
        .into(),
        EventKind::Notification => Notification::new(name, name, text, sample::at()).with_resource(resource).into(),
        EventKind::Log => {
            let fields = [(name.to_owned(), text.into())].into_iter().collect();
            let mut record = sample::log(text).with_exception(text).with_fields(fields);
            record.resource = resource;
            record.into()
        }
        EventKind::Metric => {
            let mut sample: Sample = sample::metric(name, 0.5).with_labels(Labels::from_iter([(name, name)]));
            sample.resource = resource;
            sample.unit = name.into();
            sample.into()
        }
    }
}

/// Checks that an event with this text is taken. A log line or sample may be rejected, if it is said why.
async fn taken<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
    text: &str,
    what: &str,
) -> Result<(), Breach> {
    let sink = suite.sink().await;
    for kind in sink.profile().kinds().iter() {
        let bulk = matches!(kind, EventKind::Log | EventKind::Metric);
        let outcomes = deliver(&sink, &[sample::delivery(saying(kind, text))]).await?;
        match &outcomes[..] {
            [Outcome::Accepted(_)] => {}
            [Outcome::Rejected(reason)] if bulk && !reason.message.is_empty() => {}
            other => {
                return Err(Breach::broken(format!(
                    "an event of kind {kind} that says {what} was not taken: {other:?}"
                )));
            }
        }
    }
    Ok(())
}

pub(super) async fn any_text_is_taken<S: Sink + 'static, F: AsyncFn() -> S>(suite: &Suite<S, F>) -> Result<(), Breach> {
    for text in TEXTS {
        taken(suite, text, &format!("{text:?}")).await?;
    }
    Ok(())
}

pub(super) async fn empty_texts_are_taken<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    taken(suite, "", "nothing").await?;
    taken(suite, " \n ", "blanks").await
}

pub(super) async fn the_longest_texts_are_taken<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    // One byte before characters of two, three and four: a cut at any round number falls inside one.
    for unit in ["x", "é", "語", "👩"] {
        let text = format!("x{}", unit.repeat(LONGEST / unit.len()));
        taken(suite, &text, &format!("{unit:?} for {LONGEST} bytes")).await?;
    }
    taken(suite, &"\"\\\n".repeat(LONGEST / 3), &format!("escapes for {LONGEST} bytes")).await
}
