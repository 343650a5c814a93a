//! One request to a node, and what may become of it.

mod connections;
mod failure;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use tidegate_base::{Clock, Secret};

pub use connections::Connections;
pub(crate) use connections::TlsSettings;
pub(crate) use failure::{AskError, AskErrorKind};

/// How long the connection and the TLS handshake may take together, and at most two thirds of the whole: who cannot even
/// be connected to is told apart from who does not answer.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a connection is kept for the next request: past the usual intervals, and less than the 130 s after which a
/// node closes it.
const IDLE: Duration = Duration::from_secs(75);

/// Sends GET requests to nodes. It follows no redirect and uses no proxy: nodes are near.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    has_authorities: bool,
}

/// A user's name and password.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: Secret,
}

/// What to ask for, and how much of an answer to wait for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) url: &'a str,
    pub(crate) accept: &'static str,
    pub(crate) credentials: Option<&'a Credentials>,
    /// All in all, the last byte included.
    pub(crate) timeout: Duration,
    /// The largest body, in bytes.
    pub(crate) limit: usize,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Empty where it has none.
    pub(crate) content_type: String,
    /// How long the node asks us to wait.
    pub(crate) retry_after: Option<Duration>,
    /// Cut at the limit where the status says that there is nothing good in it.
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) fn new(tls: rustls::ClientConfig, has_authorities: bool) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .tls_backend_preconfigured(tls)
            .build()?;
        Ok(Self { http, has_authorities })
    }

    /// # Errors
    /// When no complete answer came, whatever its status would have been.
    pub(crate) async fn get(&self, ask: Ask<'_>, clock: &dyn Clock) -> Result<Answer, AskError> {
        let mut request = self.http.get(ask.url).header(ACCEPT, ask.accept).timeout(ask.timeout);
        if let Some(credentials) = ask.credentials {
            request = request.header(AUTHORIZATION, basic(credentials)?);
        }
        let sent = async {
            let answer = request.send().await?;
            read(answer, ask.limit).await
        };
        let connected = CONNECT.min(ask.timeout);
        let (head, body) =
            sent.await.map_err(|error| AskError::of(&error, self.has_authorities, connected, ask.timeout))?;
        let status = head.status();
        if status.is_success() && body.len() > ask.limit {
            let words = format!("the answer has more than {}", bytes(ask.limit));
            return Err(AskError::new(AskErrorKind::TooLarge, words));
        }
        let content_type = head.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        Ok(Answer {
            status,
            content_type: content_type.to_owned(),
            retry_after: tidegate_http::retry_after(&head, clock.now()),
            body: body.slice(..body.len().min(ask.limit)),
        })
    }
}

/// The head, and the body up to the first piece beyond `limit`.
async fn read(mut answer: reqwest::Response, limit: usize) -> Result<(http::Response<()>, Bytes), reqwest::Error> {
    let mut head = http::Response::new(());
    *head.status_mut() = answer.status();
    *head.headers_mut() = std::mem::take(answer.headers_mut());
    let mut body = BytesMut::new();
    while body.len() <= limit
        && let Some(piece) = answer.chunk().await?
    {
        body.extend_from_slice(&piece);
    }
    Ok((head, body.freeze()))
}

fn basic(credentials: &Credentials) -> Result<HeaderValue, AskError> {
    let secret = |error: tidegate_base::SecretError| AskError::new(AskErrorKind::Secret, error.to_string());
    let password = credentials.password.reveal().map_err(secret)?;
    let pair = zeroize(format!("{}:{}", credentials.username, &*password));
    let text = zeroize(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    // Base64 is of letters that a header takes.
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| AskError::new(AskErrorKind::Secret, "the credentials cannot be sent".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn zeroize(text: String) -> zeroize::Zeroizing<String> {
    zeroize::Zeroizing::new(text)
}

/// `1 MiB`; other sizes in bytes.
fn bytes(size: usize) -> String {
    const MIB: usize = 1 << 20;
    if size >= MIB && size.is_multiple_of(MIB) { format!("{} MiB", size / MIB) } else { format!("{size} bytes") }
}
