use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::document::Document;
use crate::tree::Table;
use crate::{DurationConfig, PathConfig, SecretConfig, SizeConfig, syntax};

/// Reads `text` as a `T`, or all that is wrong with it: line, column, message.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Vec<String>> {
    let document = Document::new("etc/a.toml", text.to_owned());
    let table = syntax::parse(&document).expect("TOML");
    let report = Report::new(&document);
    let node = Node { span: 0..text.len(), value: Value::Table(table) };
    let scope = Scope {
        report: &report,
        pass: RefCell::default(),
        what: "it",
        hidden: &["name"],
        header: &(0..0),
        failed: RefCell::new(None),
    };
    let read = read(&scope, &node, None);
    let place = |error: &crate::ConfigError| {
        format!("{}:{} {}", error.line().unwrap_or(0), error.column().unwrap_or(0), error.message())
    };
    match (read, report.finish(&Table::default())) {
        (Ok(value), Ok(())) => Ok(value),
        (Err(_), Err(errors)) => Err(errors.iter().map(place).collect()),
        (read, finished) => panic!("{:?} and yet {finished:?}", read.map(|_| ())),
    }
}

fn wrong<T: DeserializeOwned>(text: &str) -> Vec<String> {
    parse::<T>(text).map(|_| ()).expect_err("it is wrong")
}

#[derive(Debug, Deserialize, PartialEq)]
struct Everything {
    flag: bool,
    small: u8,
    number: f64,
    text: String,
    wait: DurationConfig,
    size: Option<SizeConfig>,
    list: Vec<u16>,
    pair: (String, i64),
    map: BTreeMap<String, u32>,
    inner: Inner,
    inners: Vec<Inner>,
    word: Word,
    path: PathConfig,
    secret: SecretConfig,
    #[serde(default)]
    absent: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Inner {
    a: u32,
    b: Option<u32>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Word {
    Plain,
    With(u32),
    Table { a: u32 },
}

const EVERYTHING: &str = r#"
name = "is not for this reader"
flag = true
small = 0xff
number = 1
text = "t"
wait = "5m"
size = "1KiB"
list = [1, 2]
pair = ["a", -1]
map = { x = 1, "y z" = 2 }
inner.a = 1
word = { with = 3 }
path = "ca.pem"
secret = { env = "PATH" }
[[inners]]
a = 2
b = 3
"#;

#[derive(Deserialize)]
struct Other {
    word: Word,
}

#[test]
fn every_type_that_serde_knows_is_read() {
    let read: Everything = parse(EVERYTHING).expect("all of it fits");
    assert_eq!((read.flag, read.small, read.text.as_str(), read.wait.get().as_secs()), (true, 255, "t", 300));
    assert_eq!((read.size.expect("given").bytes(), read.list, read.pair), (1_024, vec![1, 2], ("a".to_owned(), -1)));
    assert_eq!((read.map.len(), read.inner, read.word), (2, Inner { a: 1, b: None }, Word::With(3)));
    assert_eq!(read.inners, [Inner { a: 2, b: Some(3) }]);
    assert_eq!(read.path.get(), std::path::Path::new("etc/ca.pem"));
    assert_eq!(read.secret.get().to_string(), "the environment variable PATH");
    for (text, word) in [("word = 'plain'", Word::Plain), ("word = { table = { a = 1 } }", Word::Table { a: 1 })] {
        assert_eq!(parse::<Other>(text).expect("a word").word, word);
    }
}

#[test]
fn everything_that_is_wrong_is_told_and_nothing_twice() {
    let text = EVERYTHING
        .replace("flag = true", "flag = 1")
        .replace("0xff", "256")
        .replace("[1, 2]", "[-1, 2, 'x', 3]")
        .replace("\"y z\" = 2", "\"y z\" = '2'")
        .replace("inner.a", "inner.c")
        .replace("b = 3", "b = 'x'\nd = 1")
        .replace("{ with = 3 }", "'wiht'")
        .replace("wait = \"5m\"\n", "");
    let expected = [
        "1:1 `wait` is missing in it",
        "3:8 `flag` of it: found a whole number; expected true or false",
        "4:9 `small` of it: found 256; expected a whole number from 0",
        "8:9 `list` of it: found -1; expected a whole number from 0",
        "8:16 `list` of it: found text; expected a whole number from 0",
        "10:24 `y z` of it: found text; expected a whole number from 0",
        "11:1 `a` is missing in `inner` of it",
        "11:7 unknown key `c` in `inner` of it",
        "12:8 `word` of it: found `wiht`; expected one of plain, with, table; did you mean `with`?",
        "17:5 `b` of it: found text; expected a whole number from 0",
        "18:1 unknown key `d` in `inners` of it; did you mean `a`?",
    ];
    let found = wrong::<Everything>(&text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\ninstead of\n{expected}");
    }
}

#[test]
fn all_that_is_missing_is_told() {
    let found = wrong::<Everything>("flag = true\n");
    let missing = ["small", "number", "text", "wait", "list", "pair"];
    for key in missing {
        assert!(found.contains(&format!("1:1 `{key}` is missing in it")), "{key}: {found:?}");
    }
}

#[test]
fn a_type_that_refuses_itself_is_told_at_its_value_or_at_the_head() {
    #[derive(Deserialize)]
    #[serde(try_from = "u32")]
    struct Even;
    impl TryFrom<u32> for Even {
        type Error = String;
        fn try_from(number: u32) -> Result<Self, String> {
            if number.is_multiple_of(2) { Ok(Self) } else { Err(format!("{number} is odd")) }
        }
    }
    #[derive(Deserialize)]
    #[serde(try_from = "Inner")]
    struct Whole;
    impl TryFrom<Inner> for Whole {
        type Error = &'static str;
        fn try_from(inner: Inner) -> Result<Self, &'static str> {
            if inner.b == Some(inner.a) { Err("a and b are the same") } else { Ok(Self) }
        }
    }
    #[derive(Deserialize)]
    struct Holder {
        #[serde(rename = "even")]
        _even: Even,
    }
    assert_eq!(wrong::<Holder>("even = 3"), ["1:8 `even` of it: 3 is odd"]);
    assert!(parse::<Holder>("even = 4").is_ok());
    assert_eq!(wrong::<Whole>("\na = 1\nb = 1"), ["1:1 a and b are the same"]);
    // What was filled in is never complained of.
    assert_eq!(wrong::<Whole>("\nb = 1"), ["1:1 `a` is missing in it"]);
}

#[test]
fn a_number_too_large_and_a_date_are_told_as_such() {
    assert_eq!(
        wrong::<Inner>("a = 99999999999999999999"),
        ["1:5 `a` of it: found a number that is too large; expected a whole number from 0"]
    );
    assert_eq!(
        wrong::<Inner>("a = 2026-11-24"),
        ["1:5 `a` of it: found a date or time; expected a whole number from 0"]
    );
}
