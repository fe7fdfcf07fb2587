//! The distribution: what it is, and which packages and alternatives are installed.

pub mod alternatives;
pub mod os_release;
pub mod package_repositories;
pub mod packages;
