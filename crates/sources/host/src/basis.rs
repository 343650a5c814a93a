use crate::cores::{self, Cores};
use crate::memory;
use crate::roots::Roots;

/// What the figures of a [`Host`](crate::Host) are of, for people who would take them for others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Basis {
    /// Each logical core counts, since the machine does not tell its physical ones.
    pub logical_cores: bool,
    /// The bytes of memory that the machine has, where the limit of a control group is the total instead.
    pub machine_memory: Option<u64>,
}

impl Basis {
    pub(crate) fn of(roots: &Roots, bounded: bool) -> Self {
        let logical_cores = matches!(cores::cores(roots), Ok(Cores::Logical(_)));
        let total = |bounded| memory::memory(roots, bounded).ok().map(|memory| memory.total);
        let machine_memory = total(false).filter(|machine| total(bounded).is_some_and(|total| total < *machine));
        Self { logical_cores, machine_memory }
    }
}
