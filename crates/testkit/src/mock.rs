//! A mock of every contract trait, by [mockall]: for a test that says what is to be called, and what it is answered.
//!
//! For a sink that behaves like a service take [`model`](crate::model), for one that fails [`faults`](crate::faults).
//!
//! ```
//! use tidegate_sink::{Outcome, Profile, Sink};
//! use tidegate_testkit::{mock::MockSink, sample};
//!
//! let mut sink = MockSink::new();
//! sink.expect_profile().return_const(Profile::new("nowhere"));
//! sink.expect_deliver().times(1).returning(|batch| Ok(vec![Outcome::Untouched; batch.len()]));
//!
//! # futures::executor::block_on(async {
//! let outcomes = sink.deliver(&[sample::delivery(sample::issue())]).await.unwrap();
//! assert!(matches!(outcomes[..], [Outcome::Untouched]));
//! # });
//! ```

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use mockall::mock;
use tidegate_base::Clock;
use tidegate_detect::{Detector, Finding};
use tidegate_event::{Cursor, Signal};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_source::{Intake, Source, SourceError};
use tidegate_store::{Append, Change, Chunk, EventLog, Mark, Position, Space, StateStore, StoreError};

mock! {
    /// A [`Clock`] that tells what it was given to tell. A [`ManualClock`](crate::ManualClock) is easier.
    #[derive(Debug)]
    pub Clock {}

    impl Clock for Clock {
        fn now(&self) -> DateTime<Utc>;
    }
}

mock! {
    /// A [`Source`] that hands in what it was given to.
    #[derive(Debug)]
    pub Source {}

    #[async_trait]
    impl Source for Source {
        fn name(&self) -> &str;
        async fn open(&self, from: Option<Cursor>) -> Result<BoxStream<'static, Result<Intake, SourceError>>, SourceError>;
    }
}

mock! {
    /// A [`Detector`] that finds what it was given to.
    #[derive(Debug)]
    pub Detector {}

    impl Detector for Detector {
        fn kind(&self) -> &str;
        fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>);
        fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>);
    }
}

mock! {
    /// A [`Sink`] that answers as it was given to.
    #[derive(Debug)]
    pub Sink {}

    #[async_trait]
    impl Sink for Sink {
        fn profile(&self) -> &Profile;
        async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError>;
        async fn probe(&self) -> Result<Probe, SinkError>;
    }
}

mock! {
    /// An [`EventLog`] that answers as it was given to.
    #[derive(Debug)]
    pub EventLog {}

    #[async_trait]
    impl EventLog for EventLog {
        async fn append(&self, append: Append) -> Result<Position, StoreError>;
        async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError>;
        async fn release(&self, before: Position) -> Result<(), StoreError>;
        async fn marks(&self) -> Result<Vec<Mark>, StoreError>;
    }
}

mock! {
    /// A [`StateStore`] that answers as it was given to.
    #[derive(Debug)]
    pub StateStore {}

    #[async_trait]
    impl StateStore for StateStore {
        async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError>;
        async fn save(&self, changes: &[Change]) -> Result<(), StoreError>;
    }
}
