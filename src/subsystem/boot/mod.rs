//! What a boot does to files, mounts and scripts.

pub mod boot_scripts;
pub mod ephemeral;
pub mod mounts;
pub mod resolv_conf;
