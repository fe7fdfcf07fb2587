//! What Kubernetes' components accept in their files and flags: tables, and judges over text. No I/O.

pub(crate) mod containerd;
pub(crate) mod control_plane;
pub(crate) mod crio;
pub(crate) mod go_decoder;
pub(crate) mod go_tls;
pub mod kubeadm;
pub mod kubelet;
