//! What the fuzzers share. Each is a file in `src/bin`; `fuzz/README.md` says how to run and how to add one.

/// `bytes` in two after each of their first two line feeds: what goes by line reads both halves alone.
pub fn halves(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(index, _)| index + 1);
    ends.take(2).map(|end| bytes.split_at(end))
}
