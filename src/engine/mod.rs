//! Judging: pure functions from plan and facts to findings.

pub mod facts;
pub mod finding;
pub mod identity;
pub mod judge;
mod logic;
mod matcher;
pub mod plan;

pub use judge::judge;
