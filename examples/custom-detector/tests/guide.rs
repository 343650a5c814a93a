//! What the guide quotes of this example stands there as it is here.

/// The guide, and the files that it may quote.
const GUIDE: &str = include_str!("../../../docs/guide/writing-a-detector.md");
const FILES: [&str; 2] = [include_str!("../src/lib.rs"), include_str!("detector.rs")];

#[test]
fn every_quotation_is_as_in_the_code() {
    let quoted: Vec<&str> = GUIDE.split("```rs\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(quoted.len(), 4, "quotations");
    for quotation in quoted {
        assert!(FILES.iter().any(|file| file.contains(quotation)), "this is not in the example any more:\n{quotation}");
    }
}
