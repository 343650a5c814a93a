use crate::cgroup;
use crate::roots::{Measured, Roots, malformed, read};

/// Memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) total: u64,
    pub(crate) used: u64,
    /// The swap space of the machine, where it has any and no limit holds.
    pub(crate) swap: Option<Swap>,
}

/// Swap space, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Swap {
    pub(crate) total: u64,
    pub(crate) used: u64,
}

/// The memory that there is for what runs here: the machine's, or where it is less and `bounded`, what the control
/// group allows.
pub(crate) fn memory(roots: &Roots, bounded: bool) -> Measured<Memory> {
    let machine = machine(roots)?;
    if bounded && let Some(group) = cgroup::tightest(roots, machine.total)? {
        return Ok(Memory { total: group.limit, used: group.used()?, swap: None });
    }
    Ok(machine)
}

fn machine(roots: &Roots) -> Measured<Memory> {
    let path = roots.proc("meminfo");
    let text = read(&path)?;
    let bytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib: u64 = line?.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kib.checked_mul(1024)
    };
    let wanted = |name: &str| bytes(name).ok_or_else(|| format!("{} does not tell {name} in kB", path.display()));
    let (total, available) = (wanted("MemTotal")?, wanted("MemAvailable")?);
    if total == 0 {
        return Err(malformed(&path, "MemTotal: 0 kB", "how much memory there is"));
    }
    let swap = |total: u64| Some(Swap { total, used: total.saturating_sub(bytes("SwapFree")?) });
    let swap = bytes("SwapTotal").filter(|total| *total > 0).and_then(swap);
    Ok(Memory { total, used: total.saturating_sub(available), swap })
}
