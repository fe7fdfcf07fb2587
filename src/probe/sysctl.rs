//! `sysctl:KEY`: a kernel variable.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::parse::{glob, sysctl_d};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "sysctl",
    summary: "The value of a kernel variable, as the kernel prints it with runs of blanks made one.",
    details: "\
Now: the file under `/proc/sys`; absent if there is none. Variables that do something when they are read, or \
only take writes, are not read.

Boot: what `sysctl.*=` on the kernel command line and systemd-sysctl's merge of sysctl.d make of it \
(sysctl.d(5), systemd 252 to 257), or the kernel's default where nothing sets it. `/etc/sysctl.conf` counts \
only through a link in a sysctl.d directory. A variable of a module that is not loaded when systemd-sysctl \
runs is lost: absent. Unknown where something else may write it later: rc.local, ufw, systemd-networkd, tuned, \
docker, kubelet, tmpfiles.d, a rule of udev, or a command of a unit that starts; writers of the same value don't count.

The first separator of a key decides its spelling: `net.ipv4.conf.eth0/100.rp_filter` and \
`net/ipv4/conf/eth0.100/rp_filter` are one variable.",
    key: KeySyntax::Required(&KeyKind { noun: "kernel variable", canonical }),
    answer: Shape::Text,
    moments: BOTH,
    examples: &[
        "kernel.panic",
        "net.bridge.bridge-nf-call-iptables",
        "net.ipv4.ip_forward",
        "vm.overcommit_memory",
        "vm.swappiness",
    ],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    if is_plain(text) { Ok(text.to_owned()) } else { respelt(text) }
}

fn respelt(text: &str) -> Result<String, String> {
    let path = sysctl_d::path_of(text);
    if glob::is_glob(&path) {
        return Err("a kernel variable has no wildcards".into());
    }
    let separator = text.chars().find(|c| matches!(c, '.' | '/')).unwrap_or('.');
    let has_gap = text.split(separator).any(str::is_empty);
    if has_gap || path.split('/').any(|part| matches!(part, "." | "..")) {
        return Err("a kernel variable is named like net.ipv4.ip_forward".into());
    }
    Ok(sysctl_d::dotted(&path))
}

/// Whether a name is written with dots alone between its parts, as most are.
fn is_plain(text: &str) -> bool {
    let is_part = |part: &[u8]| {
        !part.is_empty()
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    text.as_bytes().split(|byte| *byte == b'.').all(is_part)
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let value = match moment {
        Moment::Now => subsystems.sysctl().now(subsystems, key.as_str()),
        Moment::NextBoot => subsystems.sysctl().at_boot(subsystems, key.as_str()),
    };
    value.map(Value::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_variable_has_one_key() {
        for (text, key) in [
            ("net/ipv4/ip_forward", Some("net.ipv4.ip_forward")),
            ("net.ipv4.conf.eth0/100.rp_filter", Some("net.ipv4.conf.eth0/100.rp_filter")),
            ("net/ipv4/conf/eth0.100/rp_filter", Some("net.ipv4.conf.eth0/100.rp_filter")),
            ("kernel/../../x", None),
            ("kernel.//.x", None),
            ("a..b", None),
            ("/x", None),
            ("net.*.x", None),
        ] {
            assert_eq!(canonical(text).ok().as_deref(), key, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_name_is_its_own_key(text in "[a-z_.*/-]{1,12}") {
            prop_assert_eq!(canonical(&text), respelt(&text));
        }
    }
}
