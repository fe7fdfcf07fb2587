//! The boot loader: which kernel boots next, with which command line.

pub mod next_boot;
