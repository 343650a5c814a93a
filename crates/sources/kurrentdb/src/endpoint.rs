use std::fmt;

/// A host and a port. Hosts are in lower case, since their letters' case means nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Self { host: bare.to_ascii_lowercase(), port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

/// As it stands in a URL: an IPv6 address is in brackets.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_same_in_any_case_and_with_or_without_brackets() {
        assert_eq!(Endpoint::new("Node1.Example.net", 2113).to_string(), "node1.example.net:2113");
        assert_eq!(Endpoint::new("[::1]", 2113), Endpoint::new("::1", 2113));
        assert_eq!(Endpoint::new("::1", 2113).to_string(), "[::1]:2113");
    }
}
