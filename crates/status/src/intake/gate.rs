use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, FORWARDED, HOST, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use tidegate_base::Secret;

use super::field::quoted;
use crate::answer::Refusal;

/// Whether who asks may say notifications: with the token, or where there is none from this machine.
pub(super) fn admit(token: Option<&Secret>, head: &Parts) -> Result<(), Refusal> {
    match token {
        Some(token) => with_token(token, &head.headers),
        None => from_here(head),
    }
}

fn with_token(token: &Secret, headers: &HeaderMap) -> Result<(), Refusal> {
    let token = token.reveal().map_err(|error| {
        // Where it is kept is nobody's business who has no token.
        tracing::error!(error = &error as &dyn std::error::Error, "no notification is taken: the token cannot be read");
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the token cannot be read here; the log of this tidegate says why",
        )
        .with_header(axum::http::header::RETRY_AFTER, "5")
    })?;
    let refuse = |reason| Err(Refusal::new(StatusCode::UNAUTHORIZED, reason).with_header(WWW_AUTHENTICATE, "Bearer"));
    let Some(found) = bearer(headers) else {
        return refuse("there is no token; send `authorization: Bearer` and the token of `[intake]`");
    };
    if is_same(found.as_bytes(), token.as_bytes()) { Ok(()) } else { refuse("the token is not that of `[intake]`") }
}

/// The token that was sent, where there is exactly one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (scheme, token) = sent.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && sent.next().is_none()).then(|| token.trim())
}

/// Compares digests, all of them: how long it takes tells nothing of how much was right.
fn is_same(found: &[u8], wanted: &[u8]) -> bool {
    let (found, wanted) = (hmac_sha256::Hash::hash(found), hmac_sha256::Hash::hash(wanted));
    found.iter().zip(wanted).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn from_here(head: &Parts) -> Result<(), Refusal> {
    let refuse = |reason: &str| {
        let reason = format!("{reason}; set `token` in `[intake]` to take notifications from elsewhere");
        Err(Refusal::new(StatusCode::FORBIDDEN, reason))
    };
    let Some(ConnectInfo(peer)) = head.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return refuse("without a token only this machine may, and this server does not tell who asks");
    };
    if !peer.ip().to_canonical().is_loopback() {
        return refuse(&format!("without a token only this machine may, and {} is another", peer.ip().to_canonical()));
    }
    if head.headers.contains_key(FORWARDED) || head.headers.contains_key("x-forwarded-for") {
        return refuse("without a token only this machine may, and this came through a proxy");
    }
    // A page of another site whose name leads to this machine has that name here.
    let mut hosts = head.headers.get_all(HOST).iter().filter_map(|host| host.to_str().ok());
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_ours(host) => Ok(()),
        (Some(host), None) => {
            refuse(&format!("`host` is {}; without a token it must be localhost or an IP address", quoted(host)))
        }
        _ => refuse("without a token `host` must be there, once, and be localhost or an IP address"),
    }
}

/// Whether `host`, with or without a port, is a name that nobody else can lead here.
fn is_ours(host: &str) -> bool {
    if let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.starts_with(':'));
    }
    let name = host.split(':').next().unwrap_or_default();
    name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().map(IpAddr::V4).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_ours_where_no_server_of_names_can_say_otherwise() {
        for host in ["localhost", "LocalHost:2115", "127.0.0.1", "127.0.0.1:2115", "[::1]", "[::1]:80", "10.0.0.1:80"] {
            assert!(is_ours(host), "{host}");
        }
        for host in
            ["", ":80", "a.example", "localhost.a.example", "127.0.0.1.a.example", "[::1", "[::1]x", "[a]:80", "::1"]
        {
            assert!(!is_ours(host), "{host}");
        }
    }

    #[test]
    fn without_a_token_only_loopback_is_this_machine() {
        let from = |peer: &str| {
            let request = axum::http::Request::builder().header(HOST, "localhost");
            let request = request.extension(ConnectInfo(SocketAddr::new(peer.parse().expect("an address"), 1)));
            let (head, ()) = request.body(()).expect("a request").into_parts();
            admit(None, &head).map_err(|refusal| refusal.code)
        };
        for peer in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(from(peer).is_ok(), "{peer}");
        }
        for peer in ["10.0.0.1", "192.0.2.1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"] {
            assert_eq!(from(peer).expect_err("another machine"), StatusCode::FORBIDDEN, "{peer}");
        }
    }

    #[test]
    fn tokens_are_the_same_or_they_are_not() {
        assert!(is_same(b"s3cret", b"s3cret"));
        for other in ["", "s3cre", "s3cret ", "S3cret"] {
            assert!(!is_same(other.as_bytes(), b"s3cret"), "{other}");
        }
    }
}
