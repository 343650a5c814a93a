//! Lines of KurrentDB's log: any bytes, line by line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_source_tail::fuzzing;

fuzz_target!(|lines: &[u8]| {
    for line in lines.split(|byte| *byte == b'\n') {
        fuzzing::clef(line);
    }
});
