//! What a source hands in, and how it is wrapped.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::DateTime;
use futures::stream::{self, BoxStream, StreamExt};
use futures::{FutureExt, TryStreamExt};
use tidegate_event::{Cursor, LogRecord, Resource, Signal};
use tidegate_source::{Ack, Intake, NotTaken, Source, SourceError, SourceErrorKind, Taken};

fn signal(message: &str) -> Signal {
    LogRecord::new(Resource::new(), message, DateTime::UNIX_EPOCH).into()
}

#[test]
fn an_intake_carries_what_it_was_given() {
    let intake = Intake::new(vec![signal("a"), signal("b")]);
    assert_eq!((intake.signals.len(), &intake.cursor), (2, &None));

    let (ack, taken) = Ack::new();
    let intake = intake.with_cursor(Cursor::new("here")).with_ack(ack);
    assert_eq!(intake.cursor, Some(Cursor::new("here")));
    assert!(format!("{intake:?}").contains("cursor: Some(Cursor(here))"), "{intake:?}");
    intake.ack.complete();
    assert_eq!(taken.now_or_never(), Some(Ok(())));
}

#[test]
fn an_intake_that_is_dropped_was_not_taken() {
    let (ack, taken) = Ack::new();
    drop(Intake::new(vec![signal("a")]).with_ack(ack));
    assert_eq!(taken.now_or_never(), Some(Err(NotTaken)));
}

#[test]
fn an_ack_may_complete_though_nobody_waits() {
    Ack::nobody().complete();
    let (ack, taken) = Ack::new();
    drop(taken);
    ack.complete();
}

#[test]
fn an_error_says_what_happened_on_one_line_and_leaves_its_cause_to_the_source() {
    for (kind, word) in [
        (SourceErrorKind::Unreachable, "unreachable"),
        (SourceErrorKind::Unauthorized, "unauthorized"),
        (SourceErrorKind::Misconfigured, "misconfigured"),
        (SourceErrorKind::Malformed, "malformed"),
    ] {
        let error = SourceError::new(kind, "asking node 10.0.0.1:2113").with_source(std::io::Error::other("the cause"));
        assert_eq!(error.to_string(), format!("asking node 10.0.0.1:2113: {word}"));
        assert_eq!(error.kind(), kind);
        assert_eq!(error.clone().source().map(ToString::to_string), Some("the cause".to_owned()));
        assert!(SourceError::new(kind, "").source().is_none());
    }
}

/// Says where it was told to start.
struct Echo;

#[async_trait]
impl Source for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError> {
        let from = from.ok_or_else(|| SourceError::new(SourceErrorKind::Misconfigured, "starting nowhere"))?;
        let intake = Intake::new(vec![signal(from.as_str())]).with_cursor(from);
        let end = Err(SourceError::new(SourceErrorKind::Unreachable, "going on"));
        Ok(stream::iter([Ok(intake), end]).boxed())
    }
}

fn assert_forwards(source: impl Source) {
    assert_eq!(source.name(), "echo");
    let refused = source.open(None).now_or_never().expect("no waiting");
    assert_eq!(refused.err().map(|error| error.kind()), Some(SourceErrorKind::Misconfigured));

    let mut opened = source.open(Some(Cursor::new("here"))).now_or_never().expect("no waiting").expect("it opens");
    drop(source);
    let intake = opened.try_next().now_or_never().expect("no waiting").expect("an intake first").expect("an intake");
    assert_eq!((intake.signals, intake.cursor), (vec![signal("here")], Some(Cursor::new("here"))));
    let end = opened.try_next().now_or_never().expect("no waiting").expect_err("an error at last");
    assert_eq!(end.kind(), SourceErrorKind::Unreachable);
}

#[test]
fn a_boxed_or_shared_source_is_that_source() {
    assert_forwards(Echo);
    assert_forwards(Box::new(Echo));
    assert_forwards(Arc::new(Echo));
    assert_forwards(Box::new(Echo) as Box<dyn Source>);
    assert_forwards(Arc::new(Echo) as Arc<dyn Source>);
    assert_forwards(Box::new(Arc::new(Box::new(Echo) as Box<dyn Source>)));
}

#[test]
fn all_parts_go_between_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Box<dyn Source>>();
    is_send_and_sync::<Arc<dyn Source>>();
    is_send_and_sync::<Intake>();
    is_send_and_sync::<Ack>();
    is_send_and_sync::<Taken>();
    is_send_and_sync::<SourceError>();
}
