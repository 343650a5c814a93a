//! Answers that services gave, and what each means. For the sinks' tests, by its path.

#![allow(dead_code, reason = "not every service says how long to wait, or what to keep")]

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::Value;

/// A recorded answer.
pub(crate) struct Recorded {
    pub(crate) name: String,
    /// What it means: `delivered`, `retry` …
    pub(crate) class: String,
    /// How long the service wants to be left alone.
    pub(crate) wait: Option<Duration>,
    /// What the receipt is to hold; null where nothing is said of it.
    pub(crate) keep: Value,
    pub(crate) answer: Response<Bytes>,
}

/// The recorded answers in a file of `tests/answers`, of which `text` is the content.
pub(crate) fn recorded(text: &str) -> Vec<Recorded> {
    let rows: Vec<Value> = serde_json::from_str(text).expect("recorded answers");
    let rows = rows.iter().map(|row| {
        let word = |key: &str| row[key].as_str().expect("a word").to_owned();
        Recorded {
            name: word("name"),
            class: word("class"),
            wait: row["retry_after_s"].as_u64().map(Duration::from_secs),
            keep: row["keep"].clone(),
            answer: answer(&row["answer"]),
        }
    });
    rows.collect()
}

fn answer(row: &Value) -> Response<Bytes> {
    let status = row["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let mut answer = Response::builder().status(status);
    for (name, value) in row["headers"].as_object().expect("headers") {
        answer = answer.header(name, value.as_str().expect("a value"));
    }
    let body = row["body"].as_str().map_or_else(|| row["body"].to_string(), str::to_owned);
    answer.body(body.into()).expect("an answer")
}
