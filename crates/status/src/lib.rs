//! How a tidegate router is, over HTTP: whether it lives, and whether it is ready.
//!
//! ```
//! use tidegate_router::Router;
//! use tidegate_status::Status;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let router = Router::builder().build()?;
//! let handle = router.handle();
//! let status = Status::new(handle.clone()).bind("127.0.0.1:0".parse()?).await?;
//! println!("http://{}/health/ready", status.address());
//!
//! let running = tokio::spawn(router.run());
//! let serving = tokio::spawn(status.serve(async move {
//!     // Until whatever ends the program.
//! }));
//! serving.await??;
//! handle.stop();
//! running.await??;
//! # Ok(())
//! # }
//! ```
//!
//! # What it answers
//! | path | 200 | else |
//! |---|---|---|
//! | `/health/live` | always: the process runs and answers | |
//! | `/health/ready` | the router runs, and its stores take what it writes | 503 |
//!
//! Both answer `GET` and `HEAD` with a JSON object on one line, which is not to be cached:
//! ```json
//! {"status":"unready","reasons":["a store fails: cannot append: input or output failed"]}
//! ```
//! `status` is `live`, `ready` or `unready`; `reasons` is there when it is `unready`. A sink that is away does not make a
//! router unready: the others are told, and what waits for it is kept. A router that does not answer within 2 s is
//! unready too.
//!
//! # Limits
//! Whoever reaches the address may ask: bind it to loopback, or let a proxy stand before it. HTTP/1 alone, without TLS.

mod answer;
mod error;
mod serve;

pub use error::{StatusError, StatusErrorKind};
pub use serve::{Bound, Status};
