//! One test binary, so that there is one link.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod probe;
mod tree;
