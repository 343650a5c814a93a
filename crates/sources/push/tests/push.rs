//! What a publisher and a router hear of each other. Every future is polled by hand, so that nothing waits.

use std::num::NonZeroU32;
use std::pin::pin;

use chrono::DateTime;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use tidegate_event::{ControlPlane, Event, LogRecord, Resource, Sample, Signal};
use tidegate_source::{Intake, NotTaken, Source, SourceError, SourceErrorKind};
use tidegate_source_push::{Publisher, Push, PushError, PushErrorKind};

type Stream = BoxStream<'static, Result<Intake, SourceError>>;

fn line(message: &str) -> LogRecord {
    LogRecord::new(Resource::new(), message, DateTime::UNIX_EPOCH)
}

fn messages(signals: &[Signal]) -> Vec<&str> {
    let message = |signal| match signal {
        &Signal::Event(Event::Log(ref record)) => record.message.as_str(),
        other => panic!("a line: {other:?}"),
    };
    signals.iter().map(message).collect()
}

fn open(source: &Push) -> Stream {
    source.open(None).now_or_never().expect("at once").expect("opened")
}

fn next(stream: &mut Stream) -> Option<Intake> {
    let item = stream.next().now_or_never().expect("something waits");
    item.map(|item| item.expect("no errors of its own"))
}

fn small(bytes: u32) -> (Push, Publisher) {
    Push::with_capacity("small", NonZeroU32::new(bytes).expect("more than none"))
}

fn kind(result: Result<(), PushError>) -> Option<PushErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn publish_returns_once_all_is_taken() {
    let (source, publisher) = Push::new("deployments");
    assert_eq!(source.name(), "deployments");
    let mut publishing = pin!(publisher.publish([line("a"), line("b")]));
    assert!(publishing.as_mut().now_or_never().is_none(), "no router yet");

    let intake = next(&mut open(&source)).expect("handed in");
    assert_eq!((messages(&intake.signals), &intake.cursor), (vec!["a", "b"], &None));
    assert!(publishing.as_mut().now_or_never().is_none(), "handed in is not taken");
    intake.ack.complete();
    assert_eq!(publishing.now_or_never().map(kind), Some(None));
}

#[test]
fn whatever_is_a_signal_is_published_in_order() {
    let (source, publisher) = Push::new("a");
    let node = Resource::new().with_cluster("orders").with_node("a");
    let sample = Sample::new("queue.length", node.clone(), 3.0, "{item}", DateTime::UNIX_EPOCH).expect("finite");
    let gap = Signal::Gap { resource: node.clone(), why: "no answer".to_owned() };
    let _taken = publisher.try_publish([sample.clone()]).expect("room");
    let _taken = publisher.clone().try_publish([gap.clone(), line("a").into()]).expect("room");
    assert!(publisher.retire(node.clone(), "sold").now_or_never().is_none(), "on its way");
    assert!(publisher.restore(node.clone()).now_or_never().is_none(), "on its way");

    let mut stream = open(&source);
    assert_eq!(next(&mut stream).expect("one").signals, [sample.into()]);
    assert_eq!(next(&mut stream).expect("two").signals, [gap, line("a").into()]);
    let retired = Signal::Retired { resource: node.clone(), why: "sold".to_owned() };
    assert_eq!(next(&mut stream).expect("three").signals, [retired]);
    assert_eq!(next(&mut stream).expect("four").signals, [Signal::Restored { resource: node }]);
}

#[test]
fn the_empty_resource_is_neither_retired_nor_restored() {
    let (source, publisher) = Push::new("a");
    let retiring = publisher.retire(Resource::new(), "a slip").now_or_never().map(kind);
    let restoring = publisher.restore(Resource::new()).now_or_never().map(kind);
    assert_eq!((retiring, restoring), (Some(Some(PushErrorKind::NoResource)), Some(Some(PushErrorKind::NoResource))));
    assert!(open(&source).next().now_or_never().is_none(), "nothing was published");
}

