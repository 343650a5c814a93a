use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::{DateTime, TimeDelta, Utc};
use http::Uri;
use tidegate_base::Clock;
use tidegate_event::figure;
use tidegate_sink::{SinkError, SinkErrorKind};
use tokio::sync::OnceCell;

use crate::credentials::{Kept, StaticKeys};
use crate::failure::{Reader, SKEW, Time, secrets};
use crate::wire::{Skew, Watched, Wire};
use crate::{AwsBuilder, AwsConfig, AwsError, AwsFailure, Operation};

/// Beside the time of the request itself: what finding credentials may take.
const PREPARATION: Duration = Duration::from_secs(15);

/// How to reach AWS, and with what credentials. Cheap to clone; clones share credentials and connections.
///
/// Nothing happens before [`config`](Self::config) is asked for.
#[derive(Clone)]
pub struct AwsConnection {
    inner: Arc<Inner>,
}

struct Inner {
    settings: AwsBuilder,
    keys: Option<StaticKeys>,
    ready: OnceCell<Ready>,
    skew: Skew,
}

/// What the SDK was set up with.
struct Ready {
    config: SdkConfig,
    /// What its chain found; not where the keys were given.
    kept: Option<Kept>,
    place: String,
}

impl AwsConnection {
    /// A builder that leaves everything to the SDK.
    pub fn builder() -> AwsBuilder {
        AwsBuilder::default()
    }

    /// The connection that `config` says.
    ///
    /// # Errors
    /// As [`AwsBuilder::build`].
    pub fn from_config(config: AwsConfig) -> Result<Self, AwsError> {
        config.builder().build()
    }

    pub(crate) fn new(settings: AwsBuilder, keys: Option<StaticKeys>) -> Self {
        Self { inner: Arc::new(Inner { settings, keys, ready: OnceCell::new(), skew: Skew::default() }) }
    }

