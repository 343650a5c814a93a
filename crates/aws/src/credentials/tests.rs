use std::sync::atomic::{AtomicU64, Ordering};

use tidegate_testkit::ManualClock;

use super::*;

/// Gives credentials that are good for an hour, each of another number.
#[derive(Debug, Default)]
struct Hourly {
    given: Arc<AtomicU64>,
    clock: ManualClock,
}

impl ProvideCredentials for Hourly {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let end = SystemTime::from(self.clock.now()) + Duration::from_hours(1);
        future::ProvideCredentials::ready(Ok(Credentials::new(number.to_string(), "secret", None, Some(end), "test")))
    }
}

fn kept(clock: &ManualClock) -> Kept {
    let source = Hourly { clock: clock.clone(), ..Hourly::default() };
    Kept::new(SharedCredentialsProvider::new(source), Arc::new(clock.clone()))
}

async fn number(kept: &Kept) -> String {
    kept.provide_credentials().await.expect("credentials").access_key_id().to_owned()
}

#[tokio::test]
async fn they_are_kept_until_shortly_before_their_end_or_until_they_are_refused() {
    let clock = ManualClock::new();
    let kept = kept(&clock);
    assert!(kept.peek().is_none());
    assert_eq!([number(&kept).await, number(&kept).await], ["0", "0"]);
    clock.advance(Duration::from_mins(58));
    assert_eq!(number(&kept).await, "0");
    clock.advance(Duration::from_mins(1));
    assert_eq!([number(&kept).await, number(&kept).await], ["1", "1"]);
    let used = kept.peek().expect("what was used");
    kept.forget(Some(&used)).await;
    assert_eq!(number(&kept).await, "2");
    // Another call that heard of the same.
    kept.forget(Some(&used)).await;
    assert_eq!(number(&kept).await, "2");
    kept.forget(None).await;
    assert_eq!(number(&kept).await, "3");
    assert_eq!(kept.peek().map(|credentials| credentials.access_key_id().to_owned()).as_deref(), Some("3"));
}

/// Never answers.
#[derive(Debug)]
struct Silent;

impl ProvideCredentials for Silent {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_is_given_up() {
    let kept = Kept::new(SharedCredentialsProvider::new(Silent), Arc::new(ManualClock::new()));
    let error = kept.provide_credentials().await.expect_err("nothing");
    assert!(matches!(error, CredentialsError::ProviderTimedOut(_)), "{error:?}");
}

#[tokio::test]
async fn given_keys_are_read_for_each_request() {
    let folder = std::env::temp_dir().join(format!("tidegate-aws-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("key");
    let secret = Secret::from_file(&file);
    let keys = StaticKeys { access_key_id: Secret::literal("id"), secret_access_key: secret, session_token: None };
    assert!(keys.provide_credentials().await.is_err());
    for text in ["one", "two\n"] {
        std::fs::write(&file, text).expect("written");
        assert_eq!(keys.provide_credentials().await.expect("keys").secret_access_key(), text.trim());
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
