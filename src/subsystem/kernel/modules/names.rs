//! Names of modules: the option that builds one, what shows that a kernel has it built in, the variables that it brings, and what
//! has the kernel load it.

/// The kernel option (without `CONFIG_`) that builds a well-known module.
///
/// Source: Kconfig and Makefiles of Linux 6.1.
pub(super) fn option_of(module: &str) -> Option<&'static str> {
    let at = OPTIONS.binary_search_by(|(name, _)| (*name).cmp(module)).ok()?;
    Some(OPTIONS[at].1)
}

/// A path of `/proc` or `/sys` that exists only while the module's code is in the kernel.
pub(super) fn evidence_of(module: &str) -> Option<&'static str> {
    let at = EVIDENCE.iter().position(|(name, _)| *name == module)?;
    Some(EVIDENCE[at].1)
}

/// The module that brings a variable; none for the kernel's own.
pub(in crate::subsystem::kernel) fn bringing(path: &str) -> Option<&'static str> {
    BY_VARIABLES.iter().find(|(prefix, _)| path.starts_with(prefix)).map(|(_, module)| *module)
}

const BY_VARIABLES: [(&str, &str); 9] = [
    ("net/bridge/", "br_netfilter"),
    ("net/netfilter/nf_conntrack_", "nf_conntrack"),
    ("net/nf_conntrack_max", "nf_conntrack"),
    ("net/ipv4/vs/", "ip_vs"),
    ("net/sctp/", "sctp"),
    ("net/rds/", "rds"),
    ("fs/xfs/", "xfs"),
    ("sunrpc/", "sunrpc"),
    ("dev/raid/", "md_mod"),
];

/// Variables whose value makes the kernel ask for the module of that name: path, name, and the start of the module's name.
pub(in crate::subsystem::kernel) const BY_VALUES: [(&str, &str, &str); 2] = [
    ("net/ipv4/tcp_congestion_control", "net.ipv4.tcp_congestion_control", "tcp_"),
    ("net/core/default_qdisc", "net.core.default_qdisc", "sch_"),
];

