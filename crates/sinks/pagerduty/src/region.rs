use std::fmt;

use serde::Deserialize;

/// Where a PagerDuty account lives, which its web address tells: `https://<name>.pagerduty.com` is in the US,
/// `https://<name>.eu.pagerduty.com` in the EU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// `https://events.pagerduty.com`.
    #[default]
    Us,
    /// `https://events.eu.pagerduty.com`.
    Eu,
}

impl Region {
    /// The word in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }

    /// What stands before the path of the Events API there.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::Us => "https://events.pagerduty.com",
            Self::Eu => "https://events.eu.pagerduty.com",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
