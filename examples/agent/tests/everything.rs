//! All of it at once, as an operator has it: three KurrentDB nodes, this machine, a node's log and a control plane, told to
//! Slack, Opsgenie and both CloudWatch services.
#![cfg(target_os = "linux")]

mod common;

use std::fmt::Write as _;
use std::time::Duration;

use common::rig::{Rig, Slack, until};
use common::said::{address, say};
use tidegate::base::{Clock as _, SystemClock};
use tidegate_testkit::kurrentdb::Cluster;
use tidegate_testkit::model::{CloudWatchService, LogsService, OpsgenieService};
use tidegate_testkit::server::Server;
use tokio::time::sleep;

const KEY: &str = "AKIAS3CRETS3CRETS3CR";
const SECRET: &str = "s3cret/s3cret+s3cret/s3cret+s3cret/s3cre";
const API_KEY: &str = "s3cret00-faa2-4ba2-a551-1afdf565c889";

/// Lets the cluster live as fast as we do.
fn live(cluster: &Cluster) {
    let cluster = cluster.clone();
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_millis(200)).await;
            cluster.advance(Duration::from_millis(200));
        }
    });
}

async fn notify(to: &str, id: &str, kind: &str, cluster: &str) {
    let body = format!("{{\"id\":\"{id}\",\"kind\":\"{kind}\",\"resource\":{{\"cluster\":\"{cluster}\"}}}}");
    let (code, answer) = say(to, "content-type: application/json", &body).await.expect("an answer");
    assert_eq!(code, 202, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_this_machine_a_log_and_a_control_plane_reach_four_services() {
    let slack = Slack::start().await;
    let (opsgenie, numbers) = (OpsgenieService::new(API_KEY), CloudWatchService::new(KEY, SECRET));
    let lines = LogsService::new(KEY, SECRET);
    let (a, b, c) = (opsgenie.clone(), numbers.clone(), lines.clone());
    let alerts = Server::start(move |request| a.answer(request)).await;
    let metrics = Server::start(move |request| b.answer(request)).await;
    let logs = Server::start(move |request| c.answer(request)).await;
    // A cluster that never came up: its only node answers that it is not ready.
    let spare =
        Server::start(|_| http::Response::builder().status(503).body(bytes::Bytes::new()).expect("an answer")).await;

    let cluster = Cluster::builder().insecure().build();
    let nodes = cluster.serve().await.expect("free ports");
    live(&cluster);
    let rig = Rig::new("");
    let folder = rig.folder.path();
    std::fs::create_dir(folder.join("log")).expect("a folder");
    let urls: Vec<String> = nodes.urls().iter().map(|url| format!("\"{url}\"")).collect();
    let aws = format!(
        "region = \"eu-west-1\"\naccess_key_id = \"{KEY}\"\nsecret_access_key = \"{SECRET}\"\nlinger = \"1s\"\n"
    );
    let mut config = format!(
        "state_dir = \"{0}\"\n[status]\nlisten = \"127.0.0.1:0\"\n\
         [[source]]\ntype = \"host\"\ninterval = \"1s\"\n\
         [[source]]\ntype = \"kurrentdb\"\nname = \"orders\"\ncluster = \"orders\"\nnodes = [{1}]\n\
         gossip_interval = \"5s\"\nconfirm = \"2s\"\nmetrics_interval = \"5s\"\nphysical_cores = 4\nphysical_memory = \"64GiB\"\n\
         [[source]]\ntype = \"kurrentdb\"\nname = \"spare\"\ncluster = \"spare\"\nnodes = [\"{2}\"]\n\
         gossip_interval = \"5s\"\nconfirm = \"2s\"\nmetrics = false\n\
         [[source]]\ntype = \"tail\"\ncluster = \"orders\"\nnode = \"node1\"\npath = \"{3}/log\"\n",
        rig.state().display(),
        urls.join(", "),
        spare.url(),
        folder.display(),
    );
    let _ = write!(
        config,
        "{0}\n[[integration]]\nname = \"alerts\"\nsink = \"opsGenie\"\nendpoint = \"{1}\"\napi_key = \"{API_KEY}\"\n\
         [[integration]]\nname = \"numbers\"\nsink = \"awsCloudWatchMetrics\"\nsource = \"metrics\"\nnamespace = \"Databases\"\n\
         endpoint = \"{2}\"\n{aws}\n\
         [[integration]]\nname = \"lines\"\nsink = \"awsCloudWatchLogs\"\nsource = \"logs\"\ngroup_name = \"kurrentdb\"\n\
         create_group = true\nendpoint = \"{3}\"\n{aws}",
        slack.integration("people", ""),
        alerts.url(),
        metrics.url(),
        logs.url(),
    );
    std::fs::write(folder.join("tidegate.toml"), config).expect("written");
    let agent = rig.start();
    agent.watches().await;
    let intake = address(&agent);

    // What is measured of the nodes and of this machine, and a line of the log.
    let has = |name: &str| numbers.series().iter().any(|series| series.name == name);
    until("metrics of the nodes", || has("system.filesystem.used") && has("kurrentdb.proc_thread_count")).await;
    let now = SystemClock::new().now().to_rfc3339();
    let line = format!(
        "{{\"@t\":\"{now}\",\"@mt\":\"SLOW QUEUE MSG [{{queue}}]: {{elapsed}}ms\",\"@l\":\"Warning\",\"@i\":1,\"queue\":\"MainQueue\",\
         \"elapsed\":640,\"SourceContext\":\"KurrentDB.Core.Bus\"}}\n"
    );
    std::fs::write(folder.join("log/log20260725.json"), line).expect("written");
    let is_there = |text: &str| lines.events("orders/node1").iter().any(|event| event.message.contains(text));
    until("the line", || is_there("SLOW QUEUE MSG [MainQueue]: 640ms")).await;

    // A node that is killed, and comes back.
    let about = |text: &str| slack.service.all().into_iter().find(|message| message.mentions(text));
    let killed = nodes.address(3).to_string();
    cluster.kill(3);
    until("the issue", || about("cluster orders").is_some_and(|message| message.is_open())).await;
    assert!(about("cluster orders").is_some_and(|message| message.mentions(&killed)), "{:?}", about("cluster orders"));
    until("the alert", || opsgenie.alerts().iter().any(|alert| alert.alias.starts_with("cluster-consensus_c.orders")))
        .await;
    cluster.start(3);
    until("its end", || about("cluster orders").is_some_and(|message| message.is_green())).await;

    // A cluster that could not be provisioned: told to the letter, closed with that cause, and asked no more.
    until("the spare cluster's issue", || about("cluster spare").is_some_and(|message| message.is_open())).await;
    notify(&intake, "cp-1", "volumes-provision-failed", "spare").await;
    notify(&intake, "cp-2", "instances-provision-failed", "spare").await;
    for message in ["Cluster volumes failed to provision", "Cluster instances failed to provision"] {
        until(message, || about(message).is_some()).await;
    }
    until("closed for that", || about("No consensus in cluster spare").is_some_and(|message| message.is_green())).await;
    sleep(Duration::from_secs(1)).await;
    let asked = spare.received().len();
    sleep(Duration::from_secs(7)).await;
    assert_eq!(spare.received().len(), asked, "a defunct cluster is polled");

    // It is there again.
    notify(&intake, "cp-3", "cluster-available", "spare").await;
    until("it is polled again", || spare.received().len() > asked).await;
    let words = agent.stop().await;
    assert!(!words.contains("s3cret"), "{words}");
    let complaints = [numbers.complaints(), lines.complaints(), slack.service.complaints(), opsgenie.complaints()];
    assert_eq!(complaints.concat(), [""; 0]);
}
