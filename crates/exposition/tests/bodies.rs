//! Whole bodies: those of the server, and any bytes at all.

use std::path::Path;

use proptest::prelude::*;
use tidegate_exposition::{Format, Part, Sample, Samples};

/// Name, content and format of each body of KurrentDB.
fn fixtures() -> Vec<(String, String, Format)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/kurrentdb/tests/fixtures/metrics");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    files
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let format = if name.contains("openmetrics") { Format::OpenMetrics } else { Format::Text };
            (name, std::fs::read_to_string(&path).expect("a body"), format)
        })
        .collect()
}

/// A sample without what stands around it.
fn alone(sample: &Sample<'_>) -> (String, Vec<(String, String)>, u64, Option<i64>) {
    let labels = sample.labels.iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
    let value = if sample.value.is_nan() { f64::NAN } else { sample.value };
    (sample.name.to_owned(), labels, value.to_bits(), sample.timestamp)
}

/// Whether it is on 26 July 2026, when all bodies were scraped.
fn is_of_july(timestamp: i64) -> bool {
    (1_785_024_000_000..1_785_110_400_000).contains(&timestamp)
}

#[test]
fn every_line_of_the_server_is_read() {
    let bodies = fixtures();
    assert_eq!(bodies.len(), 12);
    for (name, body, format) in bodies {
        let mut samples = Samples::new(body.as_bytes(), format);
        let read: Vec<_> =
            samples.by_ref().map(|item| item.unwrap_or_else(|error| panic!("{name}: {error}"))).collect();
        let wanted: Vec<&str> = body.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(read.len(), wanted.len(), "{name}");
        assert!(samples.has_ended() && samples.skipped() == 0, "{name}");
        for (sample, line) in read.iter().zip(wanted) {
            let label_bytes: usize = sample.labels.iter().map(|(label, value)| label.len() + value.len()).sum();
            assert!(line.starts_with(sample.name) && line.matches("=\"").count() == sample.labels.iter().count());
            assert!(line.len() > sample.name.len() + label_bytes, "{line}");
            assert!(sample.timestamp.is_some_and(is_of_july) || sample.name.ends_with("_info"), "{line}");
            assert!(!sample.name.ends_with("_duration_seconds_sum") || sample.part == Part::Sum, "{line}");
        }
    }
}

#[test]
fn both_formats_of_one_scrape_tell_the_same() {
    let bodies = fixtures();
    let read = |name: &str| {
        let (_, body, format) = bodies.iter().find(|(candidate, ..)| candidate == name).expect("a fixture");
        let samples = Samples::new(body.as_bytes(), *format).map(|item| alone(&item.expect("a sample")));
        samples.filter(|(name, ..)| !name.ends_with("_info")).collect::<Vec<_>>()
    };
    assert_eq!(read("v26.1-leader.prom"), read("v26.1-leader.openmetrics.prom"));
}

fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b_total",
        "{",
        "}",
        "=",
        "\"",
        "\\",
        ",",
        " ",
        "\n",
        "\r\n",
        "#",
        "# TYPE a counter\n",
        "# EOF\n",
        "é",
        "1",
        "2.5e-3",
        "NaN",
        "+Inf",
        "c=\"d\"",
        "a{le=\"1\"} 2 3\n",
        "a{c=\"",
        "\"} 1\n",
        "\t",
        ":",
    ];
    prop::sample::select(pieces.map(str::to_owned).to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2048) })]

    #[test]
    fn no_bytes_make_it_fail_and_lines_are_in_range(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in [Format::Text, Format::OpenMetrics] {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            for error in Samples::new(&bytes, format).filter_map(Result::err) {
                prop_assert!((1..=lines).contains(&error.line()));
            }
        }
    }

    #[test]
    fn what_is_read_is_read_again_from_how_it_is_written(pieces in prop::collection::vec(piece(), 0..60)) {
        let body = pieces.concat();
        let read: Vec<_> = Samples::new(body.as_bytes(), Format::Text).filter_map(Result::ok).collect();
        let written: String = read.iter().flat_map(|sample| [sample.to_string(), "\n".to_owned()]).collect();
        let again: Vec<_> = Samples::new(written.as_bytes(), Format::Text).map(|item| alone(&item.unwrap())).collect();
        prop_assert_eq!(again, read.iter().map(alone).collect::<Vec<_>>());
    }

    #[test]
    fn a_body_is_its_halves(first in prop::collection::vec(piece(), 0..30), second in prop::collection::vec(piece(), 0..30)) {
        let halves = [first.concat() + "\n", second.concat()];
        let read = |body: &str| Samples::new(body.as_bytes(), Format::Text)
            .map(|item| item.map(|sample| alone(&sample)).map_err(|error| error.kind()))
            .collect::<Vec<_>>();
        prop_assert_eq!([read(&halves[0]), read(&halves[1])].concat(), read(&halves.concat()));
    }
}
