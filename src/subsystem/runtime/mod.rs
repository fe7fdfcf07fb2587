//! Container runtimes: their programs, configuration, images and networks.

pub mod cni;
pub mod containerd;
pub mod cri;
pub mod crio;
pub mod image_policy;
pub mod program;
