//! systemd: which units there are, which of them the next boot starts, and how.

pub mod exec_context;
pub mod installed;
pub mod system_conf;
pub mod units;
