//! Stage 2, `sluice/social`: unusual talk about an instrument.
//!
//! Looks at the newest event of the kind `social` of the last `hours` hours, a summary of what was posted, with the numbers
//! below; one that is absent adds nothing. Fewer than `min-posts` posts tell nothing.
//!
//! | number | meaning | counts | points |
//! |---|---|---|---|
//! | `posts` | posts in that time | | |
//! | `sentiment` | their mean, 0 (bad) to 1 (good) | above 0.7, below 0.3 | `200 · distance from 0.5`, · 1.2 when it moved by more than 0.2 (`sentiment-change`), at most 100 |
//! | `volume-ratio` | posts an hour to their usual number | above 3 | `20 · ratio`, at most 100 |
//! | `viral-share` | share of posts that were shared more than the usual nine tenths, 0 to 1 | above 0.3 | `200 · share`, at most 100 |
//!
//! Score: the greatest of the three. Keeps at `min-score` and above. Raises `SOCIAL_SENTIMENT` (long when good, short
//! when bad), `SOCIAL_VOLUME` or `SOCIAL_VIRAL`, by what has the greatest score.
//!
//! Abstains without such an event, with too few posts, and when it has none of these numbers.

use sluice_sdk::Event;
use sluice_sdk::kind::{SOCIAL_SENTIMENT, SOCIAL_VIRAL, SOCIAL_VOLUME};
use sluice_sdk::prelude::*;

const KIND: &str = "social";
const HOUR_SECONDS: u32 = 3_600;
/// What became known after the newest bar's close also took effect after it; a scan of now still shows it.
const EFFECTIVE_WITHIN_SECONDS: u32 = 7 * 24 * HOUR_SECONDS;
const NEUTRAL: f64 = 0.5;
/// Distance of a sentiment from neutral that counts.
const STRONG: f64 = 0.2;
const MOVED: f64 = 0.2;
const MOVED_FACTOR: f64 = 1.2;
const SENTIMENT_POINTS: f64 = 200.0;
const RATIO: f64 = 3.0;
const RATIO_POINTS: f64 = 20.0;
const VIRAL_SHARE: f64 = 0.3;
const VIRAL_POINTS: f64 = 200.0;

settings! {
    /// What is unusual.
    pub struct Social {
        /// The event became known at most so long ago.
        hours: u32 = default(24).unit("hours").range(1..=720),
        /// Fewest posts that tell something.
        min_posts: u32 = default(10).unit("posts").range(1..=1_000_000),
        /// Least score that is kept.
        min_score: f64 = default(50.0).range(0.0..=100.0),
    }
}

impl Layer for Social {
    fn about() -> About {
        About::new("sluice/social", env!("CARGO_PKG_VERSION"), "Keeps what people talk about unusually.")
            .measure("posts", "posts", "Posts.")
            .measure("sentiment", "", "Their mean, 0 to 1.")
            .measure("volume-ratio", "ratio", "Posts an hour to their usual number.")
            .alert(SOCIAL_SENTIMENT)
            .alert(SOCIAL_VOLUME)
            .alert(SOCIAL_VIRAL)
    }

    fn needs(&self) -> Needs {
        Needs::none().events(KIND, self.hours * HOUR_SECONDS, EFFECTIVE_WITHIN_SECONDS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let newest = instrument.events(KIND).max_by_key(|event| (event.known_at(), event.id()));
        let Some(event) = newest else {
            return Verdict::abstain(format!("nothing was posted in {} hours", self.hours));
        };
        let number = |name: &str| event.number(name).filter(|number| number.is_finite());
        let Some(posts) = number("posts").filter(|posts| *posts >= f64::from(self.min_posts)) else {
            return Verdict::abstain(format!("fewer than {} posts", self.min_posts));
        };
        let (sentiment, ratio) = (number("sentiment"), number("volume-ratio"));
        let parts = [
            sentiment
                .map(|sentiment| (SOCIAL_SENTIMENT, of_sentiment(sentiment, number("sentiment-change")))),
            ratio.map(|ratio| (SOCIAL_VOLUME, points(ratio, RATIO, RATIO_POINTS))),
            number("viral-share").map(|share| (SOCIAL_VIRAL, points(share, VIRAL_SHARE, VIRAL_POINTS))),
        ];
        // of equal ones the first
        let strongest = parts.iter().flatten().rev().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some(&(kind, score)) = strongest else {
            return Verdict::abstain("its social event has none of the numbers");
        };
        let verdict = if score < self.min_score {
            Verdict::drop(score, "usual talk")
        } else {
            Verdict::keep(score, "unusual talk").alert(alert(kind, score, sentiment, posts, event))
        };
        verdict.measures([
            ("posts", posts),
            ("sentiment", sentiment.unwrap_or(f64::NAN)),
            ("volume-ratio", ratio.unwrap_or(f64::NAN)),
        ])
    }
}

fn of_sentiment(sentiment: f64, change: Option<f64>) -> f64 {
    let distance = (sentiment - NEUTRAL).abs();
    if distance <= STRONG {
        return 0.0;
    }
    let moved = change.is_some_and(|change| change.abs() > MOVED);
    score::clamp(SENTIMENT_POINTS * distance * if moved { MOVED_FACTOR } else { 1.0 })
}

fn points(value: f64, above: f64, each: f64) -> f64 {
    if value > above { score::clamp(each * value) } else { 0.0 }
}

fn alert(kind: &'static str, score: f64, sentiment: Option<f64>, posts: f64, event: Event<'_>) -> Alert {
    let alert = Alert::new(kind).confidence(score / score::FULL).evidence(event.id()).number("posts", posts);
    match (kind, sentiment) {
        (SOCIAL_SENTIMENT, Some(sentiment)) if sentiment > NEUTRAL => {
            alert.message(format!("Good talk in {posts:.0} posts")).side(Side::Long)
        }
        (SOCIAL_SENTIMENT, _) => alert.message(format!("Bad talk in {posts:.0} posts")).side(Side::Short),
        (SOCIAL_VOLUME, _) => alert.message(format!("Far more posts than usual: {posts:.0}")),
        _ => alert.message(format!("Posts are shared far more than usual: {posts:.0}")),
    }
}

sluice_sdk::export!(Social);

#[cfg(test)]
mod tests;
