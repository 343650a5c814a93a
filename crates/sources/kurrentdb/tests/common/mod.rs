//! Nodes that answer as told, on ports of this machine.
#![allow(dead_code, reason = "each test has its use of some of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use http::{Request, Response};
use serde_json::Value;
use tidegate_event::{ClusterViews, Cursor, Signal, View, ViewError};
use tidegate_source::{Intake, Source, SourceError};
use tidegate_source_kurrentdb::{KurrentDb, KurrentDbBuilder};
use tidegate_testkit::ManualClock;
use tidegate_testkit::server::{Server, text};

/// The body of an answer among the fixtures, in which `node1` … are found at `servers`.
pub(crate) fn body(name: &str, servers: &[&Server]) -> Bytes {
    let path = format!("{}/tests/fixtures/gossip/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    let place = |object: &mut Value, ip: &str, port: &str| {
        let Some(host) = object[ip].as_str() else { return };
        let number = host.strip_prefix("node").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        let Some(server) = number.and_then(|number| servers.get(number - 1)) else { return };
        object[ip] = "127.0.0.1".into();
        object[port] = server.address().port().into();
    };
    place(&mut value, "serverIp", "serverPort");
    for member in value["members"].as_array_mut().expect("members") {
        place(member, "httpEndPointIp", "httpEndPointPort");
        place(member, "internalHttpEndPointIp", "internalHttpEndPointPort");
    }
    value.to_string().into()
}

/// What `GET path` is answered with; others with 404.
#[derive(Clone, Default)]
pub(crate) struct Pages(Arc<Mutex<BTreeMap<String, Response<Bytes>>>>);

impl Pages {
    pub(crate) fn set(&self, path: &str, answer: Response<Bytes>) {
        self.0.lock().expect("a lock").insert(path.to_owned(), answer);
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let pages = self.0.lock().expect("a lock");
        pages.get(request.uri().path()).cloned().unwrap_or_else(|| text(404, ""))
    }
}

/// Three nodes, which are well.
pub(crate) struct Three {
    pub(crate) servers: Vec<Server>,
    pub(crate) pages: Vec<Pages>,
}

impl Three {
    pub(crate) async fn start() -> Self {
        let (mut servers, mut pages) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let page = Pages::default();
            let answer = page.clone();
            servers.push(Server::start(move |request| answer.answer(request)).await);
            pages.push(page);
        }
        let three = Self { servers, pages };
        three.play(&["healthy-3.node1", "healthy-3.node2", "healthy-3.node3"]);
        three
    }

    /// What each node answers from now on.
    pub(crate) fn play(&self, files: &[&str]) {
        let servers: Vec<&Server> = self.servers.iter().collect();
        for (pages, file) in self.pages.iter().zip(files) {
            pages.set("/gossip", json(body(file, &servers)));
        }
    }

    pub(crate) fn builder(&self) -> KurrentDbBuilder {
        let urls: Vec<String> = self.servers.iter().map(Server::url).collect();
        KurrentDb::builder("orders").with_nodes(urls).without_metrics().with_clock(ManualClock::new())
    }
}

pub(crate) fn json(body: Bytes) -> Response<Bytes> {
    let answer = Response::builder().header("content-type", "application/json; charset=utf-8");
    answer.body(body).expect("an answer")
}

/// The intakes of an open source.
pub(crate) struct Watch(BoxStream<'static, Result<Intake, SourceError>>);

impl Watch {
    pub(crate) async fn open(source: &KurrentDb, from: Option<Cursor>) -> Self {
        Self(source.open(from).await.expect("it opens"))
    }

    pub(crate) async fn intake(&mut self) -> Intake {
        self.0.next().await.expect("no end").expect("no failure")
    }

    /// The next round.
    pub(crate) async fn views(&mut self) -> ClusterViews {
        loop {
            let mut signals = self.intake().await.signals.into_iter();
            let views = |signal| if let Signal::Views(views) = signal { Some(views) } else { None };
            if let Some(views) = signals.find_map(views) {
                return views;
            }
        }
    }

    /// The answer of the node of that number, from 0, in the next round.
    pub(crate) async fn view(&mut self, number: usize) -> Result<View, ViewError> {
        self.views().await.nodes.swap_remove(number).view
    }
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
