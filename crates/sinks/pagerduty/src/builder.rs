use std::time::Duration;

use tidegate_base::Secret;
use tidegate_event::EventKind;
use tidegate_http::{HttpSink, HttpTransport};
use tidegate_sink::{Keeps, Profile, Rate};

use crate::link::MOST_LINKS;
use crate::{Link, PagerDuty, PagerDutyError, PagerDutyErrorKind, Region};

/// A PagerDuty sink over the network.
pub type PagerDutySink = HttpSink<PagerDuty, HttpTransport>;

/// A changed trigger wakes nobody, and makes the alert's log longer.
const UPDATE_INTERVAL: Duration = Duration::from_mins(15);
/// The default of `HttpTransport`.
const TIMEOUT: Duration = Duration::from_secs(15);
/// PagerDuty takes about 120 calls of a key within any minute. What was saved up comes on top of what a minute brings: no
/// minute has more than 105, which leaves some to a probe and to whoever else has the key.
const CALLS: (u32, Duration) = (5, Duration::from_secs(3));
const CONCURRENCY: usize = 4;

/// Builds a [`PagerDuty`] dialect, or the whole sink.
///
/// | setting | default |
/// |---|---|
/// | [`region`](Self::with_region) | [`Region::Us`] |
/// | [`endpoint`](Self::with_endpoint) | that of the region |
/// | [`link`](Self::with_link) | none |
/// | [`timeout`](Self::with_timeout) of a request | 15 s |
/// | [`update_interval`](Self::with_update_interval) | 15 min |
/// | plain http | to this machine only, or [anywhere](Self::with_http_allowed) |
#[derive(Debug, Clone)]
pub struct PagerDutyBuilder {
    routing_key: Secret,
    region: Region,
    endpoint: Option<String>,
    links: Vec<Link>,
    timeout: Duration,
    update_interval: Duration,
    http_allowed: bool,
}

impl PagerDutyBuilder {
    pub(crate) fn new(routing_key: Secret) -> Self {
        Self {
            routing_key,
            region: Region::default(),
            endpoint: None,
            links: Vec::new(),
            timeout: TIMEOUT,
            update_interval: UPDATE_INTERVAL,
            http_allowed: false,
        }
    }

    /// Sends to where the account lives. The region names the destination, `pagerduty:eu` say, whatever the key is.
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// Sends below `endpoint`, what stands before `/v2/enqueue`: of a proxy or a stand-in. The destination is that of the
    /// region all the same, so that another way to it drops nothing of what waits.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Puts `link` into each alert, beside those that were given before.
    pub fn with_link(mut self, link: Link) -> Self {
        self.links.push(link);
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

    /// Sends over plain http to other machines too, where anybody on the way can read the routing key.
    pub fn with_http_allowed(mut self) -> Self {
        self.http_allowed = true;
        self
    }

    /// The dialect, for a transport of one's own.
    ///
    /// # Errors
    /// [`Invalid`](PagerDutyErrorKind::Invalid): a link that is none, or over 20 links.
    pub fn build(self) -> Result<PagerDuty, PagerDutyError> {
        self.links.iter().try_for_each(Link::check)?;
        if self.links.len() > MOST_LINKS {
            let context = format!("there are {} links; an alert has at most {MOST_LINKS}", self.links.len());
            return Err(PagerDutyError::new(PagerDutyErrorKind::Invalid, "links", context));
        }
        let profile = Profile::new(format!("pagerduty:{}", self.region))
            .with_kinds([EventKind::Issue].into())
            .with_concurrency(CONCURRENCY)
            .with_rate(Rate::new(CALLS.0, CALLS.1))
            .with_update_interval(self.update_interval)
            .with_deduplication()
            .with_keeps(Keeps::Alerts);
        let endpoint = self.endpoint.unwrap_or_else(|| self.region.endpoint().to_owned());
        Ok(PagerDuty::new(profile, endpoint, self.routing_key, self.links))
    }

    /// The sink over the network.
    ///
    /// # Errors
    /// As [`build`](Self::build), for an address that is not sent to, and for a time-out of zero.
    pub fn build_sink(self) -> Result<PagerDutySink, PagerDutyError> {
        let mut transport = HttpTransport::builder().with_timeout(self.timeout);
        if self.http_allowed {
            transport = transport.with_http_allowed();
        }
        let transport = transport.build()?;
        if let Some(endpoint) = &self.endpoint {
            transport.check_endpoint(endpoint, crate::dialect::PATH).map_err(PagerDutyError::address)?;
        }
        Ok(HttpSink::new(self.build()?, transport))
    }
}

#[cfg(test)]
mod tests {
    use tidegate_sink::Sink as _;

    use super::*;

    fn builder() -> PagerDutyBuilder {
        PagerDuty::builder(Secret::literal("0123456789abcdef0123456789abcdef"))
    }

    #[test]
    fn the_profile_is_what_the_front_page_says() {
        let sink = builder().build_sink().expect("a sink");
        let profile = sink.profile();
        assert_eq!((profile.update_interval(), profile.concurrency(), profile.batch()), (UPDATE_INTERVAL, 4, 1));
        assert_eq!(profile.kinds().iter().collect::<Vec<_>>(), [EventKind::Issue]);
        assert_eq!((profile.deduplicates(), profile.keeps()), (true, Keeps::Alerts));
        let (calls, per) = (f64::from(CALLS.0), CALLS.1.as_secs_f64());
        assert!(calls + calls / per * 60.0 <= 105.0, "so many within a minute");
    }

    #[test]
    fn the_destination_is_the_region_whatever_the_key_and_the_way() {
        let destination =
            |builder: PagerDutyBuilder| builder.build_sink().expect("a sink").profile().destination().clone();
        assert_eq!(&*destination(builder()), "pagerduty:us");
        assert_eq!(&*destination(builder().with_region(Region::Eu)), "pagerduty:eu");
        let proxy =
            PagerDuty::builder(Secret::literal("another")).with_endpoint("https://me:s3cret@proxy.example.com/pd/");
        assert_eq!(&*destination(proxy.with_region(Region::Eu)), "pagerduty:eu");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for endpoint in [
            "",
            "proxy.example.com/x",
            "ftp://a.example",
            "https://",
            "/v2",
            "http://a.example",
            "s3cret x",
            "https://a.example/pd?key=s3cret",
            "https://a.example/#s3cret",
            "https://events.pagerduty.com/v2/enqueue/",
        ] {
            let error = builder().with_endpoint(endpoint).build_sink().expect_err(endpoint);
            assert_eq!((error.kind(), error.key()), (PagerDutyErrorKind::Invalid, "endpoint"), "{endpoint}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
        assert!(builder().with_endpoint("http://a.example").with_http_allowed().build_sink().is_ok());
        let error = builder().with_timeout(Duration::ZERO).build_sink().expect_err("no time");
        assert_eq!(error.kind(), PagerDutyErrorKind::Invalid);
        let many = (0..21).fold(builder(), |builder, _| builder.with_link(Link::new("https://a.example")));
        assert_eq!(many.build().expect_err("too many").key(), "links");
        let wrong = builder().with_link(Link::new("wiki")).build();
        assert_eq!(wrong.expect_err("no link").key(), "links");
    }
}
