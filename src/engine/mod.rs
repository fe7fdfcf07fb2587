//! Judging: pure functions from plan and facts to findings.

pub mod finding;
pub mod plan;
