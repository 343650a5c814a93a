//! What happens to files while they are followed.

mod common;

use std::fs;
use std::time::Duration;

use common::{Node, Reader, SECOND, append, line, lines, record};
use tidegate_event::{LogFlag, LogLevel, Signal};
use tidegate_source_tail::{Format, Series, StartFrom, Tail};
use tokio::time::Instant;

fn beginning(node: &Node) -> Reader {
    Reader::new(node.tail().with_from(StartFrom::Beginning))
}

#[tokio::test(start_paused = true)]
async fn the_first_start_is_at_the_end_and_what_comes_later_is_read_whole() {
    let node = Node::new();
    node.append("log20260724.json", ["a"]);
    node.append("log20260725.json", ["b", "c"]);
    let mut reader = Reader::new(node.tail());
    assert!(reader.messages().await.is_empty());
    node.append("log20260725.json", ["d"]);
    node.append("log20260725_001.json", ["e"]);
    append(&node.root().join("another-cluster-node/log20260725.json"), line("f"));
    let mut messages = reader.messages().await;
    messages.sort();
    assert_eq!(messages, ["d", "e", "f"]);
}

#[tokio::test(start_paused = true)]
async fn lines_written_between_the_first_start_and_the_second_are_read() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    let mut reader = Reader::new(node.tail());
    assert!(reader.messages().await.is_empty());
    reader.close();
    node.append("log20260725.json", ["b"]);
    assert_eq!(reader.messages().await, ["b"]);

    // The same where there was no file at all.
    let node = Node::new();
    let mut reader = Reader::new(node.tail());
    assert!(reader.messages().await.is_empty());
    reader.close();
    node.append("log20260725.json", ["a"]);
    assert_eq!(reader.messages().await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_has_begun_at_the_first_start_is_left_out_whole() {
    let node = Node::new();
    let whole = line("cut");
    append(&node.file("log20260725.json"), &whole[..40]);
    let mut reader = Reader::new(node.tail());
    assert!(reader.messages().await.is_empty());
    append(&node.file("log20260725.json"), whole[40..].to_owned() + &line("next"));
    assert_eq!(reader.messages().await, ["next"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_handed_in_within_a_second() {
    let node = Node::new();
    let mut reader = Reader::new(node.tail());
    reader.signals().await;
    for (at, name) in ["log20260725.json", "log20260725.json", "log20260725_001.json"].into_iter().enumerate() {
        tokio::time::sleep(Duration::from_secs(20)).await;
        let message = format!("{at}");
        node.append(name, [&*message]);
        let written = Instant::now();
        let signals = reader.next(SECOND).await.expect("within a second");
        assert_eq!(signals.into_iter().filter_map(record).map(|record| record.message).collect::<Vec<_>>(), [message]);
        assert!(written.elapsed() <= SECOND, "{:?}", written.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_last_line_waits_for_its_end() {
    let node = Node::new();
    let whole = line("b");
    append(&node.file("log20260725.json"), line("a") + &whole[..whole.len() - 1]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    reader.close();
    assert!(reader.messages().await.is_empty());
    append(&node.file("log20260725.json"), "\n");
    assert_eq!(reader.messages().await, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_ended_passes_once_its_file_is_over() {
    let node = Node::new();
    append(&node.file("log20260725.json"), line("a") + &line("lost")[..50]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    node.append("log20260725_001.json", ["b"]);
    let records = reader.records().await;
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].message, line("lost")[..50]);
    assert!(records[0].flags.contains(&LogFlag::Unparsed));
    assert_eq!(records[1].message, "b");
}

#[tokio::test(start_paused = true)]
async fn rows_are_read_in_their_order_and_duplicates_are_left_out() {
    let node = Node::new();
    node.append("log20260725_001.json", ["d"]);
    node.append("log20260724.json", ["a", "b"]);
    node.append("log20260725.json", ["c"]);
    node.append("log20260725_1000.json", ["f"]);
    node.append("log20260725_999.json", ["e"]);
    node.append("log-err20260725.json", ["b"]);
    node.append("log-stats20260725.json", ["s"]);
    assert_eq!(beginning(&node).messages().await, ["a", "b", "c", "d", "e", "f"]);

    let series = [Series::Errors, Series::Statistics];
    let mut reader = Reader::new(node.tail().with_series(series).with_from(StartFrom::Beginning));
    assert_eq!(reader.messages().await, ["b", "s"]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_after_the_last_intake_that_was_taken() {
    let node = Node::new();
    let numbers: Vec<String> = (0..2_500).map(|number| number.to_string()).collect();
    node.append("log20260724.json", numbers[..1_700].iter().map(String::as_str));
    node.append("log20260725.json", numbers[1_700..].iter().map(String::as_str));
    let mut reader = beginning(&node);
    reader.next(SECOND).await.expect("a batch");
    reader.next(SECOND).await.expect("another");
    reader.take();
    reader.close();
    let messages = reader.messages().await;
    assert_eq!(messages, numbers[1_000..]);
    reader.close();
    assert!(reader.messages().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_cut_begins_anew() {
    let node = Node::new();
    node.append("log20260725.json", ["a", "b", "c"]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await.len(), 3);
    fs::write(node.file("log20260725.json"), line("d")).expect("written over");
    assert_eq!(reader.messages().await, ["d"]);
    // Longer than before, at once, and while nobody looked.
    fs::write(node.file("log20260725.json"), lines(["e", "f", "g", "h"])).expect("written over");
    assert_eq!(reader.messages().await, ["e", "f", "g", "h"]);
    reader.close();
    fs::write(node.file("log20260725.json"), lines(["i", "j", "k", "l", "m"])).expect("written over");
    assert_eq!(reader.messages().await, ["i", "j", "k", "l", "m"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_cut_back_goes_on_where_it_ends() {
    let node = Node::new();
    let many: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    node.append("log20260725.json", many.iter().map(String::as_str));
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await.len(), 100);
    let path = node.file("log20260725.json");
    let bytes = fs::read(&path).expect("a file");
    let last = line("99").len();
    for restart in [false, true] {
        fs::write(&path, &bytes[..bytes.len() - last]).expect("cut back");
        if restart {
            reader.close();
        }
        assert!(reader.messages().await.is_empty());
        append(&path, line("later"));
        assert_eq!(reader.messages().await, ["later"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_vanishes_while_it_is_read_is_read_to_its_end() {
    let node = Node::new();
    let numbers: Vec<String> = (0..5_000).map(|number| number.to_string()).collect();
    node.append("log20260725.json", numbers.iter().map(String::as_str));
    let mut reader = beginning(&node);
    reader.next(SECOND).await.expect("a batch");
    reader.take();
    fs::remove_file(node.file("log20260725.json")).expect("removed");
    assert_eq!(reader.messages().await, numbers[1_000..]);
    tokio::time::sleep(10 * SECOND).await;
    node.append("log20260725.json", ["again"]);
    assert_eq!(reader.messages().await, ["again"], "another file of the same name");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_away_for_a_while_is_not_read_again() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    let (path, away) = (node.file("log20260725.json"), node.root().join("away"));
    fs::rename(&path, &away).expect("renamed");
    assert!(reader.messages().await.is_empty());
    tokio::time::sleep(20 * SECOND).await;
    assert!(reader.messages().await.is_empty());
    append(&away, line("b"));
    fs::rename(&away, &path).expect("renamed");
    assert_eq!(reader.messages().await, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_under_the_name_of_another_comes_after_the_rest_of_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, old) = (folder.path().join("app.log"), folder.path().join("app.log.1"));
    for restart in [false, true] {
        for pattern in ["app.log", "app.log*"] {
            fs::remove_file(&old).ok();
            fs::write(&path, "a\n").expect("a file");
            let tail = Tail::builder().with_path(folder.path().join(pattern));
            let tail = tail.with_format(Format::Text { start: None }).with_from(StartFrom::Beginning);
            let mut reader = Reader::new(tail);
            assert_eq!(reader.messages().await, ["a"]);
            if restart {
                reader.close();
            }
            append(&path, "b\n");
            fs::rename(&path, &old).expect("renamed");
            append(&path, "c\n");
            assert_eq!(reader.messages().await, ["b", "c"], "{pattern}, restart: {restart}");
            append(&path, "d\n");
            assert_eq!(reader.messages().await, ["d"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_not_there_is_said_once_and_waited_for() {
    let node = Node::new();
    let mut reader = Reader::new(node.tail().with_path(node.root().join("later")).with_node("n1"));
    let signals = reader.signals().await;
    let [Signal::Gap { resource, why }] = &*signals else { panic!("{signals:?}") };
    assert_eq!(resource.to_string(), "logs on node n1");
    assert!(why.ends_with("later leads to no log file yet; it is looked at until it does"), "{why}");
    append(&node.root().join("later/log20260725.json"), line("a"));
    assert_eq!(reader.messages().await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_long_is_cut_and_the_next_is_whole() {
    let node = Node::new();
    let long = "ä".repeat(1_500_000);
    append(&node.file("log20260725.json"), line("a") + &line(&long) + &line("b"));
    append(&node.file("log20260725.json"), b"\xff\xfe\n");
    let records = beginning(&node).records().await;
    assert_eq!(records.len(), 4);
    assert!((1_000_000..1_100_000).contains(&records[1].message.len()), "{}", records[1].message.len());
    assert!(records[1].message.ends_with("ä…"));
    assert_eq!(records[1].flags.iter().copied().collect::<Vec<_>>(), [LogFlag::Truncated, LogFlag::Unparsed]);
    assert_eq!(records[1].level, None, "it comes behind the message");
    assert_eq!(records[2].message, "b");
    assert_eq!(records[3].message, "\u{FFFD}\u{FFFD}");
    assert_eq!(records[3].at, records[2].at, "the time of the line before");
}

#[tokio::test(start_paused = true)]
async fn lines_of_text_are_joined_and_the_last_waits_no_longer_than_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.log");
    let tail = Tail::builder().with_path(&path).with_format(Format::Text { start: None });
    let mut reader = Reader::new(tail);
    reader.signals().await;
    append(&path, "panic\n  at x\n");
    let written = Instant::now();
    tokio::time::sleep(Duration::from_millis(100)).await;
    append(&path, "  at y\n");
    let signals = reader.next(SECOND).await.expect("within a second");
    assert!(written.elapsed() <= Duration::from_millis(1_100), "{:?}", written.elapsed());
    let messages: Vec<_> = signals.into_iter().filter_map(record).map(|record| record.message).collect();
    assert_eq!(messages, ["panic\n  at x\n  at y"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_read_than_is_taken() {
    let node = Node::new();
    let message = "x".repeat(900);
    let block = lines(std::iter::repeat_n(&*message, 1_000));
    for _ in 0..20 {
        append(&node.file("log20260725.json"), &block);
    }
    let mut reader = beginning(&node);
    while reader.next(3 * SECOND).await.is_some() {}
    let untaken = reader.untaken.len();
    assert!((4..=6).contains(&untaken), "{untaken} batches of 1 MB");
    reader.take();
    assert!(reader.next(3 * SECOND).await.is_some(), "there is room for one more");
    assert!(reader.next(3 * SECOND).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_router_that_stops_ends_the_stream() {
    use futures::StreamExt;
    let node = Node::new();
    let message = "x".repeat(900);
    append(&node.file("log20260725.json"), lines(std::iter::repeat_n(&*message, 10_000)));
    let mut reader = beginning(&node);
    while reader.next(3 * SECOND).await.is_some() {}
    reader.untaken.clear();
    let error = reader.open().await.next().await.expect("an item").expect_err("nothing was taken");
    assert_eq!(error.to_string(), "handing in log lines: unreachable");
    assert!(reader.open().await.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn levels_that_nobody_wants_are_passed_over_without_being_read_again() {
    let node = Node::new();
    let mut reader = Reader::new(node.tail().with_min_level(LogLevel::Warning));
    reader.signals().await;
    node.append("log20260725.json", ["a"]);
    append(&node.file("log20260725.json"), line("b").replace("Information", "Error"));
    let records = reader.records().await;
    assert_eq!(records.iter().map(|record| &*record.message).collect::<Vec<_>>(), ["b"]);

    let before = reader.cursor.clone();
    let message = "x".repeat(900);
    append(&node.file("log20260725.json"), lines(std::iter::repeat_n(&*message, 10_000)));
    assert!(reader.records().await.is_empty());
    assert_ne!(reader.cursor, before, "it is said how far that was");
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_file_with_two_names_is_read_once() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    std::os::unix::fs::symlink("log20260725.json", node.file("log.json")).expect("a link");
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    node.append("log20260725.json", ["b"]);
    assert_eq!(reader.messages().await, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_file_does_not_hold_up_another() {
    let node = Node::new();
    let many: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
    node.append("log20260725.json", many.iter().map(String::as_str));
    append(&node.root().join("z/log20260725.json"), line("quiet"));
    let mut reader = beginning(&node);
    let mut before = 0;
    loop {
        let signals = reader.next(SECOND).await.expect("a batch");
        reader.take();
        if signals.into_iter().filter_map(record).any(|record| record.message == "quiet") {
            break;
        }
        before += 1;
    }
    assert!(before <= 2, "{before} batches came first");
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_something_else_is_none() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    let mut reader = beginning(&node);
    reader.cursor = Some(tidegate_event::Cursor::new("said"));
    assert_eq!(reader.messages().await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_ended_comes_before_the_next_file() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    append(&node.file("log20260725.json"), "cut off");
    node.append("log20260725_001.json", ["b"]);
    assert_eq!(reader.messages().await, ["cut off", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_done_with_stays_so() {
    let node = Node::new();
    node.append("log20260724.json", ["a"]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    reader.close();
    // Another one of that name, so that its place is not that of the first.
    fs::remove_file(node.file("log20260724.json")).expect("removed");
    node.append("log20260724.json", ["another"]);
    node.append("log20260725.json", ["b"]);
    assert_eq!(reader.messages().await, ["another", "b"]);
    tokio::time::sleep(100 * SECOND).await;
    assert!(reader.messages().await.is_empty());
    tokio::time::sleep(100 * SECOND).await;
    node.append("log20260725.json", ["c"]);
    assert_eq!(reader.messages().await, ["c"]);
    let cursor = reader.cursor.clone().expect("a cursor");
    assert!(!cursor.as_str().contains("log20260724.json"), "{cursor:?}");
    reader.close();
    assert!(reader.messages().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_file_of_an_older_day_that_appears_late_is_read() {
    let node = Node::new();
    node.append("log20260724.json", ["a"]);
    node.append("log20260725.json", ["b"]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a", "b"]);
    tokio::time::sleep(100 * SECOND).await;
    assert!(reader.messages().await.is_empty());
    node.append("log20260720.json", ["old"]);
    assert_eq!(reader.messages().await, ["old"]);
    reader.close();
    node.append("log20260720.json", ["older"]);
    assert_eq!(reader.messages().await, ["older"]);
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_file_that_was_removed_is_closed() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    let is_open = || {
        let links =
            fs::read_dir("/proc/self/fd").expect("/proc").filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let root = node.root().to_path_buf();
        links.into_iter().any(|link| link.starts_with(&root))
    };
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    assert!(is_open());
    fs::remove_file(node.file("log20260725.json")).expect("removed");
    tokio::time::sleep(SECOND).await;
    assert!(reader.messages().await.is_empty());
    assert!(reader.messages().await.is_empty());
    assert!(reader.messages().await.is_empty());
    assert!(!is_open(), "its room on the disk would not be free");
}
