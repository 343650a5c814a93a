use std::time::Duration;

use tidegate_base::Secret;

use crate::{Opsgenie, OpsgenieBuilder, OpsgenieError, OpsgenieErrorKind};

/// The settings of an Opsgenie sink as plain data, each as its key in a configuration file says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpsgenieConfig {
    /// The key of an API integration.
    pub api_key: Option<Secret>,
    /// `opsgenie`, or `jsm` for Jira Service Management. Default: `opsgenie`.
    pub flavor: Option<String>,
    /// `us` or `eu`: where the Opsgenie account is. Default: `us`. Without meaning for `jsm`.
    pub region: Option<String>,
    /// What stands before `/v2/alerts`. Default: by flavor and region.
    pub endpoint: Option<String>,
    /// How long a request may take. Default: 15 s.
    pub timeout: Option<Duration>,
    /// Sends over plain http to other machines too. Default: no.
    pub allow_http: bool,
    /// At least this long between two updates of one issue. Default: 15 min.
    pub update_interval: Option<Duration>,
}

impl OpsgenieConfig {
    /// The builder of what this says.
    ///
    /// # Errors
    /// [`Missing`](OpsgenieErrorKind::Missing): there is no key. [`Invalid`](OpsgenieErrorKind::Invalid): no such
    /// flavor or region.
    pub fn builder(self) -> Result<OpsgenieBuilder, OpsgenieError> {
        let Some(key) = self.api_key else {
            let context = "there is no `api_key`; set it, such as { env = \"OPSGENIE_KEY\" }";
            return Err(OpsgenieError::new(OpsgenieErrorKind::Missing, "api_key", context));
        };
        let mut builder = Opsgenie::builder(key);
        if let Some(flavor) = self.flavor {
            builder = builder.with_flavor(flavor.parse()?);
        }
        if let Some(region) = self.region {
            builder = builder.with_region(region.parse()?);
        }
        if self.allow_http {
            builder = builder.with_http_allowed();
        }
        let builder = self.endpoint.into_iter().fold(builder, OpsgenieBuilder::with_endpoint);
        let builder = self.timeout.into_iter().fold(builder, OpsgenieBuilder::with_timeout);
        Ok(self.update_interval.into_iter().fold(builder, OpsgenieBuilder::with_update_interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> OpsgenieConfig {
        OpsgenieConfig { api_key: Some(Secret::literal("k3y")), ..OpsgenieConfig::default() }
    }

    #[test]
    fn a_key_is_enough_and_needed() {
        assert!(config().builder().is_ok());
        let error = OpsgenieConfig::default().builder().expect_err("no key");
        assert_eq!((error.kind(), error.key()), (OpsgenieErrorKind::Missing, "api_key"));
    }

    #[test]
    fn what_is_no_flavor_or_region_is_told_with_what_is() {
        let flavor = OpsgenieConfig { flavor: Some("opsGenie2".to_owned()), ..config() };
        let region = OpsgenieConfig { region: Some("EU".to_owned()), ..config() };
        for (config, key, right) in [(flavor, "flavor", "\"jsm\""), (region, "region", "\"eu\"")] {
            let error = config.builder().expect_err(key);
            assert_eq!((error.kind(), error.key()), (OpsgenieErrorKind::Invalid, key));
            assert!(error.to_string().contains(right), "{error}");
        }
    }

    #[test]
    fn every_setting_arrives() {
        let settings = OpsgenieConfig {
            flavor: Some("opsgenie".to_owned()),
            region: Some("eu".to_owned()),
            endpoint: Some("https://proxy.example/og".to_owned()),
            timeout: Some(Duration::from_secs(3)),
            update_interval: Some(Duration::from_secs(7)),
            allow_http: true,
            ..config()
        };
        let shown = format!("{:?}", settings.builder().expect("a builder"));
        for part in ["Opsgenie", "Eu", "https://proxy.example/og", "3s", "7s", "http_allowed: true"] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(!shown.contains("k3y"), "{shown}");
    }
}
