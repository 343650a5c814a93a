//! How often each thing was posted, and how often nobody learnt of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tidegate_testkit::Crash;
use tidegate_testkit::model::SlackMessage;

use crate::promises::told;

/// A post that Slack did.
struct Post {
    step: String,
    /// The sink has the answer.
    answered: bool,
    /// The life that it was in.
    crash: Crash,
}

/// All posts that Slack did. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Posts(Arc<Mutex<Vec<Post>>>);

impl Posts {
    /// Notes what Slack did, if that is a post; gives its number.
    pub(crate) fn note(&self, request: &Request<Bytes>, answer: &Response<Bytes>, crash: &Crash) -> Option<usize> {
        let path = request.uri().path();
        let is_post = path.ends_with("/chat.postMessage") || path.contains("/services/");
        let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if !is_post || (said["ok"] != true && answer.body() != "ok") {
            return None;
        }
        let step = step(&serde_json::from_slice(request.body()).expect("JSON"));
        let mut posts = self.0.lock().expect("no test panics here");
        posts.push(Post { step, answered: false, crash: crash.clone() });
        Some(posts.len() - 1)
    }

    pub(crate) fn answered(&self, number: Option<usize>) {
        if let Some(number) = number {
            self.0.lock().expect("no test panics here")[number].answered = true;
        }
    }

    /// Each thing is posted once, and once more for each answer that was lost: on its way, or with the life that had it.
    pub(crate) fn check(&self, messages: &[SlackMessage]) -> Result<(), String> {
        let mut copies: BTreeMap<String, usize> = BTreeMap::new();
        for message in messages {
            *copies.entry(step(&message.history[0])).or_default() += 1;
        }
        let posts = self.0.lock().expect("no test panics here");
        for (step, copies) in copies {
            let is_lost = |post: &&Post| post.step == step && (!post.answered || post.crash.is_tripped());
            let lost = posts.iter().filter(is_lost).count();
            if copies > 1 + lost {
                return Err(format!("promise 1: {copies} copies where {lost} answers were lost: {step}"));
            }
        }
        Ok(())
    }
}

/// What a message is about, and the number of the event or the revision.
fn step(body: &Value) -> String {
    let (episode, number) = told(body);
    let id = body["metadata"]["event_payload"]["id"].as_str();
    let about = episode.or(id).or(body["text"].as_str()).unwrap_or_default();
    format!("{about} {number}")
}
