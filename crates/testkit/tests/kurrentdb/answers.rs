//! Who may ask what, and what the machines under the nodes show.

use http::Request;
use http::header::AUTHORIZATION;
use tidegate_testkit::kurrentdb::{Cluster, basic};

use crate::SECOND;
use crate::view::PATIENCE;

const GIB: u64 = 1 << 30;

#[test]
fn metrics_want_credentials_and_gossip_does_not() {
    let cluster = Cluster::builder().build();
    let ask = |path: &str, credentials: Option<(&str, &str)>| {
        let mut request = Request::get(path);
        if let Some((name, password)) = credentials {
            request = request.header(AUTHORIZATION, basic(name, password));
        }
        let request = request.body(bytes::Bytes::new()).expect("a request");
        cluster.ask(1, &request).within(PATIENCE).expect("an answer")
    };
    let bare = ask("/metrics", None);
    assert_eq!((bare.status().as_u16(), bare.body().len(), bare.headers().get("www-authenticate")), (401, 0, None));
    let wrong = ask("/gossip", Some(("admin", "guess")));
    assert_eq!(
        (wrong.status().as_u16(), &wrong.headers()["www-authenticate"]),
        (401, &"X-Basic realm=\"ESDB\"".parse().expect("a header"))
    );
    assert_eq!(ask("/gossip", None).status(), 200);
    assert_eq!(ask("/metrics", Some(("admin", "changeit"))).status(), 200);
    assert_eq!(ask("/stats", None).status(), 404);
    let open = Cluster::builder().insecure().build();
    assert_eq!(open.get(1, "/metrics").within(PATIENCE).expect("an answer").status(), 200);
}

#[test]
fn figures_of_the_machine_are_what_was_set_and_move_as_they_should() {
    let cluster = Cluster::builder().insecure().build();
    // The value of the first series whose name and labels have these words.
    let value = |words: [&str; 2]| -> String {
        let page = cluster.get(2, "/metrics").within(PATIENCE).expect("an answer");
        let page = String::from_utf8(page.body().to_vec()).expect("UTF-8");
        let line = page.lines().find(|line| line.starts_with(words[0]) && line.contains(words[1])).expect(words[1]);
        line.split(' ').nth_back(1).expect("a value").to_owned()
    };
    cluster.set_load(2, 3.0);
    cluster.set_tasks(2, 9.0);
    cluster.set_memory(2, 10 * GIB, 16 * GIB);
    cluster.set_disk(2, 100 * GIB, 200 * GIB, 1_048_576.0);
    cluster.set_cpu(2, 77.5);
    let load = |period| value(["kurrentdb_sys_load_avg{", period]).parse::<f64>().expect("a number");
    assert_eq!(value(["kurrentdb_sys_load_avg{", "\"1m\""]), "3");
    cluster.advance(SECOND * 60);
    assert!((6.7..6.9).contains(&load("\"1m\"")), "9 - 6/e: {}", load("\"1m\""));
    assert!(load("\"15m\"") < 3.5);
    assert_eq!(value(["kurrentdb_sys_cpu{", ""]), "77.5");
    assert_eq!(value(["kurrentdb_sys_mem_bytes{", "free"]), (6 * GIB).to_string());
    assert_eq!(value(["kurrentdb_sys_mem_bytes{", "total"]), "10307921510", "60 % of it");
    let used = value(["kurrentdb_sys_disk_bytes{", "disk=\"/var/lib/kurrentdb\",kind=\"used\""]);
    assert_eq!(used, (100 * GIB + 60 * 1_048_576).to_string());
    let before = value(["kurrentdb_io_bytes_total{", ""]);
    cluster.advance(SECOND);
    assert_ne!(value(["kurrentdb_io_bytes_total{", ""]), before);
}

#[test]
fn the_role_of_a_node_is_the_status_that_was_seen_last() {
    let cluster = Cluster::builder().insecure().build();
    cluster.elect();
    cluster.advance(SECOND * 20);
    let page = cluster.get(1, "/metrics").within(PATIENCE).expect("an answer");
    let page = String::from_utf8(page.body().to_vec()).expect("UTF-8");
    let seen = |status: &str| -> i64 {
        let words = format!("name=\"Node\",status=\"{status}\"}} ");
        let (_, rest) = page.split_once(&words).expect(status);
        rest.split(' ').next().and_then(|value| value.parse().ok()).expect("seconds")
    };
    assert_eq!(seen("Follower"), cluster.now().timestamp());
    assert!(seen("Leader") <= cluster.now().timestamp() - 19 && seen("ResigningLeader") < seen("Follower"));
}
