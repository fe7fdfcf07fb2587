//! Capabilities as CRI-O's `default_capabilities` takes them: names of capabilities(7) without `CAP_`, in any letter case
//! (`internal/config/capabilities`).

/// All capabilities of Linux (capabilities(7); 5.9 has the last of them).
const CAPABILITIES: [&str; 41] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// Whether a name is one. CRI-O puts `CAP_` before it, so that `CAP_CHOWN` is none.
pub(crate) fn is_capability(name: &str) -> bool {
    CAPABILITIES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::is_capability;

    #[test]
    fn names_are_without_cap() {
        for good in ["CHOWN", "chown", "Net_Raw", "CHECKPOINT_RESTORE"] {
            assert!(is_capability(good), "{good}");
        }
        for bad in ["", "CAP_CHOWN", "NOPE", "ALL", " CHOWN"] {
            assert!(!is_capability(bad), "{bad}");
        }
    }
}
