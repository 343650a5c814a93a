//! Streams and groups that are not there.

use common::{Direct, GROUP, STREAM, deliver, is_accepted, kind, lines, logs, messages, over, to};
use tidegate_sink::SinkErrorKind::{Misconfigured, Unauthorized, Unavailable};
use tidegate_sink::{Outcome, Sink};
use tidegate_testkit::model::LogsService;

mod common;

fn watched(model: &LogsService) -> Direct {
    let model = model.clone();
    Direct::new(move |request| Some(model.answer(request)))
}

#[tokio::test]
async fn a_stream_is_made_once_and_written_to_at_once_afterwards() {
    let model = logs();
    let client = watched(&model);
    let sink = over(client.clone()).build().expect("a sink");
    for delivery in &lines(3) {
        assert!(is_accepted(&deliver(&sink, delivery).await));
    }
    assert_eq!(
        client.operations(),
        ["PutLogEvents", "CreateLogStream", "PutLogEvents", "PutLogEvents", "PutLogEvents"]
    );
    assert_eq!(messages(&model, STREAM), ["line 0", "line 1", "line 2"]);
    assert_eq!(model.complaints(), [""; 0]);
}

#[tokio::test]
async fn a_group_is_made_only_where_that_is_allowed() {
    let model = LogsService::new(common::KEY, common::SECRET).with_clock(common::clock());
    let outcome = deliver(&to(&model).build().expect("a sink"), &lines(1)[0]).await;
    assert_eq!((kind(&outcome), model.groups().len()), (Some(Misconfigured), 0), "{outcome:?}");
    let client = watched(&model);
    let sink = over(client.clone()).with_create_group().build().expect("a sink");
    assert!(is_accepted(&deliver(&sink, &lines(1)[0]).await));
    let made = ["PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"];
    assert_eq!((client.operations(), model.groups()), (made.map(str::to_owned).into(), vec![GROUP.to_owned()]));
}

#[tokio::test]
async fn what_is_deleted_meanwhile_is_made_anew() {
    let model = logs();
    let sink = to(&model).with_create_group().build().expect("a sink");
    assert!(is_accepted(&deliver(&sink, &lines(1)[0]).await));
    model.delete_group(GROUP);
    assert!(is_accepted(&deliver(&sink, &lines(1)[0]).await));
    assert_eq!(messages(&model, STREAM), ["line 0"]);
}

#[tokio::test]
async fn what_was_made_and_is_not_there_yet_is_tried_twice_and_later_again() {
    for (lag, taken) in [(1, true), (2, false)] {
        let model = logs().with_lag(lag);
        let client = watched(&model);
        let sink = over(client.clone()).build().expect("a sink");
        let outcome = deliver(&sink, &lines(1)[0]).await;
        assert_eq!(is_accepted(&outcome), taken, "{outcome:?}");
        assert!(taken || kind(&outcome) == Some(Unavailable), "{outcome:?}");
        assert_eq!(client.operations().iter().filter(|operation| *operation == "PutLogEvents").count(), 3);
        assert!(is_accepted(&deliver(&sink, &lines(1)[0]).await), "the next time");
    }
}

#[tokio::test]
async fn many_streams_of_a_group_that_is_missing_make_it_once() {
    let model = LogsService::new(common::KEY, common::SECRET).with_clock(common::clock());
    let client = watched(&model).with_delay(std::time::Duration::from_millis(1));
    let sink = over(client.clone()).with_create_group().with_streams(8).build().expect("a sink");
    let batch: Vec<_> = (0..20)
        .map(|number| {
            let mut line = common::line(number, chrono::TimeDelta::zero());
            line.resource = common::node(number);
            tidegate_testkit::sample::delivery(line)
        })
        .collect();
    let outcomes = sink.deliver(&batch).await.expect("outcomes");
    assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
    assert_eq!(client.operations().iter().filter(|operation| *operation == "CreateLogGroup").count(), 1);
    assert_eq!((model.streams().len(), model.complaints()), (20, Vec::new()));
}

#[tokio::test]
async fn each_permission_that_is_missing_is_named() {
    for (operation, action) in [
        ("PutLogEvents", "logs:PutLogEvents"),
        ("CreateLogStream", "logs:CreateLogStream"),
        ("CreateLogGroup", "logs:CreateLogGroup"),
    ] {
        let model = LogsService::new(common::KEY, common::SECRET).with_clock(common::clock());
        model.deny(operation);
        let sink = to(&model).with_create_group().build().expect("a sink");
        let outcome = deliver(&sink, &lines(1)[0]).await;
        let Outcome::Failed(error) = &outcome else { panic!("{outcome:?}") };
        assert_eq!(error.kind(), Unauthorized, "{operation}");
        assert!(error.words().contains(&format!("allow {action} ")), "{}", error.words());
        model.allow_all();
        assert!(is_accepted(&deliver(&sink, &lines(1)[0]).await));
    }
}