/// Services that load modules, or have the kernel load them, as their configuration and version say.
pub(super) const BY_SERVICES: [(&str, &[&str]); 11] = [
    ("docker.service", CONTAINERS),
    ("nftables.service", NETFILTER),
    ("iptables.service", NETFILTER),
    ("ip6tables.service", NETFILTER),
    ("netfilter-persistent.service", NETFILTER),
    ("firewalld.service", NETFILTER),
    ("ufw.service", NETFILTER),
    ("systemd-networkd.service", INTERFACES),
    ("NetworkManager.service", INTERFACES),
    ("networking.service", INTERFACES),
    ("keepalived.service", &["ip_vs", "ip_vs_*", "nf_*", "ip_set", "ip_set_*"]),
];
/// Programs that do so when a command calls them.
pub(super) const BY_PROGRAMS: [(&str, &[&str]); 12] = [
    ("iptables", NETFILTER),
    ("ip6tables", NETFILTER),
    ("iptables-restore", NETFILTER),
    ("ip6tables-restore", NETFILTER),
    ("ebtables", NETFILTER),
    ("nft", NETFILTER),
    ("ipset", &["ip_set", "ip_set_*"]),
    ("ipvsadm", &["ip_vs", "ip_vs_*"]),
    ("ip", INTERFACES),
    ("brctl", INTERFACES),
    ("tc", &["sch_*", "cls_*", "act_*"]),
    ("docker", CONTAINERS),
];
const NETFILTER: &[&str] = &[
    "nf_*",
    "nft_*",
    "xt_*",
    "ip_tables",
    "iptable_*",
    "ip6_tables",
    "ip6table_*",
    "ipt_*",
    "ip6t_*",
    "x_tables",
    "ip_set",
    "ip_set_*",
    "ebtable*",
    "ebt_*",
    "arp_tables",
    "arptable_*",
    "nfnetlink",
    "nfnetlink_*",
    "libcrc32c",
];
const INTERFACES: &[&str] = &[
    "bridge",
    "stp",
    "llc",
    "bonding",
    "dummy",
    "8021q",
    "macvlan",
    "macvtap",
    "ipvlan",
    "veth",
    "vxlan",
    "geneve",
    "gre",
    "ip_gre",
    "ipip",
    "sit",
    "tun",
    "team",
    "wireguard",
    "vrf",
    "ifb",
    "ip_tunnel",
    "ip6_tunnel",
    "udp_tunnel",
];
const CONTAINERS: &[&str] = &[
    "overlay",
    "bridge",
    "stp",
    "llc",
    "br_netfilter",
    "veth",
    "nf_*",
    "nft_*",
    "xt_*",
    "ip_tables",
    "iptable_*",
    "ip6_tables",
    "ip6table_*",
    "x_tables",
    "nfnetlink",
    "nfnetlink_*",
    "vxlan",
    "macvlan",
    "ipvlan",
    "xfrm_*",
];
const OPTIONS: &[(&str, &str)] = &[
    ("aufs", "AUFS_FS"),
    ("bonding", "BONDING"),
    ("bpfilter", "BPFILTER"),
    ("br_netfilter", "BRIDGE_NETFILTER"),
    ("bridge", "BRIDGE"),
    ("btrfs", "BTRFS_FS"),
    ("ceph", "CEPH_FS"),
    ("cifs", "CIFS"),
    ("configfs", "CONFIGFS_FS"),
    ("configs", "IKCONFIG"),
    ("dm_crypt", "DM_CRYPT"),
    ("dm_mod", "BLK_DEV_DM"),
    ("dm_thin_pool", "DM_THIN_PROVISIONING"),
    ("dummy", "DUMMY"),
    ("erofs", "EROFS_FS"),
    ("ext4", "EXT4_FS"),
    ("fuse", "FUSE_FS"),
    ("geneve", "GENEVE"),
    ("inet_diag", "INET_DIAG"),
    ("ip6_tables", "IP6_NF_IPTABLES"),
    ("ip6t_REJECT", "IP6_NF_TARGET_REJECT"),
    ("ip6table_filter", "IP6_NF_FILTER"),
    ("ip6table_mangle", "IP6_NF_MANGLE"),
    ("ip6table_nat", "IP6_NF_NAT"),
    ("ip6table_raw", "IP6_NF_RAW"),
    ("ip_set", "IP_SET"),
    ("ip_tables", "IP_NF_IPTABLES"),
    ("ip_tunnel", "NET_IP_TUNNEL"),
    ("ip_vs", "IP_VS"),
    ("ip_vs_lc", "IP_VS_LC"),
    ("ip_vs_rr", "IP_VS_RR"),
    ("ip_vs_sh", "IP_VS_SH"),
    ("ip_vs_wlc", "IP_VS_WLC"),
    ("ip_vs_wrr", "IP_VS_WRR"),
    ("ipip", "NET_IPIP"),
    ("ipt_REJECT", "IP_NF_TARGET_REJECT"),
    ("iptable_filter", "IP_NF_FILTER"),
    ("iptable_mangle", "IP_NF_MANGLE"),
    ("iptable_nat", "IP_NF_NAT"),
    ("iptable_raw", "IP_NF_RAW"),
    ("ipv6", "IPV6"),
    ("ipvlan", "IPVLAN"),
    ("iscsi_tcp", "ISCSI_TCP"),
    ("isofs", "ISO9660_FS"),
    ("kvm", "KVM"),
    ("loop", "BLK_DEV_LOOP"),
    ("macvlan", "MACVLAN"),
    ("macvtap", "MACVTAP"),
    ("nbd", "BLK_DEV_NBD"),
    ("netlink_diag", "NETLINK_DIAG"),
    ("nf_conntrack", "NF_CONNTRACK"),
    ("nf_conntrack_netlink", "NF_CT_NETLINK"),
    ("nf_defrag_ipv4", "NF_DEFRAG_IPV4"),
    ("nf_defrag_ipv6", "NF_DEFRAG_IPV6"),
    ("nf_log_syslog", "NF_LOG_SYSLOG"),
    ("nf_nat", "NF_NAT"),
    ("nf_reject_ipv4", "NF_REJECT_IPV4"),
    ("nf_reject_ipv6", "NF_REJECT_IPV6"),
    ("nf_tables", "NF_TABLES"),
    ("nfnetlink", "NETFILTER_NETLINK"),
    ("nfs", "NFS_FS"),
    ("nfsv4", "NFS_V4"),
    ("nft_chain_nat", "NFT_NAT"),
    ("nft_compat", "NFT_COMPAT"),
    ("nft_ct", "NFT_CT"),
    ("nft_masq", "NFT_MASQ"),
    ("nft_nat", "NFT_NAT"),
    ("nft_reject", "NFT_REJECT"),
    ("nvme", "BLK_DEV_NVME"),
    ("openvswitch", "OPENVSWITCH"),
    ("overlay", "OVERLAY_FS"),
    ("rbd", "BLK_DEV_RBD"),
    ("sch_fq", "NET_SCH_FQ"),
    ("sch_fq_codel", "NET_SCH_FQ_CODEL"),
    ("sch_ingress", "NET_SCH_INGRESS"),
    ("sctp", "IP_SCTP"),
    ("squashfs", "SQUASHFS"),
    ("tap", "TAP"),
    ("target_core_mod", "TARGET_CORE"),
    ("tcp_bbr", "TCP_CONG_BBR"),
    ("tcp_diag", "INET_TCP_DIAG"),
    ("tun", "TUN"),
    ("veth", "VETH"),
    ("vfat", "VFAT_FS"),
    ("vhost_net", "VHOST_NET"),
    ("vhost_vsock", "VHOST_VSOCK"),
    ("virtio_net", "VIRTIO_NET"),
    ("vsock", "VSOCKETS"),
    ("vxlan", "VXLAN"),
    ("wireguard", "WIREGUARD"),
    ("x_tables", "NETFILTER_XTABLES"),
    ("xfs", "XFS_FS"),
    ("xt_MASQUERADE", "NETFILTER_XT_TARGET_MASQUERADE"),
    ("xt_REDIRECT", "NETFILTER_XT_TARGET_REDIRECT"),
    ("xt_addrtype", "NETFILTER_XT_MATCH_ADDRTYPE"),
    ("xt_bpf", "NETFILTER_XT_MATCH_BPF"),
    ("xt_comment", "NETFILTER_XT_MATCH_COMMENT"),
    ("xt_conntrack", "NETFILTER_XT_MATCH_CONNTRACK"),
    ("xt_mark", "NETFILTER_XT_MARK"),
    ("xt_multiport", "NETFILTER_XT_MATCH_MULTIPORT"),
    ("xt_nat", "NETFILTER_XT_NAT"),
    ("xt_set", "NETFILTER_XT_SET"),
    ("xt_socket", "NETFILTER_XT_MATCH_SOCKET"),
    ("xt_statistic", "NETFILTER_XT_MATCH_STATISTIC"),
    ("xt_tcpudp", "NETFILTER_XTABLES"),
    ("zram", "ZRAM"),
];

const EVIDENCE: &[(&str, &str)] = &[
    ("br_netfilter", "/proc/sys/net/bridge"),
    ("configs", "/proc/config.gz"),
    ("ip_tables", "/proc/net/ip_tables_names"),
    ("ip6_tables", "/proc/net/ip6_tables_names"),
    ("ip_vs", "/proc/net/ip_vs"),
    ("ipv6", "/proc/sys/net/ipv6"),
    ("nf_conntrack", "/proc/sys/net/netfilter/nf_conntrack_max"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_everything_in_it_is_found() {
        assert!(OPTIONS.is_sorted_by_key(|(name, _)| name));
        assert_eq!(option_of("overlay"), Some("OVERLAY_FS"));
        assert_eq!(option_of("nothing"), None);
    }
}
