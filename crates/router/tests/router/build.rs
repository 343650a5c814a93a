use tidegate_router::{Router, RouterErrorKind, SINK_UNAVAILABLE};

use crate::feed::Feed;
use crate::post::Post;
use crate::world::{Level, World, integration};

#[tokio::test(start_paused = true)]
async fn parts_of_one_name_are_refused_by_name() {
    let post = Post::new("ops");
    let twice = |name: &str| Router::builder().with_integration(integration(name, &post));
    for (builder, words) in [
        (twice("ops").with_integration(integration("ops", &post)), "two of the name `ops` among the integrations"),
        (
            Router::builder().with_source(Feed::new("feed")).with_source(Feed::new("feed")),
            "two of the name `feed` among the sources",
        ),
        (Router::builder().with_detector(Level).with_detector(Level), "two of the name `level` among the detectors"),
        (twice("a/b"), "the integration name `a/b`"),
        (Router::builder().with_source(Feed::new("")), "the source name ``"),
    ] {
        let error = builder.build().expect_err(words);
        assert_eq!(error.kind(), RouterErrorKind::InvalidName);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_detector_of_a_kind_that_the_router_finds_itself_is_refused() {
    struct Own;
    impl tidegate_detect::Detector for Own {
        fn kind(&self) -> &str {
            SINK_UNAVAILABLE
        }
        fn observe(&mut self, _: &tidegate_event::Signal, _: &mut Vec<tidegate_detect::Finding>) {}
        fn tick(&mut self, _: chrono::DateTime<chrono::Utc>, _: &mut Vec<tidegate_detect::Finding>) {}
    }
    let error = World::new().bare().with_detector(Own).build().expect_err("it is ours");
    assert!(error.to_string().contains("`sink-unavailable`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_same_name_may_be_a_source_and_an_integration() {
    let builder = Router::builder().with_source(Feed::new("ops")).with_integration(integration("ops", &Post::new("o")));
    assert!(format!("{builder:?}").contains("sources: [\"ops\"]"), "{builder:?}");
    builder.build().expect("they are of different sorts");
}
