//! Which service, and where it is.

use std::fmt;
use std::str::FromStr;

use crate::{OpsgenieError, OpsgenieErrorKind};

/// Which of the two services that speak this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Flavor {
    /// Opsgenie itself, whose API ends on 2027-04-05.
    #[default]
    Opsgenie,
    /// Jira Service Management, which takes over from it.
    Jsm,
}

/// Where an Opsgenie account is. A key of one region is unknown in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Region {
    /// `api.opsgenie.com`.
    #[default]
    Us,
    /// `api.eu.opsgenie.com`.
    Eu,
}

impl Flavor {
    /// The word for it in a configuration file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opsgenie => "opsgenie",
            Self::Jsm => "jsm",
        }
    }

    /// The service's name, as people know it.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Opsgenie => "Opsgenie",
            Self::Jsm => "Jira Service Management",
        }
    }

    /// Where it is.
    pub(crate) fn endpoint(self, region: Region) -> &'static str {
        match (self, region) {
            (Self::Opsgenie, Region::Us) => "https://api.opsgenie.com",
            (Self::Opsgenie, Region::Eu) => "https://api.eu.opsgenie.com",
            (Self::Jsm, _) => "https://api.atlassian.com/jsm/ops/integration",
        }
    }

    /// The destination's name, which tells it from every other.
    pub(crate) fn destination(self, region: Region) -> String {
        match self {
            Self::Opsgenie => format!("opsgenie:{region}"),
            Self::Jsm => "jsm".to_owned(),
        }
    }
}

/// Whether `endpoint` is what stands before the API's own paths. What it holds may be secret, and is not repeated.
pub(crate) fn check(endpoint: &str) -> Result<(), OpsgenieError> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let context = if endpoint.contains('?') {
        "`endpoint` has a query, which no request would have; it must be like https://example.org/path, with no `?`"
    } else if endpoint.contains('#') {
        "`endpoint` has a fragment, which is never sent; it must be like https://example.org/path, with no `#`"
    } else if authority.contains('@') {
        "`endpoint` holds a name or password, which would take the place of the key in each request; it must be like \
         https://example.org/path, with no name and password. One for a proxy of all traffic stands in `HTTPS_PROXY`"
    } else if format!("/{path}/").contains("/v2/alerts/") {
        "`endpoint` holds the API's own path `/v2/alerts`, which is added to it; leave it out"
    } else {
        return Ok(());
    };
    Err(OpsgenieError::new(OpsgenieErrorKind::Invalid, "endpoint", context))
}

impl Region {
    /// The word for it in a configuration file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Flavor {
    type Err = OpsgenieError;

    /// Of the word in a configuration file.
    fn from_str(word: &str) -> Result<Self, OpsgenieError> {
        [Self::Opsgenie, Self::Jsm].into_iter().find(|flavor| flavor.as_str() == word).ok_or_else(|| {
            let context = format!("`flavor` is {word:?}; it must be \"opsgenie\" or \"jsm\"");
            OpsgenieError::new(OpsgenieErrorKind::Invalid, "flavor", context)
        })
    }
}

impl FromStr for Region {
    type Err = OpsgenieError;

    /// Of the word in a configuration file.
    fn from_str(word: &str) -> Result<Self, OpsgenieError> {
        [Self::Us, Self::Eu].into_iter().find(|region| region.as_str() == word).ok_or_else(|| {
            let context = format!("`region` is {word:?}; it must be \"us\" or \"eu\"");
            OpsgenieError::new(OpsgenieErrorKind::Invalid, "region", context)
        })
    }
}
