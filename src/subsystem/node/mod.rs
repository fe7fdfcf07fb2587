//! The Kubernetes node: kubelet, certificates, pods, and the API server to join.

pub mod api_server;
pub mod certificate;
pub mod certificates;
pub mod container_runtime;
pub mod kubeadm_files;
pub mod kubelet;
mod manifest;
pub mod next_version;
pub mod pods;
pub mod static_pods;
pub mod upgraded_control_plane;
