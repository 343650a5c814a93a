//! Answers of `GET /gossip`: any bytes, of up to three nodes with a zero byte between two of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_source_kurrentdb::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let bodies: Vec<&[u8]> = bytes.splitn(3, |byte| *byte == 0).collect();
    fuzzing::gossip(&bodies);
});
