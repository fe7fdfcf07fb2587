//! The Kubernetes node: kubelet, certificates, pods, and the API server to join.

pub mod api_server;
pub mod certificate;
pub mod certificates;
pub mod kubeadm_files;
pub mod kubelet;
pub mod pods;
