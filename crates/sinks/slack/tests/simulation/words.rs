//! The model of Slack behind the wire, the words in which Slack fails, and what the sink hears of it.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Random;
use tidegate_http::{Transport, TransportError};
use tidegate_testkit::model::SlackService;
use tidegate_testkit::server;

use crate::left_out::is_left_out;
use crate::posts::Posts;
use crate::rules::Rule;
use crate::wire::{Service, Wire};

/// A Slack, and a note of each post that it does.
pub(crate) struct Words {
    pub(crate) slack: SlackService,
    pub(crate) posts: Posts,
}

impl Service for Words {
    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut answer = if is_left_out(Rule::Metadata) {
            self.slack.answer(&without_metadata(request))
        } else {
            self.slack.answer(request)
        };
        self.posts.note(request, &mut answer);
        answer
    }

    fn too_much(&self, seconds: Option<u64>) -> Response<Bytes> {
        let mut answer = server::json(429, &json!({ "ok": false, "error": "ratelimited" }));
        if let Some(seconds) = seconds {
            answer.headers_mut().insert("retry-after", seconds.into());
        }
        answer
    }

    fn failure(&self, request: &Request<Bytes>, random: &mut Random) -> Response<Bytes> {
        match random.below(14) {
            0..6 => server::text([500, 502, 503, 504][pick(random, 4)], "upstream"),
            6..9 => error(request, ["internal_error", "fatal_error"][pick(random, 2)]),
            // The beginning of an answer that says it is whole, and somebody else's words.
            9..12 => server::text(200, "{\"ok\":true,\"chan"),
            _ => server::text(200, "<html>Please log in.</html>"),
        }
    }

    fn refusal(&self, request: &Request<Bytes>, random: &mut Random) -> Response<Bytes> {
        error(request, ["request_timeout", "invalid_auth", "invalid_auth"][pick(random, 3)])
    }
}

/// An error in the form of the Web API, with 200, or of a webhook.
fn error(request: &Request<Bytes>, word: &'static str) -> Response<Bytes> {
    match (request.uri().path().starts_with("/services/"), word) {
        (false, word) => server::json(200, &json!({ "ok": false, "error": word })),
        (true, "invalid_auth") => server::text(403, "invalid_token"),
        (true, word) => server::text(500, word),
    }
}

fn pick(random: &mut Random, of: u64) -> usize {
    usize::try_from(random.below(of)).expect("a small number")
}

fn without_metadata(request: &Request<Bytes>) -> Request<Bytes> {
    // A look carries none, and is a form.
    let Ok(mut body) = serde_json::from_slice::<Value>(request.body()) else { return request.clone() };
    body.as_object_mut().expect("an object").remove("metadata");
    let mut changed = request.clone();
    *changed.body_mut() = body.to_string().into();
    changed
}

/// The way to Slack, with a note of which post's answer came back.
pub(crate) struct Heard {
    pub(crate) wire: Wire,
    pub(crate) posts: Posts,
}

#[async_trait]
impl Transport for Heard {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let answer = self.wire.send(request).await?;
        self.posts.heard(&answer);
        Ok(answer)
    }
}
