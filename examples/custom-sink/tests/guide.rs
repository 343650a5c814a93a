//! What the guide quotes of this example stands there as it is here.

/// The guide, and the files that it may quote.
const GUIDE: &str = include_str!("../../../docs/guide/writing-a-sink.md");
const FILES: [&str; 2] = [include_str!("../src/lib.rs"), include_str!("kit.rs")];

#[test]
fn every_quotation_is_as_in_the_code() {
    let quoted: Vec<&str> = GUIDE.split("```rs\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(quoted.len(), 3, "quotations");
    for quotation in quoted {
        assert!(FILES.iter().any(|file| file.contains(quotation)), "this is not in the example any more:\n{quotation}");
    }
}

#[test]
fn the_sink_is_under_80_lines_with_its_configuration() {
    let lines = FILES[0].lines().count() + include_str!("../board.toml").lines().count();
    assert!(lines < 80, "{lines}");
    assert!(GUIDE.contains(&format!("in {lines} lines with")), "{lines}");
}
