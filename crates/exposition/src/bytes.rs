//! Bytes that names are made of.

const START: u8 = 1;
const REST: u8 = 2;
/// A colon: in names of metrics only.
const COLON: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let character = byte as u8;
        if character.is_ascii_alphabetic() || character == b'_' {
            classes[byte] = START | REST;
        } else if character.is_ascii_digit() {
            classes[byte] = REST;
        } else if character == b':' {
            classes[byte] = COLON;
        }
        byte += 1;
    }
    classes
};

fn is_of(byte: u8, classes: u8) -> bool {
    CLASSES[usize::from(byte)] & classes != 0
}

pub(crate) fn is_in_metric_name(byte: u8) -> bool {
    is_of(byte, REST | COLON)
}

/// Where the name of a metric that begins at `start` ends: there, when none does.
pub(crate) fn metric_name_end(bytes: &[u8], start: usize) -> usize {
    name_end(bytes, start, COLON)
}

/// Where the name of a label that begins at `start` ends: there, when none does.
pub(crate) fn label_name_end(bytes: &[u8], start: usize) -> usize {
    name_end(bytes, start, 0)
}

#[inline]
fn name_end(bytes: &[u8], start: usize, more: u8) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    if rest.first().is_none_or(|first| !is_of(*first, START | more)) {
        return start;
    }
    start + rest.iter().position(|byte| !is_of(*byte, REST | more)).unwrap_or(rest.len())
}

/// The first byte from `at` on that is neither a space nor a tab; the length of `bytes` where there is none.
#[inline]
pub(crate) fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    at
}

/// The first blank from `at` on; the length of `bytes` where there is none.
#[inline]
pub(crate) fn token_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b' ' | b'\t')) {
        at += 1;
    }
    at
}
