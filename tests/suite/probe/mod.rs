//! The tests of `src/probe/NAME.rs`, under the same names.

mod cgroup;
mod cmdline;
mod hostname;
mod kernel;
mod os;
mod selinux;
