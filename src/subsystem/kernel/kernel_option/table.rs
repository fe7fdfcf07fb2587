//! What shows that a kernel has an option, other than its configuration.

/// What the running kernel shows of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A name in `/proc/self/ns`, which lists all kinds of namespaces: what isn't listed isn't there.
    Namespace(&'static str),
    /// A line of `/proc/filesystems`, which lists all that are built in or loaded.
    FileSystem(&'static str),
    /// A controller in `/proc/cgroups` or the `cgroup.controllers` of v2. The first lists those of v1 only since Linux
    /// 6.15, the second none that is implicit, so that a missing one says nothing.
    Controller(&'static str, &'static str),
    /// A path that is there only with the option. It may be missing for other reasons: a switch of the command line,
    /// a network namespace of its own.
    Path(&'static str),
}

/// An option with what it is known by.
pub(super) struct Known {
    /// Without `CONFIG_`.
    pub(super) option: &'static str,
    pub(super) evidence: &'static [Evidence],
    /// The modules that the option builds; several where it was renamed. None if the option is no module.
    pub(super) modules: &'static [&'static str],
}

/// What is known of an option.
pub(super) fn find(option: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.option == option)
}

const fn evident(option: &'static str, evidence: &'static [Evidence]) -> Known {
    Known { option, evidence, modules: &[] }
}

