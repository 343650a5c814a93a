use std::sync::Once;
use std::time::Duration;

use tidegate_base::Secret;
use tidegate_event::EventKind;
use tidegate_http::{HttpSink, HttpTransport};
use tidegate_sink::{Keeps, Profile};

use crate::place::{self, Flavor, Region};
use crate::{Opsgenie, OpsgenieError, OpsgenieErrorKind};

/// An Opsgenie sink over the network.
pub type OpsgenieSink = HttpSink<Opsgenie, HttpTransport>;

/// An alert is read when somebody is woken, and then by its own page: newer figures need not be told more often.
const UPDATE_INTERVAL: Duration = Duration::from_mins(15);
/// The default of `HttpTransport`.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A delivery is mostly a wait for the service's queue.
const CONCURRENCY: usize = 32;
/// What is still in the queue after that is told again. All in all well below the two minutes that a lane allows.
const POLLS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_mins(1),
];

/// Builds an [`Opsgenie`] dialect, or the whole sink.
///
/// | setting | default |
/// |---|---|
/// | [`flavor`](Self::with_flavor) | [`Flavor::Opsgenie`] |
/// | [`region`](Self::with_region) | [`Region::Us`] |
/// | [`endpoint`](Self::with_endpoint) | by flavor and region |
/// | [`timeout`](Self::with_timeout) of a request | 15 s |
/// | [`update_interval`](Self::with_update_interval) | 15 min |
/// | [`polls`](Self::with_polls) | after 1, 2, 5, 15 and 60 s |
/// | plain http | to this machine only, or [anywhere](Self::with_http_allowed) |
#[derive(Debug, Clone)]
pub struct OpsgenieBuilder {
    key: Secret,
    flavor: Flavor,
    region: Option<Region>,
    endpoint: Option<String>,
    timeout: Duration,
    update_interval: Duration,
    polls: Vec<Duration>,
    http_allowed: bool,
}

impl OpsgenieBuilder {
    pub(crate) fn new(key: Secret) -> Self {
        Self {
            key,
            flavor: Flavor::default(),
            region: None,
            endpoint: None,
            timeout: TIMEOUT,
            update_interval: UPDATE_INTERVAL,
            polls: POLLS.into(),
            http_allowed: false,
        }
    }

    /// Speaks to Opsgenie or to Jira Service Management.
    pub fn with_flavor(mut self, flavor: Flavor) -> Self {
        self.flavor = flavor;
        self
    }

    /// The account is in `region`. Jira Service Management has one address for all, and takes none.
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// Asks below `endpoint`, what stands before `/v2/alerts`: of a proxy or a stand-in. The destination is the same
    /// all the same. It has no query, no fragment, and no name and password.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Gives a request up after `timeout`.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Keeps two updates of one issue at least so far apart.
    pub fn with_update_interval(mut self, interval: Duration) -> Self {
        self.update_interval = interval;
        self
    }

    /// Waits so long before each question after a request that is queued; after the last, the request counts as
    /// [unconfirmed](tidegate_sink::SinkErrorKind::Unconfirmed). An alert that may be there is looked for after the first
    /// three of these waits. At most eight count, and none leaves them as they are. A delivery waits for no longer than 95 s
    /// all in all, since a lane gives one up after two minutes.
    pub fn with_polls(mut self, waits: impl IntoIterator<Item = Duration>) -> Self {
        let waits: Vec<Duration> = waits.into_iter().take(8).collect();
        if !waits.is_empty() {
            self.polls = waits;
        }
        self
    }

    /// Sends over plain http to other machines too, where anybody on the way can read the key.
    pub fn with_http_allowed(mut self) -> Self {
        self.http_allowed = true;
        self
    }

    /// The dialect, for a transport of one's own. Of Opsgenie, it warns in the log that the API ends, once in the life
    /// of the process.
    ///
    /// # Errors
    /// [`Conflict`](OpsgenieErrorKind::Conflict): a region of Jira Service Management, which has none.
    /// [`Invalid`](OpsgenieErrorKind::Invalid): an endpoint with a query, a fragment, the API's own path, or a name and
    /// password, which would go where the key goes.
    pub fn build(self) -> Result<Opsgenie, OpsgenieError> {
        if self.flavor == Flavor::Jsm && self.region.is_some() {
            let context = "`region` has no meaning beside `flavor = \"jsm\"`, which has one address for all; remove it";
            return Err(OpsgenieError::new(OpsgenieErrorKind::Conflict, "region", context));
        }
        self.endpoint.as_deref().map_or(Ok(()), place::check)?;
        if self.flavor == Flavor::Opsgenie {
            warn_of_the_end();
        }
        let region = self.region.unwrap_or_default();
        let profile = Profile::new(self.flavor.destination(region))
            .with_kinds([EventKind::Issue].into())
            .with_concurrency(CONCURRENCY)
            .with_update_interval(self.update_interval)
            .with_deduplication()
            .with_keeps(Keeps::Alerts);
        let endpoint = self.endpoint.unwrap_or_else(|| self.flavor.endpoint(region).to_owned());
        Ok(Opsgenie::built(profile, self.flavor, self.key, endpoint, self.polls))
    }

