use std::fmt;
use std::time::Duration;

use super::HttpTransport;
use crate::{TransportError, TransportErrorKind, tls};

/// How long a connection may stay idle. See [`HttpTransport`].
const IDLE: Duration = Duration::from_secs(15);

/// The most idle connections to one host. A lane sends a few requests at a time.
const MOST_IDLE: usize = 4;

/// The largest answer limit that makes sense: 64 MiB.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Builds an [`HttpTransport`].
#[derive(Clone)]
pub struct HttpTransportBuilder {
    timeout: Duration,
    connect_timeout: Duration,
    answer_limit: usize,
    http_allowed: bool,
    proxy: Proxy,
    certificates: Vec<u8>,
}

#[derive(Clone)]
enum Proxy {
    Environment,
    None,
    Address(String),
}

impl Default for HttpTransportBuilder {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            answer_limit: 64 * 1024,
            http_allowed: false,
            proxy: Proxy::Environment,
            certificates: Vec::new(),
        }
    }
}

impl HttpTransportBuilder {
    /// How long a request may take from the first look-up of the name to the last byte of the answer; 15 s.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long the name, the connection and the TLS handshake may take together; 5 s, and at most two thirds of the
    /// whole [`timeout`](Self::with_timeout), so that a service that nobody can connect to is told as
    /// [`Unreachable`](tidegate_sink::SinkErrorKind::Unreachable) rather than as one that may have applied the request.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How many bytes of an answer's body are read; 64 KiB, at most 64 MiB.
    pub fn with_answer_limit(mut self, bytes: usize) -> Self {
        self.answer_limit = bytes;
        self
    }

    /// Sends over plain http to other machines too, where anybody on the way can read and change it.
    pub fn with_http_allowed(mut self) -> Self {
        self.http_allowed = true;
        self
    }

    /// Sends by the proxy at `address` (`http://host:port`, name and password before the host where it wants them),
    /// whatever the environment says; not to this machine.
    pub fn with_proxy(mut self, address: impl Into<String>) -> Self {
        self.proxy = Proxy::Address(address.into());
        self
    }

    /// Sends by no proxy, whatever the environment says.
    pub fn without_proxy(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// Trusts the certificate authorities in `pem` too, beside the machine's.
    pub fn with_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates = pem.into();
        self
    }

    /// The transport. Reads the machine's certificate authorities, which are some files, and the proxy variables.
    ///
    /// # Errors
    /// [`Invalid`](TransportErrorKind::Invalid): a time-out of zero, an answer limit of zero or over 64 MiB, a proxy
    /// whose address is none, or certificates that are none.
    pub fn build(self) -> Result<HttpTransport, TransportError> {
        let invalid = |context: String| Err(TransportError::new(TransportErrorKind::Invalid, context));
        for (name, timeout) in [("time-out", self.timeout), ("connect time-out", self.connect_timeout)] {
            if timeout.is_zero() {
                return invalid(format!("the {name} is zero; it must be longer, such as 5 s"));
            }
        }
        if self.answer_limit == 0 || self.answer_limit > LARGEST_ANSWER {
            let limit = self.answer_limit;
            return invalid(format!("the answer limit is {limit} bytes; it must be from 1 to {LARGEST_ANSWER}"));
        }
        let tls = tls::configure(&self.certificates, None)?;
        let direct = build(self.client(tls.config.clone()).no_proxy())?;
        let proxied = match &self.proxy {
            Proxy::None => direct.clone(),
            Proxy::Environment => build(self.client(tls.config))?,
            Proxy::Address(address) => build(self.client(tls.config).proxy(proxy(address)?))?,
        };
        Ok(HttpTransport {
            proxied,
            direct,
            answer_limit: self.answer_limit,
            http_allowed: self.http_allowed,
            has_authorities: tls.has_authorities,
        })
    }

    fn client(&self, tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout.min(self.timeout * 2 / 3))
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .tls_backend_preconfigured(tls)
    }
}

fn build(client: reqwest::ClientBuilder) -> Result<reqwest::Client, TransportError> {
    let failed = |error: reqwest::Error| {
        TransportError::new(TransportErrorKind::Invalid, "the HTTP client cannot be set up")
            .with_source(error.without_url())
    };
    client.build().map_err(failed)
}

/// The address may hold a password: no error shows it.
fn proxy(address: &str) -> Result<reqwest::Proxy, TransportError> {
    let invalid = || {
        let context = "the address of the proxy is none; it must be like http://host:port";
        TransportError::new(TransportErrorKind::Invalid, context)
    };
    let parsed: http::Uri = address.parse().map_err(|_| invalid())?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none_or(str::is_empty) {
        return Err(invalid());
    }
    reqwest::Proxy::all(address).map_err(|_| invalid())
}

impl fmt::Debug for HttpTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransportBuilder")
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("answer_limit", &self.answer_limit)
            .field("http_allowed", &self.http_allowed)
            .finish_non_exhaustive()
    }
}
