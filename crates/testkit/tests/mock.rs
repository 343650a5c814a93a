//! Every contract trait has a mock that is told what to answer.

use futures::executor::block_on;
use futures::stream::{self, StreamExt};
use tidegate_base::Clock;
use tidegate_detect::{Condition, Detector, Finding};
use tidegate_event::{Cursor, Signal};
use tidegate_sink::{Probe, Sink};
use tidegate_source::{Intake, Source, SourceError, SourceErrorKind};
use tidegate_store::{Append, Change, Chunk, EventLog, Position, Space, StateStore, StoreError, StoreErrorKind};
use tidegate_testkit::mock::{MockClock, MockDetector, MockEventLog, MockSink, MockSource, MockStateStore};
use tidegate_testkit::sample;

#[test]
fn a_clock_tells_what_it_was_given() {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(sample::at());
    assert_eq!((&clock as &dyn Clock).now(), sample::at());
}

#[test]
fn a_source_hands_in_what_it_was_given() {
    let mut source = MockSource::new();
    source.expect_name().return_const("nodes".to_owned());
    source.expect_open().withf(Option::is_none).returning(|_| {
        let intake = Intake::new(vec![Signal::from(sample::log("started"))]).with_cursor(Cursor::new("1"));
        Ok(stream::iter([Ok(intake)]).boxed())
    });
    source
        .expect_open()
        .withf(Option::is_some)
        .returning(|_| Err(SourceError::new(SourceErrorKind::Unreachable, "the node")));

    let source: Box<dyn Source> = Box::new(source);
    assert_eq!(source.name(), "nodes");
    let intakes: Vec<_> = block_on(async { source.open(None).await.unwrap().collect().await });
    assert_eq!(intakes[0].as_ref().unwrap().signals.len(), 1);
    let again = block_on(source.open(Some(Cursor::new("1"))));
    assert_eq!(again.err().map(|error| error.kind()), Some(SourceErrorKind::Unreachable));
}

#[test]
fn a_detector_finds_what_it_was_given() {
    let mut detector = MockDetector::new();
    detector.expect_kind().return_const("odd".to_owned());
    detector.expect_observe().returning(|_, findings| {
        let condition = Condition::Unknown { why: "nobody asked".to_owned() };
        findings.push(Finding { key: sample::key("odd"), condition, at: sample::at() });
    });
    detector.expect_tick().times(1).return_const(());

    let mut findings = Vec::new();
    detector.observe(&Signal::from(sample::metric("x", 1.0)), &mut findings);
    detector.tick(sample::at(), &mut findings);
    assert_eq!((detector.kind(), findings.len()), ("odd", 1));
}

#[test]
fn a_sink_answers_what_it_was_given() {
    let mut sink = MockSink::new();
    sink.expect_probe().returning(|| Ok(Probe::new().with_proven("it is there")));
    let sink: Box<dyn Sink> = Box::new(sink);
    assert_eq!(block_on(sink.probe()).unwrap().proven(), ["it is there"]);
}

#[test]
fn stores_answer_what_they_were_given() {
    let mut log = MockEventLog::new();
    log.expect_append().returning(|_| Err(StoreError::new(StoreErrorKind::Full, "the disk")));
    log.expect_read().returning(|from, _| Ok(Chunk { events: Vec::new(), next: from, lost: 3 }));
    log.expect_release().returning(|_| Ok(()));
    log.expect_marks().returning(|| Ok(Vec::new()));
    let log: Box<dyn EventLog> = Box::new(log);
    block_on(async {
        assert_eq!(log.append(Append::new()).await.unwrap_err().kind(), StoreErrorKind::Full);
        assert_eq!(log.read(Position::START, 1).await.unwrap().lost, 3);
        log.release(Position::START).await.unwrap();
        assert!(log.marks().await.unwrap().is_empty());
    });

    let mut state = MockStateStore::new();
    state.expect_load().returning(|_, _| Ok(vec![("a".to_owned(), "1".into())]));
    state.expect_save().withf(|changes| changes.len() == 1).returning(|_| Ok(()));
    let state: Box<dyn StateStore> = Box::new(state);
    block_on(async {
        assert_eq!(state.load(Space::Key, "").await.unwrap().len(), 1);
        state.save(&[Change::delete(Space::Key, "a")]).await.unwrap();
    });
}
