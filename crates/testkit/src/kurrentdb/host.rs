use std::time::Duration;

use super::Version;

/// The averages of a kernel, in minutes.
const AVERAGED_OVER: [f64; 3] = [1.0, 5.0, 15.0];
const GIB: u64 = 1 << 30;

/// The machine under a node.
#[derive(Debug, Clone)]
pub(super) struct Host {
    /// How many tasks want to run; the averages follow it.
    pub(super) tasks: f64,
    /// Of 1, 5 and 15 minutes.
    pub(super) load: [f64; 3],
    /// In percent of the machine.
    pub(super) cpu: f64,
    pub(super) memory_total: u64,
    pub(super) memory_used: u64,
    /// Where the volume of data is mounted.
    pub(super) mount: String,
    pub(super) disk_size: u64,
    pub(super) disk_used: f64,
    /// In bytes a second.
    pub(super) disk_growth: f64,
}

impl Host {
    pub(super) fn new(version: Version) -> Self {
        Self {
            tasks: 1.2,
            load: [1.2; 3],
            cpu: 12.5,
            memory_total: 64 * GIB,
            memory_used: 43 * GIB,
            mount: version.data_folder().to_owned(),
            disk_size: 500 * GIB,
            disk_used: 300.0 * GIB as f64,
            disk_growth: 0.0,
        }
    }

    pub(super) fn pass(&mut self, time: Duration) {
        for (load, minutes) in self.load.iter_mut().zip(AVERAGED_OVER) {
            let kept = (-time.as_secs_f64() / (60.0 * minutes)).exp();
            *load = *load * kept + self.tasks * (1.0 - kept);
        }
        let size = self.disk_size as f64;
        self.disk_used = (self.disk_used + self.disk_growth * time.as_secs_f64()).clamp(0.0, size);
    }

    /// The averages as a kernel writes them.
    pub(super) fn shown_load(&self) -> [f64; 3] {
        self.load.map(|load| (load * 100.0).round() / 100.0)
    }
}
