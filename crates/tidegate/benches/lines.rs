//! A million lines of a KurrentDB log, 300 bytes each, from a file to a sink that does nothing, to a webhook on this machine,
//! and through the stores on a disk to that webhook.
//!
//! Run: `cargo bench -p tidegate --features source-tail,sink-webhook,store-disk --bench lines`; half a minute; `TMPDIR` says on
//! which disk. The targets: 400,000 lines/s to the webhook at 2.5 µs of processor time a line, and 200,000 at 3.5 µs with the
//! disk between, where a line counts as taken once it is durable.
//!
//! The webhook is a process of its own, this program once more, which reads and answers. The floor reads the file and posts
//! its lines as they are, in bodies of the same size.

#[path = "../../router/benches/common/mod.rs"]
mod common;
#[path = "common/spent.rs"]
mod spent;
#[path = "../../router/benches/common/stores.rs"]
mod stores;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use common::Counting;
use spent::{processor, resident};
use tidegate::base::Secret;
use tidegate::event::EventKind;
use tidegate::router::{Integration, Router, RouterBuilder, Subscription};
use tidegate::sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate::sinks::webhook::{Webhook, WebhookSink};
use tidegate::sources::tail::{StartFrom, Tail};
use tidegate::store::{MemoryLog, MemoryState};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

const LINES: usize = 1_000_000;
const BODY: usize = 4 << 20;
const SECRET: &str = "whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE=";

/// Writes the file, and gives its bytes.
fn write(path: &Path) -> usize {
    let mut text = String::new();
    for number in 0..LINES {
        writeln!(
            text,
            r#"{{"@t":"2026-07-25T00:01:00.2521000+00:00","@mt":"SLOW QUEUE MSG [{{queue}}]: {{message}} - {{elapsed}}ms. Q: {{before}}/{{after}}.","@l":"Debug","@i":642274653,"queue":"MainQueue","message":"SystemInit","elapsed":{number:07},"before":0,"after":4,"SourceContext":"KurrentDB.Core.Bus.Queue","ThreadId":9}}"#
        )
        .expect("in memory");
    }
    std::fs::write(path, &text).expect("written");
    text.len()
}

/// Reads requests and answers them, until nobody asks.
async fn receive() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    let _ = tokio::task::spawn_blocking(|| std::io::Read::read(&mut std::io::stdin(), &mut [0])).await;
}

async fn answer(mut stream: TcpStream) -> Option<()> {
    let mut buffer = vec![0; 256 * 1024];
    let mut head = Vec::new();
    loop {
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
            head.extend_from_slice(buffer.get(..count)?);
        }
        let end = head.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
        let length: usize = text.split_once("content-length: ")?.1.split("\r\n").next()?.parse().ok()?;
        let mut left = length.checked_sub(head.len() - end)?;
        while left > 0 {
            left -= stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
        head.clear();
    }
}

/// The webhook, whose acceptances are counted.
struct Counted(WebhookSink, Arc<AtomicUsize>);

#[async_trait]
impl Sink for Counted {
    fn profile(&self) -> &Profile {
        self.0.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.0.deliver(batch).await?;
        let accepted = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted(_))).count();
        self.1.fetch_add(accepted, Ordering::Release);
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.0.probe().await
    }
}

fn row(what: &str, took: Duration, processor: f64) {
    let lines = LINES as f64;
    println!(
        "{what}: {:.0} lines/s, {:.2} µs of processor a line; resident {:.0} MB",
        lines / took.as_secs_f64(),
        processor * 1e6 / lines,
        resident()
    );
}

/// With room for all of it: the file is read faster than a webhook takes it, and a bulk log at its bound drops the oldest.
fn in_memory() -> RouterBuilder {
    Router::builder().with_stores(MemoryLog::new(), MemoryLog::new(), MemoryState::new())
}

/// From the start of the router until all is told.
async fn measure(what: &str, router: RouterBuilder, file: &Path, sink: impl Sink + 'static, told: impl AsyncFn()) {
    let tail = Tail::builder().with_name("logs").with_cluster("orders").with_node("10.0.0.1:2113");
    let tail = tail.with_path(file).with_from(StartFrom::Beginning).build().expect("a source");
    let integration = Integration::new("lines", sink, Subscription::new([EventKind::Log]));
    let router = router.with_source(tail).with_integration(integration).build().expect("a router");
    let handle = router.handle();
    let (began, before) = (Instant::now(), processor());
    let running = tokio::spawn(router.run());
    told().await;
    row(what, began.elapsed(), processor() - before);
    handle.stop();
    running.await.expect("no panic").expect("no error");
}

/// The file's bytes as they are.
async fn floor(file: &Path, address: &str) {
    let (began, before) = (Instant::now(), processor());
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let bytes = std::fs::read(file).expect("readable");
    for body in bytes.chunks(BODY) {
        let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(body).await.expect("sent");
        let mut answer = [0; 27];
        stream.read_exact(&mut answer).await.expect("an answer");
    }
    row("floor: the file posted as it is", began.elapsed(), processor() - before);
}

async fn run(address: &str) {
    let folder = stores::folder();
    let file = folder.path().join("log20260725.json");
    println!("{} bytes a line", write(&file) / LINES);
    floor(&file, address).await;
    let (nothing, count) = Counting::new(10_000);
    measure("file to nothing", in_memory(), &file, nothing, async || count.reach(LINES as u64).await).await;
    for (what, disk) in [("file to webhook", false), ("file to disk to webhook", true)] {
        let told = Arc::new(AtomicUsize::new(0));
        let hook = Webhook::to(format!("http://{address}/"), Secret::literal(SECRET));
        let hook = hook.with_batch(10_000).with_batch_bytes(BODY).build_sink().expect("a sink");
        let sink = Counted(hook, Arc::clone(&told));
        let kept = stores::folder();
        let router = if disk { stores::on_disk(Router::builder(), kept.path()) } else { in_memory() };
        let all = async || {
            while told.load(Ordering::Acquire) < LINES {
                sleep(Duration::from_millis(1)).await;
            }
        };
        measure(what, router, &file, sink, all).await;
    }
}

fn main() {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if std::env::args().any(|argument| argument == "--receive") {
        return runtime.block_on(receive());
    }
    let this = std::env::current_exe().expect("a path");
    let mut receiver =
        Command::new(this).arg("--receive").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a receiver");
    let mut line = String::new();
    BufReader::new(receiver.stdout.take().expect("piped")).read_line(&mut line).expect("an address");
    runtime.block_on(run(line.trim()));
    drop(receiver.stdin.take());
    receiver.wait().expect("it ends");
}
