//! The exposition formats: any bytes are read without a panic, and what was read is read again from how it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_exposition::{Format, Limits, LineErrorKind, Sample, Samples};
use tidegate_fuzz::halves;

const LONGEST_WORDS: usize = 300;

fuzz_target!(|body: &[u8]| {
    for format in [Format::Text, Format::OpenMetrics] {
        in_range(body, format);
        for (first, second) in halves(body) {
            let apart = [read(first, format), read(second, format)].concat();
            assert_eq!(apart, read(body, format), "a body is its halves");
        }
    }
    written_and_read(body);
});

/// What a sample says by itself: name, labels, the bits of its value, time.
type Alone = (String, Vec<(String, String)>, u64, Option<i64>);

fn alone(sample: &Sample<'_>) -> Alone {
    let labels = sample.labels.iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
    let value = if sample.value.is_nan() { f64::NAN } else { sample.value };
    (sample.name.to_owned(), labels, value.to_bits(), sample.timestamp)
}

fn read(body: &[u8], format: Format) -> Vec<Result<Alone, LineErrorKind>> {
    let samples = Samples::new(body, format);
    samples.map(|item| item.map(|sample| alone(&sample)).map_err(|error| error.kind())).collect()
}

fn in_range(body: &[u8], format: Format) {
    let limits = Limits::default();
    let all: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    let mut samples = Samples::new(body, format).with_limits(limits);
    let (mut items, mut last) = (0, 0);
    while let Some(item) = samples.next() {
        items += 1;
        assert!(samples.line() > last, "each item is a line of its own");
        last = samples.line();
        match item {
            Ok(sample) => is_sound(&sample, &limits),
            Err(error) => {
                assert_eq!(error.line(), last);
                assert!((1..=all[last - 1].len() + 1).contains(&error.column()), "{error}");
                assert!(error.to_string().len() < LONGEST_WORDS, "{error}");
            }
        }
    }
    assert!(samples.line() <= all.len() && items + samples.skipped() <= samples.line());
}

fn is_sound(sample: &Sample<'_>, limits: &Limits) {
    let is_name = |name: &str, more: &str| {
        !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || more.contains(character))
    };
    assert!(is_name(sample.name, "_:") && sample.name.starts_with(sample.family.name), "{sample:?}");
    assert!(sample.labels.iter().count() <= limits.labels);
    for (name, value) in &sample.labels {
        assert!(is_name(name, "_") && name.len().max(value.len()) <= limits.label_bytes, "{sample:?}");
        assert!(sample.labels.get(name).is_some());
    }
}

fn written_and_read(body: &[u8]) {
    let samples: Vec<_> = Samples::new(body, Format::Text).filter_map(Result::ok).collect();
    let written: String = samples.iter().flat_map(|sample| [sample.to_string(), "\n".to_owned()]).collect();
    // Escapes may make a line longer.
    let limits = Limits::default().with_line_bytes(usize::MAX).with_label_bytes(usize::MAX);
    let again = Samples::new(written.as_bytes(), Format::Text).with_limits(limits);
    let again: Vec<_> = again.map(|item| alone(&item.expect("what was written is read"))).collect();
    assert_eq!(again, samples.iter().map(alone).collect::<Vec<_>>());
}
