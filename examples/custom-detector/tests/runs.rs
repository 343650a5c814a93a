//! The example runs to its end and shows what its documentation says.

use std::process::Command;

#[test]
fn an_issue_opens_in_one_life_and_closes_in_the_next() {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate-example-custom-detector")).output().expect("it runs");
    let (said, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words}");
    let heads: Vec<_> = said.lines().filter_map(|line| line.split("UTC  ").nth(1)?.split_whitespace().next()).collect();
    assert_eq!(heads, ["OPEN", "CLOSED"], "{said}");
    assert!(said.contains("has gone on without it for 10 min."), "{said}");
}
