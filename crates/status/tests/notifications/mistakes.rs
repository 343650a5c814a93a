//! What is wrong with a body, to the letter.

use crate::world::World;

/// A body, and all that is said of it.
type Wrong = (&'static str, &'static [&'static str]);

const WRONG: &[Wrong] = &[
    ("", &["the body is no JSON: EOF while parsing a value at line 1 column 0"]),
    ("[1]", &["the body is a list; it must be an object"]),
    ("\"a\"", &["the body is \"a\"; it must be an object"]),
    (
        "{}",
        &[
            "`id` is missing; it must be 1 to 256 bytes of text without control characters",
            "`kind` is missing; it must be 1 to 64 of a-z, 0-9 and -",
            "`message` is missing; it must be 1 byte to 64 KiB of text, and more than blanks",
        ],
    ),
    (
        r#"{"id":7,"revision":1.5,"kind":"Backup taken","severity":"bad","message":" ","resource":"orders","at":"today"}"#,
        &[
            "`id` is 7; it must be 1 to 256 bytes of text without control characters",
            "`revision` is 1.5; it must be a whole number from 0 to 4294967295",
            "`kind` is \"Backup taken\"; it must be 1 to 64 of a-z, 0-9 and -",
            "`severity` is \"bad\"; it must be info, warning, error or critical",
            "`message` is \" \"; it must be 1 byte to 64 KiB of text, and more than blanks",
            "`resource` is \"orders\"; it must be an object",
            "`at` is \"today\"; it must be a time in RFC 3339, such as \"2026-11-24T03:00:00Z\"",
        ],
    ),
    (
        r#"{"id":"a\nb","revision":4294967296,"kind":"k","severity":["info"],"message":{},"at":1795489200}"#,
        &[
            "`id` is \"a\\nb\"; it must be 1 to 256 bytes of text without control characters",
            "`revision` is 4294967296; it must be a whole number from 0 to 4294967295",
            "`severity` is a list; it must be info, warning, error or critical",
            "`message` is an object; it must be 1 byte to 64 KiB of text, and more than blanks",
            "`at` is 1795489200; it must be a time in RFC 3339, such as \"2026-11-24T03:00:00Z\"",
        ],
    ),
    (
        r#"{"id":"a","kind":"k","message":"m","sevirity":"error","colour":1,"resource":{"cluster":"","nodes":"a","part":5}}"#,
        &[
            "`colour` is not known; there are id, revision, kind, severity, message, resource, at",
            "`sevirity` is not known; did you mean `severity`? there are id, revision, kind, severity, message, resource, at",
            "`resource.nodes` is not known; did you mean `resource.node`? there are cluster, node, part",
            "`resource.cluster` is \"\"; it must be 1 to 255 bytes of text without control characters",
            "`resource.part` is 5; it must be 1 to 255 bytes of text without control characters",
        ],
    ),
    (
        r#"{"id":"a","kind":"instances-provision-failed","message":"They failed"}"#,
        &[
            "`message` is \"They failed\"; it must be \"Cluster instances failed to provision\" for \
             instances-provision-failed, or left out",
            "`resource.cluster` is missing; for instances-provision-failed it must be the name of the cluster",
        ],
    ),
    (
        r#"{"id":"a","kind":"cluster-available","resource":{"node":"a"}}"#,
        &["`resource.cluster` is missing; for cluster-available it must be the name of the cluster"],
    ),
    (
        r#"{"id":"a","kind":"instances_provision_failed","message":"m"}"#,
        &["`kind` is \"instances_provision_failed\"; it must be 1 to 64 of a-z, 0-9 and -; did you mean \
           instances-provision-failed?"],
    ),
    (
        r#"{"id":"a","kind":"instance-provision-failed"}"#,
        &["`message` is missing; it must be 1 byte to 64 KiB of text, and more than blanks. Did you mean the kind \
           instances-provision-failed, which has a message of its own?"],
    ),
    (
        r#"{"id":"a","kind":"k","message":"m","at":"2026-11-25T03:00:00.001Z"}"#,
        &["`at` is \"2026-11-25T03:00:00.001Z\"; it must be no more than a day ahead of the clock here, which says \
           2026-11-24T03:00:00.000Z"],
    ),
];

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_with_what_was_found_and_what_would_be_right() {
    let world = World::new().await;
    for (body, wanted) in WRONG {
        let (code, reasons) = world.post(body).await.refused();
        assert_eq!((code, reasons), (400, wanted.iter().map(ToString::to_string).collect()), "{body}");
    }
    assert_eq!(world.journal().await, []);
}

#[tokio::test]
async fn every_bound_holds_on_both_sides() {
    let world = World::new().await;
    let of = |id: usize, kind: usize, message: usize, name: usize| {
        let [id, kind, message, name] = [id, kind, message, name].map(|length| "x".repeat(length));
        format!(r#"{{"id":"{id}","kind":"{kind}","message":"{message}","resource":{{"node":"{name}"}}}}"#)
    };
    world.post(&of(256, 64, 64 * 1024, 255)).await.assert_taken(&"x".repeat(256), 0);
    let (code, reasons) = world.post(&of(257, 65, 64 * 1024 + 1, 256)).await.refused();
    assert_eq!((code, reasons.len()), (400, 4));
    let shown = "x".repeat(60);
    for (reason, (field, length)) in
        reasons.iter().zip([("id", 257), ("kind", 65), ("message", 65_537), ("resource.node", 256)])
    {
        let beginning = format!("`{field}` is \"{shown}…\" ({length} bytes); it must be ");
        assert!(reason.starts_with(&beginning), "{reason}");
    }
    world.post(r#"{"id":"a","kind":"k","message":"m","at":"2026-11-25T03:00:00Z"}"#).await.assert_taken("a", 0);
    world.post(r#"{"id":"b","kind":"k","message":"m","revision":4294967295}"#).await.assert_taken("b", u32::MAX);
}

#[tokio::test]
async fn an_answer_is_short_whatever_was_wrong() {
    let world = World::new().await;
    let keys: Vec<_> = (0..50_000).map(|number| format!("\"k{number}\":0")).collect();
    let (code, reasons) = world.post(&format!("{{{}}}", keys.join(","))).await.refused();
    assert_eq!((code, reasons.len()), (400, 21));
    assert_eq!(reasons[20], "and 49983 more");
    let deep = "[".repeat(500_000);
    let (code, reasons) = world.post(&format!(r#"{{"id":{deep}"#)).await.refused();
    assert_eq!((code, reasons.len()), (400, 1));
    assert!(reasons[0].starts_with("the body is no JSON: recursion limit exceeded"), "{reasons:?}");
    let long = "\u{1b}[2J".repeat(10_000);
    let answer = world
        .post(&format!(r#"{{"id":"a","kind":"k","message":"m","{}":1}}"#, long.replace('\u{1b}', "\\u001b")))
        .await;
    assert!(answer.code == 400 && answer.body.len() < 300 && !answer.body.contains("001b"), "{answer:?}");
}
