//! `tidegate simulate`, to its end and cut short.
#![cfg(target_os = "linux")]

mod common;

use std::io::{BufRead, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use common::{Running, finished, tidegate};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::NamedTempFile;
use tidegate_testkit::model::SlackService;
use tidegate_testkit::server::Server;
use tokio::time::Instant;

const CHANNEL: &str = "C0TIDE00001";
const TOKEN: &str = "xoxb-s3cret-t0ken";

fn file(text: &str) -> (NamedTempFile, String) {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    let path = file.path().to_str().expect("UTF-8").to_owned();
    (file, path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_ends_by_itself_with_everything_closed_in_slack_and_on_the_console() {
    let slack = SlackService::new(CHANNEL, TOKEN);
    let answering = slack.clone();
    let server = Server::start(move |request| answering.answer(request)).await;
    let (_file, path) = file(&format!(
        "[[source]]\ntype = \"host\"\n\n[[integration]]\nname = \"lines\"\nsink = \"console\"\nformat = \"json\"\n\n\
         [[integration]]\nname = \"ops\"\nsink = \"slack\"\ncluster_ids = [\"orders\"]\nchannel_id = \"{CHANNEL}\"\n\
         token = \"{TOKEN}\"\nendpoint = \"{}\"\n",
        server.url()
    ));
    let (code, results, words) = finished(&["simulate", "--config", &path, "--speed", "60"]);
    assert_eq!(code, Some(0), "{words}");

    let events: Vec<Value> = results.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let count = |state: &str, sequence: u64| {
        events
            .iter()
            .filter(|event| event["state"] == state && (sequence == 0 || event["sequence"] == sequence))
            .count()
    };
    assert_eq!((count("open", 1), count("closed", 0)), (4, 4), "{results}");
    let kinds = |wanted: &str| events.iter().filter(|event| event["type"] == wanted).count();
    assert_eq!((kinds("notification"), kinds("issue") + 1), (1, events.len()), "{results}");
    assert!(events.iter().any(|event| event["severity"] == "critical"), "{results}");

    let messages = slack.messages();
    assert_eq!(messages.len(), 5, "{messages:?}");
    assert_eq!(messages.iter().filter(|message| message.is_green()).count(), 4, "{messages:?}");
    assert_eq!(slack.complaints(), [""; 0]);

    for part in [
        "plays a KurrentDB cluster that does not exist: 127.0.0.1:",
        "Its nodes answer there while it is played: curl http://127.0.0.1:",
        "  integration   ops: issues, notifications to slack:C0TIDE00001\n",
        "-- 10:00  Old backups are removed from the disk of 127.0.0.1:",
        "4 issues opened and 4 closed; 1 notification.\n",
        "  ops           told 1",
    ] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    assert!(!words.contains("s3cret"), "{words}");
}

/// The body of what the first node answers to a bare request.
fn curl(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn its_nodes_can_be_asked_while_it_is_played() {
    let (_file, path) = file("[[integration]]\nname = \"lines\"\nsink = \"console\"\nformat = \"json\"\n");
    let mut running = Running::of(tidegate(&["simulate", "-c", &path, "--speed", "24"]).spawn().expect("it runs"));
    let opened = running.json();
    assert_eq!((&opened["key"]["kind"], &opened["state"]), (&"core-load".into(), &"open".into()), "{opened}");
    let node = opened["key"]["resource"]["node"].as_str().expect("a node").to_owned();
    assert!(curl(&node, "/gossip").contains("\"state\": \"Leader\""));
    assert!(curl(&node, "/metrics").contains("kurrentdb_sys_load_avg{"));
    running.signal(Signal::INT);
    let (_, _, words) = running.end();
    assert!(words.contains(&format!("curl http://{node}/gossip")), "{words}");
}

#[test]
fn what_is_open_when_it_is_stopped_is_closed() {
    let (_file, path) = file("[[integration]]\nname = \"lines\"\nsink = \"console\"\nformat = \"json\"\n");
    let mut running = Running::of(tidegate(&["simulate", "-c", &path, "--speed", "120"]).spawn().expect("it runs"));
    let opened = running.json();
    assert_eq!(opened["state"], "open", "{opened}");
    running.signal(Signal::INT);
    let mut last = String::new();
    running.stdout.as_mut().expect("still read").read_line(&mut last).expect("readable");
    while let Some(more) = running.stdout.as_mut().and_then(|stdout| stdout.lines().next()) {
        last = more.expect("readable");
    }
    let last: Value = serde_json::from_str(&last).expect("JSON");
    assert_eq!((&last["episode"], &last["state"]), (&opened["episode"], &"closed".into()), "{last}");
    assert_eq!(last["cause"], "The simulation ended before this did.");
    let (status, _, words) = running.end();
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(
        words.contains("tidegate: stopped by Ctrl-C before the story was over\n1 issue opened and 1 closed"),
        "{words}"
    );
}

#[test]
fn stopped_beside_a_sink_that_is_away_it_ends_soon_and_says_whom_it_waits_for() {
    let (_file, path) = file(
        "[[integration]]\nname = \"lines\"\nsink = \"console\"\nformat = \"json\"\n\n[[integration]]\nname = \"dead\"\n\
         sink = \"slack\"\nchannel_id = \"C01\"\ntoken = \"xoxb-1\"\nendpoint = \"http://127.0.0.1:9\"\n",
    );
    let mut running = Running::of(tidegate(&["simulate", "-c", &path, "--speed", "120"]).spawn().expect("it runs"));
    assert_eq!(running.json()["state"], "open");
    let began = Instant::now();
    running.signal(Signal::INT);
    let (status, _, words) = running.end();
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}: {words}", began.elapsed());
    assert_eq!(status.code(), Some(1), "{words}");
    for part in ["Waiting 3 s at the most for dead (", "dead did not deliver at the end: no connection to 127.0.0.1:9"]
    {
        assert!(words.contains(part), "{part} is not in {words}");
    }
}

#[test]
fn a_story_of_which_nothing_is_an_issue_is_no_success() {
    let off: String = ["disk-usage", "memory-usage", "core-load", "cluster-consensus"]
        .map(|kind| format!("[detector.{kind}]\nenabled = false\n"))
        .concat();
    let (_file, path) = file(&format!("{off}[[integration]]\nname = \"lines\"\nsink = \"console\"\n"));
    let (code, _, words) = finished(&["simulate", "-c", &path, "--speed", "120"]);
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("tidegate: no issue opened"), "{words}");
}

#[test]
fn a_speed_at_which_no_story_can_be_told_is_refused() {
    for speed in ["0", "-1", "nan", "121"] {
        let (code, results, words) = finished(&["simulate", &format!("--speed={speed}")]);
        assert_eq!((code, results.as_str()), (Some(2), ""), "{words}");
        assert!(words.contains("it must be at least 0.1 and at most 120, such as 24"), "{words}");
    }
}
