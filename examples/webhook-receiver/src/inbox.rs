//! What is new in a message: most are sent once, and any may come again.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::Value;

/// So many ids are known. tidegate tries a log line for a day, and an issue until it is taken.
const MOST: usize = 100_000;

/// Knows what came before. It forgets with the process: a receiver that must not takes the ids into its database, in the
/// transaction that does the work.
#[derive(Debug, Default)]
pub struct Inbox {
    known: HashSet<String>,
    in_order: VecDeque<String>,
    /// The last event of each episode.
    episodes: HashMap<String, u64>,
}

impl Inbox {
    /// What is new in the `message` with `id`, a line each.
    pub fn take(&mut self, id: &str, message: &Value) -> Vec<String> {
        if !self.is_new(id) {
            return Vec::new();
        }
        let data = &message["data"];
        match message["type"].as_str().unwrap_or_default() {
            "issue.opened" | "issue.updated" if self.is_news(data) => vec![issue("open", data)],
            "issue.closed" if self.is_news(data) => vec![issue("closed", data)],
            "issue.opened" | "issue.updated" | "issue.closed" => Vec::new(),
            "notification.created" | "notification.updated" => vec![format!("note    {}", text(&data["message"]))],
            // The same lines may come in batches that are cut otherwise.
            "log.batch" => {
                self.new_items(&data["logs"]).map(|line| format!("log     {}", text(&line["message"]))).collect()
            }
            "metric.batch" => self
                .new_items(&data["metrics"])
                .map(|sample| format!("metric  {} = {}", text(&sample["name"]), sample["value"]))
                .collect(),
            // A later tidegate may say more, which is no reason to refuse it.
            other => vec![format!("?       {other}")],
        }
    }

    fn is_new(&mut self, id: &str) -> bool {
        if !self.known.insert(id.to_owned()) {
            return false;
        }
        self.in_order.push_back(id.to_owned());
        if self.in_order.len() > MOST
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// Whether no later event of the episode was there before.
    fn is_news(&mut self, issue: &Value) -> bool {
        let (episode, sequence) = (text(&issue["episode"]), issue["sequence"].as_u64().unwrap_or_default());
        let last = self.episodes.entry(episode.to_owned()).or_default();
        let news = sequence > *last;
        *last = sequence.max(*last);
        news
    }

    fn new_items<'a>(&mut self, items: &'a Value) -> std::vec::IntoIter<&'a Value> {
        let items = items.as_array().into_iter().flatten();
        let new: Vec<&Value> = items.filter(|item| self.is_new(text(&item["id"]))).collect();
        new.into_iter()
    }
}

fn issue(state: &str, data: &Value) -> String {
    format!("{state:7} {} {}: {}", text(&data["severity"]), text(&data["id"]), text(&data["summary"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
