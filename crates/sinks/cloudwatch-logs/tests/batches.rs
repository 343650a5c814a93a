//! What goes into one call: within every limit, each event once, in order.

use chrono::TimeDelta;
use common::{Direct, STREAM, is_accepted, line, logs, messages, node, over, rejected, to};
use serde_json::{Map, Value};
use tidegate_event::LogRecord;
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_sink_cloudwatch_logs::Oversize;
use tidegate_testkit::model::LogsService;
use tidegate_testkit::sample;

mod common;

fn deliveries(lines: impl IntoIterator<Item = LogRecord>) -> Vec<Delivery> {
    lines.into_iter().map(sample::delivery).collect()
}

fn objects(model: &LogsService, name: &str) -> Vec<Value> {
    model.events(name).iter().map(|event| serde_json::from_str(&event.message).expect("JSON")).collect()
}

async fn deliver(model: &LogsService, batch: &[Delivery]) -> Vec<Outcome> {
    let outcomes = to(model).build().expect("a sink").deliver(batch).await.expect("outcomes");
    assert_eq!(model.complaints(), [""; 0]);
    outcomes
}

/// What each call that was taken had: events and bytes.
fn calls(model: &LogsService) -> Vec<(usize, usize)> {
    let puts =
        model.requests().into_iter().filter(|request| request.operation == "PutLogEvents" && request.status == 200);
    puts.map(|request| (request.events, request.bytes)).collect()
}

#[tokio::test]
async fn ten_thousand_lines_of_thirty_nodes_stand_once_each_in_their_streams_in_order() {
    let model = logs();
    let batch = deliveries((0..10_000).map(|number| {
        // Every now and then two have the same time, and some come late.
        let after = TimeDelta::milliseconds(i64::try_from(number / 3 * 3 % 500 * 7).expect("a small number"));
        LogRecord { resource: node(number % 30), ..line(number, after) }
    }));
    let client = {
        let model = model.clone();
        Direct::new(move |request| Some(model.answer(request))).with_delay(std::time::Duration::from_millis(1))
    };
    let sink = over(client.clone()).build().expect("a sink");
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    assert!(outcomes.iter().all(is_accepted));
    assert_eq!((model.complaints(), model.streams().len(), client.most_at_once()), (Vec::new(), 30, 4));
    for number in 0..30 {
        let name = format!("orders/10.0.0.{number}_2113");
        let mut own: Vec<_> = batch.iter().filter(|delivery| *delivery.event.resource() == node(number)).collect();
        own.sort_by_key(|delivery| delivery.event.at());
        let want: Vec<String> = own.iter().map(|delivery| delivery.id.to_string()).collect();
        let ids = objects(&model, &name).into_iter().map(|event| event["id"].as_str().map(str::to_owned));
        assert_eq!(ids.collect::<Option<Vec<_>>>(), Some(want), "{name}");
    }
}

#[tokio::test]
async fn a_call_holds_no_more_than_ten_thousand_events_and_its_bytes() {
    let model = logs();
    let short = deliveries((0..10_001).map(|number| line(number, TimeDelta::zero())));
    assert!(deliver(&model, &short).await.iter().all(is_accepted));
    let bytes: usize = calls(&model).iter().map(|(_, bytes)| bytes).sum();
    assert!(
        calls(&model).len() >= 2
            && calls(&model).iter().all(|(events, bytes)| *events <= 10_000 && *bytes <= 1_048_576)
    );
    // As full as it goes.
    assert_eq!(calls(&model).len(), bytes.div_ceil(1_048_576).max(2), "{:?}", calls(&model));
    assert_eq!(messages(&model, STREAM).len(), 10_001);
}

