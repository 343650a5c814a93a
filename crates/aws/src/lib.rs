//! What every tidegate sink of an Amazon service needs: a connection for the SDK's clients, and what their failures mean.
//!
//! ```
//! use tidegate_aws::{AwsConnection, Operation, Service};
//! use tidegate_base::Secret;
//!
//! static LOGS: Service = Service { name: "CloudWatch Logs", corrections: &[] };
//! static PUT: Operation =
//!     Operation { service: &LOGS, name: "PutLogEvents", action: "logs:PutLogEvents", harmless: false };
//!
//! let aws = AwsConnection::builder()
//!     .with_region("eu-west-1")
//!     .with_keys(Secret::from_env("LOGS_KEY_ID"), Secret::from_file("/run/secrets/logs-key"))
//!     .build()?;
//! assert_eq!(aws.place(), "eu-west-1");
//! // let client = aws_sdk_cloudwatchlogs::Client::new(aws.config().await?);
//! // let done = aws.call(&PUT, || client.put_log_events()…send()).await?;
//! # Ok::<(), tidegate_aws::AwsError>(())
//! ```
//!
//! # The connection
//! - TLS is rustls with ring, by the machine's certificate authorities; proxies are those of the environment, but for this
//!   machine and its metadata.
//! - The SDK does not retry: lanes do. A request has 15 s, of which the connection may take 5.
//! - Keys that were given are read for each request. Otherwise the SDK's chain is asked (environment, profile, web
//!   identity, container, machine; without SSO, which is for people), and what it gives is kept until a minute before its
//!   end, or until a service calls it expired.
//!
//! # Failures
//! In this order: no answer, the code, the status. [`Meaning`] has the tables; [`Service::corrections`] change them for one
//! service.
//!
//! | without an answer | |
//! |---|---|
//! | no such host, refused, no connection in time, TLS that broke off | [`Unreachable`](tidegate_sink::SinkErrorKind::Unreachable) |
//! | a certificate that is not to be trusted | [`Misconfigured`](tidegate_sink::SinkErrorKind::Misconfigured) |
//! | no region, a request that cannot be made | the same |
//! | no credentials | [`Unauthorized`](tidegate_sink::SinkErrorKind::Unauthorized), with where they were looked for |
//! | credentials that come from somewhere that does not answer | [`Unreachable`](tidegate_sink::SinkErrorKind::Unreachable) |
//! | anything else | [`Unconfirmed`](tidegate_sink::SinkErrorKind::Unconfirmed); of a [harmless](Operation::harmless) call `Unreachable` |

mod builder;
mod chain;
mod config;
mod connection;
mod credentials;
mod error;
mod failure;
mod meaning;
mod refusals;
mod service;
mod unanswered;
mod wire;

pub use builder::AwsBuilder;
pub use config::AwsConfig;
pub use connection::AwsConnection;
pub use error::{AwsError, AwsErrorKind};
pub use failure::AwsFailure;
pub use meaning::Meaning;
pub use refusals::{Part, Refusals, Suspicion, Verdict};
pub use service::{Operation, Service};
