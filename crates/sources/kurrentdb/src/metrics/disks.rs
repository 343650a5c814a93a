use std::collections::BTreeMap;

/// How many volumes are remembered: a server tells one, and those that it told before.
const MOST: usize = 16;

/// Bytes of a volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Space {
    pub(crate) used: f64,
    pub(crate) size: f64,
}

/// The volumes that the server told, and when their figures moved.
///
/// A series stays with its last value until the server starts anew. So of two volumes one may be long gone, and only that
/// its figures do not move tells which.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disks {
    round: u64,
    known: BTreeMap<String, Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    space: Space,
    /// The round in which it moved last, or was first seen beside others; 0 for never.
    moved: u64,
    seen: u64,
}

impl Disks {
    /// The volumes that count, of all that are told now.
    pub(crate) fn live(&mut self, told: BTreeMap<String, Space>) -> Vec<(String, Space)> {
        let is_first = self.known.is_empty();
        self.round += 1;
        for (mount_point, space) in told {
            if self.known.len() >= MOST && !self.known.contains_key(&mount_point) {
                continue;
            }
            let moved = if is_first { 0 } else { self.round };
            let known = self.known.entry(mount_point).or_insert(Known { space, moved, seen: 0 });
            if known.space != space {
                known.moved = self.round;
            }
            known.space = space;
            known.seen = self.round;
        }
        self.known.retain(|_, known| known.seen == self.round);
        let latest = self.known.values().map(|known| known.moved).max();
        let live = self.known.iter().filter(|(_, known)| Some(known.moved) == latest);
        live.map(|(mount_point, known)| (mount_point.clone(), known.space)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(disks: &mut Disks, told: &[(&str, f64)]) -> Vec<String> {
        let told = told.iter().map(|(name, used)| ((*name).to_owned(), Space { used: *used, size: 100.0 }));
        disks.live(told.collect()).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_volume_whose_figures_moved_last_counts() {
        let mut disks = Disks::default();
        assert_eq!(live(&mut disks, &[("/new", 1.0), ("/old", 1.0)]), ["/new", "/old"], "nothing tells yet");
        assert_eq!(live(&mut disks, &[("/new", 1.0), ("/old", 1.0)]), ["/new", "/old"]);
        assert_eq!(live(&mut disks, &[("/new", 2.0), ("/old", 1.0)]), ["/new"]);
        assert_eq!(live(&mut disks, &[("/new", 2.0), ("/old", 1.0)]), ["/new"], "it rests for a while");
        assert_eq!(live(&mut disks, &[("/new", 2.0), ("/old", 3.0)]), ["/old"]);
        assert_eq!(live(&mut disks, &[("/new", 2.0)]), ["/new"], "the server started anew");
        assert_eq!(live(&mut disks, &[("/new", 2.0), ("/newer", 2.0)]), ["/newer"], "what appears is what is there");
        assert!(live(&mut disks, &[]).is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let names: Vec<String> = (0..100).map(|number| format!("/{number}")).collect();
        let told: Vec<_> = names.iter().map(|name| (&**name, 1.0)).collect();
        assert_eq!(live(&mut Disks::default(), &told).len(), MOST);
    }
}
