use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};
use tidegate_event::IssueKey;
use tidegate_event::text::line;

use crate::{PagerDutyError, PagerDutyErrorKind};

/// The most links of one alert.
pub(crate) const MOST_LINKS: usize = 20;
/// The longest address, in bytes: what browsers and proxies take.
const LONGEST: usize = 2_048;
/// The longest text, in units of UTF-16.
const TEXT: usize = 255;

/// A link in each alert: to a runbook, a dashboard.
///
/// `{kind}`, `{cluster}`, `{node}` and `{part}` in the address stand for what the alert is about, percent-encoded. Where
/// one of them is not there (a cluster's own issue has no node) or the address is over 2,048 bytes, the alert goes without
/// the link.
///
/// ```
/// use tidegate_sink_pagerduty::Link;
///
/// let link = Link::new("https://grafana.example.com/d/nodes?var-node={node}").with_text("Dashboard of the node");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    href: String,
    #[serde(default)]
    text: Option<String>,
}

impl Link {
    /// A link to `href`, which begins with `https://` or `http://`.
    pub fn new(href: impl Into<String>) -> Self {
        Self { href: href.into(), text: None }
    }

    /// The same shown as `text`, of which 255 characters are shown.
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Whether it can be a link at all.
    pub(crate) fn check(&self) -> Result<(), PagerDutyError> {
        let invalid = |what: String| Err(PagerDutyError::new(PagerDutyErrorKind::Invalid, "links", what));
        let href = &self.href;
        let host = href.strip_prefix("https://").or_else(|| href.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.starts_with(['/', '{'])) {
            return invalid(format!("the link {href:?} must begin with https:// and a host"));
        }
        if href.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            return invalid(format!("the link {href:?} has a blank or a control character; write it as %20"));
        }
        match self.pieces().find(|piece| matches!(piece, Piece::Unknown(_))) {
            Some(Piece::Unknown(piece)) => invalid(format!(
                "the link {href:?} has {piece}; there are {{kind}}, {{cluster}}, {{node}} and {{part}}"
            )),
            _ => Ok(()),
        }
    }

    /// The link of an alert about `key`.
    pub(crate) fn of(&self, key: &IssueKey) -> Option<Value> {
        let resource = key.resource();
        let mut href = String::new();
        for piece in self.pieces() {
            match piece {
                Piece::Text(text) => href.push_str(text),
                Piece::Kind => encode(&mut href, key.kind()),
                Piece::Cluster => encode(&mut href, resource.cluster.as_ref()?),
                Piece::Node => encode(&mut href, resource.node.as_ref()?),
                Piece::Part => encode(&mut href, resource.part.as_ref()?),
                Piece::Unknown(_) => return None,
            }
        }
        let text = self.text.as_deref().map(|text| line(text, TEXT)).filter(|text| !text.is_empty());
        match text {
            _ if href.len() > LONGEST => None,
            Some(text) => Some(json!({ "href": href, "text": text })),
            None => Some(json!({ "href": href })),
        }
    }

    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut rest = &*self.href;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = rest.find('{').unwrap_or(rest.len());
            if end > 0 {
                let (text, after) = rest.split_at(end);
                rest = after;
                return Some(Piece::Text(text));
            }
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            let (piece, after) = rest.split_at(end);
            rest = after;
            Some(match piece {
                "{kind}" => Piece::Kind,
                "{cluster}" => Piece::Cluster,
                "{node}" => Piece::Node,
                "{part}" => Piece::Part,
                piece => Piece::Unknown(piece),
            })
        })
    }
}

/// A piece of an address.
enum Piece<'a> {
    Text(&'a str),
    Kind,
    Cluster,
    Node,
    Part,
    Unknown(&'a str),
}

/// `name` as it stands in any place of an address.
fn encode(href: &mut String, name: &str) {
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            href.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(href, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tidegate_event::Resource;
    use tidegate_testkit::sample;

    use super::*;

    fn of(link: &Link, resource: &Resource) -> Option<Value> {
        link.of(&IssueKey::new("disk-usage", resource.clone()))
    }

    #[test]
    fn what_the_alert_is_about_stands_in_the_address() {
        let link = Link::new("https://a.example/{kind}?node={node}&at={part}#x").with_text("Dash\nboard");
        let want = "https://a.example/disk-usage?node=10.0.0.2%3A2113&at=%2Fvar%20x#x";
        let full = sample::node().with_part("/var x");
        assert_eq!(of(&link, &full), Some(json!({ "href": want, "text": "Dash board" })));
        assert_eq!(of(&link, &sample::node()), None, "it has no part");
        let plain = Link::new("https://a.example/").with_text(" ");
        assert_eq!(of(&plain, &Resource::new()), Some(json!({ "href": "https://a.example/" })));
    }

    #[test]
    fn an_address_that_is_too_long_is_left_out() {
        let link = Link::new("https://a.example/{cluster}");
        let at = |cluster: String| of(&link, &Resource::new().with_cluster(cluster));
        assert!(at("x".repeat(2_000)).is_some());
        assert!(at("é".repeat(2_000)).is_none());
    }

    #[test]
    fn what_is_no_link_is_refused_with_what_would_be_right() {
        for (href, why) in [
            ("", "must begin with https://"),
            ("wiki.example.com", "must begin with https://"),
            ("https://", "must begin with https://"),
            ("https:///x", "must begin with https://"),
            ("https://{node}/x", "must begin with https://"),
            ("javascript:alert(1)", "must begin with https://"),
            ("https://a.example/a b", "has a blank"),
            ("https://a.example/{issue}", "has {issue}; there are {kind}"),
            ("https://a.example/{kind", "has {kind; there are {kind}"),
        ] {
            let error = Link::new(href).check().expect_err(href);
            assert_eq!((error.kind(), error.key()), (PagerDutyErrorKind::Invalid, "links"));
            assert!(error.to_string().contains(why), "{href}: {error}");
        }
    }
}
