//! What the pod of the API server sees of the host: directories that kubeadm mounts into it, and flags that name files.
//!
//! `cmd/kubeadm/app/phases/controlplane/volumes.go`; the flags are those of the kube-apiserver's reference.

/// Directories that are mounted, where the host has them, besides `certificatesDir` and those of an external etcd.
pub(crate) const MOUNTED: &[&str] = &[
    "/etc/ca-certificates",
    "/etc/kubernetes/pki",
    "/etc/pki",
    "/etc/ssl/certs",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
];

/// Flags that name a file which must be there when the API server starts: it exits without.
pub(crate) const FILES: &[&str] = &[
    "admission-control-config-file",
    "audit-policy-file",
    "audit-webhook-config-file",
    "authentication-config",
    "authentication-token-webhook-config-file",
    "authorization-config",
    "authorization-policy-file",
    "authorization-webhook-config-file",
    "cloud-config",
    "egress-selector-config-file",
    "encryption-provider-config",
    "oidc-ca-file",
    "token-auth-file",
    "tracing-config-file",
];
