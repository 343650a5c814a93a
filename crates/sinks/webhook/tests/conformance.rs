//! The rules that every sink keeps, against a receiver in this process. The rule of revoked secrets is left to
//! `network.rs`: it wants a probe that proves nothing then, and one of a webhook does not say that it proves the secret.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use common::{SECRET, URL, clock, to};
use http::{Request, Response, Uri};
use tidegate_http::{HttpTransport, Transport, TransportError};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_webhook::WebhookSink;
use tidegate_testkit::conformance::Suite;
use tidegate_testkit::model::WebhookReceiver;
use tidegate_testkit::sample;
use tidegate_testkit::server::{Fault, Server};

mod common;

/// A line that makes a body too long for this receiver, by itself.
const LIMIT: usize = 1_000_000;

/// Sends to this process what is for the receiver, whose address is the same each time.
struct Diverted {
    transport: HttpTransport,
    to: Uri,
}

#[async_trait]
impl Transport for Diverted {
    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        *request.uri_mut() = self.to.clone();
        self.transport.send(request).await
    }
}

/// A sink and its receiver.
struct Rig {
    sink: WebhookSink<Diverted>,
    model: WebhookReceiver,
    _server: Server,
}

impl Rig {
    async fn new(fault: Fault) -> Self {
        let model = WebhookReceiver::new([SECRET]).with_limit(LIMIT).with_clock(clock());
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request)).await.with_fault(fault);
        let to_here = format!("{}/hook/s3cretPath", server.url()).parse().expect("an address");
        let transport = Diverted { transport: HttpTransport::new().expect("a transport"), to: to_here };
        let sink = WebhookSink::new(to(URL).build().expect("a webhook"), transport).with_clock(clock());
        Self { sink, model, _server: server }
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.sink)
    }
}

#[async_trait]
impl Sink for Rig {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.sink.deliver(batch).await;
        assert_eq!(self.model.complaints(), [""; 0], "what no receiver likes");
        outcomes
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

#[tokio::test]
async fn it_keeps_the_rules_of_every_sink() {
    let suite = Suite::new(async || Rig::new(Fault::None).await)
        .with_view(|rig: &Rig, issue| rig.model.shown(issue))
        .with_rejected(sample::log(&"x".repeat(LIMIT)))
        .with_secrets([SECRET, "s3cretPath"])
        .with_server_faults(async |fault| Rig::new(fault).await)
        .await;
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
}
