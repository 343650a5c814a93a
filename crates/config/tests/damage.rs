//! A good file damaged at random: never a panic, every mistake lies in the file, and no secret is shown.

mod common;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tidegate_config::{Config, ConfigErrors, Registry};

const FULL: &str = include_str!("full.toml");

/// What a hand or a disk does to a file.
#[derive(Debug, Clone)]
enum Damage {
    Remove { at: usize, length: usize },
    Insert { at: usize, text: String },
    Repeat { at: usize, length: usize },
    Swap { at: usize, with: usize },
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || 0..FULL.len();
    let text = prop_oneof![
        "[\\PC\n]{0,6}",
        prop::sample::select(vec![
            "\"", "'", "\"\"\"", "[", "]]", "{", "}", "=", "#", "\r", "\n", "\u{0}", "ä", "-", "1e999", "nan"
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        (place(), 1_usize..20).prop_map(|(at, length)| Damage::Remove { at, length }),
        (place(), text).prop_map(|(at, text)| Damage::Insert { at, text }),
        (place(), 1_usize..80).prop_map(|(at, length)| Damage::Repeat { at, length }),
        (place(), place()).prop_map(|(at, with)| Damage::Swap { at, with }),
    ]
}

fn apply(text: &str, damage: &Damage) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let within = |at: usize| at.min(letters.len());
    match damage {
        Damage::Remove { at, length } => drop(letters.drain(within(*at)..within(at + length))),
        Damage::Insert { at, text } => {
            let at = within(*at);
            drop(letters.splice(at..at, text.chars()));
        }
        Damage::Repeat { at, length } => {
            let part: Vec<char> = letters[within(*at)..within(at + length)].to_vec();
            let at = within(at + length);
            drop(letters.splice(at..at, part));
        }
        Damage::Swap { at, with } if *at < letters.len() && *with < letters.len() => letters.swap(*at, *with),
        Damage::Swap { .. } => {}
    }
    letters.into_iter().collect()
}

fn build(text: &str, registry: &Registry) -> Result<(), ConfigErrors> {
    Config::parse("tidegate.toml", text)?.build(registry).map(drop)
}

thread_local! {
    /// One for all cases: its screen has a thread.
    static REGISTRY: Registry = common::registry();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, rng_seed: RngSeed::Fixed(4), ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_damaged_the_mistakes_lie_in_the_file(damages in prop::collection::vec(damage(), 1..4)) {
        let text = damages.iter().fold(FULL.to_owned(), |text, damage| apply(&text, damage));
        if let Err(errors) = REGISTRY.with(|registry| build(&text, registry)) {
            prop_assert!(errors.iter().len() > 0);
            let lines: Vec<&str> = text.split('\n').collect();
            for error in errors.iter() {
                let (Some(line), Some(column)) = (error.line(), error.column()) else { continue };
                prop_assert!((1..=lines.len()).contains(&line), "{error}");
                prop_assert!((1..=lines[line - 1].chars().count() + 1).contains(&column), "{error}");
                prop_assert!(!error.to_string().contains('\n'), "{error:?}");
            }
            prop_assert!(errors.to_string().lines().count() < 2_000);
        }
    }

    #[test]
    fn a_secret_under_a_key_that_was_mistyped_is_never_shown(
        line in 0_usize..60,
        at in 0_usize..8,
        letter in "[a-z_]",
        quoted in any::<bool>(),
    ) {
        let pin = if quoted { "pin = \"xoxb-1\" # was xoxb-1" } else { "pin = [\"xoxb-1\", { env = \"xoxb-1\", file = 5 }]" };
        let text = FULL.replace("pin = { env = \"PATH\" }", pin);
        let mistyped = |(number, text): (usize, &str)| {
            let key = text.find('=').unwrap_or(text.len());
            let at = at.min(key);
            if number == line { format!("{}{letter}{}\n", &text[..at], &text[at..]) } else { format!("{text}\n") }
        };
        let text: String = text.lines().enumerate().map(mistyped).collect();
        if let Err(errors) = REGISTRY.with(|registry| build(&text, registry)) {
            prop_assert!(!errors.to_string().contains("xoxb"), "{errors}");
            prop_assert!(!format!("{errors:?}").contains("xoxb"), "{errors:?}");
        }
    }

    #[test]
    fn any_text_at_all_is_borne(text in "\\PC{0,300}") {
        let _ = REGISTRY.with(|registry| build(&text, registry));
    }
}
