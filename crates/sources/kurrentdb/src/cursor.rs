use tidegate_event::Cursor;

/// What is kept over a restart: how many voters there should be, as long as the same nodes are configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) voters: u32,
    pub(crate) nodes: u64,
}

impl Kept {
    /// What a cursor of ours says; of another one nothing.
    pub(crate) fn read(cursor: &Cursor) -> Option<Self> {
        let (voters, nodes) = cursor.as_str().strip_prefix("voters=")?.split_once(" nodes=")?;
        Some(Self { voters: voters.parse().ok()?, nodes: u64::from_str_radix(nodes, 16).ok()? })
    }

    pub(crate) fn cursor(self) -> Cursor {
        Cursor::new(format!("voters={} nodes={:x}", self.voters, self.nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let kept = Kept { voters: 3, nodes: 0xfeed };
        assert_eq!(Kept::read(&kept.cursor()), Some(kept));
        for text in ["", "3", "voters=3", "voters=x nodes=1", "voters=3 nodes=x"] {
            assert_eq!(Kept::read(&Cursor::new(text)), None, "{text}");
        }
    }
}
