use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient};
use http::Uri;
use tidegate_base::{Clock, Secret, SystemClock};

use crate::credentials::StaticKeys;
use crate::{AwsConnection, AwsError};

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A lane gives a call up after two minutes, in which some requests are to end.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Builds an [`AwsConnection`].
///
/// | setting | default |
/// |---|---|
/// | [`region`](Self::with_region) | the SDK's: `AWS_REGION`, the profile, the machine's metadata |
/// | [`endpoint`](Self::with_endpoint) | AWS's own for the service and region |
/// | [`keys`](Self::with_keys) | the SDK's chain: environment, profile, web identity, container, machine |
/// | [`credentials`](Self::with_credentials) of one's own | none |
/// | [`profile`](Self::with_profile) | `AWS_PROFILE`, then `default` |
/// | [`timeout`](Self::with_timeout) of a request | 15 s |
/// | plain http | to this machine only, or [anywhere](Self::with_http_allowed) |
#[derive(Clone)]
pub struct AwsBuilder {
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) profile: Option<String>,
    access_key_id: Option<Secret>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
    pub(crate) credentials: Option<SharedCredentialsProvider>,
    pub(crate) timeout: Duration,
    http_allowed: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) client: Option<SharedHttpClient>,
}

impl Default for AwsBuilder {
    fn default() -> Self {
        Self {
            region: None,
            endpoint: None,
            profile: None,
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            credentials: None,
            timeout: TIMEOUT,
            http_allowed: false,
            clock: Arc::new(SystemClock::new()),
            client: None,
        }
    }
}

impl AwsBuilder {
    /// Speaks to the service of `region`, such as `eu-west-1`.
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Speaks to whatever is at `url`: a VPC endpoint, a stand-in. The region still goes into signatures.
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Takes credentials and region from the profile `name` of the SDK's files.
    pub fn with_profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Signs with these keys, and looks for no others. They are read for each request.
    pub fn with_keys(self, access_key_id: Secret, secret_access_key: Secret) -> Self {
        self.with_access_key_id(access_key_id).with_secret_access_key(secret_access_key)
    }

    /// The one half of [`with_keys`](Self::with_keys).
    pub fn with_access_key_id(mut self, access_key_id: Secret) -> Self {
        self.access_key_id = Some(access_key_id);
        self
    }

    /// The other half of [`with_keys`](Self::with_keys).
    pub fn with_secret_access_key(mut self, secret_access_key: Secret) -> Self {
        self.secret_access_key = Some(secret_access_key);
        self
    }

    /// The token that belongs to temporary [`keys`](Self::with_keys).
    pub fn with_session_token(mut self, token: Secret) -> Self {
        self.session_token = Some(token);
        self
    }

    /// Signs with what `credentials` gives, in place of the SDK's chain. It is kept as that is.
    pub fn with_credentials(mut self, credentials: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(SharedCredentialsProvider::new(credentials));
        self
    }

    /// Gives a request up after `timeout`. A connection must stand within 5 s and two thirds of it.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends over plain http to other machines too, where anybody on the way can read it. Nobody can change it: it is
    /// signed.
    pub fn with_http_allowed(mut self) -> Self {
        self.http_allowed = true;
        self
    }

    /// Signs by another clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sends by another HTTP client: for tests and benches.
    pub fn with_http_client(mut self, client: impl HttpClient + 'static) -> Self {
        self.client = Some(SharedHttpClient::new(client));
        self
    }

    /// The connection. Nothing is read and nobody is asked before it is used.
    ///
    /// # Errors
    /// [`Missing`](crate::AwsErrorKind::Missing): one key without the other.
    /// [`Invalid`](crate::AwsErrorKind::Invalid): a region or an endpoint that can be none, plain http to another machine,
    /// a profile beside keys, or a time-out of zero.
    pub fn build(self) -> Result<AwsConnection, AwsError> {
        if let Some(region) = self.region.as_deref().filter(|region| !is_region(region)) {
            let context = format!("`region` is {region:?}, which is none; it must be like \"eu-west-1\"");
            return Err(AwsError::invalid("region", context));
        }
        if let Some(endpoint) = &self.endpoint {
            check_endpoint(endpoint, self.http_allowed)?;
        }
        if self.timeout.is_zero() {
            return Err(AwsError::invalid("timeout", "`timeout` is zero; it must be longer, such as \"15s\""));
        }
        if self.timeout > LONGEST_TIMEOUT {
            let context = format!(
                "`timeout` is {} s; it must be {} s at the most, since a delivery of several requests ends within two minutes",
                self.timeout.as_secs(),
                LONGEST_TIMEOUT.as_secs()
            );
            return Err(AwsError::invalid("timeout", context));
        }
        let keys = self.keys()?;
        if keys.is_some() && self.profile.is_some() {
            let context = "`profile` and `access_key_id` are both set; leave one of them out";
            return Err(AwsError::invalid("profile", context));
        }
        Ok(AwsConnection::new(self, keys))
    }

    fn keys(&self) -> Result<Option<StaticKeys>, AwsError> {
        let missing = |key, has| {
            let context = format!("there is no `{key}`, and `{has}` is nothing without it; set it, or neither");
            Err(AwsError::missing(key, context))
        };
        match (self.access_key_id.clone(), self.secret_access_key.clone()) {
            (Some(access_key_id), Some(secret_access_key)) => {
                let session_token = self.session_token.clone();
                Ok(Some(StaticKeys { access_key_id, secret_access_key, session_token }))
            }
            (Some(_), None) => missing("secret_access_key", "access_key_id"),
            (None, Some(_)) => missing("access_key_id", "secret_access_key"),
            (None, None) if self.session_token.is_some() => missing("access_key_id", "session_token"),
            (None, None) => Ok(None),
        }
    }
}

/// It becomes part of a host's name.
fn is_region(region: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !region.is_empty() && region.len() < 64 && region.bytes().all(plain) && !region.starts_with('-')
}

fn check_endpoint(endpoint: &str, http_allowed: bool) -> Result<(), AwsError> {
    let invalid = |context: &str| Err(AwsError::invalid("endpoint", context));
    let uri = endpoint.parse::<Uri>().ok();
    let Some((scheme, host)) = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?))) else {
        return invalid(
            "`endpoint` is no address; it must be like \"https://vpce-1.logs.eu-west-1.vpce.amazonaws.com\"",
        );
    };
    if uri.as_ref().and_then(Uri::authority).is_some_and(|authority| authority.as_str().contains('@')) {
        return invalid("`endpoint` has a name or password in it, which AWS knows nothing of; leave it out");
    }
    match scheme {
        "https" => Ok(()),
        "http" if http_allowed || is_local(host) => Ok(()),
        "http" => invalid(
            "`endpoint` is plain http to another machine, where anybody on the way can read it; use https, or set \
             `allow_http = true`",
        ),
        _ => invalid("`endpoint` is neither https nor http"),
    }
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for AwsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host =
            self.endpoint.as_ref().map(|url| url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)));
        f.debug_struct("AwsBuilder")
            .field("region", &self.region)
            .field("endpoint", &host)
            .field("profile", &self.profile)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &self.secret_access_key)
            .field("session_token", &self.session_token)
            .field("timeout", &self.timeout)
            .field("http_allowed", &self.http_allowed)
            .finish_non_exhaustive()
    }
}
