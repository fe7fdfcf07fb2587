//! The tests of `src/probe/NAME.rs`, under the same names.

mod binary;
mod cgroup;
mod cmdline;
mod crio;
mod filesystem;
mod hostname;
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
mod sysctl;
mod systemd;
mod toml;
