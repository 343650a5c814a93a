//! The mistakes that people make, and to the letter what they are told. Each `tests/mistakes/NAME.toml` has its
//! `NAME.txt`; `TIDEGATE_BLESS=1 cargo test -p tidegate-config` writes those anew, to be read before they are kept.

mod common;

use std::path::Path;

use tidegate_config::{Config, ConfigErrorKind, ConfigErrors};

fn told(text: &str) -> ConfigErrors {
    let config = match Config::parse("tidegate.toml", text) {
        Ok(config) => config,
        Err(errors) => return errors,
    };
    config.build(&common::registry()).expect_err("it has mistakes")
}

#[test]
fn each_mistake_is_told_with_its_place_and_what_would_be_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let entries = std::fs::read_dir(&folder).expect("the folder of this test");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    assert!(files.len() >= 12, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        let found = told(&text).to_string() + "\n";
        assert!(!found.contains("secret-"), "{}: {found}", file.display());
        let golden = file.with_extension("txt");
        if std::env::var_os("TIDEGATE_BLESS").is_some() {
            std::fs::write(&golden, &found).expect("written");
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert!(found == expected, "{}:\n{found}\ninstead of\n{expected}", file.display());
    }
}

#[test]
fn every_mistake_has_a_kind_and_a_line_of_its_own_words() {
    let errors = told("[[integration]]\nname = \"ops\"\nsink = \"consol\"\n");
    let error = errors.iter().next().expect("one");
    assert_eq!((error.kind(), error.line(), error.column()), (ConfigErrorKind::UnknownKind, Some(3), Some(8)));
    assert_eq!(error.to_string(), "tidegate.toml:3:8: unknown sink `consol`; did you mean `console`?");
    assert_eq!(
        error.help(),
        Some("known: cloudwatch-logs, cloudwatch-metrics, console, opsgenie, pager, pagerduty, slack, webhook")
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let garbage: Vec<u8> = (0_u32..1 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let table = [
        (folder.path().join("none.toml"), "there is no such file"),
        (folder.path().to_path_buf(), "it is a folder; name the file in it"),
        (write("garbage", &garbage), "line 1 is not text (UTF-8); is it the right file?"),
        (write("large", &vec![b'#'; 5 << 20]), "it is over 4 MiB; is it the right file?"),
    ];
    for (path, why) in table {
        let errors = Config::read(&path).expect_err("unreadable");
        assert_eq!(errors.iter().len(), 1);
        let error = errors.iter().next().expect("one");
        assert_eq!((error.kind(), error.line()), (ConfigErrorKind::Unreadable, None));
        assert_eq!(error.to_string(), format!("cannot read {}: {why}", path.display()));
    }
}

#[test]
fn of_a_file_that_is_no_toml_at_all_one_place_is_told() {
    let log = "2026-11-24 03:02:00 GET /health 200\n".repeat(30_000);
    let errors = told(&log);
    assert_eq!(errors.iter().len(), 1);
    let error = errors.iter().next().expect("one");
    assert_eq!((error.kind(), error.line()), (ConfigErrorKind::Syntax, Some(1)));
    assert!(error.help().is_some_and(|help| help.ends_with("is this the right file?")), "{errors}");
}

#[test]
fn a_thousand_mistakes_are_told_at_once_and_the_first_of_them_printed() {
    let keys: String = (0..1_000).flat_map(|n| [format!("key{n}"), format!(" = {n}\n")]).collect();
    let errors = told(&format!("{keys}[[integration]]\nname = \"ops\"\nsink = \"console\"\n"));
    assert_eq!(errors.iter().len(), 1_000);
    assert!(errors.to_string().ends_with("1000 errors in tidegate.toml, of which the first 50 are shown"));
}