#[test]
fn what_a_control_plane_tells_goes_with_what_becomes_of_the_cluster() {
    let (source, publisher) = Push::new("a");
    let event = ControlPlane::InstancesProvisionFailed;
    let told = event.notification("cp-1", "orders", DateTime::UNIX_EPOCH);
    let nowhere = event.notification("cp-2", "orders", DateTime::UNIX_EPOCH).with_resource(Resource::new());
    let refused = publisher.control_plane(event, nowhere).now_or_never().expect("at once").expect_err("no cluster");
    assert_eq!((refused.kind(), refused.into_signals().len()), (PushErrorKind::NoCluster, 1));
    assert!(publisher.control_plane(event, told.clone()).now_or_never().is_none(), "on its way");
    let retired = Signal::Retired {
        resource: Resource::new().with_cluster("orders"),
        why: "Cluster instances failed to provision".to_owned(),
    };
    assert_eq!(next(&mut open(&source)).expect("one intake").signals, [told.into(), retired]);
}

#[test]
fn what_waits_is_handed_in_when_the_source_is_opened_again() {
    let (source, publisher) = Push::new("a");
    let first = publisher.try_publish([line("first")]).expect("room");
    let second = publisher.try_publish([line("second")]).expect("room");
    let mut stream = open(&source);
    let intake = next(&mut stream).expect("the first");
    drop(stream);

    // The router that goes away drops what it was handed, and says no more than that.
    drop(intake);
    assert_eq!(first.now_or_never(), Some(Err(NotTaken)));

    let mut stream = open(&source);
    let intake = next(&mut stream).expect("the second");
    assert_eq!(messages(&intake.signals), ["second"]);
    intake.ack.complete();
    assert_eq!(second.now_or_never(), Some(Ok(())));
}

#[test]
fn a_publisher_hears_that_the_router_stopped() {
    let (source, publisher) = Push::new("a");
    let mut publishing = pin!(publisher.publish([line("a")]));
    assert!(publishing.as_mut().now_or_never().is_none());
    drop(next(&mut open(&source)));
    let error = publishing.now_or_never().expect("heard").expect_err("not taken");
    let words = "publishing through source `a`: the router stopped before it had taken it";
    assert_eq!((error.kind(), &*error.to_string()), (PushErrorKind::NotTaken, words));
    assert!(error.into_signals().is_empty());
}

#[test]
fn a_stream_that_is_dropped_while_it_waits_loses_nothing() {
    let (source, publisher) = Push::new("a");
    let mut stream = open(&source);
    assert!(stream.next().now_or_never().is_none(), "it waits");
    let taken = publisher.try_publish([line("a")]).expect("room");
    drop(stream);
    next(&mut open(&source)).expect("still there").ack.complete();
    assert_eq!(taken.now_or_never(), Some(Ok(())));
}

#[test]
fn it_is_open_once_at_a_time() {
    let (source, _publisher) = Push::new("a");
    let stream = open(&source);
    let error = source.open(None).now_or_never().expect("at once").err().expect("refused");
    assert_eq!(error.kind(), SourceErrorKind::Misconfigured);
    let words = "opening source `a`, which is open already: it has one reader at a time: misconfigured";
    assert_eq!(error.to_string(), words);
    drop(stream);
    drop(open(&source));
}

#[test]
fn it_ends_when_all_publishers_are_gone_and_everything_was_said() {
    let (source, publisher) = Push::new("a");
    let other = publisher.clone();
    let _taken = publisher.try_publish([line("last")]).expect("room");
    drop(publisher);
    let mut stream = open(&source);
    assert_eq!(messages(&next(&mut stream).expect("the last").signals), ["last"]);
    assert!(stream.next().now_or_never().is_none(), "another publisher is left");
    drop(other);
    assert!(next(&mut stream).is_none());
    drop(stream);
    assert!(next(&mut open(&source)).is_none(), "and stays at its end");
}

#[test]
fn what_waits_is_bounded_and_later_calls_wait_their_turn() {
    let (source, publisher) = small(1_000);
    let text = "x".repeat(500);
    let _one = publisher.try_publish([line(&text)]).expect("room");
    let mut two = pin!(publisher.publish([line(&text)]));
    assert!(two.as_mut().now_or_never().is_none());
    let mut three = pin!(publisher.publish([line("small")]));
    assert!(three.as_mut().now_or_never().is_none(), "small, but not first");
    let full = publisher.try_publish([line("small")]).expect_err("others wait");
    assert_eq!((full.kind(), messages(&full.into_signals())), (PushErrorKind::Full, vec!["small"]));

    let mut stream = open(&source);
    assert_eq!(messages(&next(&mut stream).expect("one").signals), [&*text]);
    assert!(stream.next().now_or_never().is_none(), "nothing got past the bound");
    assert!(two.as_mut().now_or_never().is_none(), "now it is in the queue");
    assert!(three.as_mut().now_or_never().is_none());
    let intake = next(&mut stream).expect("two");
    intake.ack.complete();
    assert_eq!(two.now_or_never().map(kind), Some(None));
    assert!(three.as_mut().now_or_never().is_none());
    next(&mut stream).expect("three").ack.complete();
    assert_eq!(three.now_or_never().map(kind), Some(None));
}

