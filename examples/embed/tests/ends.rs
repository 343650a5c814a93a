//! The example runs to its end and shows what its documentation says.

use std::process::Command;

#[test]
fn an_issue_opens_and_closes_and_the_program_ends() {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate-example-embed")).output().expect("it runs");
    let (results, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words}");
    let said = ["1 open, 0 retired, told to audit and console", "0 open, 1 retired, told to console", "All was told."];
    assert_eq!(words.lines().collect::<Vec<_>>(), said);

    let heads = results.lines().filter_map(|line| line.split("UTC  ").nth(1)?.split_whitespace().next());
    let mut heads: Vec<&str> = heads.collect();
    heads.sort_unstable(); // an issue and a notification wait for each other no more than two issues do
    assert_eq!(heads, ["CLOSED", "NOTICE", "OPEN"], "{results}");
    let causes = ["Waiting orders 250.0 (limit 100.0)", "The shop moved to another checkout."];
    for part in ["The autumn sale has begun.", "Start more workers."].into_iter().chain(causes) {
        assert!(results.contains(part), "{part} is not in:\n{results}");
    }

    // The one that was added, and muted, was told all of the issue and nothing of the sale.
    let audit: Vec<&str> = results.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(audit.len(), 2, "{results}");
    for (line, state, cause) in [(audit[0], "open", causes[0]), (audit[1], "closed", causes[1])] {
        assert!(line.contains(&format!("\"state\":\"{state}\"")) && line.contains(cause), "{line}");
    }
}
