use tidegate_event::Signal;

/// About how many bytes `signals` take in memory. Never 0, so that even empty calls are bounded.
pub(crate) fn size_bytes(signals: &[Signal]) -> usize {
    size_of::<Vec<Signal>>() + signals.iter().map(Signal::size_bytes).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use tidegate_event::Resource;

    use super::*;

    #[test]
    fn every_signal_counts_and_none_at_all_does_too() {
        let long = Signal::Restored { resource: Resource::new().with_node("x".repeat(10_000)) };
        assert!(size_bytes(&[long.clone(), long]) > 20_000);
        assert!(size_bytes(&[]) > 0);
    }
}
