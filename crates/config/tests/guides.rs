//! The files that the guides tell people to write are right.
#![cfg(all(
    feature = "source-host",
    feature = "source-kurrentdb",
    feature = "source-tail",
    feature = "sink-cloudwatch-logs",
    feature = "sink-cloudwatch-metrics",
    feature = "sink-console",
    feature = "sink-opsgenie",
    feature = "sink-pagerduty",
    feature = "sink-slack",
    feature = "sink-webhook"
))]

use std::path::Path;

use tidegate_config::{Config, Registry};

/// Where the guides keep secrets, and something that looks like them.
const SECRETS: [(&str, &str); 14] = [
    (r#"env = "AWS_ACCESS_KEY_ID""#, "AKIA0123456789ABCDEF"),
    (r#"env = "LOGS_KEY_ID""#, "AKIA0123456789ABCDEF"),
    (r#"file = "aws-secret""#, "0123456789/0123456789+0123456789"),
    (r#"file = "logs-key""#, "0123456789/0123456789+0123456789"),
    (r#"file = "intake-token""#, "s3cret"),
    (r#"env = "KURRENTDB_PASSWORD""#, "changeit"),
    (r#"env = "SLACK_TOKEN""#, "xoxb-1"),
    (r#"file = "slack-token""#, "xoxb-1"),
    (r#"file = "slack-webhook""#, "https://hooks.slack.com/services/T0/B0/x"),
    (r#"file = "opsgenie-key""#, "eb243592-faa2-4ba2-a551-1afdf565c889"),
    (r#"file = "jsm-key""#, "eb243592-faa2-4ba2-a551-1afdf565c889"),
    (r#"file = "pagerduty-key""#, "0123456789abcdef0123456789abcdef"),
    (r#"file = "webhook-secret""#, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"),
    (r#"env = "WEBHOOK_SECRET""#, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"),
];

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
    for (page, least) in [
        ("README.md", 1),
        ("docs/guide/cloudwatch-logs.md", 1),
        ("docs/guide/cloudwatch-metrics.md", 1),
        ("docs/guide/first-steps.md", 2),
        ("docs/guide/kurrentdb.md", 2),
        ("docs/guide/logs.md", 2),
        ("docs/guide/notifications.md", 1),
        ("docs/guide/opsgenie.md", 1),
        ("docs/guide/pagerduty.md", 2),
        ("docs/guide/slack.md", 2),
        ("docs/guide/webhook.md", 1),
    ] {
        let text = std::fs::read_to_string(root.join(page)).expect(page);
        let blocks = blocks(&text);
        assert!(blocks.len() >= least, "{page} has {} blocks of TOML", blocks.len());
        for block in blocks {
            // The secrets are not there.
            let block = SECRETS
                .iter()
                .fold(block, |block, (place, secret)| block.replace(&format!("{{ {place} }}"), &format!("{secret:?}")));
            let plan = Config::parse(page, block).expect("TOML").build(&Registry::standard());
            assert!(plan.is_ok(), "{}", plan.err().map(|errors| errors.to_string()).unwrap_or_default());
        }
    }
}
