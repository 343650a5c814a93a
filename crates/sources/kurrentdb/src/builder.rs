use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tidegate_base::{Clock, Secret, SystemClock};
use tidegate_event::{Name, Resource};

use crate::client::{Credentials, TlsSettings};
use crate::node::Node;
use crate::rounds::{self, MOST_NODES};
use crate::shared::{Shared, is_exposed};
use crate::source::Inner;
use crate::{Connections, KurrentDb, KurrentDbError, KurrentDbErrorKind, scrapes};

/// As often as Kurrent's own cloud asks.
const GOSSIP_INTERVAL: Duration = Duration::from_secs(30);
/// A change is known everywhere in three to five nodes after this long.
const CONFIRM: Duration = Duration::from_secs(6);
/// Four samples a minute.
const METRICS_INTERVAL: Duration = Duration::from_secs(15);
/// So that asking takes little of what is asked.
const SHORTEST: Duration = Duration::from_secs(1);
/// A scrape starts processes on the node.
const SHORTEST_METRICS: Duration = Duration::from_secs(5);

/// The settings of a [`KurrentDb`]. [`build`](KurrentDbBuilder::build) checks them all.
#[must_use]
pub struct KurrentDbBuilder {
    name: String,
    cluster: String,
    nodes: Vec<String>,
    credentials: Option<Credentials>,
    tls: TlsSettings,
    allow_http: bool,
    gossip_interval: Option<Duration>,
    confirm: Option<Duration>,
    metrics_interval: Option<Duration>,
    discover: bool,
    expected_nodes: Option<u32>,
    pace: f64,
    include: Vec<String>,
    exclude: Vec<String>,
    physical_cores: Option<u32>,
    physical_memory: Option<u64>,
    clock: Arc<dyn Clock>,
    connections: Connections,
}

impl KurrentDbBuilder {
    pub(crate) fn new(cluster: String) -> Self {
        Self {
            name: "kurrentdb".to_owned(),
            cluster,
            nodes: Vec::new(),
            credentials: None,
            tls: TlsSettings::default(),
            allow_http: false,
            gossip_interval: Some(GOSSIP_INTERVAL),
            confirm: None,
            metrics_interval: Some(METRICS_INTERVAL),
            discover: false,
            expected_nodes: None,
            pace: 1.0,
            include: Vec::new(),
            exclude: Vec::new(),
            physical_cores: None,
            physical_memory: None,
            clock: Arc::new(SystemClock::new()),
            connections: Connections::new(),
        }
    }

    /// The name of the source, unique among those of a router. Default: `kurrentdb`.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The nodes to ask, as `https://host:port` or `http://host:port`; without a port it is 2113. At least one, at most
    /// 32. Best the addresses that the nodes advertise to clients.
    pub fn with_nodes(mut self, nodes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.nodes = nodes.into_iter().map(Into::into).collect();
        self
    }

    /// A user of the database, for what is not open to everybody: metrics as a rule, and gossip where it is closed.
    /// Default: none. Any user will do.
    pub fn with_credentials(mut self, username: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.credentials = Some(Credentials { username: username.into(), password: password.into() });
        self
    }

