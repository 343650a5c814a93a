use bytes::Bytes;
use futures::future::join_all;

use crate::{Change, Space, StateStore, StoreErrorKind};

async fn save(store: &dyn StateStore, changes: &[Change]) {
    store.save(changes).await.expect("the save succeeds");
}

async fn load(store: &dyn StateStore, space: Space, prefix: &str) -> Vec<(String, Bytes)> {
    store.load(space, prefix).await.expect("the load succeeds")
}

async fn keys(store: &dyn StateStore, prefix: &str) -> Vec<String> {
    load(store, Space::Key, prefix).await.into_iter().map(|(key, _)| key).collect()
}

fn put(key: &str, value: &'static str) -> Change {
    Change::put(Space::Key, key, value)
}

fn delete(key: &str) -> Change {
    Change::delete(Space::Key, key)
}

fn record(key: &str, value: &'static str) -> (String, Bytes) {
    (key.to_owned(), Bytes::from(value))
}

pub(super) async fn an_empty_store_loads_nothing(store: &dyn StateStore) {
    save(store, &[]).await;
    for space in Space::ALL {
        assert_eq!(load(store, space, "").await, []);
        assert_eq!(load(store, space, "a").await, []);
    }
}

pub(super) async fn what_is_saved_is_loaded(store: &dyn StateStore) {
    save(store, &[put("a", "1"), put("b", "2")]).await;
    save(store, &[put("c", "3")]).await;
    assert_eq!(load(store, Space::Key, "").await, [record("a", "1"), record("b", "2"), record("c", "3")]);
}

pub(super) async fn a_later_save_replaces_an_earlier_one(store: &dyn StateStore) {
    save(store, &[put("a", "a long first value"), put("b", "2")]).await;
    save(store, &[put("a", "")]).await;
    assert_eq!(load(store, Space::Key, "").await, [record("a", ""), record("b", "2")]);
}

pub(super) async fn of_two_changes_of_a_key_the_later_counts(store: &dyn StateStore) {
    save(store, &[put("d", "old")]).await;
    let changes = [
        put("a", "1"),
        put("a", "2"),
        put("b", "1"),
        delete("b"),
        delete("c"),
        put("c", "1"),
        delete("d"),
        put("d", "new"),
    ];
    save(store, &changes).await;
    assert_eq!(load(store, Space::Key, "").await, [record("a", "2"), record("c", "1"), record("d", "new")]);
}

pub(super) async fn a_deleted_record_is_gone(store: &dyn StateStore) {
    save(store, &[put("a", "1"), put("ab", "2")]).await;
    save(store, &[delete("a"), delete("never there")]).await;
    assert_eq!(load(store, Space::Key, "").await, [record("ab", "2")]);
    save(store, &[delete("a")]).await;
    save(store, &[put("a", "3")]).await;
    assert_eq!(load(store, Space::Key, "").await, [record("a", "3"), record("ab", "2")]);
}

/// By their bytes, as a key-value store has them.
pub(super) async fn records_come_by_key(store: &dyn StateStore) {
    let mut names = ["b", "a", "", "aa", "B", "é", "z", "10", "9", "a/b", "a b", "\u{10ffff}", "\u{e000}"].to_vec();
    names.retain(|name| !name.is_empty());
    for name in &names {
        save(store, &[put(name, "")]).await;
    }
    names.sort_unstable();
    assert_eq!(keys(store, "").await, names);
}

pub(super) async fn a_prefix_selects_what_starts_with_it(store: &dyn StateStore) {
    let all = ["ops", "ops/", "ops/1", "ops/\u{10ffff}", "ops/\u{10ffff}x", "ops-slack/1", "opt/1", "pops/1"];
    save(store, &all.map(|key| put(key, ""))).await;
    assert_eq!(keys(store, "ops/").await, ["ops/", "ops/1", "ops/\u{10ffff}", "ops/\u{10ffff}x"]);
    assert_eq!(keys(store, "ops/\u{10ffff}").await, ["ops/\u{10ffff}", "ops/\u{10ffff}x"]);
    assert_eq!(keys(store, "opt/1").await, ["opt/1"]);
    assert_eq!(keys(store, "opt/11").await, [""; 0]);
    assert_eq!(keys(store, "OPS").await, [""; 0], "case counts");
}

