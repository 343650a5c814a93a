//! A file of KurrentDB's log, 345 bytes a line, from the disk's cache to taken intakes on a runtime of one thread and the
//! one that reads: `tail` by this crate, `passed` where every line is of too low a level, `copy` the same file read in the
//! same pieces and split at its line ends, and nothing more.
//!
//! Run: `cargo bench -p tidegate-source-tail --bench tail`. The target is well under a microsecond a line.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use futures::StreamExt;
use tidegate_event::LogLevel;
use tidegate_source::Source;
use tidegate_source_tail::{StartFrom, Tail, TailBuilder};

const LINES: usize = 200_000;
const CHUNK: usize = 256 * 1024;

fn main() {
    divan::main();
}

fn write(folder: &Path) -> usize {
    let mut text = String::new();
    for number in 0..LINES {
        let second = number / 5_000 % 60;
        let _ = writeln!(
            text,
            r#"{{"@t":"2026-07-25T00:01:{second:02}.2521000+00:00","@mt":"SLOW QUEUE MSG [{{queue}}]: {{message}} - {{elapsed}}ms. Q: {{prevQueueCount}}/{{curQueueCount}}.","@l":"Debug","@i":642274653,"queue":"MainQueue","message":"SystemInit","elapsed":{number},"prevQueueCount":0,"curQueueCount":4,"SourceContext":"KurrentDB.Core.Bus.QueuedHandlerThreadPool","ProcessId":1,"ThreadId":9}}"#
        );
    }
    std::fs::write(folder.join("log20260725.json"), &text).expect("room on the disk");
    text.len()
}

fn bench(bencher: Bencher<'_, '_>, mut read: impl FnMut(&Path)) {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write(folder.path());
    bencher.counter(BytesCount::new(bytes)).counter(ItemsCount::new(LINES)).bench_local(|| read(folder.path()));
}

/// Until the last line was handed in; `least` lines of them are records.
fn through(builder: TailBuilder, least: usize) {
    let tail = builder.with_from(StartFrom::Beginning).with_cluster("orders").with_node("10.0.0.1:2113");
    let tail = tail.build().expect("settings that fit");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut stream = tail.open(None).await.expect("it opens");
        let mut lines = 0;
        while lines < least {
            let intake = stream.next().await.expect("it does not end").expect("no error");
            lines += intake.signals.len();
            black_box(&intake.signals);
            intake.ack.complete();
        }
    });
}

#[divan::bench(sample_count = 20)]
fn tail(bencher: Bencher<'_, '_>) {
    bench(bencher, |folder| through(Tail::builder().with_path(folder), LINES));
}

#[divan::bench(sample_count = 20)]
fn passed(bencher: Bencher<'_, '_>) {
    // One that is wanted stands at the end, so that it is known when it is over.
    bench(bencher, |folder| {
        let path = folder.join("log20260725_001.json");
        if !path.exists() {
            let line = r#"{"@t":"2026-07-25T00:02:00.0000000+00:00","@mt":"last","@l":"Error"}"#;
            std::fs::write(path, format!("{line}\n")).expect("room on the disk");
        }
        through(Tail::builder().with_path(folder).with_min_level(LogLevel::Error), 1);
    });
}

#[divan::bench(sample_count = 20)]
fn copy(bencher: Bencher<'_, '_>) {
    bench(bencher, |folder| {
        let mut file = File::open(folder.join("log20260725.json")).expect("a file");
        let mut buffer = vec![0; CHUNK];
        let mut lines = 0;
        loop {
            let read = file.read(&mut buffer).expect("a file");
            if read == 0 {
                break;
            }
            lines += memchr::memchr_iter(b'\n', &buffer[..read]).count();
        }
        assert_eq!(black_box(lines), LINES);
    });
}
