//! Answers that no server gives, or only a broken one.

use tidegate_event::Signal;
use tidegate_source_kurrentdb::metrics::Figure::{Cores, Filesystem, Load, Memory, MemoryTotal};
use tidegate_source_kurrentdb::metrics::{Figure, MetricsErrorKind, Reader, Scrape};

use super::{TEXT, at, fixture, node, options, read, value};

fn why(scrape: &Scrape, figure: Figure) -> &str {
    scrape.untold.iter().find(|untold| untold.figure == figure).map_or("", |untold| &untold.why)
}

fn error(body: &[u8], content_type: &str) -> (MetricsErrorKind, String) {
    let error = Reader::new(options()).read(body, content_type, at()).expect_err("nothing can be read");
    (error.kind(), error.to_string())
}

#[test]
fn what_is_no_answer_is_one_clear_error() {
    let html = "<html>\n<title>502 Bad Gateway</title>\n</html>\n";
    let mut binary: Vec<u8> =
        (0..2_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    binary[0] = 0xff;
    for (body, content_type, kind, words) in [
        (
            html.as_bytes(),
            "text/html; charset=utf-8",
            MetricsErrorKind::ContentType,
            "not metrics: found content type \"text/html; charset=utf-8\", wanted text/plain or application/openmetrics-text",
        ),
        (
            html.as_bytes(),
            TEXT,
            MetricsErrorKind::Malformed,
            "metrics cannot be read: no line of it is a sample; the first is line 1, column 1: wanted the name of a metric \
             ([a-zA-Z_:][a-zA-Z0-9_:]*), found \"<html>\"",
        ),
        (&binary, TEXT, MetricsErrorKind::Malformed, "line 1, column 1: wanted UTF-8"),
        (&vec![b'a'; 20_000_000], TEXT, MetricsErrorKind::TooLarge, "found 20000000 bytes, wanted at most 16777216"),
        (&vec![b'a'; 16_000_000], TEXT, MetricsErrorKind::Malformed, "wanted a shorter line, found \"aaaa"),
        (b"", TEXT, MetricsErrorKind::Empty, "no metrics: the server keeps none: its metricsconfig.json has no Meters"),
        (b"# EOF\n", "", MetricsErrorKind::Empty, "ExpectedScrapeIntervalSeconds is 0"),
    ] {
        let found = error(body, content_type);
        assert_eq!(found.0, kind, "{}", found.1);
        assert!(found.1.contains(words) && found.1.len() < 400, "{}", found.1);
    }
}

#[test]
fn a_line_that_is_none_costs_no_other() {
    let body = fixture("v26.1-leader.prom");
    let whole = read(&body, options()).expect("a scrape");
    let broken =
        body.replacen("# TYPE kurrentdb_sys_load_avg", "half a line{\n\u{0}\n# TYPE kurrentdb_sys_load_avg", 1);
    let scrape = read(&broken, options()).expect("a scrape");
    assert_eq!(scrape.samples, whole.samples);
    assert_eq!(scrape.faults, 2);
    assert!(scrape.first_fault.is_some_and(|fault| fault.line() > 100 && fault.column() == 6));
}

#[test]
fn a_body_that_is_cut_off_says_so_and_its_last_figure_does_not_count() {
    let body = fixture("v26.1-disk-92.prom");
    let cut = body.find("kind=\"total\"} 5368709120").expect("the size") + "kind=\"total\"} 536".len();
    let scrape = read(&body[..cut], options()).expect("a scrape");
    assert!(scrape.is_cut && scrape.faults == 1, "{scrape:?}");
    assert_eq!(value(&scrape, "system.filesystem.size"), None, "not 536");
    assert_eq!(value(&scrape, "system.load.1m"), Some(3.42));
    assert!(!read(&body, options()).expect("a scrape").is_cut);
}

#[test]
fn a_server_without_system_metrics_says_what_is_missing() {
    let scrape = read("kurrentdb_elections_count_total 1\n", options()).expect("a scrape");
    let figures: Vec<_> = scrape.untold.iter().map(|untold| untold.figure).collect();
    assert_eq!(figures, [Cores, Load, Memory, MemoryTotal, Filesystem]);
    for untold in &scrape.untold {
        assert!(!untold.why.ends_with('.') && !untold.why.contains("  "), "{untold}");
        let Signal::Gap { resource, why } = untold.gap(&node()) else { panic!("a gap") };
        assert_eq!(resource, node().with_part(untold.figure.part()));
        assert_eq!(why, untold.why);
    }
    assert!(why(&scrape, Cores).contains("physical_cores") && why(&scrape, MemoryTotal).contains("physical_memory"));
    assert_eq!(Reader::new(options()).untold(), scrape.untold[..1], "known before the server was asked");
    assert!(Reader::new(options().with_physical_cores(4)).untold().is_empty());
    assert!(Reader::new(options().with_standard(false)).untold().is_empty());
}

#[test]
fn more_free_memory_than_there_is_cannot_be_computed_and_is_said() {
    let body = fixture("v26.1-memory-free-exceeds-total.prom");
    let scrape = read(&body, options().with_physical_memory(41_231_686_041)).expect("a scrape");
    assert_eq!(value(&scrape, "system.memory.used"), None, "never below zero");
    assert_eq!(
        why(&scrape, Memory),
        "it cannot be computed: 55.0 GiB are free, which is more than the 38.4 GiB that physical_memory says there are"
    );

    let old = body.replace("kurrentdb_", "eventstore_");
    let old = old.replace("otel_scope_name=\"KurrentDB.Core\",otel_scope_version=\"1.0.0\",", "");
    let scrape = read(&old, options()).expect("a scrape");
    assert_eq!(value(&scrape, "system.memory.used"), None);
    assert!(
        why(&scrape, Memory).ends_with("more than the 38.4 GiB that the server says there are"),
        "{:?}",
        scrape.untold
    );
}

#[test]
fn a_total_is_trusted_only_with_both_signs_of_an_old_server() {
    let old = "eventstore_sys_mem_bytes{kind=\"free\"} 1\neventstore_sys_mem_bytes{kind=\"total\"} 4\n";
    let scoped = old.replace('{', "{otel_scope_name=\"EventStore.Core\",");
    for (body, total) in [
        (old.to_owned(), Some(4.0)),
        (old.replace("eventstore", "kurrentdb"), None),
        (scoped, None),
        (old.replace("} 4", "} 0"), None),
        (old.replace("eventstore_", ""), None),
    ] {
        let scrape = read(&body, options()).expect("a scrape");
        assert_eq!(value(&scrape, "system.memory.total"), total, "{body}");
        assert_eq!(why(&scrape, MemoryTotal).is_empty(), total.is_some(), "{body}");
    }
}

#[test]
fn values_that_are_not_finite_are_left_out_and_counted() {
    let body = "kurrentdb_a 1\nkurrentdb_b Nan\nkurrentdb_c +Inf\nkurrentdb_d -Inf\nkurrentdb_sys_load_avg{period=\"1m\"} Nan\n";
    let scrape = read(body, options()).expect("a scrape");
    assert_eq!((scrape.samples.len(), scrape.not_finite), (1, 3));
    assert!(!why(&scrape, Load).is_empty());
}

#[test]
fn samples_beyond_the_bound_are_counted_and_standard_ones_pass() {
    let body = "kurrentdb_a 1\nkurrentdb_b 1\nkurrentdb_c 1\nkurrentdb_sys_load_avg{period=\"1m\"} 2\n";
    let scrape = read(body, options().with_most_samples(2)).expect("a scrape");
    assert_eq!((scrape.samples.len(), scrape.over), (3, 1));
    assert_eq!(value(&scrape, "system.load.1m"), Some(2.0));
}
