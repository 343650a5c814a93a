//! The HTTP client: hyper with rustls and ring, by the proxies of the environment.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http::Uri;
use tidegate_base::Clock;

/// How long a connection may stay idle: less than any balancer between here and AWS lets it.
const IDLE: Duration = Duration::from_secs(15);

/// The most idle connections to one host.
const MOST_IDLE: usize = 8;

/// Connections of our own, one pool for each pair of time-outs: the SDK asks the machine's metadata with shorter ones.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    pools: Mutex<Vec<(Timeouts, SharedHttpConnector)>>,
}

type Timeouts = (Option<Duration>, Option<Duration>);

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = pools.iter().find(|(of, _)| *of == timeouts) {
            return pool.clone();
        }
        let pool = SharedHttpConnector::new(Pool {
            direct: connector(settings, components, ProxyConfig::disabled()),
            proxied: connector(settings, components, ProxyConfig::from_env()),
        });
        pools.push((timeouts, pool.clone()));
        pool
    }
}

/// Connections by the proxies of the environment, and those to what no proxy can reach.
#[derive(Debug)]
struct Pool {
    direct: Connector,
    proxied: Connector,
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().parse::<Uri>().ok();
        let pool = if uri.as_ref().and_then(Uri::host).is_some_and(is_near) { &self.direct } else { &self.proxied };
        pool.call(request)
    }
}

/// Whether `host` is this machine, or what tells it who it is: `169.254.169.254` and its like.
fn is_near(host: &str) -> bool {
    /// The metadata of a machine by IPv6, and of a pod.
    const METADATA: [&str; 2] = ["fd00:ec2::254", "fd00:ec2::23"];
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || METADATA.contains(&host),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

fn connector(settings: &HttpConnectorSettings, components: &RuntimeComponents, proxy: ProxyConfig) -> Connector {
    let mut builder = Connector::builder()
        .connector_settings(settings.clone())
        .proxy_config(proxy)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MOST_IDLE);
    builder.set_sleep_impl(components.sleep_impl());
    builder.tls_provider(Provider::rustls(CryptoMode::Ring)).tls_context(trust()).build()
}

/// Whom to trust: the machine's authorities. The SDK panics in debug builds where there are none; then plain http can
/// still be spoken, and https says what is missing.
fn trust() -> TlsContext {
    let builder = TlsContext::builder();
    let builder = if has_authorities() { builder } else { builder.with_trust_store(TrustStore::empty()) };
    builder.build().unwrap_or_default()
}

/// Whether this machine has certificate authorities to check a service by.
pub(crate) fn has_authorities() -> bool {
    !rustls_native_certs::load_native_certs().certs.is_empty()
}

/// How far the service's clock is ahead of ours, as its last answer told it. In milliseconds; zero until one does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Skew(Arc<AtomicI64>);

impl Skew {
    pub(crate) fn get(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.load(Ordering::Relaxed))
    }

    fn see(&self, answer: &HttpResponse, now: DateTime<Utc>) {
        let header = |name| answer.headers().get(name).is_some();
        // The page of somebody on the way, or an answer out of a cache, says nothing of AWS's time.
        let is_aws = header("x-amzn-requestid") || header("x-amz-request-id");
        if let Some(date) = date(answer).filter(|_| is_aws && !header("age")) {
            self.0.store((date - now).num_milliseconds(), Ordering::Relaxed);
        }
    }
}

/// The time of the service, where its answer tells it.
pub(crate) fn date(answer: &HttpResponse) -> Option<DateTime<Utc>> {
    let text = answer.headers().get("date")?.trim();
    NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT").ok().map(|date| date.and_utc())
}

/// The most bytes of an answer. Most have some hundred; a list of metrics some hundred thousand.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// Where the token of temporary keys travels.
const TOKEN: &str = "x-amz-security-token";

/// Another client, of whose answers the time is noted, and which hands them on whole: no longer than any is, and without
/// the token that AWS repeats when it minds a signature. The SDK would log it.
pub(crate) struct Watched {
    pub(crate) client: SharedHttpClient,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) skew: Skew,
}

impl HttpClient for Watched {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(WatchedConnector {
            inner: self.client.http_connector(settings, components),
            clock: Arc::clone(&self.clock),
            skew: self.skew.clone(),
        })
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("client", &self.client).finish_non_exhaustive()
    }
}

struct WatchedConnector {
    inner: SharedHttpConnector,
    clock: Arc<dyn Clock>,
    skew: Skew,
}

impl HttpConnector for WatchedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let token = request.headers().get(TOKEN).map(str::to_owned);
        let answer = self.inner.call(request);
        let (clock, skew) = (Arc::clone(&self.clock), self.skew.clone());
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            skew.see(&answer, clock.now());
            let body = whole(std::mem::replace(answer.body_mut(), SdkBody::taken())).await?;
            *answer.body_mut() = SdkBody::from(match token {
                Some(token) if !answer.status().is_success() => masked(body, &token),
                _ => body,
            });
            Ok(answer)
        })
    }
}

/// All of `body`.
async fn whole(body: SdkBody) -> Result<Vec<u8>, ConnectorError> {
    let mut stream = ByteStream::new(body);
    let mut whole = Vec::new();
    while let Some(part) = stream.next().await {
        whole.extend_from_slice(&part.map_err(|error| ConnectorError::io(error.into()))?);
        if whole.len() > LONGEST_ANSWER {
            return Err(ConnectorError::io(format!("an answer of more than {LONGEST_ANSWER} bytes").into()));
        }
    }
    Ok(whole)
}

/// `body` with as many asterisks in the place of `secret`: in CBOR a text has its length before it.
fn masked(mut body: Vec<u8>, secret: &str) -> Vec<u8> {
    let secret = secret.as_bytes();
    let mut at = 0;
    while let Some(place) = body.get_mut(at..at + secret.len()).filter(|_| !secret.is_empty()) {
        if place == secret {
            place.fill(b'*');
            at += secret.len();
        } else {
            at += 1;
        }
    }
    body
}

impl fmt::Debug for WatchedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedConnector").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_masked_wherever_it_stands_and_nothing_moves() {
        for (body, shown) in [
            (&b"\xa1gmessagefs3cret\xff"[..], &b"\xa1gmessagef******\xff"[..]),
            (b"s3crets3cret s3cre", b"************ s3cre"),
            (b"ss3cret", b"s******"),
            (b"", b""),
        ] {
            assert_eq!(masked(body.to_vec(), "s3cret"), shown);
        }
        assert_eq!(masked(b"abc".to_vec(), ""), b"abc");
    }

    #[test]
    fn no_proxy_stands_between_us_and_this_machine_or_its_metadata() {
        for host in
            ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "169.254.169.254", "169.254.170.2", "[fd00:ec2::254]"]
        {
            assert!(is_near(host), "{host}");
        }
        for host in ["logs.eu-west-1.amazonaws.com", "10.0.0.1", "[2001:db8::1]", "localhost.example.com"] {
            assert!(!is_near(host), "{host}");
        }
    }
}