    /// A file with the certificate authorities, in PEM, that sign the nodes' certificates, beside those that this
    /// machine trusts. It is read by [`build`](Self::build). Default: none.
    pub fn with_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.tls.ca_file = Some(path.into());
        self
    }

    /// Files with our certificate and its private key, in PEM, for nodes that want to know who asks. They are read by
    /// [`build`](Self::build). Default: none.
    pub fn with_client_certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        (self.tls.client_certificate, self.tls.client_key) = (Some(certificate.into()), Some(key.into()));
        self
    }

    /// Sends the credentials over plain http to other machines too, where anybody on the way can read them. Default:
    /// only without credentials, or to this machine; a node that is found by gossip is asked without them.
    pub fn with_http_allowed(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// How long it is from one round of gossip to the next. Default: 30 s.
    pub fn with_gossip_interval(mut self, interval: Duration) -> Self {
        self.gossip_interval = Some(interval);
        self
    }

    /// Asks for no gossip.
    pub fn without_gossip(mut self) -> Self {
        self.gossip_interval = None;
        self
    }

    /// After how long a bad round is confirmed by another one. Default: 6 s, in which nodes agree after a change, or half
    /// of a gossip interval that is shorter than 12 s.
    pub fn with_confirm(mut self, confirm: Duration) -> Self {
        self.confirm = Some(confirm);
        self
    }

    /// How long it is from one reading of a node's metrics to the next. Default: 15 s.
    pub fn with_metrics_interval(mut self, interval: Duration) -> Self {
        self.metrics_interval = Some(interval);
        self
    }

    /// Reads no metrics.
    pub fn without_metrics(mut self) -> Self {
        self.metrics_interval = None;
        self
    }

    /// Asks further nodes too of which gossip tells, under the address that they advertise to clients; at most 32 in
    /// all. Default: `false`.
    pub fn with_discover(mut self, discover: bool) -> Self {
        self.discover = discover;
        self
    }

    /// How many voting nodes the cluster should have; read-only replicas do not count. Default: as many as three clean
    /// rounds in a row showed at most.
    pub fn with_expected_nodes(mut self, nodes: u32) -> Self {
        self.expected_nodes = Some(nodes);
        self
    }

    /// Which metrics pass, by patterns with `*` and `?` over names such as `kurrentdb.io_bytes`; see
    /// [`metrics`](crate::metrics). What detectors read always passes. Default, and where there are none: all.
    pub fn with_include(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.include = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Which of those do not, by the same sort of patterns. Default: none.
    pub fn with_exclude(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.exclude = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// How many physical cores each node's machine has, which KurrentDB does not tell. Default: none, and `core-load`
    /// is unknown where no host source measures it.
    pub fn with_physical_cores(mut self, cores: u32) -> Self {
        self.physical_cores = Some(cores);
        self
    }

    /// The bytes of memory of each node's machine, or of the container where it has a limit, which KurrentDB does not
    /// tell from 25.1 on. Default: none, and `memory-usage` is unknown where neither the server nor a host source tells.
    pub fn with_physical_memory(mut self, bytes: u64) -> Self {
        self.physical_memory = Some(bytes);
        self
    }

    /// How many times as fast as ours time passes for the nodes, which is for simulated ones: all intervals are by their
    /// time, and so much shorter by ours. How long an answer may take stays by ours. Default: 1.
    pub fn with_pace(mut self, pace: f64) -> Self {
        self.pace = pace;
        self
    }

    /// Where the time of rounds and samples comes from. Default: the machine's clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where connections are shared with other clusters. Default: they are not.
    pub fn with_connections(mut self, connections: Connections) -> Self {
        self.connections = connections;
        self
    }

    /// The source. It reads the files of certificates.
    ///
    /// # Errors
    /// When something is missing, is no address, or cannot be as it is; the error names the setting, what was found and
    /// what would be right.
    pub fn build(self) -> Result<KurrentDb, KurrentDbError> {
        self.check()?;
        let nodes = self.parse_nodes()?;
        let client = self.connections.client(&self.tls)?;
        let (credentials, allow_http) = (self.credentials, self.allow_http);
        let shared = Shared { client, credentials, allow_http, clock: self.clock };
        let cluster = Resource::new().with_cluster(Name::from(self.cluster));
        let pace = self.pace;
        let paced = |interval: Duration| Duration::try_from_secs_f64(interval.as_secs_f64() / pace).unwrap_or(interval);
        let gossip = self.gossip_interval.map(|interval| rounds::Plan {
            cluster: cluster.clone(),
            nodes: nodes.clone(),
            interval: paced(interval),
            confirm: paced(self.confirm.unwrap_or(CONFIRM.min(interval / 2))),
            expected: self.expected_nodes,
            discover: self.discover,
        });
        let metrics = self.metrics_interval.map(|interval| scrapes::Plan {
            cluster: cluster.clone(),
            interval: paced(interval),
            timeout: scrapes::TIMEOUT.min(interval),
            include: self.include,
            exclude: self.exclude,
            physical_cores: self.physical_cores,
            physical_memory: self.physical_memory,
            yielded: BTreeSet::new(),
        });
        Ok(KurrentDb::new(Inner { name: self.name, cluster, nodes, gossip, metrics, shared: Arc::new(shared) }))
    }

    fn check(&self) -> Result<(), KurrentDbError> {
        let fail = |kind, key, context: &str| Err(KurrentDbError::new(kind, key, context));
        if self.name.is_empty() {
            return fail(
                KurrentDbErrorKind::Missing,
                "name",
                "name is empty; the source needs one, such as `kurrentdb`",
            );
        }
        if self.cluster.is_empty() {
            return fail(KurrentDbErrorKind::Missing, "cluster", "cluster is empty; name it, such as `orders`");
        }
        if self.gossip_interval.is_none() && self.metrics_interval.is_none() {
            let context = "gossip and metrics are both off, so that nothing is left to ask for; leave one on";
            return fail(KurrentDbErrorKind::Contradiction, "metrics_interval", context);
        }
        if self.gossip_interval.is_none() && self.discover {
            let context = "discover is on and gossip is off, which is what nodes are found by; leave one of them out";
            return fail(KurrentDbErrorKind::Contradiction, "discover", context);
        }
        self.check_figures()?;
        if let Some(Credentials { username, .. }) = &self.credentials
            && (username.is_empty() || username.contains(':') || username.chars().any(char::is_control))
        {
            let context = "the username is empty or has a colon or a control character in it; it must be a user's name";
            return fail(KurrentDbErrorKind::Missing, "credentials.username", context);
        }
        Ok(())
    }

    fn check_figures(&self) -> Result<(), KurrentDbError> {
        let fail = |key, context: String| Err(KurrentDbError::new(KurrentDbErrorKind::InvalidFigure, key, context));
        let seconds = |duration: Duration| duration.as_secs_f64();
        if let Some(interval) = self.gossip_interval {
            if interval < SHORTEST {
                return fail(
                    "gossip_interval",
                    format!("gossip_interval is {} s; it must be at least 1 s", seconds(interval)),
                );
            }
            if let Some(confirm) = self.confirm.filter(|confirm| confirm.is_zero() || *confirm >= interval) {
                let (confirm, interval) = (seconds(confirm), seconds(interval));
                let context = format!(
                    "confirm is {confirm} s; it must be longer than 0 and shorter than gossip_interval, {interval} s"
                );
                return fail("confirm", context);
            }
        }
        if let Some(interval) = self.metrics_interval.filter(|interval| *interval < SHORTEST_METRICS) {
            let context = format!("metrics_interval is {} s; it must be at least 5 s", seconds(interval));
            return fail("metrics_interval", context);
        }
        if !(self.pace.is_finite() && self.pace > 0.0) {
            return fail("pace", format!("pace is {}; it must be above 0, such as 1", self.pace));
        }
        let counts = [
            ("expected_nodes", self.expected_nodes.map(u64::from)),
            ("physical_cores", self.physical_cores.map(u64::from)),
            ("physical_memory", self.physical_memory),
        ];
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == Some(0)) {
            return fail(key, format!("{key} is 0; it must be at least 1, or left out"));
        }
        for (key, patterns) in [("include", &self.include), ("exclude", &self.exclude)] {
            if patterns.iter().any(String::is_empty) {
                let context = format!("{key} has an empty pattern; expected one such as `kurrentdb.io_*`");
                return Err(KurrentDbError::new(KurrentDbErrorKind::InvalidPattern, key, context));
            }
        }
        Ok(())
    }

    fn parse_nodes(&self) -> Result<Vec<Node>, KurrentDbError> {
        let nodes: Vec<Node> = self.nodes.iter().map(|text| Node::parse(text)).collect::<Result<_, _>>()?;
        let invalid = |context: String| Err(KurrentDbError::new(KurrentDbErrorKind::InvalidNode, "nodes", context));
        if nodes.is_empty() {
            let context = "nodes is empty; name at least one, such as `https://10.0.0.1:2113`";
            return Err(KurrentDbError::new(KurrentDbErrorKind::Missing, "nodes", context));
        }
        if nodes.len() > MOST_NODES {
            return invalid(format!("nodes has {} addresses; at most {MOST_NODES} are asked", nodes.len()));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = nodes.iter().find(|node| !seen.insert(&node.endpoint)) {
            return invalid(format!("node `{}` is there twice; name each once", twice.name));
        }
        if let Some(node) =
            nodes.iter().find(|node| is_exposed(node)).filter(|_| self.credentials.is_some() && !self.allow_http)
        {
            let context = format!(
                "plain http to {} would show the credentials to the network; use https, or set `allow_http`",
                node.name
            );
            return Err(KurrentDbError::new(KurrentDbErrorKind::PlainHttp, "nodes", context));
        }
        Ok(nodes)
    }
}

impl fmt::Debug for KurrentDbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KurrentDbBuilder")
            .field("name", &self.name)
            .field("cluster", &self.cluster)
            .field("nodes", &self.nodes.len())
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
