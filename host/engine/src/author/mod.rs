//! What the author of a layer asks before it is shipped: would it be installed, does it keep the rules that a scan
//! relies on, what does it cost, what does it see.
//!
//! ```text
//! check      every reason to refuse a component, and what an operator would stumble over
//! subject    the layer with its settings and needs, ready to be asked
//! ground     a synthetic market with the oddities of real ones, and the same market some sessions later
//! asking     one call, as a scan makes it; answers instrument by instrument
//! compare    where two answers differ
//! conform    the rules: deterministic, independent of order and shards, abstains, survives, never looks ahead
//! sample     one trial call on the market that scans are about, before a version becomes the active one
//! measure    time, fuel and memory against the limits
//! inputs     what the layer sees of one instrument
//! judge      its verdicts on a market of the user's, by itself
//! ```

mod asking;
mod check;
mod compare;
mod conform;
mod conformance;
mod dice;
mod error;
mod ground;
mod inputs;
mod judge;
mod measure;
mod rules;
mod sample;
mod subject;

pub use check::{Checked, Trial, check, trial};
pub use conform::conform;
pub use conformance::{Conformance, RuleResult, RuleVerdict};
pub use error::AuthorError;
pub use inputs::{Seen, SeenBars, SeenEvent, seen};
pub use judge::{Judged, JudgedAlert, Judgement, Question, judge};
pub use measure::{Cost, Share, measure};
pub use rules::Rule;
pub(crate) use sample::{Sample, sample};
pub use subject::Subject;
