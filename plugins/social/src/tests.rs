//! Talk, seen through the test kit.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::testkit::{Happening, Judged, Listing, Market, session_opens};

use super::Social;

fn judged(events: &[&[(&str, f64)]]) -> Judged {
    let event = |(ago, numbers): (i64, &&[(&str, f64)])| {
        let event = Happening::new("social", session_opens(0) - ago * 3_600_000);
        numbers.iter().fold(event, |event, (name, number)| event.number(name, *number))
    };
    let events: Vec<Happening> = (0..).zip(events).map(event).collect();
    let market = Market::new().instrument("X", |i| events.iter().cloned().fold(i, Listing::event));
    market.scan::<Social>().verdict("X").clone()
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, judged.score, judged.reason.as_str())
}

#[test]
fn strong_sentiment_scores_by_its_distance_and_more_when_it_moved() {
    let good = judged(&[&[("posts", 40.0), ("sentiment", 0.75)]]);
    assert_eq!(opinion(&good), (Keep, 50.0, "unusual talk"));
    let alert = &good.alerts[0];
    assert_eq!(
        (alert.kind.as_str(), alert.side, alert.message.as_str()),
        ("SOCIAL_SENTIMENT", Some(Side::Long), "Good talk in 40 posts")
    );
    let bad = judged(&[&[("posts", 40.0), ("sentiment", 0.25), ("sentiment-change", -0.25)]]);
    assert_eq!((bad.score, bad.alerts[0].side), (60.0, Some(Side::Short)));
    assert_eq!(opinion(&judged(&[&[("posts", 40.0), ("sentiment", 0.7)]])), (Drop, 0.0, "usual talk"));
}

#[test]
fn volume_and_sharing_count_by_themselves_and_the_strongest_stands() {
    let loud = judged(&[&[("posts", 40.0), ("volume-ratio", 4.0), ("sentiment", 0.75)]]);
    assert_eq!((loud.score, loud.alerts[0].kind.as_str()), (80.0, "SOCIAL_VOLUME"));
    assert_eq!(judged(&[&[("posts", 40.0), ("volume-ratio", 3.0)]]).score, 0.0);
    let viral = judged(&[&[("posts", 40.0), ("viral-share", 0.4)]]);
    assert_eq!((viral.outcome, viral.score, viral.alerts[0].kind.as_str()), (Keep, 80.0, "SOCIAL_VIRAL"));
}

#[test]
fn only_the_newest_event_counts() {
    let calm =
        judged(&[&[("posts", 40.0), ("volume-ratio", 1.0)], &[("posts", 40.0), ("volume-ratio", 9.0)]]);
    assert_eq!((calm.outcome, calm.measure("volume-ratio")), (Drop, 1.0));
}

#[test]
fn missing_data_is_no_opinion() {
    let reason = |events: &[&[(&str, f64)]]| {
        let judged = judged(events);
        assert_eq!(judged.outcome, Abstain);
        judged.reason
    };
    assert_eq!(reason(&[]), "nothing was posted in 24 hours");
    assert_eq!(reason(&[&[("posts", 9.0), ("sentiment", 1.0)]]), "fewer than 10 posts");
    assert_eq!(reason(&[&[("sentiment", 1.0)]]), "fewer than 10 posts");
    assert_eq!(reason(&[&[("posts", 40.0)]]), "its social event has none of the numbers");
}
