//! Stage 2, `sluice/news`: headlines, by keywords and by the sentiment that the source gives.
//!
//! Looks at events of the kind `news` that became known after the close of the session `sessions` before the newest one:
//! with 1, since yesterday's close, and on a Monday since Friday's. `keywords` maps phrases to an impact from −100 (bad)
//! to 100 (good); a phrase is found as whole words in a row, whatever their case: "sec" is not in "second". Of several
//! phrases in a headline the one with the greatest absolute impact counts.
//!
//! | an article | counts | with the score |
//! |---|---|---|
//! | with a keyword, without a sentiment | yes | absolute impact |
//! | with a sentiment from −1 to 1, at least `min-sentiment` away from 0 | yes | (100 · absolute sentiment + absolute impact) / 2, where no keyword has the impact `general-impact` |
//! | with a sentiment nearer to 0 | no: its source calls it neutral | |
//! | without either | no | |
//!
//! The sentiment is the event's number `sentiment`, or its attribute `sentiment` as a word: positive and negative are
//! ±0.8, neutral 0. An article is good or bad by its sentiment, else by its keyword. The same headline counts once.
//!
//! Score: the strongest article's, 5 more for each further one of the same direction, at most 100. Keeps when an article
//! counts, drops with 0 when none does. Raises `NEWS_CATALYST` on the strongest article with all of its direction
//! as evidence, keyed by that article so that it alerts once; long when good, short when bad.
//!
//! Abstains without news in that time, and when the venue's sessions are unknown.

mod words;

use sluice_sdk::kind::NEWS_CATALYST;
use sluice_sdk::prelude::*;
use sluice_sdk::{Event, Instant};
use words::{Phrase, words};

const KIND: &str = "news";
const DAY_SECONDS: u32 = 86_400;
/// What became known after the newest bar's close also took effect after it; a scan of now still shows it.
const EFFECTIVE_WITHIN_SECONDS: u32 = 7 * DAY_SECONDS;
/// The longest run of days without a session is some 10 (Golden Week); a session never takes more days than that.
const DAYS_PER_SESSION: u32 = 11;
/// Sentiment that a source tells as a word.
const WORD_SENTIMENT: f64 = 0.8;
/// Score of each further article.
const FURTHER_SCORE: f64 = 5.0;
/// Articles that an alert names as evidence.
const MAX_EVIDENCE: usize = 8;
/// Characters of a headline that an alert shows.
const SHOWN_CHARACTERS: usize = 160;
const MAX_KEYWORDS: u32 = 500;

settings! {
    /// What counts as news.
    pub struct News {
        /// News since the close of the session so many before the newest one.
        sessions: u32 = default(1).unit("sessions").range(1..=20),
        /// Phrases of whole words and their impact, −100 (bad) to 100 (good).
        keywords: Vec<(String, f64)> = table([
            ("upgrade", 90.0), ("upgrades", 90.0), ("upgraded", 90.0), ("price target raised", 80.0),
            ("downgrade", -80.0), ("downgrades", -80.0), ("downgraded", -80.0), ("price target cut", -80.0),
            ("beats", 85.0), ("beat estimates", 85.0), ("tops estimates", 85.0), ("raises guidance", 85.0),
            ("misses", -80.0), ("missed estimates", -80.0), ("cuts guidance", -80.0), ("profit warning", -80.0),
            ("acquisition", 90.0), ("acquires", 90.0), ("to acquire", 90.0), ("merger", 90.0), ("takeover", 90.0),
            ("buyout", 90.0), ("partnership", 70.0), ("partners with", 70.0), ("launches", 60.0), ("unveils", 60.0),
            ("fda approval", 80.0), ("approved by the fda", 80.0), ("investigation", -80.0), ("subpoena", -80.0),
            ("sec charges", -80.0), ("lawsuit", -60.0), ("recall", -80.0), ("recalls", -80.0), ("bankruptcy", -95.0),
            ("chapter 11", -95.0), ("delisting", -90.0), ("fraud", -90.0), ("buyback", 70.0), ("offering", -60.0)
        ]).range(-100.0..=100.0).max_length(MAX_KEYWORDS),
        /// Least absolute sentiment of an article whose source gives one.
        min_sentiment: f64 = default(0.7).range(0.0..=1.0),
        /// Impact of an article with a sentiment and without a keyword.
        general_impact: f64 = default(50.0).range(0.0..=100.0),
    }
}

impl Layer for News {
    fn about() -> About {
        About::new(
            "sluice/news",
            env!("CARGO_PKG_VERSION"),
            "Keeps what is in the news, by keywords and sentiment.",
        )
        .measure("articles", "", "Articles since the session before, each headline once.")
        .measure("counted", "", "Those that counted.")
        .measure("direction", "", "1: the strongest article is good, -1: it is bad.")
        .alert(NEWS_CATALYST)
    }

    fn check(&self) -> Vec<SettingFault> {
        let empty = self.keywords.iter().filter(|(phrase, _)| words(phrase).next().is_none());
        empty
            .map(|(phrase, _)| SettingFault::new("keywords", format!("{phrase:?} has no word in it")))
            .collect()
    }

