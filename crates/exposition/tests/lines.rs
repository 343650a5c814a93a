//! Line by line: what is read, and what is said of a line that is none.

use std::borrow::Cow;

use tidegate_exposition::{Format, Kind, Limits, LineErrorKind, Part, Sample, Samples};

fn read(body: &str, format: Format) -> Vec<Result<Sample<'_>, String>> {
    Samples::new(body.as_bytes(), format).map(|item| item.map_err(|error| error.to_string())).collect()
}

/// The only sample of `line`.
fn one(line: &str, format: Format) -> Sample<'_> {
    match read(line, format).as_slice() {
        [Ok(sample)] => *sample,
        other => panic!("{line:?}: {other:?}"),
    }
}

#[test]
fn samples_are_read_however_they_are_spaced() {
    for (line, name, labels, value, timestamp) in [
        ("up 1\n", "up", "", 1.0, None),
        ("up{} 1\n", "up", "", 1.0, None),
        ("  up\t{ }\t1 \t2 \r\n", "up", "", 1.0, Some(2)),
        ("a:b_9{c=\"d\"} -1.5e3 -7\n", "a:b_9", "c=d", -1500.0, Some(-7)),
        ("up{a=\"b\",c=\"d\"}3\n", "up", "a=b c=d", 3.0, None),
        ("up { a = \"b\" , c = \"d\" , } 3\n", "up", "a=b c=d", 3.0, None),
        ("up{a=\"\"} 3\n", "up", "a=", 3.0, None),
        ("up{a=\"}# ,=\"} 3\n", "up", "a=}# ,=", 3.0, None),
        ("up{a=\"1\",a=\"2\"} 3\n", "up", "a=1 a=2", 3.0, None),
        ("up{a=\"\\\"é\\\\n\\n\\x\"} 3\n", "up", "a=\"é\\n\n\\x", 3.0, None),
    ] {
        let sample = one(line, Format::Text);
        let found: Vec<String> = sample.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!((sample.name, found.join(" ")), (name, labels.to_owned()), "{line:?}");
        assert_eq!((sample.value, sample.timestamp), (value, timestamp), "{line:?}");
    }
}

#[test]
fn only_a_value_with_an_escape_is_allocated() {
    let sample = one("up{plain=\"a\",escaped=\"audit \\\"eu\\\"\"} 1\n", Format::Text);
    assert!(matches!(sample.labels.get("plain"), Some(Cow::Borrowed("a"))));
    assert_eq!(sample.labels.get("escaped"), Some(Cow::Owned("audit \"eu\"".to_owned())));
    assert_eq!(sample.labels.get("other"), None);
}

#[test]
fn times_of_openmetrics_are_seconds_and_exemplars_are_passed_over() {
    for (line, value, timestamp) in [
        ("a_total 5 1785058212.345\n", 5.0, Some(1_785_058_212_345)),
        ("a_bucket{le=\"1\"} 5 # {trace_id=\"x\"} 0.3 1785058212.1\n", 5.0, None),
        ("a_bucket{le=\"1\"} 5 1.5 # {} 0.3\n", 5.0, Some(1500)),
    ] {
        let sample = one(line, Format::OpenMetrics);
        assert_eq!((sample.value, sample.timestamp), (value, timestamp), "{line:?}");
        assert!(read(line, Format::Text)[0].is_err(), "the text format has neither: {line:?}");
    }
}

#[test]
fn a_line_that_is_none_says_where_and_what_would_be_right() {
    use LineErrorKind::{
        AfterLabel, AfterName, CutOff, LabelEnd, LabelName, LabelStart, Name, Timestamp, Trailing, Value,
    };
    for (line, kind, column, found) in [
        ("9a 1\n", Name, 1, "\"9a 1\""),
        ("{a=\"b\"} 1\n", Name, 1, "\"{a=\\\"b\\\"} 1\""),
        ("a-b 1\n", AfterName, 2, "\"-b 1\""),
        ("a\n", Value, 2, "the end of the line"),
        ("a{b=\"c\"}\n", Value, 9, "the end of the line"),
        ("a one\n", Value, 3, "\"one\""),
        ("a{9=\"c\"} 1\n", LabelName, 3, "\"9=\\\"c\\\"} 1\""),
        ("a{b:c=\"c\"} 1\n", LabelStart, 4, "\":c=\\\"c\\\"} 1\""),
        ("a{b=c} 1\n", LabelStart, 5, "\"c} 1\""),
        ("a{b=\"c} 1\n", LabelEnd, 10, "the end of the line"),
        ("a{b=\"c\\\n", LabelEnd, 8, "the end of the line"),
        ("a{b=\"c\" d=\"e\"} 1\n", AfterLabel, 9, "\"d=\\\"e\\\"} 1\""),
        ("a{,} 1\n", LabelName, 3, "\",} 1\""),
        ("a 1 1.5\n", Timestamp, 5, "\"1.5\""),
        ("a 1 2 3\n", Trailing, 7, "\"3\""),
        ("a 1 2", CutOff, 6, "the end of the line"),
        ("<!DOCTYPE html><title>502 Bad Gateway</title>\n", Name, 1, "\"<!DOCTYPE html><title>502 Bad Ga\"…"),
    ] {
        let body = format!("# one\nok 1\n{line}");
        let items: Vec<_> = Samples::new(body.as_bytes(), Format::Text).collect();
        let Some(Err(error)) = items.get(1) else { panic!("{line:?}: {items:?}") };
        assert_eq!((error.kind(), error.line(), error.column()), (kind, 3, column), "{line:?}");
        assert_eq!(error.to_string(), format!("line 3, column {column}: {kind}, found {found}"), "{line:?}");
        assert!(items[0].is_ok(), "the line before it is read");
    }
}

