//! Stage 2, `sluice/insider`: what insiders bought and sold on the market, as they reported on SEC Form 4.
//!
//! Looks at events of the kind `insider` that became known in the last `days` days, one per transaction. Only purchases
//! (code `P`) and sales (code `S`) of the shares themselves count: grants, exercises, gifts and taxes say nothing of
//! what somebody thinks, and neither does, unless `count-plans`, what was done under a plan (rule 10b5-1). A transaction
//! that an amendment (4/A) repeats counts once.
//!
//! - Net value is purchases minus sales, USD. Buyers are distinct owners who bought; who only sold is none.
//! - A *cluster* is a run of purchases, each at most `cluster-days` after the one before, by at least two distinct
//!   owners, together worth `cluster-value` or more.
//!
//! Score: `40 · min(net / 1 M, 1) + 30 · min(clusters / 3, 1) + 30 · min(buyers / 5, 1)`, the last only with more than one
//! buyer. Keeps at `min-score` and above when the net value is positive; raises `INSIDER_BUYING`, long, with the
//! purchases as evidence. Else drops, with 0 when the net value is not positive; sales of `selling-value` more than was
//! bought raise `INSIDER_SELLING`.
//!
//! Abstains when no transaction is known, and when none of those that count has a value.

mod trades;

use sluice_sdk::kind::{INSIDER_BUYING, INSIDER_SELLING};
use sluice_sdk::prelude::*;
use trades::Trades;

const KIND: &str = "insider";
const DAY_SECONDS: u32 = 86_400;
/// What became known after the newest bar's close also took effect after it; a scan of now still shows it.
const EFFECTIVE_WITHIN_SECONDS: u32 = 7 * DAY_SECONDS;
/// Net value that scores in full, USD.
const FULL_VALUE: f64 = 1e6;
/// Clusters that score in full.
const FULL_CLUSTERS: f64 = 3.0;
/// Buyers that score in full.
const FULL_BUYERS: f64 = 5.0;
/// Greatest scores of value, clusters and buyers: together 100.
const WEIGHTS: [f64; 3] = [0.4, 0.3, 0.3];
/// Transactions that an alert names as evidence.
const MAX_EVIDENCE: usize = 8;

settings! {
    /// What is a signal.
    pub struct Insider {
        /// Transactions that became known at most so long ago.
        days: u32 = default(90).unit("days").range(1..=730),
        /// Purchases of a cluster follow each other within so many days.
        cluster_days: u32 = default(7).unit("days").range(1..=90),
        /// Least value of a cluster.
        cluster_value: f64 = default(500e3).unit("USD").range(0.0..=1e12),
        /// Least score that is kept.
        min_score: f64 = default(30.0).range(0.0..=100.0),
        /// Sales beyond purchases that raise an alert.
        selling_value: f64 = default(1e6).unit("USD").range(0.0..=1e12),
        /// Also what was done under a plan.
        count_plans: bool = default(false),
    }
}

impl Layer for Insider {
    fn about() -> About {
        About::new(
            "sluice/insider",
            env!("CARGO_PKG_VERSION"),
            "Keeps what insiders buy for their own money, most of all several at a time.",
        )
        .measure("net-value", "USD", "Purchases minus sales.")
        .measure("bought", "USD", "Purchases.")
        .measure("sold", "USD", "Sales.")
        .measure("buyers", "", "Distinct owners who bought.")
        .measure("sellers", "", "Distinct owners who sold.")
        .measure("clusters", "", "Runs of purchases by several owners.")
        .alert(INSIDER_BUYING)
        .alert(INSIDER_SELLING)
    }

    fn needs(&self) -> Needs {
        Needs::none().events(KIND, self.days * DAY_SECONDS, EFFECTIVE_WITHIN_SECONDS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        if instrument.events(KIND).next().is_none() {
            return Verdict::abstain(format!("no transaction of an insider is known in {} days", self.days));
        }
        let trades = Trades::of(instrument.events(KIND), self.count_plans);
        if trades.is_empty() {
            return if trades.without_value > 0 {
                Verdict::abstain("its insiders' transactions have no value")
            } else {
                Verdict::drop(0.0, "insiders neither bought nor sold")
            };
        }
        let clusters = trades.clusters(self.cluster_days, self.cluster_value);
        let (bought, sold) = (trades.bought(), trades.sold());
        self.verdict(&trades, clusters).measures([
            ("net-value", bought - sold),
            ("bought", bought),
            ("sold", sold),
            ("buyers", trades.buyers() as f64),
            ("sellers", trades.sellers() as f64),
            ("clusters", clusters as f64),
        ])
    }
}

impl Insider {
    fn verdict(&self, trades: &Trades<'_>, clusters: usize) -> Verdict {
        let (net, buyers) = (trades.bought() - trades.sold(), trades.buyers());
        if net <= 0.0 {
            let verdict = Verdict::drop(0.0, "insiders sold as much as they bought, or more");
            let heavy = net < 0.0 && -net >= self.selling_value;
            return if heavy { verdict.alert(selling(trades, -net)) } else { verdict };
        }
        let [value_weight, cluster_weight, buyer_weight] = WEIGHTS;
        let several = if buyers > 1 { buyers as f64 } else { 0.0 };
        let score = value_weight * score::ratio(net, FULL_VALUE)
            + cluster_weight * score::ratio(clusters as f64, FULL_CLUSTERS)
            + buyer_weight * score::ratio(several, FULL_BUYERS);
        if score < self.min_score {
            return Verdict::drop(score, "insiders bought little");
        }
        let who = if buyers == 1 { "An insider".to_owned() } else { format!("{buyers} insiders") };
        let alert = Alert::new(INSIDER_BUYING)
            .severity(if clusters > 0 { Severity::Notice } else { Severity::Info })
            .confidence(score / score::FULL)
            .message(format!("{who} bought for {:.1} M USD net", net / 1e6))
            .side(Side::Long)
            .number("net-value", net);
        let reason = if clusters > 0 { "insiders buy in clusters" } else { "insiders buy" };
        Verdict::keep(score, reason).alert(trades.purchases().take(MAX_EVIDENCE).fold(alert, Alert::evidence))
    }
}

fn selling(trades: &Trades<'_>, net: f64) -> Alert {
    let alert = Alert::new(INSIDER_SELLING)
        .confidence(score::ratio(net, FULL_VALUE) / score::FULL)
        .message(format!("Insiders sold for {:.1} M USD net", net / 1e6))
        .number("net-value", -net);
    trades.sales().take(MAX_EVIDENCE).fold(alert, Alert::evidence)
}

sluice_sdk::export!(Insider);

#[cfg(test)]
mod tests;
