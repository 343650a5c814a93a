//! The detector at its work, over a restart: `cargo run -p tidegate-example-custom-detector`. It ends by itself.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate::base::{Clock, SystemClock};
use tidegate::config::Config;
use tidegate::event::{LogRecord, Resource};
use tidegate::router::Handle;
use tidegate::sources::push::Push;
use tidegate::store::{MemoryLog, MemoryState};
use tidegate_example_custom_detector::registry;

/// What outlives the process. With stores on disk it would be there by itself.
#[derive(Default)]
struct Stores {
    journal: Arc<MemoryLog>,
    bulk: Arc<MemoryLog>,
    state: Arc<MemoryState>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (stores, now) = (Stores::default(), SystemClock::new().now());
    let minutes = |minutes| now + TimeDelta::minutes(minutes);
    live(&stores, &[(now, "projection $by_category: PROJECTION FAULTED")]).await?;
    // Restarted. The log goes on, and after ten minutes without it the issue is over.
    live(&stores, &[(minutes(1), "chunk 7 completed"), (minutes(11), "chunk 8 completed")]).await
}

/// One life of the process, in which the log says these lines.
async fn live(stores: &Stores, lines: &[(DateTime<Utc>, &str)]) -> Result<(), Box<dyn Error>> {
    let plan = Config::parse("tidegate.toml", include_str!("../tidegate.toml"))?.build(&registry())?;
    let (source, log) = Push::new("log");
    let router = plan
        .into_router()
        .with_stores(Arc::clone(&stores.journal), Arc::clone(&stores.bulk), Arc::clone(&stores.state))
        .with_source(source)
        .build()?;
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    let node = Resource::new().with_cluster("orders").with_node("10.0.0.2:2113");
    for (at, line) in lines {
        log.publish([LogRecord::new(node.clone(), *line, *at)]).await?;
    }
    tokio::time::timeout(Duration::from_secs(10), until_told(&handle)).await??;
    handle.stop();
    running.await??;
    Ok(())
}

/// Waits until people were told something.
async fn until_told(handle: &Handle) -> Result<(), Box<dyn Error>> {
    while handle.snapshot().await?.integrations.iter().all(|integration| integration.delivered == 0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