    /// The clock that requests are signed by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.settings.clock
    }

    /// Where it leads, for the name of a destination, which is known before anybody is asked: the region where one is given,
    /// else the endpoint's host, else the profile, else `default`. Another way to the same region is the same place. Never a
    /// secret.
    pub fn place(&self) -> String {
        let settings = &self.inner.settings;
        let host =
            || settings.endpoint.as_ref().and_then(|url| url.parse::<Uri>().ok()?.authority().map(ToString::to_string));
        let region = settings.region.clone().or_else(region_of_environment);
        let profile = || settings.profile.as_ref().map(|profile| format!("profile:{profile}"));
        region.or_else(host).or_else(profile).unwrap_or_else(|| "default".to_owned())
    }

    /// The region that it speaks to, for people: the one that the SDK found once it was [set up](Self::config), and until then
    /// the [place](Self::place).
    pub fn region(&self) -> String {
        let found = self.inner.ready.get().and_then(|ready| ready.config.region());
        found.map_or_else(|| self.place(), ToString::to_string)
    }

    /// The time, as far as is known of AWS's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock().now() + self.skew().unwrap_or_default()
    }

    /// That this machine's clock is wrong, in words for a probe to say what it did not prove; `None` where it is right as far
    /// as is known.
    pub fn wrong_clock(&self) -> Option<String> {
        let skew = self.skew()?;
        let apart = figure::span(skew.abs());
        let which = if skew > TimeDelta::zero() { "behind" } else { "ahead of" };
        Some(format!(
            "that this machine's clock is right: it is {apart} {which} AWS's, by which requests are signed; set it right, \
             with NTP, for the times of events come from it"
        ))
    }

    /// How far the service's clock is ahead of this machine's, as its last answer told it, where that is more than it
    /// bears. The SDK signs by the service's clock then.
    pub fn skew(&self) -> Option<TimeDelta> {
        Some(self.inner.skew.get()).filter(|skew| skew.abs() > SKEW)
    }

    /// What to make an SDK client of. Set up at the first call, which may ask the machine's metadata for the region; the
    /// same at each later one.
    ///
    /// # Errors
    /// [`Misconfigured`](SinkErrorKind::Misconfigured) where no region can be found. It is looked for again at the next
    /// call.
    pub async fn config(&self) -> Result<&SdkConfig, SinkError> {
        self.ready().await.map(|ready| &ready.config)
    }

    async fn ready(&self) -> Result<&Ready, SinkError> {
        self.inner.ready.get_or_try_init(|| self.set_up()).await
    }

    async fn set_up(&self) -> Result<Ready, SinkError> {
        let loaded = self.loader().load().await;
        let Some(region) = loaded.region().map(ToString::to_string) else {
            let context = "no AWS region is known: set `region`, the variable AWS_REGION, or `region` in the profile (the \
                           machine's own metadata tells none either)";
            return Err(SinkError::new(SinkErrorKind::Misconfigured, context));
        };
        let mut builder = loaded.clone().into_builder();
        let kept = match (&self.inner.keys, loaded.credentials_provider()) {
            (None, Some(chain)) => {
                let kept = Kept::new(chain, Arc::clone(self.clock()));
                builder.set_credentials_provider(Some(SharedCredentialsProvider::new(kept.clone())));
                Some(kept)
            }
            _ => None,
        };
        let host = self.inner.settings.endpoint.as_ref().and_then(|url| url.parse::<Uri>().ok());
        let place = match host.as_ref().and_then(Uri::authority) {
            Some(host) => format!("at {host}"),
            None => format!("in {region}"),
        };
        Ok(Ready { config: builder.build(), kept, place })
    }

    fn loader(&self) -> ConfigLoader {
        let settings = &self.inner.settings;
        let timeout = settings.timeout;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5).min(timeout * 2 / 3))
            .read_timeout(timeout)
            .operation_attempt_timeout(timeout)
            .operation_timeout(timeout + PREPARATION)
            .build();
        let client = settings.client.clone().unwrap_or_else(|| SharedHttpClient::new(Wire::default()));
        let clock = Arc::clone(&settings.clock);
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            // The time-outs bound everything; this would give up after 5 s of its own.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .identity_cache(IdentityCache::no_cache())
            .time_source(SdkClock(Arc::clone(&clock)))
            .http_client(Watched { client, clock, skew: self.inner.skew.clone() });
        if let Ok(name) = AppName::new("tidegate") {
            loader = loader.app_name(name);
        }
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &settings.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        match (&self.inner.keys, &settings.credentials) {
            (Some(keys), _) => loader.credentials_provider(keys.clone()),
            (None, Some(credentials)) => loader.credentials_provider(credentials.clone()),
            (None, None) => loader,
        }
    }

    /// Does what `send` does, which is one call of an SDK client made of [`config`](Self::config), and says what went wrong.
    ///
    /// Where the credentials are over they are fetched anew, and where the signature does not hold the clock may be to
    /// blame, which the SDK sets by the answer: either is tried again once, at once.
    ///
    /// # Errors
    /// When it failed, or was refused.
    pub async fn call<T, E, F>(&self, operation: &Operation, mut send: impl FnMut() -> F) -> Result<T, AwsFailure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let kept = || self.inner.ready.get().and_then(|ready| ready.kept.as_ref());
        let used = kept().and_then(Kept::peek);
        let error = match send().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let failure = self.failure(operation, &error, Time::Own);
        if !failure.is_worth_another() {
            return Err(failure);
        }
        if let Some(kept) = kept() {
            kept.forget(used.as_ref()).await;
        }
        match send().await {
            Ok(done) => Ok(done),
            Err(error) => Err(self.failure(operation, &error, Time::Theirs)),
        }
    }

    fn failure<E>(&self, operation: &Operation, error: &SdkError<E, HttpResponse>, signed: Time) -> AwsFailure
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let ready = self.inner.ready.get();
        let kept = ready.and_then(|ready| ready.kept.as_ref()?.peek());
        let reader = Reader {
            operation,
            place: ready.map_or("", |ready| ready.place.as_str()),
            profile: self.inner.settings.profile.as_deref(),
            has_keys: self.inner.keys.is_some(),
            secrets: &secrets(self.inner.keys.as_ref(), kept.as_ref()),
            now: self.clock().now(),
            signed,
        };
        reader.read(error)
    }
}

fn region_of_environment() -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()))
}

impl fmt::Debug for AwsConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsConnection").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

/// A clock as the SDK asks one.
struct SdkClock(Arc<dyn Clock>);

impl TimeSource for SdkClock {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

impl fmt::Debug for SdkClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SdkClock")
    }
}