pub(super) async fn a_prefix_is_no_pattern(store: &dyn StateStore) {
    let signs = ["%", "_", "*", "?", "[a]", ".", ".*", ">", "\\", "$", "^"];
    save(store, &[put("a", ""), put("ab", ""), put(".hidden", "")]).await;
    for sign in signs {
        let expected: &[&str] = if sign == "." { &[".hidden"] } else { &[] };
        assert_eq!(keys(store, sign).await, expected, "prefix {sign}");
    }
    save(store, &signs.map(|sign| put(&format!("{sign}/1"), ""))).await;
    for sign in signs {
        assert_eq!(keys(store, &format!("{sign}/")).await, [format!("{sign}/1")], "prefix {sign}");
    }
}

pub(super) async fn spaces_are_separate(store: &dyn StateStore) {
    let changes = Space::ALL.map(|space| Change::put(space, "same", format!("{space:?}")));
    save(store, &changes).await;
    save(store, &[Change::delete(Space::Lane, "same")]).await;
    for space in Space::ALL {
        let expected = if space == Space::Lane { vec![] } else { vec![("same".into(), format!("{space:?}").into())] };
        assert_eq!(load(store, space, "").await, expected, "{space:?}");
    }
}

pub(super) async fn keys_may_hold_any_character(store: &dyn StateStore) {
    let odd = [
        " ",
        "/",
        "//",
        "..",
        "../up",
        "C:\\",
        "a\nb",
        "a\u{0}b",
        "\u{0}",
        "'; drop",
        "\"",
        "#",
        "é",
        "e\u{301}",
        "\u{1f4be}",
        "\u{202e}",
        "disk-usage_c.orders_n.10.0.0.1_3A2113",
        "con",
        "a.",
        "%2F",
        "+",
    ];
    save(store, &odd.map(|key| put(key, ""))).await;
    for key in odd {
        let found = load(store, Space::Key, key).await;
        assert!(found.contains(&record(key, "")), "{key:?} is not among {found:?}");
    }
    assert_eq!(keys(store, "").await.len(), odd.len(), "no two of them are one");
    save(store, &odd.map(delete)).await;
    assert_eq!(keys(store, "").await, [""; 0]);
}

pub(super) async fn a_key_may_be_long_and_not_longer(store: &dyn StateStore) {
    let longest = "é".repeat(Change::LONGEST_KEY / 2);
    save(store, &[put(&longest, "1")]).await;
    let error = store.save(&[put(&format!("{longest}x"), "2")]).await.expect_err("the key is too long");
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert_eq!(load(store, Space::Key, "é").await, [record(&longest, "1")]);
}

pub(super) async fn values_may_be_empty_and_large(store: &dyn StateStore) {
    let values: [Bytes; 3] = [Bytes::new(), (0..=255).collect(), vec![0xff; 4 * 1024 * 1024].into()];
    let changes: Vec<_> = values
        .iter()
        .zip(["a", "b", "c"])
        .map(|(value, key)| Change::put(Space::Snapshot, key, value.clone()))
        .collect();
    save(store, &changes).await;
    let loaded: Vec<Bytes> = load(store, Space::Snapshot, "").await.into_iter().map(|(_, value)| value).collect();
    assert!(loaded == values, "values are loaded as they were saved");
}

pub(super) async fn saves_at_once_all_arrive(store: &dyn StateStore) {
    let saves: Vec<_> = (0..16).map(|number| [put(&format!("{number:02}"), "x"), put("same", "y")]).collect();
    join_all(saves.iter().map(|changes| save(store, changes))).await;
    assert_eq!(keys(store, "").await.len(), 17);
}
