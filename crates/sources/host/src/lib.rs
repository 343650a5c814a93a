//! This machine as a tidegate source: its load, its memory and its disks. Linux only.
//!
//! ```
//! # use tidegate_source::Source;
//! use std::time::Duration;
//!
//! use tidegate_source_host::Host;
//!
//! let host = Host::builder()
//!     .with_cluster("orders")
//!     .with_node("10.0.0.1:2113")
//!     .with_interval(Duration::from_secs(10))
//!     .with_volumes(["/var/lib/kurrentdb"])
//!     .build()?;
//! assert_eq!(host.name(), "host");
//!
//! // What the configuration names, for `RouterBuilder::with_polled_source`.
//! let named: Vec<String> = host.resources().iter().map(ToString::to_string).collect();
//! assert_eq!(named, ["node 10.0.0.1:2113 of cluster orders", "/var/lib/kurrentdb on node 10.0.0.1:2113 of cluster orders"]);
//! # Ok::<(), tidegate_source_host::HostError>(())
//! ```
//!
//! # What it measures
//! At once when it is opened, then each interval (10 s). All samples of one measurement share their time, by our
//! clock, and their intake. What is of a volume has its mount point as `part`.
//!
//! | sample | unit | from |
//! |---|---|---|
//! | `system.load.1m`, `.5m`, `.15m` | `1` | `/proc/loadavg` |
//! | `system.cpu.physical.count` | `1` | `/sys/devices/system/cpu` |
//! | `system.memory.used`, `.total`, `.available` | `By` | `/proc/meminfo`, or the control group's limit |
//! | `system.paging.used`, `.total` | `By` | `/proc/meminfo`, where the machine swaps |
//! | `system.filesystem.used`, `.size` of each volume | `By` | `/proc/self/mountinfo` and `statvfs` |
//!
//! - **Cores** are physical ones that are online: threads of one core count once. Where the machine does not tell
//!   (many virtual ones), each logical core counts, which [`Host::basis`] tells and the program's log says once.
//! - **Memory** in use is all but what the kernel calls available. Where the control group of this process, or one
//!   above it, has a limit below that, as in a container, the smallest such limit is the total, and in use is what the
//!   group takes less the cache that could be dropped. An agent in a group of its own, such as a systemd unit with
//!   `MemoryMax`, turns that off: [`HostBuilder::with_cgroup`]. Load and cores are always those of the whole machine.
//! - **Volumes** are the local filesystems with data on them, each device once, at its shortest mount point. Left out
//!   are those in memory, images that are full by nature (squashfs, iso9660), pseudo and network filesystems, and files
//!   that are mounted one by one. A container's `/` is watched, whatever it is made of.
//!   [`HostBuilder::with_volumes`] names others instead, of any sort.
//! - **Size** is what users can fill: what is used and what is available to them, without the reserve for root.
//!   So `system.filesystem.used` is the column `Used` of `df -B1`, `system.filesystem.size` is `Used` + `Available`,
//!   and their ratio is its `Use%` before that is rounded up.
//!
//! # What cannot be measured
//! It is never guessed. A [`Gap`](tidegate_event::Signal::Gap) says what is missing and why, and the rest goes out all
//! the same. The resource of a gap is the volume, or of the node the part `load`, `cpu`, `memory` or `filesystems`: a
//! gap of the node itself would stand for all of these. A named volume that is not mounted is a gap until it appears, and says so where its path is a link;
//! another volume that is unmounted is a gap once. When nothing at all can be read, the stream ends with an error.
//!
//! A volume that does not answer within 5 s (or the interval, where that is shorter) is a gap and is not asked again
//! until it has answered. A thread of the runtime hangs with it: to end a program whatever its volumes do, end its
//! runtime with tokio's `Runtime::shutdown_timeout`.
//!
//! It runs on tokio, with its timers.

mod basis;
mod builder;
mod cgroup;
mod cores;
mod error;
mod filesystems;
mod host;
mod memory;
mod mounts;
mod roots;
mod round;
mod select;
mod volumes;

pub use basis::Basis;
pub use builder::HostBuilder;
pub use error::{HostError, HostErrorKind};
pub use filesystems::{Filesystems, Space};
pub use host::Host;
pub use volumes::Volume;
