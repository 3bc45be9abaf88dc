//! News, seen through the test kit: its newest session closes on Friday 2024-06-28 at 21:00 UTC.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Happening, Judged, Market, session_opens};

use super::News;

const HOUR_MS: i64 = 3_600_000;

/// An hour after the newest session opened.
fn today(headline: &str) -> Happening {
    Happening::new("news", session_opens(0) + HOUR_MS).headline(headline)
}

fn judged_with(news: &[Happening], settings: &[(&str, Value)]) -> Judged {
    let market =
        Market::new().instrument("X", |i| news.iter().cloned().fold(i, sluice_sdk::testkit::Listing::event));
    market.scan_with::<News>(settings).verdict("X").clone()
}

fn judged(news: &[Happening]) -> Judged {
    judged_with(news, &[])
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, judged.score, judged.reason.as_str())
}

#[test]
fn an_upgrade_scores_its_impact_and_is_long() {
    let up = judged(&[today("Bank upgrades X to buy")]);
    assert_eq!(opinion(&up), (Keep, 90.0, "good news"));
    assert_eq!((up.measure("articles"), up.measure("counted"), up.measure("direction")), (1.0, 1.0, 1.0));
    let alert = &up.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.message.as_str()), ("NEWS_CATALYST", "Bank upgrades X to buy"));
    assert_eq!((alert.side, alert.confidence), (Some(Side::Long), 0.9));
    assert_eq!(
        (alert.evidence.as_slice(), alert.dedupe_key.as_str()),
        (["X-0".to_owned()].as_slice(), "NEWS_CATALYST XNYS:X X-0")
    );
}

#[test]
fn bad_news_count_as_much_and_are_short() {
    let bad = judged(&[today("X files for bankruptcy")]);
    assert_eq!((opinion(&bad), bad.measure("direction")), ((Keep, 95.0, "bad news"), -1.0));
    assert_eq!(bad.alerts[0].side, Some(Side::Short));
}

#[test]
fn keywords_are_whole_words() {
    let none = judged(&[today("Second day of steps at the dealer who recalled nothing upgradeable")]);
    assert_eq!(opinion(&none), (Drop, 0.0, "no news that counts"));
}

#[test]
fn sentiment_and_impact_are_averaged_and_sentiment_tells_the_direction() {
    let known = |number: f64, headline: &str| judged(&[today(headline).number("sentiment", number)]);
    assert_eq!(opinion(&known(0.9, "Merger agreed")), (Keep, 90.0, "good news"));
    assert_eq!(opinion(&known(-0.8, "Merger agreed")), (Keep, 85.0, "bad news"));
    assert_eq!(opinion(&known(0.8, "A day at X")), (Keep, 65.0, "good news"), "the general impact is 50");
    assert_eq!(opinion(&known(0.6, "Merger agreed")), (Drop, 0.0, "no news that counts"), "neutral");
    let word = judged(&[today("A day at X").attribute("sentiment", "Negative")]);
    assert_eq!(opinion(&word), (Keep, 65.0, "bad news"));
}

#[test]
fn further_articles_of_the_same_direction_add_five_each_and_repeats_nothing() {
    let several = judged(&[
        today("X to launch; X unveils phone"),
        today("Bank upgrades X"),
        today("BANK UPGRADES X!"),
        today("X sued: lawsuit over phone"),
        today("Partnership with Y"),
    ]);
    assert_eq!((opinion(&several), several.measure("articles")), ((Keep, 100.0, "good news"), 4.0));
    assert_eq!(several.alerts[0].evidence, ["X-1", "X-0", "X-4"]);
}

#[test]
fn news_count_since_the_close_of_the_session_before_over_a_weekend_too() {
    let at = |instant: i64| judged(&[Happening::new("news", instant).headline("Merger agreed")]);
    let close_before = session_opens(1) + 6 * HOUR_MS + HOUR_MS / 2;
    assert_eq!(at(close_before).outcome, Abstain);
    assert_eq!(at(close_before + 1).outcome, Keep);
    // five sessions before Friday is the Friday of the week before: its evening is in, its day is not
    let friday = session_opens(5) + 7 * HOUR_MS;
    let week = |instant: i64| {
        judged_with(
            &[Happening::new("news", instant).headline("Merger agreed")],
            &[("sessions", 5_u32.into())],
        )
    };
    assert_eq!(week(friday).outcome, Keep);
    assert_eq!(week(session_opens(5)).outcome, Abstain);
}

#[test]
fn keywords_and_their_weights_are_settings() {
    let own = vec![("quantum leap".to_owned(), 75.0)];
    let news = [today("A Quantum leap for X"), today("Bank upgrades X")];
    assert_eq!(opinion(&judged_with(&news, &[("keywords", own.into())])), (Keep, 75.0, "good news"));
    let empty: Vec<(String, f64)> = vec![("--".to_owned(), 75.0)];
    let error = Market::new().try_scan::<News>(&[("keywords", Value::from(empty))]).unwrap_err();
    assert!(error.contains("\"--\" has no word in it"), "{error}");
}

#[test]
fn a_repeated_scan_says_the_same() {
    let news = [today("Bank upgrades X")];
    assert_eq!(opinion(&judged(&news)), opinion(&judged(&news)));
}

#[test]
fn missing_data_is_no_opinion() {
    assert_eq!(
        (judged(&[]).outcome, judged(&[]).reason.as_str()),
        (Abstain, "no news since the session before")
    );
    let lost = Market::new().instrument("X", |i| i.event(today("Merger"))).without_calendar();
    let lost = lost.scan::<News>().verdict("X").clone();
    assert_eq!((lost.outcome, lost.reason.as_str()), (Abstain, "the sessions of its venue are unknown"));
}
