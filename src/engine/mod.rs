//! Judging: pure functions from plan and facts to findings.

pub mod compile;
mod describe;
pub mod facts;
pub mod finding;
mod fixing;
pub mod identity;
pub mod judge;
pub mod keys;
mod logic;
mod matcher;
pub mod pattern;
pub mod plan;
pub mod schema;
mod truth;
pub mod waive;

pub use compile::{Selection, VariableOverride, compile, compile_given, mistakes};
pub use facts::Facts;
pub use judge::{Detail, judge, judge_with};
pub use waive::waive;