const fn built(option: &'static str, modules: &'static [&'static str]) -> Known {
    Known { option, evidence: &[], modules }
}

use Evidence::{Controller, FileSystem, Namespace, Path};

/// Source: Kconfig, Makefiles and the tables of `/proc/sys` in Linux 6.1; names of modules since 5.4.
static KNOWN: &[Known] = &[
    evident("NAMESPACES", &[Namespace("uts"), Namespace("net"), Namespace("pid")]),
    evident("NET_NS", &[Namespace("net")]),
    evident("PID_NS", &[Namespace("pid")]),
    evident("IPC_NS", &[Namespace("ipc")]),
    evident("UTS_NS", &[Namespace("uts")]),
    evident("USER_NS", &[Namespace("user")]),
    evident("CGROUPS", &[Namespace("cgroup")]),
    evident("CFS_BANDWIDTH", &[Path("/proc/sys/kernel/sched_cfs_bandwidth_slice_us")]),
    evident("CGROUP_SCHED", &[Controller("cpu", "cpu")]),
    evident("CPUSETS", &[Controller("cpuset", "cpuset")]),
    evident("MEMCG", &[Controller("memory", "memory")]),
    evident("CGROUP_PIDS", &[Controller("pids", "pids")]),
    evident("CGROUP_HUGETLB", &[Controller("hugetlb", "hugetlb")]),
    evident("BLK_CGROUP", &[Controller("io", "blkio")]),
    evident("CGROUP_CPUACCT", &[Controller("", "cpuacct")]),
    evident("CGROUP_DEVICE", &[Controller("", "devices")]),
    evident("CGROUP_FREEZER", &[Controller("", "freezer")]),
    evident("CGROUP_PERF", &[Controller("", "perf_event")]),
    evident("CGROUP_NET_PRIO", &[Controller("", "net_prio")]),
    evident("SECCOMP", &[Path("/proc/sys/kernel/seccomp")]),
    evident("SECCOMP_FILTER", &[Path("/proc/sys/kernel/seccomp")]),
    evident("KEYS", &[Path("/proc/sys/kernel/keys")]),
    evident("POSIX_MQUEUE", &[FileSystem("mqueue")]),
    evident("SECURITY_SELINUX", &[Path("/sys/fs/selinux")]),
    evident("SECURITY_APPARMOR", &[Path("/sys/module/apparmor")]),
    evident("NET", &[Path("/proc/sys/net/core")]),
    evident("INET", &[Path("/proc/sys/net/ipv4")]),
    Known { option: "IPV6", evidence: &[Path("/proc/sys/net/ipv6")], modules: &["ipv6"] },
    evident("NETFILTER", &[Path("/proc/sys/net/netfilter")]),
    evident("BPF_SYSCALL", &[Path("/proc/sys/kernel/unprivileged_bpf_disabled")]),
    evident("XFRM", &[Path("/proc/sys/net/core/xfrm_acq_expires")]),
    evident("CRYPTO", &[Path("/proc/crypto")]),
    Known { option: "OVERLAY_FS", evidence: &[FileSystem("overlay")], modules: &["overlay"] },
    Known { option: "EXT4_FS", evidence: &[FileSystem("ext4")], modules: &["ext4"] },
    built("BRIDGE", &["bridge"]),
    built("BRIDGE_NETFILTER", &["br_netfilter"]),
    built("CRYPTO_GCM", &["gcm"]),
    built("CRYPTO_GHASH", &["ghash_generic"]),
    built("CRYPTO_SEQIV", &["seqiv"]),
    built("DUMMY", &["dummy"]),
    built("INET_ESP", &["esp4"]),
    built("IP6_NF_FILTER", &["ip6table_filter"]),
    built("IP6_NF_IPTABLES", &["ip6_tables"]),
    built("IP6_NF_MANGLE", &["ip6table_mangle"]),
    built("IP6_NF_NAT", &["ip6table_nat"]),
    built("IP6_NF_RAW", &["ip6table_raw"]),
    built("IPVLAN", &["ipvlan"]),
    built("IP_NF_FILTER", &["iptable_filter"]),
    built("IP_NF_IPTABLES", &["ip_tables"]),
    built("IP_NF_MANGLE", &["iptable_mangle"]),
    built("IP_NF_NAT", &["iptable_nat"]),
    built("IP_NF_RAW", &["iptable_raw"]),
    built("IP_NF_TARGET_REJECT", &["ipt_REJECT"]),
    built("IP_SCTP", &["sctp"]),
    built("IP_SET", &["ip_set"]),
    built("IP_SET_HASH_IP", &["ip_set_hash_ip"]),
    built("IP_SET_HASH_NET", &["ip_set_hash_net"]),
    built("IP_VS", &["ip_vs"]),
    built("IP_VS_RR", &["ip_vs_rr"]),
    built("IP_VS_SH", &["ip_vs_sh"]),
    built("IP_VS_WRR", &["ip_vs_wrr"]),
    built("LLC", &["llc"]),
    built("MACVLAN", &["macvlan"]),
    built("NETFILTER_NETLINK", &["nfnetlink"]),
    built("NETFILTER_XTABLES", &["x_tables"]),
    built("NETFILTER_XT_MARK", &["xt_mark"]),
    built("NETFILTER_XT_MATCH_ADDRTYPE", &["xt_addrtype"]),
    built("NETFILTER_XT_MATCH_BPF", &["xt_bpf"]),
    built("NETFILTER_XT_MATCH_COMMENT", &["xt_comment"]),
    built("NETFILTER_XT_MATCH_CONNTRACK", &["xt_conntrack"]),
    built("NETFILTER_XT_MATCH_IPVS", &["xt_ipvs"]),
    built("NETFILTER_XT_MATCH_MULTIPORT", &["xt_multiport"]),
    built("NETFILTER_XT_MATCH_RECENT", &["xt_recent"]),
    built("NETFILTER_XT_MATCH_STATISTIC", &["xt_statistic"]),
    built("NETFILTER_XT_NAT", &["xt_nat"]),
    built("NETFILTER_XT_SET", &["xt_set"]),
    // Since Linux 5.2; before, that of IPv4 alone.
    built("NETFILTER_XT_TARGET_MASQUERADE", &["xt_MASQUERADE", "ipt_MASQUERADE"]),
    built("NETFILTER_XT_TARGET_REDIRECT", &["xt_REDIRECT"]),
    built("NET_CLS_BPF", &["cls_bpf"]),
    built("NET_CLS_CGROUP", &["cls_cgroup"]),
    built("NET_SCH_INGRESS", &["sch_ingress"]),
    built("NFT_COMPAT", &["nft_compat"]),
    built("NFT_CT", &["nft_ct"]),
    built("NFT_FIB", &["nft_fib"]),
    built("NFT_FIB_IPV4", &["nft_fib_ipv4"]),
    built("NFT_FIB_IPV6", &["nft_fib_ipv6"]),
    built("NFT_MASQ", &["nft_masq"]),
    built("NFT_NAT", &["nft_nat"]),
    built("NF_CONNTRACK", &["nf_conntrack"]),
    built("NF_CONNTRACK_FTP", &["nf_conntrack_ftp"]),
    built("NF_CONNTRACK_TFTP", &["nf_conntrack_tftp"]),
    built("NF_DEFRAG_IPV4", &["nf_defrag_ipv4"]),
    built("NF_DEFRAG_IPV6", &["nf_defrag_ipv6"]),
    built("NF_NAT", &["nf_nat"]),
    built("NF_NAT_FTP", &["nf_nat_ftp"]),
    built("NF_NAT_TFTP", &["nf_nat_tftp"]),
    built("NF_REJECT_IPV4", &["nf_reject_ipv4"]),
    built("NF_TABLES", &["nf_tables"]),
    built("STP", &["stp"]),
    built("VETH", &["veth"]),
    built("VXLAN", &["vxlan"]),
    built("XFRM_ALGO", &["xfrm_algo"]),
    built("XFRM_USER", &["xfrm_user"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_option_is_known_once_and_by_something() {
        let names: BTreeSet<_> = KNOWN.iter().map(|known| known.option).collect();
        assert_eq!(names.len(), KNOWN.len());
        for known in KNOWN {
            assert!(!known.evidence.is_empty() || !known.modules.is_empty(), "{}", known.option);
        }
    }
}
