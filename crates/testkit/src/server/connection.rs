use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use tidegate_base::Clock as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Fault, Point, RetryAfter, Shared, text, wire};

/// In how many pieces a slow body comes.
const PIECES: usize = 8;

/// One request after the other, until either side has enough.
pub(super) async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    // Each piece is to leave at once.
    let _ = stream.set_nodelay(true);
    let mut buffer = BytesMut::new();
    loop {
        match exchange(&mut stream, &mut buffer, &shared).await {
            Ok(ControlFlow::Continue(())) => {}
            // A mistake of the client is to be seen in its test; a connection that is lost is not.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let answer = text(400, error.to_string());
                let _ = send(&mut stream, &wire::head(&answer, shared.clock.now())).await;
                let _ = send(&mut stream, answer.body()).await;
                break;
            }
            Ok(ControlFlow::Break(())) | Err(_) => break,
        }
    }
}

async fn exchange(stream: &mut TcpStream, buffer: &mut BytesMut, shared: &Shared) -> io::Result<ControlFlow<()>> {
    if buffer.is_empty() {
        stream.readable().await?;
        // Readable too when the client has closed it.
        if stream.peek(&mut [0]).await? == 0 {
            return Ok(ControlFlow::Break(()));
        }
    }
    let scripted = shared.script.next();
    if let Some(fault) = scripted.as_ref().filter(|fault| fault.point() == Some(Point::Start)) {
        return break_off(stream, fault).await;
    }
    let Some(mut request) = wire::read_head(stream, buffer).await? else { return Ok(ControlFlow::Break(())) };
    if let Some(fault) = scripted.as_ref().filter(|fault| fault.point() == Some(Point::Head)) {
        return break_off(stream, fault).await;
    }
    wire::read_body(stream, buffer, &mut request).await?;

    let fault = scripted.unwrap_or_else(|| shared.fault(&request));
    let applied = fault.applies().then(|| shared.apply(&request));
    shared.record(&request, applied.is_some());
    if fault.point().is_some_and(|point| point <= Point::Applied) {
        return break_off(stream, &fault).await;
    }
    answer(stream, &request, fault, applied, shared).await
}

/// What comes back over `stream`.
async fn answer(
    stream: &mut TcpStream,
    request: &Request<Bytes>,
    fault: Fault,
    applied: Option<Response<Bytes>>,
    shared: &Shared,
) -> io::Result<ControlFlow<()>> {
    let mut answer = applied.unwrap_or_else(|| text(500, ""));
    let mut pause = Duration::ZERO;
    match &fault {
        Fault::Delay(delay) => tokio::time::sleep(*delay).await,
        Fault::Throttle(retry_after) => answer = throttled(*retry_after, shared),
        Fault::Instead(other) | Fault::After(other) => answer = other.clone(),
        Fault::Echo(status) => answer = echo(*status, request),
        Fault::Slow(each) => pause = *each,
        Fault::ContentType(other) => set(&mut answer, other),
        Fault::Garbage => {
            send(stream, b"\x16\x03\x01 this is no HTTP\r\n\r\n").await?;
            return Ok(ControlFlow::Break(()));
        }
        Fault::None | Fault::Close(_) | Fault::Reset(_) | Fault::Hang(_) => {}
    }
    let head = wire::head(&answer, shared.clock.now());
    if fault.point() == Some(Point::HalfHead) {
        send(stream, &head[..head.len() / 2]).await?;
        return break_off(stream, &fault).await;
    }
    send(stream, &head).await?;
    let body = answer.body();
    if fault.point() == Some(Point::HalfBody) {
        send(stream, &body[..body.len() / 2]).await?;
        return break_off(stream, &fault).await;
    }
    if request.method() != Method::HEAD {
        for piece in body.chunks(if pause.is_zero() { body.len() } else { body.len().div_ceil(PIECES) }.max(1)) {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            send(stream, piece).await?;
        }
    }
    Ok(if wire::closes(request) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Ends the connection as `fault` says; it is dropped after.
async fn break_off(stream: &mut TcpStream, fault: &Fault) -> io::Result<ControlFlow<()>> {
    match fault {
        Fault::Hang(_) => std::future::pending::<()>().await,
        Fault::Reset(_) => stream.set_zero_linger()?,
        _ => stream.shutdown().await?,
    }
    Ok(ControlFlow::Break(()))
}

fn throttled(retry_after: RetryAfter, shared: &Shared) -> Response<Bytes> {
    let value = match retry_after {
        RetryAfter::None => None,
        RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
        RetryAfter::Date(wait) => {
            let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(365));
            Some(wire::date(shared.clock.now() + wait))
        }
    };
    let mut answer = text(429, "too many requests");
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// All that the client said, on one line.
fn echo(status: StatusCode, request: &Request<Bytes>) -> Response<Bytes> {
    let headers =
        request.headers().iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    let headers = headers.collect::<Vec<_>>().join(", ");
    let body = String::from_utf8_lossy(request.body());
    text(status.as_u16(), format!("{} {}, {headers}, {body}", request.method(), request.uri()))
}

fn set(answer: &mut Response<Bytes>, content_type: &str) {
    if let Ok(value) = HeaderValue::try_from(content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
}
