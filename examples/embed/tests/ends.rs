//! The example runs to its end and shows what its documentation says.

use std::process::Command;

#[test]
fn an_issue_opens_and_closes_and_the_program_ends() {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate-example-embed")).output().expect("it runs");
    let (results, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words}");
    assert_eq!(words, "All was told.\n");
    let heads: Vec<&str> = results.lines().filter_map(|line| line.split("UTC  ").nth(1)).collect();
    assert_eq!(
        heads.iter().map(|head| head.split_whitespace().next().unwrap_or_default()).collect::<Vec<_>>(),
        ["NOTICE", "OPEN", "CLOSED",],
        "{results}"
    );
    for part in ["The autumn sale has begun.", "Waiting orders 250.0 (limit 100.0)", "Start more workers."] {
        assert!(results.contains(part), "{part} is not in:\n{results}");
    }
}
