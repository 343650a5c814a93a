//! The commands that look at what the program keeps: beside it while it runs, and without it; and a bit that flips.
#![cfg(target_os = "linux")]

mod common;

use std::path::PathBuf;
use std::time::Duration;

use common::rig::{Agent, Rig, Slack, notification, until};
use tidegate_testkit::server::{Fault, Point};
use tokio::time::sleep;

/// What Slack refuses.
const POISON: &str = "poison";

/// What `command` says, which must go well.
fn said(rig: &Rig, command: &[&str]) -> String {
    let (code, results, words) = rig.ask(command);
    assert_eq!((code, words.as_str()), (Some(0), ""), "{command:?}: {results}");
    results
}

/// Why `command` fails.
fn refused(rig: &Rig, command: &[&str]) -> String {
    let (code, results, words) = rig.ask(command);
    assert_eq!((code, results.as_str()), (Some(1), ""), "{command:?}: {words}");
    words
}

/// The ids of the dead letters.
fn letters(rig: &Rig) -> Vec<String> {
    let list = said(rig, &["dead", "list"]);
    let heads = list.lines().filter(|line| line.starts_with(|letter: char| letter.is_ascii_hexdigit()));
    heads.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Two integrations, of which the second is told of another cluster only.
async fn two() -> (Slack, Slack, Rig) {
    let (slack, other) = (Slack::refusing(POISON).await, Slack::start().await);
    let integrations = slack.integration("ops", "") + &other.integration("orders", "cluster_ids = [\"orders\"]");
    let rig = Rig::new(&integrations);
    (slack, other, rig)
}

/// Leaves `agent` running, or stops it.
async fn keep(agent: Agent, runs: bool) -> Option<Agent> {
    if runs {
        return Some(agent);
    }
    agent.stop().await;
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_shown_delivered_again_and_dropped() {
    for runs in [true, false] {
        let (slack, _other, rig) = two().await;
        let agent = rig.start();
        for id in ["poison-1", "poison-2", "poison-3"] {
            rig.taken(vec![notification(id)]).await;
        }
        until("refused", || letters(&rig).len() == 3).await;
        let agent = keep(agent, runs).await;

        let ids = letters(&rig);
        let shown = said(&rig, &["dead", "show", &ids[0][..13]]);
        for part in [&*ids[0], "ops", "slack:C0TIDE00001", "Slack refuses the message: restricted_text", "poison-"] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert_eq!(said(&rig, &["dead", "list", "--integration", "orders"]), "There are no dead letters of orders.\n");
        let unknown = "tidegate: there is no integration \"nobody\"; there is ops, orders\n";
        assert_eq!(refused(&rig, &["dead", "list", "--integration", "nobody"]), unknown);
        assert_eq!(refused(&rig, &["dead", "drop", "--integration", "nobody"]), unknown);
        let none = refused(&rig, &["dead", "show", "nonsense"]);
        assert_eq!(none, "tidegate: there is no dead letter \"nonsense\"; `tidegate dead list` shows them\n");

        assert_eq!(said(&rig, &["dead", "drop", &ids[0]]), "Dropped: 1.\n");
        assert_eq!(letters(&rig).len(), 2);
        let _ = slack.service.clone().with_refused("nothing of the sort");
        let words = said(&rig, &["dead", "retry", "--all"]);
        let agent = if let Some(agent) = agent {
            assert!(words.starts_with("Delivered again now: 2; "), "{words}");
            agent
        } else {
            assert_eq!(words, "To be delivered again when tidegate starts: 2.\n");
            assert_eq!(said(&rig, &["dead", "list"]).matches("to be delivered again").count(), 2);
            assert_eq!(slack.service.all(), []);
            rig.start()
        };
        until("delivered", || slack.service.all().len() == 2).await;
        until("no letter is left", || said(&rig, &["dead", "list"]) == "There are no dead letters.\n").await;
        agent.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_integration_is_told_once_more_what_is_so_now() {
    for runs in [true, false] {
        let (slack, other, rig) = two().await;
        let agent = rig.start();
        rig.fill("/data", 0.95).await;
        rig.taken(vec![notification("one")]).await;
        until("told", || slack.service.all().len() == 2).await;
        rig.fill("/data", 0.5).await;
        let closed = || slack.service.all().iter().any(|message| message.mentions("/data") && message.is_green());
        until("closed", closed).await;
        let agent = keep(agent, runs).await;

        let dry = said(&rig, &["replay", "--integration", "ops", "--from", "1h", "--dry-run"]);
        for part in
            ["now: 2; log lines: 0; samples: 0", "closed  Disk at least 90 % full at /data", "notice  backup one is"]
        {
            assert!(dry.contains(part), "{part} is not in {dry}");
        }
        assert!(!dry.contains(" open ") && dry.ends_with("Nothing was sent: this was a dry run.\n"), "{dry}");
        let nothing = said(&rig, &["replay", "--integration", "orders", "--from", "1h"]);
        assert!(nothing.ends_with("There is nothing to tell.\n"), "{nothing}");
        assert_eq!(
            refused(&rig, &["replay", "--integration", "nobody", "--from", "1h"]),
            "tidegate: there is no integration \"nobody\"; there is ops, orders\n"
        );

        slack.service.delete_all();
        let before = slack.service.all().len();
        let words = said(&rig, &["replay", "--integration", "ops", "--from", "1h"]);
        let agent = if let Some(agent) = agent {
            assert!(words.ends_with("It is told now.\n"), "{words}");
            agent
        } else {
            assert!(words.ends_with("It is told when tidegate starts.\n"), "{words}");
            assert_eq!(slack.service.all().len(), before);
            rig.start()
        };
        until("told once more", || slack.service.messages().len() == 2).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!((slack.service.messages().len(), slack.service.about("one").len()), (2, 1));
        assert_eq!(other.service.all(), []);
        agent.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_an_issue_is_told_by_its_kind_and_its_episode_and_whom_an_event_would_reach() {
    for runs in [true, false] {
        let (slack, _other, rig) = two().await;
        slack.server.script([Fault::status(500)]);
        let agent = rig.start();
        rig.fill("/data", 0.95).await;
        until("told after a failure", || slack.is_open()).await;
        rig.fill("/data", 0.5).await;
        until("closed", || slack.is_green()).await;
        let reaches = "ops\n    not orders: its cluster is not among cluster_ids\n";
        until("noted", || said(&rig, &["explain", "disk-usage"]).contains("2 closed  accepted")).await;
        let agent = keep(agent, runs).await;

        let story = said(&rig, &["explain", "disk-usage"]);
        for part in [
            "1 open    critical: Disk at least 90 % full at /data on node n",
            "884.8 GiB of 931.3 GiB used (95.0 %, limit 80 %, critical from 90 %)",
            "2 closed  critical: ",
            "told to ops:",
            "1 open    unavailable",
            "1 open    accepted",
            "2 closed  accepted",
            reaches,
        ] {
            assert!(story.contains(part), "{part} is not in {story}");
        }
        let (_, after) = story.split_once("episode ").expect("an episode");
        let episode = after.lines().next().expect("an episode");
        assert_eq!(said(&rig, &["explain", episode]), story);
        assert_eq!(said(&rig, &["explain", &episode[episode.len() - 8..]]), story);
        let unknown = refused(&rig, &["explain", "core-load"]);
        assert!(unknown.starts_with("tidegate: nothing is known of an issue \"core-load\"; write its id"), "{unknown}");

        let file = rig.folder.path().join("event.json");
        let path = file.to_str().expect("UTF-8");
        std::fs::write(&file, serde_json::to_string(&notification("one")).expect("JSON")).expect("written");
        assert_eq!(
            said(&rig, &["explain", "--event", path]),
            format!("notification, info: backup one is done\n  as news it would reach:\n    {reaches}")
        );
        std::fs::write(&file, "{\"type\": \"isue\"}").expect("written");
        let wrong = refused(&rig, &["explain", "--event", path]);
        assert!(wrong.starts_with("tidegate: this is no event: unknown variant `isue`"), "{wrong}");
        if let Some(agent) = agent {
            agent.stop().await;
        }
    }
}

/// The journal's file that has `text` in it, and where.
fn place_of(rig: &Rig, text: &str) -> (PathBuf, usize) {
    let files = std::fs::read_dir(rig.state().join("journal")).expect("a folder");
    let mut found = files.filter_map(|file| {
        let path = file.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("readable");
        let at = bytes.windows(text.len()).position(|part| part == text.as_bytes())?;
        Some((path, at))
    });
    found.next().expect("it is in the journal")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bit_that_flipped_is_named_by_file_and_offset_and_costs_no_other_record() {
    let mut slack = Slack::start().await;
    slack.server = slack.server.with_fault(Fault::Close(Point::Request));
    let rig = Rig::new(&slack.integration("ops", ""));
    let agent = rig.start();
    for id in ["first", "second", "third"] {
        rig.taken(vec![notification(id)]).await;
    }
    let running = refused(&rig, &["repair"]);
    assert!(running.contains("belongs to process") && running.ends_with("; stop it, and repair then\n"), "{running}");
    agent.kill();
    assert_eq!(rig.ask(&["repair"]).2, "Nothing in the logs is damaged.\n");

    let (file, at) = place_of(&rig, "backup second is done");
    let mut bytes = std::fs::read(&file).expect("readable");
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    let (code, words) = rig.start().ended().await;
    let place = format!("{} at byte ", file.display());
    assert!(code == Some(1) && words.contains(&place), "{words}");
    assert!(words.ends_with("`tidegate repair` shows what is damaged\n"), "{words}");

    let found = refused(&rig, &["repair"]);
    assert!(found.ends_with("taken out, and what was in them is not told\n"), "{found}");
    let (_, after) = found.split_once(&format!("journal: {}, at byte ", file.display())).expect("it is named");
    let figures: Vec<usize> =
        after.split(|letter: char| !letter.is_ascii_digit()).filter_map(|figure| figure.parse().ok()).take(3).collect();
    let [offset, length, events] = *figures.as_slice() else { panic!("{found}") };
    assert!((offset..offset + length).contains(&at) && events == 1, "{at}: {found}");
    assert_eq!(refused(&rig, &["repair"]), found, "it changed nothing");
    let (code, _, words) = rig.ask(&["repair", "--yes"]);
    assert!(code == Some(0) && words.contains("kept beside them in files that end with .damaged"), "{words}");
    assert_eq!(rig.ask(&["repair"]).2, "Nothing in the logs is damaged.\n");

    slack.server.heal();
    let agent = rig.start();
    let told = |id: &str| slack.service.about(id).len();
    until("told", || told("first") == 1 && told("third") == 1).await;
    sleep(Duration::from_secs(1)).await;
    assert!(told("first") == 1 && told("third") == 1 && told("second") <= 1);
    let words = agent.stop().await;
    assert!(words.contains("lost=1"), "{words}");
}
