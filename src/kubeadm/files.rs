//! The files and directories of the host that the configuration names.

use super::etcd::CERTIFICATES;
use super::{KINDS_OF_NODES, Kubeadm, Text};

const CLUSTER: &str = "ClusterConfiguration";

impl Kubeadm {
    /// The files and directories of the host that it names.
    pub(crate) fn files(&self) -> Vec<Text<'_>> {
        let mut named: Vec<Text<'_>> = Vec::new();
        named.extend(CERTIFICATES.iter().filter_map(|field| self.text(CLUSTER, field)));
        for kind in KINDS_OF_NODES {
            named.extend(self.text(kind, "patches.directory"));
        }
        named.extend(
            self.text("JoinConfiguration", "discovery.file.kubeConfigPath")
                .filter(|path| !path.text.contains("://")),
        );
        for part in ["apply", "node"] {
            named.extend(self.text("UpgradeConfiguration", &format!("{part}.patches.directory")));
        }
        named.extend(self.text("KubeletConfiguration", "resolvConf"));
        named
    }
}
