//! Lists of interfaces as NetworkManager reads them (NetworkManager.conf(5), "Device List Format").

use crate::parse::glob;

/// Interfaces of pod networks and kube-proxy, and what NetworkManager calls their kind.
const KINDS: [(&str, &str); 8] = [
    ("cali*", "veth"),
    ("cni*", "bridge"),
    ("flannel*", "vxlan"),
    ("kube-ipvs*", "dummy"),
    ("nodelocaldns*", "dummy"),
    ("tunl*", "iptunnel"),
    ("veth*", "veth"),
    ("vxlan*", "vxlan"),
];

/// Whether something matches an interface; unknown if that depends on what a name doesn't tell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    Unknown,
}

pub(super) fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ';']).map(str::trim).filter(|text| !text.is_empty())
}

/// Whether a list matches: one of its entries does and none that begins with `except:`; a list of such entries alone
/// matches everything else.
pub(super) fn list<'l>(entries: impl Iterator<Item = &'l str>, name: &str) -> Match {
    let (mut positive, mut negative, mut excepted, mut found) = (false, false, Match::No, Match::No);
    let worst = |known: Match, new: Match| match (known, new) {
        (Match::Yes, _) | (_, Match::Yes) => Match::Yes,
        (Match::Unknown, _) | (_, Match::Unknown) => Match::Unknown,
        _ => Match::No,
    };
    for text in entries {
        if let Some(text) = text.strip_prefix("except:") {
            negative = true;
            excepted = worst(excepted, entry(text, name));
        } else {
            positive = true;
            found = worst(found, entry(text, name));
        }
    }
    let found = if negative && !positive { Match::Yes } else { found };
    match (found, excepted) {
        (Match::No, _) | (_, Match::Yes) => Match::No,
        (Match::Yes, Match::No) => Match::Yes,
        _ => Match::Unknown,
    }
}

/// Whether an interface is a veth device, by its name.
pub(super) fn is_veth(name: &str) -> bool {
    KINDS.iter().any(|(pattern, kind)| *kind == "veth" && glob::covers_name(pattern, name))
}

/// Whether one entry matches an interface by its name.
fn entry(text: &str, name: &str) -> Match {
    let is = |matches: bool| if matches { Match::Yes } else { Match::No };
    match text.split_once(':') {
        None if text == "*" => Match::Yes,
        None => is(text == name),
        Some(("interface-name", pattern)) => is(match pattern.split_at_checked(1) {
            Some(("=", exact)) => exact == name,
            Some(("~", pattern)) => glob::covers_name(pattern, name),
            _ => glob::covers_name(pattern, name),
        }),
        Some(("type", wanted)) => match KINDS.iter().find(|(pattern, _)| glob::covers_name(pattern, name)) {
            Some((_, kind)) => is(*kind == wanted),
            None => Match::Unknown,
        },
        // Hardware addresses, drivers, subchannels: pod networks make their interfaces with addresses of their own.
        Some(_) => Match::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_match_as_the_manual_says() {
        let matches = |text: &str, name: &str| match list(split(text), name) {
            Match::Yes => "yes",
            Match::No => "no",
            Match::Unknown => "unknown",
        };
        for (text, name, expected) in [
            ("", "cali0", "no"),
            ("*", "cali0", "yes"),
            ("cali0", "cali0", "yes"),
            ("interface-name:cali*;interface-name:tunl*", "cali0", "yes"),
            ("interface-name:cali*,interface-name:tunl*", "tunl0", "yes"),
            ("interface-name:cali*", "vxlan.calico", "no"),
            ("interface-name:=cali*", "cali0", "no"),
            ("interface-name:~cali?", "cali0", "yes"),
            ("type:veth", "cali0", "yes"),
            ("type:vxlan", "cali0", "no"),
            ("type:veth", "eth0", "unknown"),
            ("mac:00:22:68:1c:59:b1", "cali0", "unknown"),
            ("mac:00:22:68:1c:59:b1;interface-name:cali*", "cali0", "yes"),
            ("*,except:type:wifi", "cali0", "yes"),
            ("*,except:interface-name:cali*", "cali0", "no"),
            ("except:interface-name:eth*", "cali0", "yes"),
            ("except:interface-name:eth*", "eth0", "no"),
            ("*,except:driver:veth", "cali0", "unknown"),
        ] {
            assert_eq!(matches(text, name), expected, "{text} {name}");
        }
    }

    proptest! {
        #[test]
        fn any_list_is_read(text in "\\PC{0,60}") {
            list(split(&text), "cali0");
        }
    }
}
