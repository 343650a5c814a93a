//! Files that are wrong, and what the program says of them.
#![cfg(target_os = "linux")]

mod common;

use std::path::Path;

use common::finished;

/// A file with one mistake: its name here, what it says, where the mistake is, and what is said of it.
type Broken = (&'static str, &'static str, &'static str, &'static str);

/// What comes before the mistake where the file must be right otherwise.
const RIGHT: &str = "[[integration]]\nname = \"a\"\nsink = \"console\"\n";

const BROKEN: [Broken; 16] = [
    (
        "unknown-key",
        "[[integration]]\nname = \"a\"\nsnik = \"console\"\nsink = \"console\"\n",
        ":3:1",
        "did you mean `sink`?",
    ),
    (
        "unknown-sink",
        "[[integration]]\nname = \"a\"\nsink = \"slak\"\n",
        ":3:8",
        "unknown sink `slak`; did you mean `slack`?",
    ),
    ("unknown-source", "RIGHT[[source]]\ntype = \"hots\"\n", ":5:8", "unknown source `hots`; did you mean `host`?"),
    ("unknown-detector", "RIGHT[detector.disk]\nenabled = true\n", ":4:11", "unknown detector `disk`"),
    ("wrong-type", "RIGHTlinger = 5\n", ":4:10", "found a whole number; expected a duration in quotes"),
    (
        "missing-token",
        "[[integration]]\nname = \"a\"\nsink = \"slack\"\nchannel_id = \"C01\"\n",
        ":1:1",
        "there is no `token`",
    ),
    (
        "variable-not-set",
        "[[integration]]\nname = \"a\"\nsink = \"slack\"\nchannel_id = \"C01\"\ntoken = { env = \"NOT_SET_ANYWHERE\" }\n",
        ":5:17",
        "the environment variable NOT_SET_ANYWHERE: it is not there",
    ),
    (
        "no-secret-file",
        "[[integration]]\nname = \"a\"\nsink = \"slack\"\nchannel_id = \"C01\"\ntoken = { file = \"none\" }\n",
        ":5:18",
        "/none: it is not there",
    ),
    ("bad-duration", "RIGHTlinger = \"5 minutes\"\n", ":4:10", "500ms, 30s, 5m, 1h or 2d"),
    ("negative-limit", "RIGHT[detector.disk-usage]\nopen = { above = -0.8 }\n", ":5:18", "-0.8"),
    ("two-names", "RIGHT[[integration]]\nname = \"a\"\nsink = \"console\"\n", ":5:8", "two integrations are named `a`"),
    (
        "open-http",
        "[[integration]]\nname = \"a\"\nsink = \"slack\"\nchannel_id = \"C01\"\ntoken = \"x\"\nendpoint = \"http://a.example\"\n",
        ":6:12",
        "plain http to a.example would show secrets to the network; use https, or set `allow_http`",
    ),
    ("syntax", "[[integration]]\nname = \"a\nsink = \"console\"\n", ":2:", "this is not TOML"),
    ("empty", "", "", "no integration in"),
    (
        "listen",
        "RIGHT[status]\nlisten = \"here\"\n",
        ":5:10",
        "write an IP address and a port, such as \"127.0.0.1:2115\"",
    ),
    ("intake", "RIGHT[intake]\ntoken = \"x\"\n", ":4:1", "`intake` has no address; add `[status]` with `listen`"),
];

#[test]
fn each_mistake_is_one_clear_message_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text, place, why) in BROKEN {
        let path = folder.path().join(name);
        std::fs::write(&path, text.replace("RIGHT", RIGHT)).expect("written");
        let words = refused(&path);
        assert!(words.contains(why), "{name}: {words}");
        let place = format!("{}{place}", path.display());
        assert!(words.contains(&place), "{name}: {words}");
        assert_eq!(words.matches("error: ").count(), 1, "{name}: {words}");
        assert!(words.contains("\n1 error in "), "{name}: {words}");
    }
}

#[test]
fn what_is_no_file_of_ours_is_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let garbage: Vec<u8> = (0_u32..1 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = folder.path().join("garbage");
    std::fs::write(&path, garbage).expect("written");
    for (path, why) in [
        (path.as_path(), "is not text (UTF-8); is it the right file?"),
        (folder.path(), "it is a folder"),
        (&folder.path().join("none.toml"), "there is no such file"),
    ] {
        let words = refused(path);
        assert!(words.starts_with("error: cannot read ") && words.contains(why), "{words}");
        assert!(words.len() < 1_000, "{} bytes", words.len());
    }
}

/// What every command says that reads the file: the same.
#[track_caller]
fn refused(path: &Path) -> String {
    let path = path.to_str().expect("UTF-8");
    let (code, results, words) = finished(&["check", "--config", path]);
    assert_eq!((code, results.as_str()), (Some(2), ""), "{words}");
    for command in ["run", "test", "simulate"] {
        assert_eq!(finished(&[command, "--config", path]), (Some(2), String::new(), words.clone()), "{command}");
    }
    assert!(!words.contains("panicked"), "{words}");
    words
}

#[test]
fn a_file_that_is_right_is_described() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tidegate.toml");
    let text = "[status]\nlisten = \"127.0.0.1:2115\"\n\n[[source]]\ntype = \"host\"\nnode = \"n\"\nvolumes = [\"/data\"]\n\n[[integration]]\nname = \"ops\"\n\
                description = \"To us\"\nsink = \"slack\"\nwebhook_url = \"https://hooks.slack.com/services/s3cret\"\n\
                min_severity = \"error\"\ncluster_ids = [\"orders\"]\n";
    std::fs::write(&path, text).expect("written");
    let (code, results, words) = finished(&["check", "--config", path.to_str().expect("UTF-8")]);
    assert_eq!((code, results.as_str()), (Some(0), ""), "{words}");
    for line in [
        "is right. It has:\n",
        "  source        host: node n, /data on node n\n",
        "  integration   ops (To us): issues, notifications from error on of orders to slack-webhook\n",
        &format!("  state         {}\n", folder.path().join("tidegate-state").display()),
        "  health        http://127.0.0.1:2115/health/live, http://127.0.0.1:2115/health/ready\n",
        "  notifications http://127.0.0.1:2115/v1/notifications, from this machine only\n",
        "warning: integration ops is told of orders only, and no source watches that: ",
    ] {
        assert!(words.contains(line), "{line} is not in {words}");
    }
    assert!(!words.contains("s3cret"), "{words}");
    let text = format!("{text}[intake]\ntoken = \"s3cret\"\n");
    std::fs::write(&path, text).expect("written");
    let (code, _, words) = finished(&["check", "--config", path.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("  notifications http://127.0.0.1:2115/v1/notifications, with the token\n"), "{words}");
    assert!(!words.contains("s3cret"), "{words}");
}
