//! The engine through its public items: one program, so that what it is built on is linked once.

mod breakers;
mod cached;
mod cached_whatever_is_asked;
mod changes;
mod concurrency;
mod conformance;
mod faults;
mod funnel;
mod no_look_ahead;
mod no_look_ahead_whatever_comes;
mod overlaid;
mod poison;
mod same_results;
mod settings;
mod stack;
mod stored;
mod support;
mod unready;
