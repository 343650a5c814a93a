use tidegate_event::Resource;

/// What a [`Reader`](super::Reader) knows of its node beforehand, and what it lets pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderOptions {
    pub(crate) node: Resource,
    pub(crate) physical_cores: Option<u32>,
    pub(crate) physical_memory: Option<u64>,
    pub(crate) is_standard: bool,
    pub(crate) include: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) most_samples: usize,
}

/// Some thirty times what a server with hundreds of subscriptions and projections tells.
const MOST_SAMPLES: usize = 50_000;

impl ReaderOptions {
    /// Of the node `node`: cluster and node are those of every sample.
    pub fn new(node: Resource) -> Self {
        Self {
            node,
            physical_cores: None,
            physical_memory: None,
            is_standard: true,
            include: Vec::new(),
            exclude: Vec::new(),
            most_samples: MOST_SAMPLES,
        }
    }

    /// How many physical cores the machine has, which the server does not tell. 0 is none. Default: none, and the node's
    /// core load is not known.
    pub fn with_physical_cores(mut self, cores: u32) -> Self {
        self.physical_cores = (cores > 0).then_some(cores);
        self
    }

    /// The bytes of memory of the machine, or of the container where it has a limit, which the server does not tell from
    /// 25.1 on. 0 is none. Default: none, and the node's memory usage is not known but of servers up to 24.10.
    pub fn with_physical_memory(mut self, bytes: u64) -> Self {
        self.physical_memory = (bytes > 0).then_some(bytes);
        self
    }

    /// Whether the standard samples are made; `false` where a host source measures the same machine. Default: `true`.
    pub fn with_standard(mut self, is_standard: bool) -> Self {
        self.is_standard = is_standard;
        self
    }

    /// Which metrics pass, by patterns with `*` and `?` over names such as `kurrentdb.io_bytes`. Buckets of histograms need
    /// a pattern that ends with `_bucket`. Standard samples always pass. Default, and where there are none: all, and no
    /// bucket.
    pub fn with_include(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.include = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Which of those do not, by the same sort of patterns. Default: none.
    pub fn with_exclude(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.exclude = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// How many samples of one answer pass at most, beside the standard ones; the others are counted
    /// ([`Scrape::over`](super::Scrape::over)). Default: 50,000.
    pub fn with_most_samples(mut self, most: usize) -> Self {
        self.most_samples = most;
        self
    }
}
