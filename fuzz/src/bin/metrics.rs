//! What the KurrentDB source makes of any answer of `/metrics`.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use tidegate_event::{Resource, Sample};
use tidegate_source_kurrentdb::metrics::{Reader, ReaderOptions, Scrape};

fuzz_target!(|body: &[u8]| {
    let options = || ReaderOptions::new(Resource::new().with_node("a")).with_include(["*", "*_bucket"]);
    for options in [options(), options().with_physical_memory(64 << 30), options().with_standard(false)] {
        for content_type in ["text/plain", "application/openmetrics-text"] {
            let mut reader = Reader::new(options.clone());
            let Ok(scrape) = reader.read(body, content_type, DateTime::UNIX_EPOCH) else { continue };
            is_sound(&scrape);
            // The second time it knows the volumes, and they rest.
            let again = reader.read(body, content_type, DateTime::UNIX_EPOCH);
            assert_eq!(again, Ok(scrape), "what it remembers changes nothing");
        }
    }
});

fn is_sound(scrape: &Scrape) {
    let value = |name: &str| scrape.samples.iter().find(|sample| &*sample.name == name).map(Sample::value);
    for sample in &scrape.samples {
        assert!(sample.value().is_finite());
        assert!(["kurrentdb.", "system."].iter().any(|prefix| sample.name.starts_with(prefix)), "{}", sample.name);
        assert!(!sample.name.starts_with("system.") || sample.value() >= 0.0, "{sample:?}");
    }
    if let (Some(used), Some(total)) = (value("system.memory.used"), value("system.memory.total")) {
        assert!(used <= total);
    }
    assert!(scrape.first_fault.is_some() == (scrape.faults > 0));
}
