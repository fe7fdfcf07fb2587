//! What Kubernetes' components accept in their files and flags: tables, and judges over text. No I/O.

pub mod kubelet;
