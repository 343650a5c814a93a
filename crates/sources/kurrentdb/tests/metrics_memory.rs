//! However an answer is made, reading it takes a bounded amount of memory.

use chrono::DateTime;
use peak_alloc::PeakAlloc;
use tidegate_event::Resource;
use tidegate_source_kurrentdb::metrics::{Reader, ReaderOptions};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MB: f32 = 1_000_000.0;

/// The most memory that reading `line` again and again takes, in MB, and how many samples pass.
fn read(line: impl Fn(usize) -> String) -> (f32, usize) {
    let mut body = String::with_capacity(Reader::MOST_BYTES);
    for number in 0.. {
        let line = line(number);
        if body.len() + line.len() > Reader::MOST_BYTES {
            break;
        }
        body += &line;
    }
    let mut reader = Reader::new(ReaderOptions::new(Resource::new()));
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let samples =
        reader.read(body.as_bytes(), "text/plain", DateTime::UNIX_EPOCH).map_or(0, |scrape| scrape.samples.len());
    ((ALLOCATOR.peak_usage() - before) as f32 / MB, samples)
}

// One test, since all would share the counter.
#[test]
fn memory_is_bounded_whatever_is_in_an_answer() {
    let many_labels = (0..32).map(|number| format!("l{number}=\"\"")).collect::<Vec<_>>().join(",");
    let long = "x".repeat(4_000);
    for (what, (megabytes, samples), most) in [
        ("short samples", read(|_| "a 1\n".to_owned()), 50_000),
        ("a name each", read(|number| format!("a{number} 1\n")), 50_000),
        ("a label each", read(|number| format!("a{{b=\"{number}\"}} 1\n")), 50_000),
        ("many labels", read(|_| format!("a{{{many_labels}}} 1\n")), 50_000),
        ("long labels", read(|number| format!("a{{b=\"{number}{long}\"}} 1\n")), 50_000),
        ("volumes", read(|number| format!("kurrentdb_sys_disk_bytes{{disk=\"{number}\",kind=\"used\"}} 1\n")), 1),
        ("statuses", read(|number| format!("kurrentdb_statuses{{name=\"{number}\",status=\"{long}\"}} 1\n")), 50_000),
        ("no samples", read(|number| format!("{number}\n")), 0),
    ] {
        println!("{what}: {megabytes:.1} MB, {samples} samples");
        assert!(megabytes < 80.0 && samples <= most, "{what}: {megabytes} MB, {samples} samples");
    }
}
