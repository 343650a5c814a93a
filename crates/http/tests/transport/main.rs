//! The network transport against servers that fail at each point.

mod faults;
mod settings;
mod tls;

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tidegate_http::{Call, HttpTransport, HttpTransportBuilder, Transport, TransportError, TransportErrorKind};
use tidegate_testkit::server::{Server, json};

/// Where everything secret is put, so that a test can look for it.
const SECRET: &str = "s3cret-t0ken";

/// Time-outs that no healthy exchange on this machine meets, and that a test can wait for.
fn builder() -> HttpTransportBuilder {
    HttpTransport::builder().without_proxy().with_timeout(Duration::from_secs(15))
}

fn transport() -> HttpTransport {
    builder().build().expect("a transport")
}

/// A transport that gives up after a fifth of a second.
fn hasty() -> HttpTransport {
    builder().with_timeout(Duration::from_millis(200)).build().expect("a transport")
}

/// A post of `body` to `url`, with the secret in path, header and body.
fn post_to(url: &str, body: &str) -> Request<Bytes> {
    let call = Call::post(url, &format!("/hook/{SECRET}")).with_bearer(SECRET);
    call.with_body(format!("{SECRET} {body}")).build().expect("a request")
}

async fn server() -> Server {
    Server::start(|_| json(200, &serde_json::json!({ "ok": true, "filler": "x".repeat(200) }))).await
}

/// The error of a request that must fail as `kind`, and shows no secret.
fn failed(result: Result<Response<Bytes>, TransportError>, kind: TransportErrorKind) -> String {
    let error = result.expect_err("no answer");
    let words = words(&error);
    assert_eq!(error.kind(), kind, "{words}");
    assert!(!format!("{words} {error:?} {error:#?}").contains(SECRET), "{error:#?}");
    assert!(!words.contains('\n'), "{words}");
    words
}

/// What a person reads.
fn words(error: &TransportError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |words, cause| format!("{words}: {cause}"))
}

async fn send(transport: &HttpTransport, url: &str) -> Result<Response<Bytes>, TransportError> {
    transport.send(post_to(url, "")).await
}