    fn needs(&self) -> Needs {
        let known_within = (self.sessions + 1) * DAYS_PER_SESSION * DAY_SECONDS;
        Needs::none().events(KIND, known_within, EFFECTIVE_WITHIN_SECONDS).sessions(self.sessions + 1)
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let phrases: Vec<Phrase> =
            self.keywords.iter().map(|(text, impact)| Phrase::new(text, *impact)).collect();
        Ok(batch.instruments().map(|instrument| self.judge_by(&phrases, &instrument)).collect())
    }
}

/// An article that counts.
struct Article<'a> {
    event: Event<'a>,
    score: f64,
    good: bool,
}

impl News {
    fn judge_by(&self, phrases: &[Phrase], instrument: &Instrument<'_>) -> Verdict {
        let Some(since) = self.since(instrument) else {
            return Verdict::abstain("the sessions of its venue are unknown");
        };
        let mut seen: Vec<String> = Vec::new();
        let mut counted: Vec<Article<'_>> = Vec::new();
        for event in instrument.events(KIND).filter(|event| event.known_at() > since) {
            let headline: Vec<String> = words(event.headline()).collect();
            let text = headline.join(" ");
            if seen.contains(&text) {
                continue;
            }
            seen.push(text);
            counted.extend(self.article(phrases, &headline, event));
        }
        if seen.is_empty() {
            return Verdict::abstain(match self.sessions {
                1 => "no news since the session before".to_owned(),
                sessions => format!("no news in {sessions} sessions"),
            });
        }
        verdict(instrument, &counted)
            .measures([("articles", seen.len() as f64), ("counted", counted.len() as f64)])
    }

    /// The close of the session so many before the newest one.
    fn since(&self, instrument: &Instrument<'_>) -> Option<Instant> {
        instrument.venue().sessions().rev().nth(self.sessions as usize).map(|session| session.closes())
    }

    fn article<'a>(&self, phrases: &[Phrase], headline: &[String], event: Event<'a>) -> Option<Article<'a>> {
        let found = phrases.iter().filter(|phrase| phrase.is_in(headline)).map(|phrase| phrase.impact);
        let impact = found.max_by(|a, b| a.abs().total_cmp(&b.abs()));
        match (sentiment(event), impact) {
            (Some(sentiment), impact) => {
                let strength = sentiment.abs();
                let impact = impact.map_or(self.general_impact, f64::abs);
                let counts = strength >= self.min_sentiment && strength > 0.0;
                let score = f64::midpoint(score::FULL * strength, impact);
                counts.then_some(Article { event, score, good: sentiment > 0.0 })
            }
            (None, Some(impact)) => Some(Article { event, score: impact.abs(), good: impact > 0.0 }),
            (None, None) => None,
        }
    }
}

/// −1 to 1; none when the source gives none.
fn sentiment(event: Event<'_>) -> Option<f64> {
    event.number("sentiment").map(|number| number.clamp(-1.0, 1.0)).or_else(|| {
        match event.attribute("sentiment")?.to_ascii_lowercase().as_str() {
            "positive" | "bullish" | "good" => Some(WORD_SENTIMENT),
            "negative" | "bearish" | "bad" => Some(-WORD_SENTIMENT),
            "neutral" | "mixed" => Some(0.0),
            _ => None,
        }
    })
}

fn verdict(instrument: &Instrument<'_>, counted: &[Article<'_>]) -> Verdict {
    // of equally strong ones the first by its id, so that the answer does not hang on the order
    let order =
        |a: &&Article<'_>, b: &&Article<'_>| a.score.total_cmp(&b.score).then(b.event.id().cmp(a.event.id()));
    let Some(strongest) = counted.iter().max_by(order) else {
        return Verdict::drop(0.0, "no news that counts");
    };
    let same: Vec<&Article<'_>> = counted.iter().filter(|article| article.good == strongest.good).collect();
    let further = same.len().saturating_sub(1) as f64;
    let score = score::clamp(strongest.score + FURTHER_SCORE * further);
    let event = strongest.event;
    let mut alert = Alert::new(NEWS_CATALYST)
        .severity(Severity::Notice)
        .confidence(score / score::FULL)
        .message(event.headline().chars().take(SHOWN_CHARACTERS).collect::<String>())
        .side(if strongest.good { Side::Long } else { Side::Short })
        .dedupe_key(format!("{NEWS_CATALYST} {} {}", instrument.id(), event.id()))
        .evidence(event.id());
    for article in same.iter().filter(|article| article.event.id() != event.id()).take(MAX_EVIDENCE - 1) {
        alert = alert.evidence(article.event.id());
    }
    let (reason, direction) = if strongest.good { ("good news", 1.0) } else { ("bad news", -1.0) };
    Verdict::keep(score, reason).measure("direction", direction).alert(alert)
}

sluice_sdk::export!(News);

#[cfg(test)]
mod tests;
