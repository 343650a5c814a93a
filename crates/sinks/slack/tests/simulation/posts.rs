//! How often each thing was posted, and how often nobody learnt of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tidegate_sink::Delivery;
use tidegate_testkit::model::SlackMessage;

use crate::promises::told;

/// A post that Slack did.
struct Post {
    step: String,
    /// The sink has the answer.
    answered: bool,
    /// The life that it was in, counted from 1.
    life: usize,
}

/// Which post an answer is of.
#[derive(Clone, Copy)]
struct Number(usize);

/// All posts that Slack did, and what they were for. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Posts(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    posts: Vec<Post>,
    lives: usize,
    /// The deliveries of each thing: what is told again on purpose is another one.
    deliveries: BTreeMap<String, BTreeSet<String>>,
}

impl Posts {
    /// Another life begins.
    pub(crate) fn begin(&self) {
        self.0.lock().expect("no test panics here").lives += 1;
    }

    /// Notes that the sink was given `delivery`, of which the first message would be `body`.
    pub(crate) fn given(&self, delivery: &Delivery, body: &Value) {
        let deliveries = &mut self.0.lock().expect("no test panics here").deliveries;
        deliveries.entry(step(body)).or_default().insert(delivery.id.to_string());
    }

    /// Notes what Slack did, if that is a post, and its number in the answer.
    pub(crate) fn note(&self, request: &Request<Bytes>, answer: &mut Response<Bytes>) {
        let path = request.uri().path();
        let is_post = path.ends_with("/chat.postMessage") || path.contains("/services/");
        let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if !is_post || (said["ok"] != true && answer.body() != "ok") {
            return;
        }
        let step = step(&serde_json::from_slice(request.body()).expect("JSON"));
        let mut inner = self.0.lock().expect("no test panics here");
        let life = inner.lives;
        inner.posts.push(Post { step, answered: false, life });
        answer.extensions_mut().insert(Number(inner.posts.len() - 1));
    }

    /// Notes that the sink has `answer`.
    pub(crate) fn heard(&self, answer: &Response<Bytes>) {
        if let Some(Number(number)) = answer.extensions().get() {
            self.0.lock().expect("no test panics here").posts[*number].answered = true;
        }
    }

    /// Each delivery is one post, and one more for each answer that was lost on its way, or with the life that had it, which
    /// could not always write it down; and for each message that somebody deleted.
    pub(crate) fn check(&self, messages: &[SlackMessage]) -> Result<(), String> {
        let mut standing: BTreeMap<String, usize> = BTreeMap::new();
        for message in messages {
            *standing.entry(step(&message.history[0])).or_default() += usize::from(!message.deleted);
        }
        let inner = self.0.lock().expect("no test panics here");
        for (step, standing) in standing {
            let is_lost = |post: &&Post| post.step == step && (!post.answered || post.life < inner.lives);
            let lost = inner.posts.iter().filter(is_lost).count();
            let deliveries = inner.deliveries.get(&step).map_or(0, BTreeSet::len);
            if standing > deliveries + lost {
                return Err(format!(
                    "promise 1: {standing} copies of {deliveries} deliveries where {lost} answers were lost: {step}"
                ));
            }
        }
        Ok(())
    }
}

/// What a message is about, and the number of the event or the revision. Each notification has words of its own.
fn step(body: &Value) -> String {
    let (episode, number) = told(body);
    let about = episode.or(body["text"].as_str()).unwrap_or_default();
    format!("{about} {number}")
}
