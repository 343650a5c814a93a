//! What is printed, to the letter. `TIDEGATE_GOLDEN=write cargo test` writes the files anew.

use std::path::Path;

use common::{all_sorts, deliver, deliveries, screen};
use tidegate_event::Event;
use tidegate_sink::Outcome;
use tidegate_sink_console::{Colour, Console};

mod common;

fn check(name: &str, shape: impl Fn(Console) -> Console) -> String {
    let (screen, paper) = screen();
    let outcomes = deliver(&shape(Console::new(screen)), &deliveries(all_sorts()));
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("TIDEGATE_GOLDEN").is_some() {
        std::fs::write(&path, paper.text()).expect("written");
    }
    let want = std::fs::read_to_string(&path).expect("a golden file");
    assert_eq!(paper.text(), want, "{name} reads otherwise");
    want
}

#[test]
fn plain_text() {
    let text = check("plain.txt", |console| console);
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn coloured_text_wrapped_to_sixty_columns() {
    check("coloured.txt", |console| console.with_colour(Colour::Always).with_columns(60));
}

#[test]
fn json_lines_read_back_as_the_same_events() {
    let text = check("lines.json", Console::with_json);
    let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let told: Vec<Event> = all_sorts().into_iter().map(|(event, _)| event).collect();
    assert_eq!(read, told);
}
