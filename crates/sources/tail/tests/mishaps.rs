//! What happens to folders, and where there are too many files.

mod common;

use std::fs;

use common::{Node, Reader, SECOND, append};
use serde_json::{Value, json};
use tidegate_event::{Cursor, LogLevel, Signal};
use tidegate_source_tail::{Format, StartFrom, Tail};

/// As many files as are open at once.
const MOST: usize = 256;

fn beginning(node: &Node) -> Reader {
    Reader::new(node.tail().with_from(StartFrom::Beginning))
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_is_away_for_a_look_is_not_read_again() {
    for restart in [false, true] {
        let node = Node::new();
        node.append("log20260724.json", ["a"]);
        node.append("log20260725.json", ["b"]);
        let mut reader = beginning(&node);
        assert_eq!(reader.messages().await, ["a", "b"]);
        tokio::time::sleep(100 * SECOND).await;
        assert!(reader.messages().await.is_empty());
        node.append("log20260725.json", ["c"]);
        assert_eq!(reader.messages().await, ["c"]);
        if restart {
            reader.close();
        }
        let (folder, away) = (node.root().join("10.20.0.11-2113-cluster-node"), node.root().join(".away"));
        fs::rename(&folder, &away).expect("renamed");
        assert!(reader.messages().await.is_empty());
        fs::rename(&away, &folder).expect("renamed");
        assert!(reader.messages().await.is_empty(), "restart: {restart}");
        node.append("log20260720.json", ["old"]);
        assert_eq!(reader.messages().await, ["old"], "one that was not there before");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_does_not_grow_beyond_what_is_remembered() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    let mut reader = beginning(&node);
    assert_eq!(reader.messages().await, ["a"]);
    reader.close();
    let cursor = reader.cursor.take().expect("a cursor");
    let mut cursor: Value = serde_json::from_str(cursor.as_str()).expect("JSON");
    let place = cursor["f"][0].clone();
    for number in 0..2 * MOST {
        let mut other = place.clone();
        other["p"] = json!(format!("/nowhere/{number}/log20260725.json"));
        other["i"] = json!({"device": 0, "number": 0});
        cursor["f"].as_array_mut().expect("files").push(other);
    }
    reader.cursor = Some(Cursor::new(cursor.to_string()));
    assert!(reader.messages().await.is_empty());
    fs::remove_file(node.file("log20260725.json")).expect("removed");
    tokio::time::sleep(2 * SECOND).await;
    for _ in 0..40 {
        assert!(reader.messages().await.is_empty());
    }
    node.append("log20260726.json", ["b"]);
    assert_eq!(reader.messages().await, ["b"]);
    let cursor: Value = serde_json::from_str(reader.cursor.expect("a cursor").as_str()).expect("JSON");
    assert_eq!(cursor["f"].as_array().map(Vec::len), Some(MOST + 1), "with the one that is open");
}

#[tokio::test(start_paused = true)]
async fn enough_said_is_not_enough_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |number: usize| folder.path().join(format!("{number:04}.log"));
    for number in 0..2 * MOST {
        append(&path(number), "a\n");
    }
    let mut reader = Reader::new(Tail::builder().with_path(folder.path()).with_format(Format::Text { start: None }));
    let gaps = |signals: Vec<Signal>| signals.iter().filter(|signal| matches!(signal, Signal::Gap { .. })).count();
    assert_eq!(gaps(reader.signals().await), MOST);
    for number in MOST..2 * MOST {
        fs::remove_file(path(number)).expect("removed");
    }
    append(&path(2 * MOST), "a\n");
    assert_eq!(gaps(reader.signals().await), 0, "enough is said");
    tokio::time::sleep(3_600 * SECOND).await;
    assert_eq!(gaps(reader.signals().await), 1);
}

#[tokio::test(start_paused = true)]
async fn a_file_with_another_name_is_read_while_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, old) = (folder.path().join("app.log"), folder.path().join("app.log.1"));
    fs::write(&path, "a\n").expect("a file");
    let tail = Tail::builder().with_path(&path).with_format(Format::Text { start: None });
    let mut reader = Reader::new(tail.with_from(StartFrom::Beginning));
    assert_eq!(reader.messages().await, ["a"]);
    fs::rename(&path, &old).expect("renamed");
    append(&path, "b\n");
    assert_eq!(reader.messages().await, ["b"]);
    for message in ["c", "d", "e"] {
        for _ in 0..10 {
            assert!(reader.messages().await.is_empty());
        }
        // The writer has not opened another yet.
        append(&old, format!("{message}\n"));
        assert_eq!(reader.messages().await, [message]);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_path_that_leads_to_another_file_system_is_noticed() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let one = tempfile::tempdir().expect("a folder");
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    let device = |folder: &tempfile::TempDir| folder.path().metadata().expect("a folder").dev();
    if device(&one) == device(&other) {
        return;
    }
    append(&one.path().join("app.log"), "a\n");
    append(&other.path().join("app.log"), "b\n");
    let current = one.path().join("current");
    symlink(one.path(), &current).expect("a link");
    let tail = Tail::builder().with_path(current.join("app.log")).with_format(Format::Text { start: None });
    let mut reader = Reader::new(tail.with_from(StartFrom::Beginning));
    assert_eq!(reader.messages().await, ["a"]);
    fs::remove_file(&current).expect("removed");
    symlink(other.path(), &current).expect("a link");
    append(&one.path().join("app.log"), "a2\n");
    assert_eq!(reader.messages().await, ["a2", "b"], "the rest of the one before comes first");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_has_its_turn_late_begins_where_it_ended() {
    for restart in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |number: usize| folder.path().join(format!("{number:04}.log"));
        for number in 0..2 * MOST + 2 {
            append(&path(number), "a\n");
        }
        let mut reader =
            Reader::new(Tail::builder().with_path(folder.path()).with_format(Format::Text { start: None }));
        assert!(reader.messages().await.is_empty());
        append(&path(MOST), "b\n");
        if restart {
            reader.close();
        }
        fs::remove_file(path(0)).expect("removed");
        let mut messages = Vec::new();
        for _ in 0..10 {
            messages.extend(reader.messages().await);
        }
        assert_eq!(messages, ["b"], "restart: {restart}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_place_is_told_though_no_line_is_wanted() {
    let node = Node::new();
    node.append("log20260725.json", ["a"]);
    let mut reader = Reader::new(node.tail().with_from(StartFrom::Beginning).with_min_level(LogLevel::Warning));
    assert!(reader.messages().await.is_empty());
    assert!(reader.cursor.is_some());
}

#[tokio::test(start_paused = true)]
async fn records_that_are_larger_than_their_lines_count_as_what_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.log");
    // 40 KB of the file, 20,000 records.
    append(&path, "a\n".repeat(20_000));
    let tail = Tail::builder().with_path(&path).with_format(Format::Text { start: None });
    let mut reader = Reader::new(tail.with_from(StartFrom::Beginning));
    let mut size = 0;
    while let Some(signals) = reader.next(3 * SECOND).await {
        size += signals.iter().map(Signal::size_bytes).sum::<usize>();
    }
    assert!((4 << 20..6 << 20).contains(&size), "{size} bytes are not taken");
    while !reader.untaken.is_empty() {
        reader.take();
    }
    assert!(reader.next(3 * SECOND).await.is_some(), "there is room for more");

    // Few lines of many fields.
    let fields = (0..500).map(|number| format!("\"f{number}\":{number}")).collect::<Vec<_>>().join(",");
    let node = Node::new();
    let line = format!("{{\"@t\":\"2026-07-25T00:00:01Z\",\"@mt\":\"a\",\"@l\":\"Information\",{fields}}}\n");
    append(&node.file("log20260725.json"), line.repeat(300));
    let mut reader = beginning(&node);
    while let Some(signals) = reader.next(3 * SECOND).await {
        reader.take();
        let size = signals.iter().map(Signal::size_bytes).sum::<usize>();
        assert!(size < 5 << 18, "{size} bytes at once");
    }
}