#[test]
fn bytes_that_are_no_characters_cost_their_line_only() {
    let mut samples = Samples::new(b"a{b=\"\xff\"} 1\nb 2\n# HELP \xff\nc 3\n", Format::Text);
    let error = samples.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 6: wanted UTF-8, found \"\\xff\\\"} 1\"");
    assert_eq!(samples.by_ref().map(|item| item.unwrap().name).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!((samples.line(), samples.skipped()), (4, 1));
}

#[test]
fn lines_and_labels_are_bounded() {
    let limits = Limits::default().with_line_bytes(20).with_labels(2).with_label_bytes(4);
    let kind = |body: &str| {
        let first = Samples::new(body.as_bytes(), Format::Text).with_limits(limits).next();
        first.map(|item| item.map(|sample| sample.value).map_err(|error| error.kind()))
    };
    assert_eq!(kind("a{b=\"\",c=\"\"} 12345 67\n"), Some(Err(LineErrorKind::LineTooLong)));
    assert_eq!(kind("a{b=\"\",c=\"\"} 12345 6\n"), Some(Ok(12_345.0)));
    assert_eq!(kind("a{b=\"\",c=\"\",d=\"\"} 1\n"), Some(Err(LineErrorKind::TooManyLabels)));
    assert_eq!(kind("a{b=\"12345\"} 1\n"), Some(Err(LineErrorKind::LabelTooLong)));
    assert_eq!(kind("a{bcdef=\"\"} 1\n"), Some(Err(LineErrorKind::LabelTooLong)));
    assert_eq!(kind("a{b=\"1234\"} 1\n"), Some(Ok(1.0)));
    assert_eq!(kind("# a comment may be as long as it likes\n"), None);
}

#[test]
fn comments_say_what_the_samples_after_them_are() {
    let body = "# TYPE h histogram\n# UNIT h seconds\n# HELP h how \\n long\nh_bucket 1\nh_sum 2\nh_count 3\nh_more 4\n\
                # TYPE c counter\nc_total 5\nc_created 6\nc 7\n# TYPE i info\ni_info 8\n\
                # TYPE g gauge\ng_total 9\n# TYPE g histogram\ng_sum 10\n# TYPE h gauge\nh 11\n# EOF\n";
    let found: Vec<_> = read(body, Format::OpenMetrics)
        .into_iter()
        .map(|sample| sample.unwrap())
        .map(|sample| (sample.value, sample.family.name, sample.family.kind, sample.part))
        .collect();
    assert_eq!(
        found,
        [
            (1.0, "h", Kind::Histogram, Part::Bucket),
            (2.0, "h", Kind::Histogram, Part::Sum),
            (3.0, "h", Kind::Histogram, Part::Count),
            (4.0, "h_more", Kind::Unknown, Part::Value),
            (5.0, "c", Kind::Counter, Part::Value),
            (6.0, "c", Kind::Counter, Part::Created),
            (7.0, "c", Kind::Counter, Part::Value),
            (8.0, "i", Kind::Info, Part::Value),
            (9.0, "g_total", Kind::Unknown, Part::Value),
            (10.0, "g", Kind::Histogram, Part::Sum),
            (11.0, "h", Kind::Gauge, Part::Value),
        ]
    );
    let first = read(body, Format::OpenMetrics).remove(0).unwrap().family;
    assert_eq!((first.unit, first.help), (Some("seconds"), Some("how \\n long")));
}

#[test]
fn a_name_is_not_taken_for_the_one_that_it_begins_with() {
    let names: Vec<_> =
        read("a 1\nab 2\na 3\na:b 4\na{} 5\n", Format::Text).into_iter().map(|sample| sample.unwrap().name).collect();
    assert_eq!(names, ["a", "ab", "a", "a:b", "a"]);
}

#[test]
fn what_repeats_is_not_taken_for_what_came_before() {
    let body = "# TYPE a gauge\na 1 2\na 1 3\n# TYPE a counter\na 1 2\n# TYPE b gauge\n# TYPE a gauge\na 1 4\n";
    let told: Vec<_> = read(body, Format::Text)
        .into_iter()
        .map(|sample| sample.unwrap())
        .map(|sample| (sample.timestamp, sample.family.kind))
        .collect();
    let wanted = [(2, Kind::Gauge), (3, Kind::Gauge), (2, Kind::Counter), (4, Kind::Gauge)];
    assert_eq!(told, wanted.map(|(timestamp, kind)| (Some(timestamp), kind)));
}
