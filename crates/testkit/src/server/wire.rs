//! HTTP/1.1 as far as a test needs it, and no further: bodies by `content-length`.

use std::fmt::Write as _;
use std::io;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest head of a request: 64 KiB.
const LONGEST_HEAD: usize = 64 * 1024;

/// The largest body of a request: 64 MiB.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// Reads the head of a request; `None` where the client has closed the connection. `buffer` keeps what was read beyond.
pub(crate) async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
) -> io::Result<Option<Request<Bytes>>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = buffer.split_to(end + 4);
            return parse(&head).map(Some).ok_or_else(|| invalid("what arrived is no HTTP request"));
        }
        // TLS, say: waiting for the end of its head would be waiting for ever.
        if buffer.first().is_some_and(|first| !first.is_ascii_uppercase()) {
            return Err(invalid("what arrived is no HTTP request"));
        }
        if buffer.len() > LONGEST_HEAD {
            return Err(invalid("the head of the request is over 64 KiB"));
        }
        if stream.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(invalid("the request breaks off in its head")) };
        }
    }
}

/// Reads the body that the head of `request` announces.
pub(crate) async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
    request: &mut Request<Bytes>,
) -> io::Result<()> {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(invalid("a body in chunks is not understood"));
    }
    let length = match headers.get(CONTENT_LENGTH) {
        None => 0,
        Some(length) => length
            .to_str()
            .ok()
            .and_then(|length| length.parse().ok())
            .filter(|length| *length <= LARGEST_BODY)
            .ok_or_else(|| invalid("the content-length is no number, or over 64 MiB"))?,
    };
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(invalid("the request breaks off in its body"));
        }
    }
    *request.body_mut() = buffer.split_to(length).freeze();
    Ok(())
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn parse(head: &[u8]) -> Option<Request<Bytes>> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, uri, version) = (words.next()?, words.next()?, words.next()?);
    if !version.starts_with("HTTP/1.") {
        return None;
    }
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value.trim()).ok()?);
    }
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::try_from(method).ok()?;
    *request.uri_mut() = Uri::try_from(uri).ok()?;
    *request.headers_mut() = headers;
    Some(request)
}

/// Whether the connection ends with this request.
pub(crate) fn closes(request: &Request<Bytes>) -> bool {
    request.headers().get(CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

/// The head of `answer`. Its length is told as it is, whatever part of the body is sent.
pub(crate) fn head(answer: &Response<Bytes>, now: DateTime<Utc>) -> Vec<u8> {
    let status = answer.status();
    let mut head = format!("HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or("Unknown"));
    if !answer.headers().contains_key(DATE) {
        let _ = write!(head, "date: {}\r\n", date(now));
    }
    let mut head = head.into_bytes();
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(format!("content-length: {}\r\n\r\n", answer.body().len()).as_bytes());
    head
}

/// As HTTP writes it.
pub(super) fn date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
