//! The tests of `src/probe/NAME.rs`, under the same names.

mod alternative;
mod binary;
mod cgroup;
mod cmdline;
mod crio;
mod file;
mod filesystem;
mod hostname;
mod iptables;
mod kernel;
mod kernel_config;
mod kubelet;
mod machine_id;
mod module;
mod modules_load;
mod os;
mod package;
mod selinux;
mod service;
mod swap;
mod sysctl;
mod systemd;
mod toml;