#[tokio::test]
async fn characters_of_several_bytes_and_escapes_count_as_the_service_counts_them() {
    let model = logs();
    let long = deliveries((0..9).map(|number| LogRecord {
        message: format!("{number}{}", "\"語👩\n".repeat(12_000)),
        ..line(0, TimeDelta::zero())
    }));
    assert!(deliver(&model, &long).await.iter().all(is_accepted));
    assert!(
        calls(&model).len() > 1 && calls(&model).iter().all(|(_, bytes)| *bytes <= 1_048_576),
        "{:?}",
        calls(&model)
    );
    assert_eq!(messages(&model, STREAM).len(), 9);
}

#[tokio::test]
async fn a_call_spans_less_than_a_day() {
    let model = logs();
    let hours = [0, -12, -24, -25, -70, -71, 1, -300];
    let batch = deliveries(hours.into_iter().enumerate().map(|(number, hours)| line(number, TimeDelta::hours(hours))));
    assert!(deliver(&model, &batch).await.iter().all(is_accepted));
    assert_eq!(messages(&model, STREAM).len(), 8);
    assert!(model.events(STREAM).is_sorted_by_key(|event| event.timestamp));
    assert_eq!(calls(&model).iter().map(|(events, _)| *events).collect::<Vec<_>>(), [1, 2, 3, 2]);
}

#[tokio::test]
async fn of_a_batch_with_three_that_are_too_old_only_those_are_rejected_with_the_reason() {
    let model = logs();
    let mut lines: Vec<LogRecord> = (0..100).map(|number| line(number, TimeDelta::seconds(1))).collect();
    for (place, days) in [(7, 15), (50, 14), (99, 4_000)] {
        lines[place].at = sample::at() - TimeDelta::days(days) - TimeDelta::milliseconds(1);
    }
    lines[0].at = sample::at() - TimeDelta::days(14);
    lines[1].at = sample::at() + TimeDelta::hours(2);
    let outcomes = deliver(&model, &deliveries(lines.clone())).await;
    assert_eq!(rejected(&outcomes), [7, 50, 99]);
    let Outcome::Rejected(reason) = &outcomes[7] else { panic!("{outcomes:?}") };
    assert_eq!(reason.to_string(), "CloudWatch Logs takes no event that is older than 14 days");
    assert_eq!(outcomes.iter().filter(|outcome| is_accepted(outcome)).count(), 97);
    assert_eq!(messages(&model, STREAM).len(), 97);

    lines[3].at = sample::at() + TimeDelta::hours(3);
    let outcomes = deliver(&model, &deliveries(lines)).await;
    assert_eq!(rejected(&outcomes), [3, 7, 50, 99]);
}

#[tokio::test]
async fn what_the_service_alone_knows_to_be_out_of_time_is_rejected_by_its_word() {
    // Its clock is half an hour ahead of ours, and it keeps a week.
    let clock = tidegate_testkit::ManualClock::starting_at(sample::at() + TimeDelta::minutes(4));
    let model = logs().with_clock(clock).with_retention(TimeDelta::days(7));
    let mut lines: Vec<LogRecord> = (0..5).map(|number| line(number, TimeDelta::zero())).collect();
    lines[4].at = sample::at() - TimeDelta::days(14) + TimeDelta::minutes(1);
    lines[2].at = sample::at() - TimeDelta::days(8);
    let outcomes = deliver(&model, &deliveries(lines)).await;
    assert_eq!(rejected(&outcomes), [2, 4]);
    let reasons = [2, 4].map(|place| match &outcomes[place] {
        Outcome::Rejected(reason) => reason.to_string(),
        other => format!("{other:?}"),
    });
    assert!(reasons[0].contains("than the log group keeps") && reasons[1].contains("14 days"), "{reasons:?}");
    assert_eq!(messages(&model, STREAM), ["line 0", "line 1", "line 3"]);
}

