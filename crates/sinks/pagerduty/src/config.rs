use std::time::Duration;

use tidegate_base::Secret;

use crate::{Link, PagerDuty, PagerDutyBuilder, PagerDutyError, PagerDutyErrorKind, Region};

/// The settings of a PagerDuty sink as plain data, each as its key in a configuration file says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PagerDutyConfig {
    /// The integration key of an Events API v2 integration: 32 letters and digits.
    pub routing_key: Option<Secret>,
    /// Where the account lives. Default: `us`.
    pub region: Option<Region>,
    /// What stands before `/v2/enqueue`, of a proxy or a stand-in. Default: that of the region.
    pub endpoint: Option<String>,
    /// The links in each alert. Default: none.
    pub links: Vec<Link>,
    /// How long a request may take. Default: 15 s.
    pub timeout: Option<Duration>,
    /// Sends over plain http to other machines too. Default: no.
    pub allow_http: bool,
    /// At least this long between two updates of one issue. Default: 15 min.
    pub update_interval: Option<Duration>,
}

impl PagerDutyConfig {
    /// The builder of what this says.
    ///
    /// # Errors
    /// [`Missing`](PagerDutyErrorKind::Missing): there is no routing key.
    pub fn builder(self) -> Result<PagerDutyBuilder, PagerDutyError> {
        let Some(routing_key) = self.routing_key else {
            return Err(PagerDutyError::new(
                PagerDutyErrorKind::Missing,
                "routing_key",
                "there is no `routing_key`; set it to the integration key of an Events API v2 integration, such as \
                 { env = \"PAGERDUTY_KEY\" }",
            ));
        };
        let builder = PagerDuty::builder(routing_key);
        let builder = self.region.into_iter().fold(builder, PagerDutyBuilder::with_region);
        let builder = self.endpoint.into_iter().fold(builder, PagerDutyBuilder::with_endpoint);
        let builder = self.links.into_iter().fold(builder, PagerDutyBuilder::with_link);
        let builder = if self.allow_http { builder.with_http_allowed() } else { builder };
        let builder = self.timeout.into_iter().fold(builder, PagerDutyBuilder::with_timeout);
        Ok(self.update_interval.into_iter().fold(builder, PagerDutyBuilder::with_update_interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> PagerDutyConfig {
        PagerDutyConfig { routing_key: Some(Secret::literal("s3cret")), ..PagerDutyConfig::default() }
    }

    #[test]
    fn a_key_is_needed_and_nothing_else() {
        let kind = |config: PagerDutyConfig| config.builder().err().map(|error| (error.kind(), error.key()));
        assert_eq!(kind(config()), None);
        assert_eq!(kind(PagerDutyConfig::default()), Some((PagerDutyErrorKind::Missing, "routing_key")));
    }

    #[test]
    fn every_setting_arrives() {
        let settings = PagerDutyConfig {
            endpoint: Some("http://a.example".to_owned()),
            links: vec![Link::new("https://wiki.example")],
            timeout: Some(Duration::from_secs(3)),
            allow_http: true,
            update_interval: Some(Duration::from_secs(7)),
            ..config()
        };
        let shown = format!("{:?}", settings.builder().expect("a builder"));
        for part in ["http://a.example", "https://wiki.example", "3s", "7s", "http_allowed: true"] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(!shown.contains("s3cret"), "{shown}");
        let eu = PagerDutyConfig { region: Some(Region::Eu), ..config() };
        assert!(format!("{:?}", eu.builder()).contains("Eu"));
    }
}
