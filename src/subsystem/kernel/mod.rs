//! The kernel: its configuration, modules, variables, cgroups and SELinux.

pub mod cgroups;
pub mod kernel_config;
pub mod kernel_option;
pub mod modules;
pub mod selinux;
pub mod sysctl;
pub mod sysctl_d;
