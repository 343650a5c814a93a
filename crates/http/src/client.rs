mod builder;
mod failure;

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response, Uri};

pub use self::builder::HttpTransportBuilder;
use crate::{Transport, TransportError, TransportErrorKind};

/// A [`Transport`] over the network: HTTP/1.1, and TLS by rustls with the certificate authorities that this machine
/// trusts. Clones share their connections.
///
/// | | default |
/// |---|---|
/// | [`timeout`](HttpTransportBuilder::with_timeout) of a request, all in all | 15 s |
/// | [`connect_timeout`](HttpTransportBuilder::with_connect_timeout), TLS included | 5 s |
/// | [`answer_limit`](HttpTransportBuilder::with_answer_limit) | 64 KiB |
/// | plain http | to this machine only, or [anywhere](HttpTransportBuilder::with_http_allowed) |
/// | [`proxy`](HttpTransportBuilder::with_proxy) | as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say; never to this machine |
/// | [`certificates`](HttpTransportBuilder::with_certificates) beside the machine's | none |
///
/// It follows no redirect: a 3xx is an answer like any other. A body over the limit is cut where the status says that
/// the request failed, since the status is the verdict then, and is an error ([`TooLarge`]) where it says that it went
/// well. A name and password in the address go out as basic authentication. It names itself `tidegate/<version>`, unless
/// the request has a `user-agent`.
///
/// An idle connection is closed after 15 s, sooner than services do, so that hardly ever a request meets one that the
/// service is closing just then: it would count as one that may have been sent.
///
/// [`TooLarge`]: TransportErrorKind::TooLarge
#[derive(Clone)]
pub struct HttpTransport {
    proxied: reqwest::Client,
    direct: reqwest::Client,
    answer_limit: usize,
    http_allowed: bool,
    has_authorities: bool,
}

impl HttpTransport {
    /// A transport with the defaults.
    ///
    /// # Errors
    /// As [`HttpTransportBuilder::build`].
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// Everything that can be set.
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder::default()
    }

    /// Whether it would send to `address`: https, or http where that is allowed. Nothing is sent.
    ///
    /// # Errors
    /// [`Invalid`](TransportErrorKind::Invalid): why not, and what would be right.
    pub fn check(&self, address: &str) -> Result<(), TransportError> {
        let invalid = |_| {
            let context = "this is no address; it must be like https://example.org/path";
            TransportError::new(TransportErrorKind::Invalid, context)
        };
        self.client_for(&address.parse::<Uri>().map_err(invalid)?).map(drop)
    }

    /// The same of an `endpoint` below which requests go to `path`.
    ///
    /// # Errors
    /// [`Invalid`](TransportErrorKind::Invalid) as well where it has a query or a fragment, or ends with `path` already.
    pub fn check_endpoint(&self, endpoint: &str, path: &str) -> Result<(), TransportError> {
        let invalid = |context: String| Err(TransportError::new(TransportErrorKind::Invalid, context));
        if endpoint.contains(['?', '#']) {
            return invalid(format!("requests go to {path} below this address: it must end before `?` or `#`"));
        }
        if endpoint.trim_end_matches('/').ends_with(path) {
            return invalid(format!("requests go to {path} below this address: it must end before that"));
        }
        self.check(endpoint)
    }

    /// The client for `address`, when that is one to send to.
    fn client_for(&self, address: &Uri) -> Result<&reqwest::Client, TransportError> {
        let invalid = |context: String| TransportError::new(TransportErrorKind::Invalid, context);
        let Some(host) = address.host().filter(|host| !host.is_empty()) else {
            return Err(invalid("the address has no host; it must be like https://example.org/path".to_owned()));
        };
        let local = is_loopback(host);
        match address.scheme_str() {
            Some("https") => {}
            Some("http") if local || self.http_allowed => {}
            Some("http") => {
                return Err(invalid(format!(
                    "plain http to {host} would show secrets to the network; use https, or set `allow_http`"
                )));
            }
            // What stands in the place of an address may be a secret.
            _ => return Err(invalid("the address must begin with https://".to_owned())),
        }
        Ok(if local { &self.direct } else { &self.proxied })
    }

    async fn read(&self, mut answer: reqwest::Response) -> Result<Response<Bytes>, reqwest::Error> {
        let mut head = Response::new(());
        *head.status_mut() = answer.status();
        *head.version_mut() = answer.version();
        *head.headers_mut() = std::mem::take(answer.headers_mut());
        let mut body = BytesMut::new();
        // What is over the limit tells the caller that there was more.
        while body.len() <= self.answer_limit
            && let Some(piece) = answer.chunk().await?
        {
            body.extend_from_slice(&piece);
        }
        Ok(head.map(|()| body.freeze()))
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        let client = self.client_for(&parts.uri)?;
        let peer = peer(&parts.uri);
        let failed = |error: reqwest::Error| failure::classify(&error, &peer, self.has_authorities);
        let request = client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        let answer = self.read(request.send().await.map_err(failed)?).await.map_err(failed)?;
        if answer.body().len() <= self.answer_limit {
            Ok(answer)
        } else if answer.status().is_success() {
            let context = format!("{peer} answered {} with more than {} bytes", answer.status(), self.answer_limit);
            Err(TransportError::new(TransportErrorKind::TooLarge, context))
        } else {
            Ok(answer.map(|body| body.slice(..self.answer_limit)))
        }
    }
}

/// Host and port, for people. The rest of an address may be secret.
fn peer(address: &Uri) -> String {
    let port = address.port_u16().unwrap_or(if address.scheme_str() == Some("http") { 80 } else { 443 });
    format!("{}:{port}", address.host().unwrap_or("?"))
}

/// Whether `host` is this machine: by name, or by number, in brackets or not.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let name = host.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("answer_limit", &self.answer_limit)
            .field("http_allowed", &self.http_allowed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_without_sending() {
        let transport = HttpTransport::new().expect("defaults");
        for address in ["https://slack.com/api", "http://127.0.0.1:9", "http://localhost/api"] {
            assert!(transport.check(address).is_ok(), "{address}");
        }
        for (address, why) in [
            ("http://slack.com/api", "plain http to slack.com"),
            ("ftp://slack.com", "must begin with https://"),
            ("s3cret", "must begin with https://"),
            ("https://", "no address"),
            ("/api", "has no host"),
            ("", "no address"),
        ] {
            let error = transport.check(address).expect_err(address).to_string();
            assert!(error.contains(why) && !error.contains("s3cret"), "{address}: {error}");
        }
        let open = HttpTransport::builder().with_http_allowed().build().expect("allowed");
        assert!(open.check("http://slack.com/api").is_ok());
    }

    #[test]
    fn this_machine_is_told_from_others_by_name_and_number() {
        for host in ["localhost", "LocalHost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.org", "localhost.example.org", "notlocalhost", "10.0.0.1", "0.0.0.0", "[::2]", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
