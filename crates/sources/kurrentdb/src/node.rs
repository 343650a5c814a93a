use http::Uri;
use tidegate_event::Name;

use crate::endpoint::Endpoint;
use crate::{KurrentDbError, KurrentDbErrorKind};

/// Where a node is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// `host:port`, by which the node is known.
    pub(crate) name: Name,
    /// `http://host:port`, to which a path is added.
    base: String,
    pub(crate) is_plain: bool,
    pub(crate) endpoint: Endpoint,
}

/// The port of a node that was not told another.
const PORT: u16 = 2113;

impl Node {
    /// Of `http(s)://host:port`; without a port it is 2113.
    pub(crate) fn parse(text: &str) -> Result<Self, KurrentDbError> {
        let such_as = "expected a node's address, such as `https://10.0.0.1:2113`";
        // What stands before `@` may be a password: nothing of such a text is shown.
        if text.contains('@') {
            return Err(invalid(format!("a node's address has a user in it; {such_as}, and set `credentials`")));
        }
        let wrong = |what: &str| invalid(format!("node `{}` {what}; {such_as}", text.escape_debug()));
        let is_plain = match text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()) {
            Some(scheme) if scheme == "https" => false,
            Some(scheme) if scheme == "http" => true,
            _ => return Err(wrong("does not begin with https:// or http://")),
        };
        let uri: Uri = text.parse().map_err(|_| wrong("is no address"))?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("has no host"))?;
        if uri.path_and_query().is_some_and(|rest| rest.as_str() != "/") || text.contains('#') {
            return Err(wrong("has more than a host and a port"));
        }
        let bare_port = text.trim_end_matches('/').rsplit(':').next().unwrap_or("");
        let has_port = !bare_port.contains(['/', ']']);
        let port = match uri.port_u16() {
            Some(port) if port > 0 => port,
            None if !has_port => PORT,
            _ => return Err(wrong("has no port that can be")),
        };
        Ok(Self::at(Endpoint::new(host, port), is_plain))
    }

    pub(crate) fn at(endpoint: Endpoint, is_plain: bool) -> Self {
        let scheme = if is_plain { "http" } else { "https" };
        Self { name: endpoint.to_string().into(), base: format!("{scheme}://{endpoint}"), is_plain, endpoint }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn invalid(context: String) -> KurrentDbError {
    KurrentDbError::new(KurrentDbErrorKind::InvalidNode, "nodes", context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_put_together() {
        for (text, name, url) in [
            ("https://Node1.example.net:2113", "node1.example.net:2113", "https://node1.example.net:2113/gossip"),
            ("http://10.0.0.1:2114/", "10.0.0.1:2114", "http://10.0.0.1:2114/gossip"),
            ("HTTPS://node1", "node1:2113", "https://node1:2113/gossip"),
            ("https://[::1]:2113", "[::1]:2113", "https://[::1]:2113/gossip"),
            ("https://[::1]", "[::1]:2113", "https://[::1]:2113/gossip"),
        ] {
            let node = Node::parse(text).expect(text);
            assert_eq!((&*node.name, &*node.url("/gossip")), (name, url));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_by_what_is_wrong() {
        for (text, words) in [
            ("10.0.0.1:2113", "node `10.0.0.1:2113` does not begin with https:// or http://"),
            ("esdb://10.0.0.1:2113", "node `esdb://10.0.0.1:2113` does not begin with https:// or http://"),
            ("", "node `` does not begin with"),
            ("https://", "node `https://` is no address"),
            ("https://:2113", "node `https://:2113`"),
            ("https://node1:99999", "node `https://node1:99999`"),
            ("https://node1:0", "node `https://node1:0` has no port that can be"),
            ("https://node1:", "node `https://node1:`"),
            ("https://node1:2113/gossip", "node `https://node1:2113/gossip` has more than a host and a port"),
            ("https://node1:2113?format=json", "has more than a host and a port"),
            ("https://ops:s3cret@node1:2113", "a node's address has a user in it"),
        ] {
            let words_found = Node::parse(text).expect_err(text).to_string();
            assert!(words_found.contains(words) && words_found.contains("such as"), "{text}: {words_found}");
            assert!(!words_found.contains("s3cret"), "{words_found}");
        }
    }
}