#[tokio::test]
async fn an_event_that_is_refused_is_found_and_costs_no_other() {
    for place in [0, 1, 499, 998, 999] {
        let model = logs().with_refused("unspeakable");
        let mut lines: Vec<LogRecord> = (0..1_000).map(|number| line(number, TimeDelta::zero())).collect();
        lines[place].message = "unspeakable".to_owned();
        let outcomes = deliver(&model, &deliveries(lines)).await;
        assert_eq!(rejected(&outcomes), [place]);
        let others = (0..1_000).filter(|number| *number != place).map(|number| format!("line {number}"));
        assert_eq!(messages(&model, STREAM), others.collect::<Vec<_>>(), "in order");
        assert!(model.requests().len() < 30, "{}", model.requests().len());
    }
}

#[tokio::test]
async fn what_is_refused_whatever_it_holds_pauses_rather_than_loses_everything() {
    let (builder, client) = common::told([common::error("InvalidParameterException")]);
    let batch = common::lines(2_000);
    let error = builder.build().expect("a sink").deliver(&batch).await.expect_err("all of it failed");
    assert_eq!(error.kind(), tidegate_sink::SinkErrorKind::Misconfigured);
    assert!(client.requests().len() <= 130, "{}", client.requests().len());
}

#[tokio::test]
async fn a_split_line_is_taken_only_with_all_its_pieces_however_a_search_ends() {
    let model = logs().with_refused("unspeakable");
    let text = |number: usize| if number % 50 == 7 { "unspeakable ".repeat(150) } else { "a word or so ".repeat(150) };
    let id = |number: usize| tidegate_sink::DeliveryId::new("lines", &number.to_string());
    let delivery = |number| Delivery::new(id(number), tidegate_event::Event::from(saying(text(number))).into());
    let batch: Vec<Delivery> = (0..1_000).map(delivery).collect();
    let sink = common::to(&model).with_event_bytes(1_024).with_oversize(Oversize::Split).build().expect("a sink");
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    let events: Vec<Value> =
        model.events(STREAM).iter().map(|event| serde_json::from_str(&event.message).expect("JSON")).collect();
    let mut unfinished = 0;
    for (delivery, outcome) in batch.iter().zip(&outcomes) {
        let id = delivery.id.to_string();
        let pieces: Vec<&Value> = events.iter().filter(|event| event["id"] == *id).collect();
        let all = pieces.first().and_then(|piece| piece["pieces"].as_u64()).unwrap_or(2);
        if is_accepted(outcome) {
            assert_eq!(pieces.len() as u64, all, "{outcome:?}");
        }
        unfinished += usize::from(!pieces.is_empty() && (pieces.len() as u64) < all);
    }
    assert!(unfinished > 0, "the search ended within a line");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Untouched)));
}

#[tokio::test]
async fn lines_that_come_alone_are_lost_three_times_at_most_while_everything_is_refused() {
    let (builder, _) = common::told([common::error("InvalidParameterException")]);
    let sink = builder.build().expect("a sink");
    let mut rejected = 0;
    for _ in 0..20 {
        let outcomes = sink.deliver(&common::lines(1)).await;
        rejected += outcomes.map_or(0, |outcomes| common::rejected(&outcomes).len());
    }
    assert_eq!(rejected, 3);
}

#[tokio::test]
async fn what_is_too_old_is_no_answer_of_a_service_that_is_away() {
    let (builder, client) = common::told([common::said(503, "")]);
    let sink = builder.build().expect("a sink");
    let batch = deliveries([line(0, -TimeDelta::weeks(3)), line(1, TimeDelta::zero())]);
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    assert!(matches!(outcomes[0], Outcome::Untouched), "{outcomes:?}");
    assert_eq!(common::kind(&outcomes[1]), Some(tidegate_sink::SinkErrorKind::Unavailable));
    assert_eq!(client.requests().len(), 1);
}

#[tokio::test]
async fn an_empty_answer_of_somebody_on_the_way_is_no_consent() {
    let (builder, _) = common::told([http::Response::builder().status(200).body(bytes::Bytes::new()).expect("a page")]);
    let outcomes = builder.build().expect("a sink").deliver(&common::lines(1)).await.expect("outcomes");
    assert_eq!(common::kind(&outcomes[0]), Some(tidegate_sink::SinkErrorKind::Unconfirmed));
}

