//! The files that the guides tell people to write are right.
#![cfg(all(feature = "source-host", feature = "sink-console", feature = "sink-slack"))]

use std::path::Path;

use tidegate_config::{Config, Registry};

/// The blocks of TOML in a page.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut inside: Option<String> = None;
    for line in page.lines() {
        match (&mut inside, line) {
            (None, "```toml") => inside = Some(String::new()),
            (Some(_), "```") => blocks.extend(inside.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

#[test]
fn every_file_in_the_guides_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (page, least) in [("README.md", 1), ("docs/guide/first-steps.md", 2), ("docs/guide/slack.md", 2)] {
        let text = std::fs::read_to_string(root.join(page)).expect(page);
        let blocks = blocks(&text);
        assert!(blocks.len() >= least, "{page} has {} blocks of TOML", blocks.len());
        for block in blocks {
            // The secrets are not there.
            let block = block
                .replace(r#"{ env = "SLACK_TOKEN" }"#, r#""xoxb-1""#)
                .replace(r#"{ file = "slack-token" }"#, r#""xoxb-1""#)
                .replace(r#"{ file = "slack-webhook" }"#, r#""https://hooks.slack.com/services/T0/B0/x""#);
            let plan = Config::parse(page, block).expect("TOML").build(&Registry::standard());
            assert!(plan.is_ok(), "{}", plan.err().map(|errors| errors.to_string()).unwrap_or_default());
        }
    }
}