    /// The sink over the network.
    ///
    /// # Errors
    /// As [`build`](Self::build), for an address that is not sent to, and for a time-out of zero.
    pub fn build_sink(self) -> Result<OpsgenieSink, OpsgenieError> {
        let mut transport = HttpTransport::builder().with_timeout(self.timeout);
        if self.http_allowed {
            transport = transport.with_http_allowed();
        }
        let transport = transport.build()?;
        if let Some(endpoint) = &self.endpoint {
            transport.check(endpoint).map_err(OpsgenieError::address)?;
        }
        Ok(HttpSink::new(self.build()?, transport))
    }
}

fn warn_of_the_end() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "Opsgenie's API ends on 2027-04-05: make an integration in Jira Service Management before, and set \
             `flavor = \"jsm\"` with its key"
        );
    });
}

#[cfg(test)]
mod tests {
    use tidegate_http::Dialect;
    use tidegate_sink::Sink as _;

    use super::*;

    fn builder() -> OpsgenieBuilder {
        Opsgenie::builder(Secret::literal("k3y"))
    }

    #[test]
    fn the_profile_is_what_the_front_page_says() {
        let sink = builder().build_sink().expect("a sink");
        let profile = sink.profile();
        assert_eq!((profile.update_interval(), profile.concurrency(), profile.batch()), (UPDATE_INTERVAL, 32, 1));
        assert_eq!(profile.kinds().iter().collect::<Vec<_>>(), [EventKind::Issue]);
        assert_eq!((profile.deduplicates(), profile.keeps()), (true, Keeps::Alerts));
    }

    #[test]
    fn the_destination_is_the_service_and_its_region_whatever_the_key_and_the_way() {
        let named = |builder: OpsgenieBuilder| builder.build().expect("a dialect").profile().destination().to_string();
        assert_eq!(named(builder()), "opsgenie:us");
        assert_eq!(named(builder().with_region(Region::Eu)), "opsgenie:eu");
        assert_eq!(named(builder().with_endpoint("https://proxy.example")), "opsgenie:us");
        assert_eq!(named(Opsgenie::builder(Secret::literal("another"))), "opsgenie:us");
        assert_eq!(named(builder().with_flavor(Flavor::Jsm)), "jsm");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let error = builder().with_flavor(Flavor::Jsm).with_region(Region::Eu).build().expect_err("a region of JSM");
        assert_eq!((error.kind(), error.key()), (OpsgenieErrorKind::Conflict, "region"));
        for endpoint in ["", "api.opsgenie.com", "ftp://opsgenie.com", "https://", "/v2", "http://api.opsgenie.com"] {
            let error = builder().with_endpoint(endpoint).build_sink().expect_err(endpoint);
            assert_eq!((error.kind(), error.key()), (OpsgenieErrorKind::Invalid, "endpoint"), "{endpoint}");
        }
        for (endpoint, right) in [
            ("https://og.example/?key=s3cret", "no `?`"),
            ("https://og.example/og#s3cret", "no `#`"),
            ("https://og.example/v2/alerts", "leave it out"),
            ("https://og.example/og/v2/alerts/", "leave it out"),
            ("https://user:s3cret@og.example", "no name and password"),
            ("https://s3cret@og.example/og", "no name and password"),
        ] {
            for error in [
                builder().with_endpoint(endpoint).build().expect_err(endpoint),
                builder().with_endpoint(endpoint).build_sink().expect_err(endpoint),
            ] {
                assert_eq!((error.kind(), error.key()), (OpsgenieErrorKind::Invalid, "endpoint"), "{endpoint}");
                assert!(error.to_string().contains(right) && !format!("{error:?}").contains("s3cret"), "{error}");
            }
        }
        for endpoint in ["https://og.example/", "https://og.example/og/", "https://og.example:8443/users/@all"] {
            assert!(builder().with_endpoint(endpoint).build_sink().is_ok(), "{endpoint}");
        }
        assert!(builder().with_endpoint("http://og.example").with_http_allowed().build_sink().is_ok());
        let error = builder().with_timeout(Duration::ZERO).build_sink().expect_err("no time");
        assert_eq!(error.kind(), OpsgenieErrorKind::Invalid);
    }

    #[test]
    fn the_questions_after_a_queued_request_end_well_before_a_lane_gives_up() {
        let looks: Duration = POLLS[..3].iter().sum();
        assert!(looks + POLLS.iter().sum::<Duration>() <= crate::conversation::LONGEST);
        assert!(crate::conversation::LONGEST < Duration::from_secs(110));
    }
}
