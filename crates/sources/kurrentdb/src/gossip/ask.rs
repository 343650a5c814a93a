//! One node is asked who it sees as what.

use std::time::Duration;

use http::StatusCode;
use tidegate_event::{ViewError, ViewErrorKind};
use tokio::time::sleep;

use super::wire::Gossip;
use crate::client::{Answer, Ask, AskError, AskErrorKind};
use crate::node::Node;
use crate::shared::{Shared, WITHHELD};

/// How long a node has for one answer. It cuts a request itself after 10 s; a view from so long ago would say nothing.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest view: 1 MiB, which is over a thousand members.
const LIMIT: usize = 1 << 20;
/// The longest wait that a node may ask for. Longer ones are a failure at once: the other views would be out of date.
const LONGEST_WAIT: Duration = Duration::from_secs(6);

/// A node that is asked, and what is remembered of how.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) node: Node,
    /// It does not answer those whom it does not know.
    closed: bool,
    /// Its wish to wait was granted already since it last answered.
    waited: bool,
}

/// How a request went: with credentials or not, and what came.
struct Tried {
    known: bool,
    answer: Result<Answer, AskError>,
}

impl Asked {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, closed: false, waited: false }
    }

    /// Asks it, and once more where it asks for a moment's patience.
    pub(crate) async fn ask(&mut self, shared: &Shared) -> Result<Gossip, ViewError> {
        let mut tried = self.attempt(shared).await;
        if let Ok(Answer { status: StatusCode::SERVICE_UNAVAILABLE, retry_after: Some(wait), .. }) = &tried.answer
            && *wait <= LONGEST_WAIT
            && !self.waited
        {
            self.waited = true;
            sleep(*wait).await;
            tried = self.attempt(shared).await;
        }
        let (known, node) = (tried.known, &self.node);
        let gossip =
            tried.answer.map_err(|error| of_error(&error)).and_then(|answer| read(&answer, known, node, shared));
        if gossip.is_ok() {
            self.waited = false;
        }
        gossip
    }

    /// Without credentials first where it may answer so: with them, a node that is starting answers 503 to anything.
    async fn attempt(&mut self, shared: &Shared) -> Tried {
        let url = self.node.url("/gossip");
        let get = |credentials| {
            let ask = Ask { url: &url, accept: "application/json", credentials, timeout: TIMEOUT, limit: LIMIT };
            shared.client.get(ask, &*shared.clock)
        };
        let status = |answer: &Result<Answer, AskError>| answer.as_ref().map(|answer| answer.status).ok();
        let Some(credentials) = shared.credentials_for(&self.node) else {
            return Tried { known: false, answer: get(None).await };
        };
        if !self.closed {
            let answer = get(None).await;
            if !status(&answer).is_some_and(refuses) {
                return Tried { known: false, answer };
            }
        }
        let answer: Result<Answer, AskError> = get(Some(credentials)).await;
        // Whatever else it says, it may be open the next time.
        self.closed = status(&answer).is_some_and(|status| status.is_success());
        Tried { known: true, answer }
    }
}

fn refuses(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn of_error(error: &AskError) -> ViewError {
    let kind = match error.kind {
        AskErrorKind::Refused => ViewErrorKind::Refused,
        AskErrorKind::TimedOut => ViewErrorKind::TimedOut,
        AskErrorKind::Tls => ViewErrorKind::Tls,
        AskErrorKind::TooLarge => ViewErrorKind::Malformed,
        AskErrorKind::Secret => ViewErrorKind::Unauthorized,
    };
    let hint = match error.kind {
        AskErrorKind::TimedOut => "; its gossip service may not have started, or its main queue be blocked",
        _ => "",
    };
    ViewError { kind, message: format!("{error}{hint}") }
}

/// What an answer says. `known`: there were credentials in the request.
fn read(answer: &Answer, known: bool, node: &Node, shared: &Shared) -> Result<Gossip, ViewError> {
    let status = answer.status;
    let error = |kind, message: String| Err(ViewError { kind, message });
    let code = status.as_u16();
    match code {
        200 => Gossip::parse(&answer.body).or_else(|message| error(ViewErrorKind::Malformed, message)),
        401 | 403 => error(ViewErrorKind::Unauthorized, refused(code, known, node, shared)),
        404 => error(
            ViewErrorKind::Unavailable,
            "404, it has no /gossip; `DisableGossipOnHttp` is set there, or this is no node of KurrentDB".to_owned(),
        ),
        408 => error(
            ViewErrorKind::Unavailable,
            "408, its gossip service has not started, or its main queue is blocked".to_owned(),
        ),
        503 if known => error(
            ViewErrorKind::Unavailable,
            "503, it cannot check credentials yet; it is starting, or has no leader to read the users from".to_owned(),
        ),
        300..=399 => error(
            ViewErrorKind::Malformed,
            format!("{code}, a redirect, which is not followed; is this a node's own address?"),
        ),
        500.. => error(ViewErrorKind::Unavailable, format!("{status}")),
        _ => error(ViewErrorKind::Malformed, format!("{status}; is this the address of a node?")),
    }
}

fn refused(code: u16, known: bool, node: &Node, shared: &Shared) -> String {
    match (known, code) {
        (true, 401) => format!("{code}, it does not take the `credentials`"),
        (true, _) => format!("{code}, the user of the `credentials` may not read gossip there"),
        (false, _) if shared.withholds(node) => format!("{code}, {WITHHELD}"),
        (false, _) if shared.credentials.is_none() => {
            format!("{code}, gossip is not open to everybody there, and there are no `credentials`")
        }
        (false, _) => format!("{code}, it refuses who has no credentials"),
    }
}
