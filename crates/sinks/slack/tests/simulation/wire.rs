use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Random;
use tidegate_http::{Transport, TransportError, TransportErrorKind};
use tidegate_testkit::Crash;
use tidegate_testkit::model::SlackService;
use tidegate_testkit::server;

use crate::left_out::{Rule, is_left_out};
use crate::posts::Posts;

/// After so long a request is given up.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
enum Fault {
    None,
    /// Nothing was sent.
    Refused,
    /// The connection ends without an answer.
    Lost {
        applied: bool,
    },
    /// No answer comes in time.
    Silent {
        applied: bool,
    },
    /// Too much, with the seconds to wait or without.
    Throttled(Option<u64>),
    /// A failure that Slack or what stands before it tells.
    Failed {
        applied: bool,
        how: How,
    },
}

#[derive(Debug, Clone, Copy)]
enum How {
    Status(u16),
    /// With 200, as Slack does.
    Word(&'static str),
    /// The beginning of an answer, and no more, that says it is whole.
    Cut,
    /// 200, and the words of somebody else.
    Page,
}

/// What goes wrong on the way to Slack. Clones are the same.
#[derive(Clone)]
pub(crate) struct Trouble {
    random: Arc<Mutex<Random>>,
    over: Arc<AtomicBool>,
    away: Arc<AtomicBool>,
}

impl Trouble {
    pub(crate) fn new(random: Random) -> Self {
        Self { random: Arc::new(Mutex::new(random)), over: Arc::default(), away: Arc::default() }
    }

    /// Nothing goes wrong any more.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Slack is not to be reached, or is again. Whether it is away now.
    pub(crate) fn toggle_away(&self) -> bool {
        !self.away.fetch_xor(true, Ordering::Relaxed)
    }

    fn next(&self) -> Fault {
        if self.over.load(Ordering::Relaxed) {
            return Fault::None;
        }
        let mut random = self.random.lock().expect("no test panics here");
        if self.away.load(Ordering::Relaxed) {
            return if random.one_in(5) { Fault::Silent { applied: random.one_in(2) } } else { Fault::Refused };
        }
        let applied = random.one_in(2);
        match random.below(100) {
            0..5 => Fault::Refused,
            5..17 => Fault::Lost { applied },
            17..20 => Fault::Silent { applied },
            20..25 => Fault::Throttled(random.one_in(2).then(|| 1 + random.below(90))),
            25..31 => Fault::Failed { applied, how: How::Status([500, 502, 503, 504][pick(&mut random, 4)]) },
            31..34 => {
                Fault::Failed { applied, how: How::Word(["internal_error", "fatal_error"][pick(&mut random, 2)]) }
            }
            34..35 => Fault::Failed { applied: false, how: How::Word("request_timeout") },
            35..38 => Fault::Failed { applied, how: How::Cut },
            38..40 => Fault::Failed { applied, how: How::Page },
            // For a moment only: a secret that changes between two requests, say.
            40..42 => Fault::Failed { applied: false, how: How::Word("invalid_auth") },
            _ => Fault::None,
        }
    }

    fn pause(&self) -> Duration {
        self.random.lock().expect("no test panics here").duration(Duration::from_millis(400))
    }
}

fn pick(random: &mut Random, of: u64) -> usize {
    usize::try_from(random.below(of)).expect("a small number")
}

/// The way to Slack, as one life of the process has it.
pub(crate) struct Wire {
    pub(crate) slack: SlackService,
    pub(crate) trouble: Trouble,
    pub(crate) posts: Posts,
    pub(crate) crash: Crash,
}

impl Wire {
    /// The answer, and the number of the post, if it was one.
    async fn apply(&self, request: &Request<Bytes>) -> (Response<Bytes>, Option<usize>) {
        tokio::time::sleep(self.trouble.pause()).await;
        let answer = if is_left_out(Rule::Metadata) {
            self.slack.answer(&without_metadata(request))
        } else {
            self.slack.answer(request)
        };
        let post = self.posts.note(request, &answer);
        self.crash.point().await;
        tokio::time::sleep(self.trouble.pause()).await;
        (answer, post)
    }

    async fn suffer(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let failed = |kind| Err(TransportError::new(kind, "the schedule says so"));
        match self.trouble.next() {
            Fault::None => {
                let (answer, post) = self.apply(request).await;
                self.posts.answered(post);
                Ok(answer)
            }
            Fault::Refused => failed(TransportErrorKind::Unreachable),
            Fault::Lost { applied } => {
                self.apply_if(applied, request).await;
                failed(TransportErrorKind::Interrupted)
            }
            Fault::Silent { applied } => {
                self.apply_if(applied, request).await;
                tokio::time::sleep(TIMEOUT).await;
                failed(TransportErrorKind::TimedOut)
            }
            Fault::Throttled(seconds) => {
                let mut answer = server::json(429, &json!({ "ok": false, "error": "ratelimited" }));
                if let Some(seconds) = seconds {
                    answer.headers_mut().insert("retry-after", seconds.into());
                }
                Ok(answer)
            }
            Fault::Failed { applied, how } => {
                self.apply_if(applied, request).await;
                Ok(match how {
                    How::Status(status) => server::text(status, "upstream"),
                    How::Word("invalid_auth") if is_webhook(request) => server::text(403, "invalid_token"),
                    How::Word(word) if is_webhook(request) => server::text(500, word),
                    How::Word(word) => server::json(200, &json!({ "ok": false, "error": word })),
                    How::Cut => server::text(200, "{\"ok\":true,\"chan"),
                    How::Page => server::text(200, "<html>Please log in.</html>"),
                })
            }
        }
    }

    async fn apply_if(&self, applied: bool, request: &Request<Bytes>) {
        if applied {
            let _ = self.apply(request).await;
        }
    }
}

fn is_webhook(request: &Request<Bytes>) -> bool {
    request.uri().path().starts_with("/services/")
}

fn without_metadata(request: &Request<Bytes>) -> Request<Bytes> {
    // A look carries none, and is a form.
    let Ok(mut body) = serde_json::from_slice::<Value>(request.body()) else { return request.clone() };
    body.as_object_mut().expect("an object").remove("metadata");
    let mut changed = request.clone();
    *changed.body_mut() = body.to_string().into();
    changed
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.crash.point().await;
        self.suffer(&request).await
    }
}
