//! What a node answers, by the rules of its HTTP interface.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SERVER, WWW_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode};

use super::exposition::{self, Format};
use super::node::{Process, Trouble};
use super::world::World;
use super::{Reply, Version, json};

/// After how long a request to gossip is given up that nobody answers.
const GIVEN_UP: Duration = Duration::from_millis(10_500);

pub(super) fn answer(world: &World, index: usize, request: &Request<Bytes>) -> Reply {
    let node = &world.nodes[index];
    if !node.process.listens(world.now) {
        return Reply::Refused;
    }
    let speaks = node.process.runs();
    if node.is_frozen() {
        return Reply::Hangs;
    }
    let mut after = node.faults.slow;
    let response = match user(world, request) {
        _ if node.faults.trouble == Some(Trouble::Unavailable) => come_again(),
        // Its users are not known yet.
        User::Known | User::Unknown if !speaks => come_again(),
        User::Unknown => refused(),
        user => match route(request) {
            Route::Gossip if !speaks || node.faults.trouble == Some(Trouble::Blocked) => {
                after += GIVEN_UP;
                empty(StatusCode::REQUEST_TIMEOUT)
            }
            route => serve(world, index, request, route, user == User::Known || world.settings.credentials.is_none()),
        },
    };
    Reply::Answer { after, response }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    Anonymous,
    Known,
    /// Credentials that are none.
    Unknown,
}

fn user(world: &World, request: &Request<Bytes>) -> User {
    let Some(given) = request.headers().get(AUTHORIZATION) else { return User::Anonymous };
    let Some((name, password)) = &world.settings.credentials else { return User::Known };
    let given = given.to_str().ok().and_then(|given| given.strip_prefix("Basic "));
    let given = given.and_then(|given| STANDARD.decode(given).ok());
    let is_right = given.is_some_and(|given| given == format!("{name}:{password}").as_bytes());
    if is_right { User::Known } else { User::Unknown }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Gossip,
    Metrics,
    Info,
    Health,
    None,
}

fn route(request: &Request<Bytes>) -> Route {
    match request.uri().path() {
        "/gossip" => Route::Gossip,
        "/metrics" => Route::Metrics,
        "/info" => Route::Info,
        "/health/live" => Route::Health,
        _ => Route::None,
    }
}

fn serve(world: &World, index: usize, request: &Request<Bytes>, route: Route, is_known: bool) -> Response<Bytes> {
    let is_head = request.method() == Method::HEAD && route == Route::Health;
    match route {
        Route::None => empty(StatusCode::NOT_FOUND),
        _ if request.method() != Method::GET && !is_head => {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            set(&mut response, ALLOW, "GET");
            response
        }
        Route::Health if matches!(world.nodes[index].process, Process::Running) => empty(StatusCode::NO_CONTENT),
        Route::Health => empty(StatusCode::SERVICE_UNAVAILABLE),
        Route::Metrics if !is_known => empty(StatusCode::UNAUTHORIZED),
        Route::Metrics => metrics(world, index, request),
        _ if !accepts(request, &["application/json", "application/*", "*/*"]) => empty(StatusCode::NOT_ACCEPTABLE),
        Route::Gossip => body("application/json; charset=utf-8", json::gossip(world, index)),
        Route::Info => body("application/json; charset=utf-8", json::info(&world.nodes[index])),
    }
}

/// OpenMetrics for who names it at all, whatever else is named and how much it is liked.
fn metrics(world: &World, index: usize, request: &Request<Bytes>) -> Response<Bytes> {
    if !accepts(request, &["text/plain", "text/*", "*/*", "application/openmetrics-text"]) {
        return empty(StatusCode::NOT_ACCEPTABLE);
    }
    let names = |name: &str| accept(request).is_some_and(|accept| accept.contains(name));
    let speaks_open = world.nodes[index].version >= Version::V25_0;
    let format = if speaks_open && names("application/openmetrics-text") { Format::Open } else { Format::Text };
    let content_type = match format {
        Format::Open => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        Format::Text => "text/plain; charset=utf-8; version=0.0.4",
    };
    body(content_type, exposition::render(world, index, format))
}

fn accept(request: &Request<Bytes>) -> Option<&str> {
    request.headers().get(ACCEPT).and_then(|value| value.to_str().ok())
}

fn accepts(request: &Request<Bytes>, offered: &[&str]) -> bool {
    let Some(accept) = accept(request) else { return true };
    accept.split(',').any(|one| offered.contains(&one.split(';').next().unwrap_or_default().trim()))
}

fn body(content_type: &str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    set(&mut response, CONTENT_TYPE, content_type);
    set(&mut response, CACHE_CONTROL, "max-age=0, no-cache, must-revalidate");
    set(&mut response, SERVER, "Kestrel");
    response
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    set(&mut response, SERVER, "Kestrel");
    response
}

fn come_again() -> Response<Bytes> {
    let mut response = empty(StatusCode::SERVICE_UNAVAILABLE);
    set(&mut response, RETRY_AFTER, "5");
    response
}

fn refused() -> Response<Bytes> {
    let mut response = empty(StatusCode::UNAUTHORIZED);
    set(&mut response, WWW_AUTHENTICATE, "X-Basic realm=\"ESDB\"");
    response
}

fn set(response: &mut Response<Bytes>, name: http::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

/// A bare `GET` of `path`, such as `/gossip`.
///
/// # Panics
/// When `path` is none.
#[expect(clippy::expect_used, reason = "a mistake of the test")]
pub fn get(path: &str) -> Request<Bytes> {
    Request::get(path).body(Bytes::new()).expect("a path, such as /gossip")
}

/// The value of an `authorization` header for a user, as [`Cluster::ask`](super::Cluster::ask) is given it.
pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}
