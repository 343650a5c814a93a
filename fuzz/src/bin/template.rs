//! Message templates: any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_source_tail::fuzzing;

fuzz_target!(|text: &[u8]| fuzzing::template(text));