fn saying(message: String) -> LogRecord {
    LogRecord { message, ..line(0, TimeDelta::zero()) }
}

/// A line whose every part is too long.
fn huge() -> LogRecord {
    let fields: Map<String, Value> = [("dump".to_owned(), Value::from("d".repeat(2_000)))].into_iter().collect();
    let message = format!("begin {}", "\"ü\n".repeat(600));
    saying(message).with_fields(fields).with_exception("e".repeat(3_000))
}

#[tokio::test]
async fn a_line_that_is_too_large_is_cut_with_a_mark() {
    for limit in [1_024, 1_500, 4_000, 5_700] {
        let model = logs();
        let sink = to(&model).with_event_bytes(limit).build().expect("a sink");
        let outcomes = sink.deliver(&deliveries([huge()])).await.expect("outcomes");
        assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
        let length = model.events(STREAM)[0].message.len();
        assert!(length <= limit && length > limit * 3 / 5, "{length} of {limit}");
        let event = objects(&model, STREAM).remove(0);
        let cut: Vec<&str> = event["cut"].as_array().expect("what was cut").iter().filter_map(Value::as_str).collect();
        let message = event["message"].as_str().expect("a message");
        let exception = event["exception"].as_str().expect("an exception");
        assert_eq!(cut.contains(&"message"), message.ends_with('…'), "{limit}");
        assert_eq!(cut.contains(&"exception"), exception.ends_with('…'), "{limit}");
        assert_eq!(cut.contains(&"properties"), event.get("properties").is_none(), "{limit}");
        assert!(huge().message.starts_with(message.trim_end_matches('…')));
        assert!(huge().exception.expect("one").starts_with(exception.trim_end_matches('…')));
        assert_eq!((&event["cluster"], &event["node"]), (&"orders".into(), &"10.0.0.2:2113".into()));
    }
}

#[tokio::test]
async fn a_line_that_is_too_large_becomes_several_that_are_the_whole() {
    for limit in [1_024, 3_000, 6_000] {
        let model = logs();
        let sink = to(&model).with_event_bytes(limit).with_oversize(Oversize::Split).build().expect("a sink");
        let outcomes = sink.deliver(&deliveries([huge(), line(1, TimeDelta::zero())])).await.expect("outcomes");
        assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
        assert!(model.events(STREAM).iter().all(|event| event.message.len() <= limit));
        let events = objects(&model, STREAM);
        let (last, pieces) = events.split_last().expect("events");
        assert_eq!((&last["message"], &last["piece"]), (&"line 1".into(), &Value::Null));
        let text = |name: &str| pieces.iter().filter_map(|piece| piece[name].as_str()).collect::<String>();
        assert_eq!((text("message"), Some(text("exception"))), (huge().message, huge().exception), "{limit}");
        for (number, piece) in pieces.iter().enumerate() {
            assert_eq!((&piece["piece"], &piece["pieces"]), (&(number + 1).into(), &pieces.len().into()));
            assert_eq!(piece["id"], pieces[0]["id"]);
        }
        let properties = pieces.iter().find(|piece| piece.get("properties").is_some());
        assert_eq!(properties.is_some(), limit > 2_100, "{limit}");
    }
}

#[tokio::test]
async fn the_largest_line_goes_as_it_is_and_one_byte_more_is_cut() {
    let model = logs();
    let frame = {
        deliver(&model, &deliveries([saying(String::new())])).await;
        model.events(STREAM)[0].message.len()
    };
    for more in [0, 1] {
        let model = logs();
        let message = "x".repeat(1_048_550 - frame + more);
        let outcomes = deliver(&model, &deliveries([saying(message)])).await;
        assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
        let event = objects(&model, STREAM).remove(0);
        assert_eq!(event.get("cut").is_some(), more == 1);
    }
}
