use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use tidegate_event::{Sample, figure};
use tidegate_exposition::Sample as Told;

use super::catalogue::Metric;
use super::disks::{Disks, Space};
use super::{Figure, ReaderOptions, Untold};

/// The periods of the load averages, as the server and as the standard samples name them.
const PERIODS: [(&str, &str); 3] = [("1m", "system.load.1m"), ("5m", "system.load.5m"), ("15m", "system.load.15m")];

/// More volumes than any server tells; a body with more is no server's.
const MOST_DISKS: usize = 64;

/// What one answer says of the machine.
#[derive(Debug, Default)]
pub(crate) struct Standard {
    load: [Option<f64>; 3],
    free: Option<f64>,
    total: Option<f64>,
    /// Whether the total is that of the machine: see the front page of the module.
    is_total_trusted: bool,
    /// Used and total of each mount point.
    disks: BTreeMap<String, [Option<f64>; 2]>,
    /// Whether the server says that it cannot tell its volume.
    is_disk_unknown: bool,
}

impl Standard {
    /// Takes what standard samples are made of; `false` where `told` is something else.
    pub(crate) fn observe(&mut self, metric: &Metric<'_>, told: &Told<'_>) -> bool {
        if !metric.is_own {
            return false;
        }
        let value = Some(told.value).filter(|value| value.is_finite() && *value >= 0.0);
        let label = |name| told.labels.get(name).unwrap_or_default();
        match metric.name {
            "sys_load_avg" => {
                let period = label("period");
                if let Some(at) = PERIODS.iter().position(|(name, _)| *name == period) {
                    self.load[at] = value;
                }
            }
            "sys_mem_bytes" => match &*label("kind") {
                "free" => self.free = value,
                "total" => {
                    // It is 0 until the first collection.
                    self.total = value.filter(|total| *total > 0.0);
                    self.is_total_trusted = metric.is_legacy && told.labels.get("otel_scope_name").is_none();
                }
                _ => {}
            },
            "sys_disk_bytes" => self.disk(&label("disk"), &label("kind"), value),
            _ => return false,
        }
        true
    }

    fn disk(&mut self, mount_point: &str, kind: &str, value: Option<f64>) {
        if mount_point == "Unknown" {
            self.is_disk_unknown = true;
        } else if !mount_point.is_empty()
            && let Some(place) = ["used", "total"].iter().position(|name| *name == kind)
            && (self.disks.len() < MOST_DISKS || self.disks.contains_key(mount_point))
        {
            self.disks.entry(mount_point.to_owned()).or_default()[place] = value;
        }
    }

    /// The standard samples, and what is missing among them.
    pub(crate) fn finish(self, options: &ReaderOptions, disks: &mut Disks, at: DateTime<Utc>) -> Made {
        let mut made = Made { samples: Vec::new(), untold: Vec::new() };
        let mut say = Say { options, at, made: &mut made };
        self.cores_and_load(&mut say);
        self.memory(&mut say);
        self.filesystems(&mut say, disks);
        made.untold.sort_by_key(|untold| untold.figure);
        made
    }

    fn cores_and_load(&self, say: &mut Say<'_>) {
        match say.options.physical_cores {
            Some(cores) => say.sample("system.cpu.physical.count", None, f64::from(cores), "1"),
            None => say.made.untold.push(no_cores()),
        }
        if self.load[0].is_none() {
            say.untold(
                Figure::Load,
                "the server tells no load average (sys_load_avg): it needs a shell on its machine, no Windows, and System in \
                 its metricsconfig.json",
            );
        }
        for ((_, name), load) in PERIODS.iter().zip(self.load) {
            if let Some(load) = load {
                say.sample(name, None, load, "1");
            }
        }
    }

    fn memory(&self, say: &mut Say<'_>) {
        let configured = say.options.physical_memory.map(|bytes| bytes as f64);
        let trusted = self.total.filter(|_| self.is_total_trusted);
        let total = configured.or(trusted);
        match total {
            Some(total) => say.sample("system.memory.total", None, total, "By"),
            None => say.untold(
                Figure::MemoryTotal,
                "what the server calls its total memory is what its garbage collector may use, three fifths of the machine \
                 from 25.1 on; give physical_memory, or let an agent with the host source run on the machine",
            ),
        }
        let Some(free) = self.free else {
            return say.untold(
                Figure::Memory,
                "the server tells no free memory (sys_mem): it needs a shell on its machine and System in its \
                 metricsconfig.json",
            );
        };
        match total {
            Some(total) if free > total => say.untold(
                Figure::Memory,
                format!(
                    "it cannot be computed: {} are free, which is more than the {} that {}",
                    figure::bytes(free),
                    figure::bytes(total),
                    if configured.is_some() { "physical_memory says there are" } else { "the server says there are" }
                ),
            ),
            Some(total) => say.sample("system.memory.used", None, total - free, "By"),
            None => {}
        }
        say.sample("system.memory.available", None, free, "By");
    }

    fn filesystems(self, say: &mut Say<'_>, disks: &mut Disks) {
        let (mut told, mut odd) = (BTreeMap::new(), None);
        for (mount_point, figures) in self.disks {
            match figures {
                [Some(used), Some(size)] if size > 0.0 && used <= size => {
                    told.insert(mount_point, Space { used, size });
                }
                [used, size] => {
                    let bytes = |value: Option<f64>| value.map_or("nothing".to_owned(), figure::bytes);
                    odd = Some(format!("the server tells {} used of {} at {mount_point}", bytes(used), bytes(size)));
                }
            }
        }
        let live = disks.live(told);
        if live.is_empty() {
            let why = match odd {
                Some(odd) => odd,
                None if self.is_disk_unknown => {
                    "the server cannot find the volume of its database (disk=\"Unknown\")".to_owned()
                }
                None => {
                    "the server tells no volume (sys_disk_bytes): it needs System in its metricsconfig.json".to_owned()
                }
            };
            say.untold(Figure::Filesystem, why);
        }
        for (mount_point, space) in live {
            say.sample("system.filesystem.size", Some(&mount_point), space.size, "By");
            say.sample("system.filesystem.used", Some(&mount_point), space.used, "By");
        }
    }
}

/// What [`Standard::finish`] makes.
pub(crate) struct Made {
    pub(crate) samples: Vec<Sample>,
    pub(crate) untold: Vec<Untold>,
}

/// That nobody says how many cores there are.
pub(crate) fn no_cores() -> Untold {
    Untold::new(
        Figure::Cores,
        "KurrentDB does not tell how many cores its machine has; give physical_cores, or let an agent with the host source \
         run on the machine",
    )
}

struct Say<'a> {
    options: &'a ReaderOptions,
    at: DateTime<Utc>,
    made: &'a mut Made,
}

impl Say<'_> {
    fn sample(&mut self, name: &str, mount_point: Option<&str>, value: f64, unit: &str) {
        let mut resource = self.options.node.clone();
        resource.part = mount_point.map(Into::into);
        // Every value here is finite: it was checked when it was read.
        self.made.samples.extend(Sample::new(name, resource, value, unit, self.at).ok());
    }

    fn untold(&mut self, figure: Figure, why: impl Into<String>) {
        self.made.untold.push(Untold::new(figure, why));
    }
}
