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
pub mod plan;
pub mod schema;
mod truth;
pub mod waive;

pub use compile::{Selection, VariableOverride, compile, compile_given, mistakes};
pub use judge::{Detail, judge, judge_with};
pub use waive::waive;
