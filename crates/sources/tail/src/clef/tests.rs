use serde_json::json;

use super::*;

const LINE: &str = r#"{"@t":"2026-07-25T00:01:06.7521999+02:00","@mt":"Node [{node}] is {state,-6}|","@l":"Warning","@i":1,"@x":"a\n  b","node":"n\u0031","state":"DEAD","SourceContext":"Gossip","Ratio":1E-07,"Big":18446744073709551615,"Sub":{"a":[1]}}"#;

fn clef() -> Clef {
    Clef::new(Resource::new().with_cluster("orders").with_node("10.0.0.1:2113"))
}

fn read(line: &str) -> LogRecord {
    clef().read(line.as_bytes(), DateTime::UNIX_EPOCH)
}

fn message(line: &str) -> String {
    let record = read(line);
    assert!(record.flags.is_empty(), "{record:?}");
    record.message
}

fn rendered(template: &str, properties: &str) -> String {
    let template = serde_json::to_string(template).expect("a string");
    message(&format!(r#"{{"@t":"2026-07-25T00:00:01.0000000Z","@mt":{template},{properties}}}"#))
}

#[test]
fn every_part_of_a_line_finds_its_place() {
    let record = read(LINE);
    assert_eq!(record.resource.to_string(), "node 10.0.0.1:2113 of cluster orders");
    assert_eq!(record.at.to_rfc3339(), "2026-07-24T22:01:06.752+00:00");
    assert_eq!(record.level, Some(LogLevel::Warning));
    assert_eq!(record.message, "Node [n1] is DEAD  |");
    assert_eq!(record.exception.as_deref(), Some("a\n  b"));
    let fields = json!({
        "node": "n1", "state": "DEAD", "SourceContext": "Gossip", "Ratio": 1e-7, "Big": u64::MAX, "Sub": {"a": [1]}
    });
    assert_eq!(serde_json::Value::Object(record.fields), fields);
    assert!(record.flags.is_empty());
}

#[test]
fn values_are_written_as_the_console_writes_them() {
    assert_eq!(rendered("{a} {b} {c} {d}", r#""a":true,"b":false,"c":null,"d":"q\"t""#), "True False null q\"t");
    assert_eq!(rendered("{a}|{b}|{c}", r#""a":1.50,"b":-0,"c":9223372036854775807"#), "1.50|-0|9223372036854775807");
    assert_eq!(rendered("{a}", r#""a":{ "x" : [ true, "\u00e4\u0001" ] }"#), r#"{"x":[true,"ä\u0001"]}"#);
    assert_eq!(rendered("{b} {a} {b}", r#""a":1,"b":2"#), "2 1 2");
}

#[test]
fn width_is_in_units_of_utf_16() {
    assert_eq!(rendered("[{a,4}] [{a,-4}] [{a,1}]", r#""a":"😀x""#), "[ 😀x] [😀x ] [😀x]");
    assert_eq!(rendered("[{a,3}]", r#""a":"ä""#), "[  ä]");
}

#[test]
fn a_hole_with_a_format_takes_what_the_writer_rendered() {
    assert_eq!(rendered("{a:N0} {b} {c,9:X}", r#""@r":["1,000","  {FF}"],"a":1000,"b":2,"c":255"#), "1,000 2   {FF}");
    // Where it rendered too few, or not a text, the value stands as without a format.
    assert_eq!(rendered("{a:N0} {b:N0}", r#""@r":["1,000"],"a":1000,"b":2000"#), "1,000 2000");
    assert_eq!(rendered("{a:N0} {b:N0}", r#""@r":[7],"a":1000,"b":2000"#), "1000 2000");
    assert_eq!(rendered("{a:N0}", r#""a":1000"#), "1000");
}

#[test]
fn lines_that_the_cloud_forwards_have_other_names() {
    let line = r#"{"@t":"2026-07-25T00:00:01.0Z","messageTmpl":"up after {s} s","@l":"Debug","s":3,"@host":"n2"}"#;
    let record = Clef::new(Resource::new().with_cluster("orders")).read(line.as_bytes(), DateTime::UNIX_EPOCH);
    assert_eq!(record.message, "up after 3 s");
    assert_eq!(record.resource.node.as_deref(), Some("n2"));
    assert_eq!(serde_json::Value::Object(record.fields), json!({"s": 3}));
    assert_eq!(read(line).resource.node.as_deref(), Some("10.0.0.1:2113"), "what is configured counts");

    assert_eq!(message(r#"{"@t":"2026-07-25T00:00:01.0Z","message":"up","@l":"Debug"}"#), "up");
    assert_eq!(message(r#"{"@t":"2026-07-25T00:00:01.0Z","@m":"up {s}","s":3}"#), "up {s}");
}

#[test]
fn what_is_not_such_a_line_passes_as_it_is_with_what_could_be_read() {
    let not =
        ["", "plain", "{}", "[1]", r#"{"@mt":"a"}"#, r#"{"@t":"2026-07-25T00:00:01.0Z"}"#, r#"{"@t":"x","@mt":"a"}"#];
    for line in not.into_iter().chain([&LINE[1..], &LINE[..LINE.len() - 1], &format!("{LINE},")]) {
        let record = read(line);
        assert_eq!(record.message, line);
        assert!(record.flags.contains(&LogFlag::Unparsed), "{line}");
        assert!(record.fields.is_empty());
    }
    let cut = read(&LINE[..LINE.len() - 10]);
    assert_eq!(cut.level, Some(LogLevel::Warning));
    assert_eq!(cut.at.to_rfc3339(), "2026-07-24T22:01:06.752+00:00");
    assert_eq!(read("plain").at, DateTime::UNIX_EPOCH);
}

#[test]
fn what_is_not_utf_8_is_replaced_and_flagged() {
    let line = b"{\"@t\":\"2026-07-25T00:00:01.0Z\",\"@mt\":\"a \xff b\"}";
    let record = clef().read(line, DateTime::UNIX_EPOCH);
    assert_eq!(record.message, "a \u{FFFD} b");
    assert_eq!(record.flags.into_iter().collect::<Vec<_>>(), [LogFlag::InvalidUtf8]);
}

#[test]
fn a_message_that_grows_without_end_is_cut() {
    let value = "x".repeat(100_000);
    let line = format!(r#"{{"@t":"2026-07-25T00:00:01.0Z","@mt":"{}","a":"{value}"}}"#, "{a}".repeat(10_000));
    let record = read(&line);
    assert!(record.message.len() < 1_100_000, "{}", record.message.len());
    assert!(record.message.ends_with("x…"));
    assert!(record.flags.contains(&LogFlag::Truncated));
}

#[test]
fn levels_that_nobody_wants_are_passed_over() {
    let mut clef = clef().with_min_level(LogLevel::Warning);
    let mut read = |level: &str| {
        let line = LINE.replace("Warning", level);
        clef.read_wanted(line.as_bytes(), DateTime::UNIX_EPOCH).is_some()
    };
    assert!(!read("Information"));
    assert!(read("Warning"));
    assert!(read("Fatal"));
    assert!(read("Unheard"), "who knows");
}

#[test]
fn a_template_without_properties_says_what_it_said() {
    for text in ["a {b} {c,5:N0} {@d} {} {x y} }", "{", "}", "{a", "ä{ö}", ""] {
        assert_eq!(fuzz_template(text), text);
    }
}
