use chrono::{DateTime, Utc};
use tidegate_base::Random;
use tidegate_event::{Resource, Sample, Signal};

use crate::story::{MEASURED_EACH, Plot};

/// The physical cores of each node.
const CORES: f64 = 4.0;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
const MEMORY: f64 = 16.0 * GIB;
/// Mount point, size, and the used share of the volume that only keeps the system.
const SYSTEM: (&str, f64, f64) = ("/", 40.0 * GIB, 0.31);
/// Mount point and size of the volume of data.
const DATA: (&str, f64) = ("/var/lib/kurrentdb", 500.0 * GIB);
/// How far a measured share may be from that of the story.
pub(crate) const DATA_JITTER: f64 = 0.000_5;
const MEMORY_JITTER: f64 = 0.004;
/// The same in tasks.
const TASKS_JITTER: f64 = 0.6;
/// What is told of space comes in blocks of so many bytes.
const BLOCK: f64 = 4096.0;

/// A node as its host source would tell of it.
#[derive(Debug)]
pub(crate) struct Node {
    plot: &'static Plot,
    resource: Resource,
    random: Random,
    /// The load averages of 1, 5 and 15 minutes.
    load: Option<[f64; 3]>,
}

impl Node {
    pub(crate) fn new(plot: &'static Plot, cluster: &Resource, random: Random) -> Self {
        Self { plot, resource: cluster.clone().with_node(plot.name), random, load: None }
    }

    /// One measurement: of this second of the story, stamped with `at`.
    pub(crate) fn measure(&mut self, second: u32, at: DateTime<Utc>, signals: &mut Vec<Signal>) {
        let load = self.load(second);
        let memory = blocks(MEMORY * self.near(self.plot.memory.at(second), MEMORY_JITTER));
        let data = blocks(DATA.1 * self.near(self.plot.data.at(second), DATA_JITTER));
        let system = blocks(SYSTEM.1 * self.near(SYSTEM.2, DATA_JITTER));
        let mut tell = |name: &str, part: Option<&str>, value: f64, unit: &str| {
            let mut resource = self.resource.clone();
            resource.part = part.map(Into::into);
            // Every value here is finite.
            signals.extend(Sample::new(name, resource, value, unit, at).ok().map(Signal::from));
        };
        tell("system.cpu.physical.count", None, CORES, "1");
        for (name, load) in ["system.load.1m", "system.load.5m", "system.load.15m"].into_iter().zip(load) {
            tell(name, None, load, "1");
        }
        tell("system.memory.total", None, MEMORY, "By");
        tell("system.memory.used", None, memory, "By");
        tell("system.memory.available", None, MEMORY - memory, "By");
        for (volume, size, used) in [(SYSTEM.0, SYSTEM.1, system), (DATA.0, DATA.1, data)] {
            tell("system.filesystem.size", Some(volume), size, "By");
            tell("system.filesystem.used", Some(volume), used, "By");
        }
    }

    /// The averages as a kernel keeps them: each moves towards the present tasks, the longer ones more slowly.
    fn load(&mut self, second: u32) -> [f64; 3] {
        let tasks = self.near(self.plot.tasks.at(second), TASKS_JITTER);
        let before = self.load.unwrap_or([self.plot.tasks.at(0); 3]);
        let mut load = [0.0; 3];
        for ((load, before), minutes) in load.iter_mut().zip(before).zip([1.0, 5.0, 15.0]) {
            let kept = (-f64::from(MEASURED_EACH) / (60.0 * minutes)).exp();
            *load = before * kept + tasks * (1.0 - kept);
        }
        self.load = Some(load);
        // As the kernel tells them.
        load.map(|load| (load * 100.0).round() / 100.0)
    }

    /// `value`, or a little less or more.
    fn near(&mut self, value: f64, jitter: f64) -> f64 {
        let way = self.random.below(2_001) as f64 / 1_000.0 - 1.0;
        value + way * jitter
    }
}

fn blocks(bytes: f64) -> f64 {
    (bytes / BLOCK).round() * BLOCK
}