#[test]
fn a_call_larger_than_all_room_goes_when_nothing_else_waits() {
    let (source, publisher) = small(100);
    let _one = publisher.try_publish([line(&"x".repeat(10_000))]).expect("nothing else waits");
    assert_eq!(publisher.try_publish([line("")]).err().map(|error| error.kind()), Some(PushErrorKind::Full));
    assert_eq!(next(&mut open(&source)).expect("one").signals.len(), 1);
    assert!(publisher.try_publish([line("")]).is_ok());
}

#[test]
fn a_call_that_is_dropped_while_it_waits_for_room_publishes_nothing_and_holds_none() {
    let (source, publisher) = small(600);
    let _one = publisher.try_publish([line(&"x".repeat(500))]).expect("room");
    assert!(publisher.publish([line("never")]).now_or_never().is_none());
    let mut stream = open(&source);
    next(&mut stream).expect("one");
    assert!(stream.next().now_or_never().is_none(), "it was dropped in time");
    assert!(publisher.try_publish([line(&"x".repeat(10_000))]).is_ok(), "all room is free");
}

#[test]
fn a_call_that_is_dropped_while_it_waits_to_be_taken_stays_on_its_way() {
    let (source, publisher) = Push::new("a");
    assert!(publisher.publish([line("a")]).now_or_never().is_none());
    let intake = next(&mut open(&source)).expect("on its way");
    assert_eq!(messages(&intake.signals), ["a"]);
    intake.ack.complete();
}

#[test]
fn publishers_hear_that_the_source_is_dropped() {
    let (source, publisher) = small(600);
    let mut queued = pin!(publisher.publish([line(&"x".repeat(500))]));
    let mut waiting = pin!(publisher.publish([line("a")]));
    assert!(queued.as_mut().now_or_never().is_none() && waiting.as_mut().now_or_never().is_none());
    let stream = open(&source);
    drop(source);
    assert!(!publisher.is_closed(), "it is still read");
    drop(stream);
    assert!(publisher.is_closed());
    assert_eq!(queued.now_or_never().map(kind), Some(Some(PushErrorKind::NotTaken)));
    let error = waiting.now_or_never().expect("heard").expect_err("closed");
    assert_eq!((error.kind(), messages(&error.into_signals())), (PushErrorKind::Closed, vec!["a"]));
    let error = publisher.try_publish([line("b")]).expect_err("closed");
    assert_eq!((error.kind(), messages(&error.into_signals())), (PushErrorKind::Closed, vec!["b"]));
}

#[test]
fn many_threads_publish_and_each_hears_of_its_own() {
    let (source, publisher) = small(4_096);
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let publisher = publisher.clone();
            std::thread::spawn(move || {
                futures::executor::block_on(async {
                    for number in 0..100 {
                        publisher.publish([line(&format!("{thread} {number}"))]).await.expect("taken");
                    }
                });
            })
        })
        .collect();
    drop(publisher);
    let mut heard: Vec<Vec<u32>> = vec![Vec::new(); 8];
    futures::executor::block_on(async {
        let mut stream = open(&source);
        while let Some(intake) = stream.next().await {
            let intake = intake.expect("no errors of its own");
            let (thread, number) = messages(&intake.signals)[0].split_once(' ').expect("two numbers");
            heard[thread.parse::<usize>().expect("a number")].push(number.parse().expect("a number"));
            intake.ack.complete();
        }
    });
    assert!(heard.iter().all(|numbers| numbers.iter().copied().eq(0..100)), "all of each, once, in order");
    for thread in threads {
        thread.join().expect("no panic");
    }
}

#[test]
fn all_parts_go_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Push>();
    is_send_and_sync::<Publisher>();
    is_send_and_sync::<PushError>();
    let (_source, publisher) = Push::new("a");
    is_send(&publisher.publish([line("a")]));
    is_send(&publisher.retire(Resource::new().with_node("a"), "sold"));
}
