//! Storage: swap.

pub mod swap;
