//! A board in this process, and the sink as the configuration makes it.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;
use tidegate::config::Config;
use tidegate::event::IssueEvent;
use tidegate::sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_example_custom_sink::registry;
use tidegate_testkit::conformance::Shown;
use tidegate_testkit::server::{Fault, Server, json, text};

pub(crate) const TOKEN: &str = "b0ard-t0ken";
/// What no card may say.
pub(crate) const FORBIDDEN: &str = "forbidden";

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Card {
    pub(crate) key: String,
    pub(crate) open: bool,
    pub(crate) text: String,
}

/// The board: what it shows, and what it says to a request. Clones are the same board.
#[derive(Debug, Clone, Default)]
pub(crate) struct BoardModel {
    cards: Arc<Mutex<BTreeMap<String, Card>>>,
    revoked: Arc<AtomicBool>,
}

impl BoardModel {
    pub(crate) fn cards(&self) -> MutexGuard<'_, BTreeMap<String, Card>> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wipe(&self) {
        self.cards().clear();
        self.set_token_good(true);
    }

    /// What it shows of the episode of `issue`.
    pub(crate) fn shown(&self, issue: &IssueEvent) -> Shown {
        let cards = self.cards();
        let of_it: Vec<&Card> =
            cards.values().filter(|card| card.key.starts_with(&issue.episode.to_string())).collect();
        Shown { open: of_it.iter().any(|card| card.open), copies: of_it.len() }
    }

    /// Somebody takes the card of `issue` away.
    pub(crate) fn take_away(&self, issue: &IssueEvent) {
        self.cards().remove(&issue.episode.to_string());
    }

    /// Whether the token is good from now on.
    pub(crate) fn set_token_good(&self, good: bool) {
        self.revoked.store(!good, Ordering::SeqCst);
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let authorized =
            request.headers().get("authorization").is_some_and(|value| *value == *format!("Bearer {TOKEN}"));
        if !authorized || self.revoked.load(Ordering::SeqCst) {
            return text(401, "who are you?");
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/me") => text(200, "you"),
            (&Method::PUT, "/cards") => match serde_json::from_slice::<Card>(request.body()) {
                Ok(card) if card.text.len() > 2_000 || card.text == FORBIDDEN => text(422, "that text does not please"),
                Ok(card) => {
                    self.cards().insert(card.key.clone(), card);
                    json(200, &serde_json::json!({ "ok": true }))
                }
                Err(error) => text(400, error.to_string()),
            },
            _ => text(404, "there is no such page"),
        }
    }
}

/// `board.toml`, with the board at `url`.
pub(crate) fn configuration(url: &str) -> String {
    let token = format!("\"{TOKEN}\"");
    include_str!("../../board.toml")
        .replace("https://board.example/api", url)
        .replace("{ env = \"BOARD_TOKEN\" }", &token)
}

/// The sink over a board. Clones of a rig are the same sink.
#[derive(Clone)]
pub(crate) struct Rig {
    sink: Arc<dyn Sink>,
    pub(crate) board: BoardModel,
    shown: String,
    server: Arc<Server>,
}

impl Rig {
    /// Over a new board of which each request suffers `fault`.
    pub(crate) async fn over(fault: Fault) -> Self {
        let board = BoardModel::default();
        let model = board.clone();
        let server = Server::start(move |request| model.answer(request)).await.with_fault(fault);
        Self::at(Arc::new(server), board)
    }

    /// Another sink of the same configuration. The board is wiped.
    pub(crate) fn again(&self) -> Self {
        self.board.wipe();
        Self::at(Arc::clone(&self.server), self.board.clone())
    }

    /// The same sink. The board is wiped.
    pub(crate) fn wiped(&self) -> Self {
        self.board.wipe();
        self.clone()
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Lets these happen to the next requests.
    pub(crate) fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.server.script(faults);
    }

    fn at(server: Arc<Server>, board: BoardModel) -> Self {
        let config = Config::parse("board.toml", configuration(&server.url())).expect("it is TOML");
        let plan = config.build(&registry()).expect("the registry knows the board");
        let sink = Arc::clone(plan.integrations()[0].integration().sink());
        Self { sink, board, shown: format!("{plan:?}"), server }
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[async_trait]
impl Sink for Rig {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.sink.deliver(batch).await
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}
