//! What a node tells on `/metrics`, as samples.
//!
//! ```
//! use chrono::DateTime;
//! use tidegate_event::Resource;
//! use tidegate_source_kurrentdb::metrics::{Figure, Reader, ReaderOptions};
//!
//! let node = Resource::new().with_cluster("orders").with_node("10.0.0.1:2113");
//! let mut reader = Reader::new(ReaderOptions::new(node).with_physical_memory(64 << 30));
//!
//! let body = concat!(
//!     "# TYPE kurrentdb_sys_mem_bytes gauge\n",
//!     "kurrentdb_sys_mem_bytes{kind=\"free\"} 22548578304 1785058212345\n",
//!     "# TYPE kurrentdb_elections_count_total counter\n",
//!     "kurrentdb_elections_count_total 3 1785058212345\n",
//!     "# EOF\n",
//! );
//! let scrape = reader.read(body.as_bytes(), "text/plain; version=0.0.4", DateTime::UNIX_EPOCH)?;
//!
//! let told: Vec<_> = scrape.samples.iter().map(|sample| (&*sample.name, sample.value())).collect();
//! assert_eq!(told[0], ("kurrentdb.elections_count", 3.0));
//! assert_eq!(told[1], ("system.memory.total", 68_719_476_736.0));
//! assert_eq!(told[2], ("system.memory.used", 46_170_898_432.0));
//!
//! // What it does not tell and nobody configured is said, not guessed.
//! let untold: Vec<Figure> = scrape.untold.iter().map(|untold| untold.figure).collect();
//! assert_eq!(untold, [Figure::Cores, Figure::Load, Figure::Filesystem]);
//! # Ok::<(), tidegate_source_kurrentdb::metrics::MetricsError>(())
//! ```
//!
//! # Names
//! The names of KurrentDB changed with 25.0 and can be switched back, so nothing here goes by a version. The prefix
//! (`kurrentdb_`, `eventstore_`) and `_total` are taken off, and the two metrics that were renamed are called as they are
//! today: one name for all versions, after `kurrentdb.`, underscores as the server has them:
//! `kurrentdb_io_bytes_total` and `eventstore_io_bytes` are `kurrentdb.io_bytes`. What else the server tells
//! (`http_server_*`, `kestrel_*`, `kurrent_*`) stands after `kurrentdb.` by its whole name. Labels are kept, but for those
//! that name OpenTelemetry's scope. Units are those of the names (`_seconds` is `s`, `_bytes` is `By`) or of `# UNIT`, and
//! each sample says whether it is a counter.
//!
//! Of a histogram its `_sum` and `_count` pass; its buckets only by a pattern that ends with `_bucket`. `_created`,
//! `target_info` and the like are no measurements and do not pass, and neither do values that are not finite.
//!
//! # Standard samples
//! By the names that the host source has, so that detectors know no difference:
//!
//! | sample | from |
//! |---|---|
//! | `system.load.1m`, `.5m`, `.15m` | `sys_load_avg` |
//! | `system.cpu.physical.count` | `physical_cores`: the server tells no cores |
//! | `system.memory.used`, `.total`, `.available` | `sys_mem_bytes` of kind `free`, and `physical_memory` |
//! | `system.filesystem.used`, `.size`; `part` is the mount point | `sys_disk_bytes` |
//!
//! These three metrics do not pass a second time as `kurrentdb.…`.
//!
//! - **Memory.** What the server calls total is what its garbage collector may use, from 25.1 on three fifths of the
//!   machine: no total at all. Up to 24.10 it is the machine's, and it is trusted where both signs of such a server are
//!   there: names with `eventstore_`, and no label of OpenTelemetry's scope, which every later one writes also under the old
//!   names. (In a container with a limit it is a part of the limit even then; `physical_memory` always wins.) 25.0 cannot be
//!   told from 25.1 by its names, so it is not trusted. Where more is free than there is in total, nothing can be computed,
//!   and that is said.
//! - **Disk.** It is the volume of the database, and what is reserved for root counts as used. `disk="Unknown"`, or a total
//!   of 0, is no data. A series never disappears while the server runs: of several volumes the one whose figures moved last
//!   counts, and until one has moved, all of them.
//! - **A status**, such as the role of the node, is the one that was seen last. See [`Scrape::statuses`].

mod catalogue;
mod disks;
mod error;
mod filter;
mod options;
mod reader;
mod scrape;
mod standard;
mod statuses;
mod untold;

pub use error::{MetricsError, MetricsErrorKind};
pub use options::ReaderOptions;
pub use reader::Reader;
pub use scrape::{Scrape, Status};
pub use untold::{Figure, Untold};
