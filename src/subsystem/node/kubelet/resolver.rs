//! The name servers that pods inherit from the node (`resolvConf`): a loopback one is another one in every pod, and the cluster's
//! own one asks itself.

use std::net::IpAddr;

use super::{Kubelet, Subsystems};
use crate::fact::{Answer, Confidence, Fact, Moment, Origin, State, Value};
use crate::host::{HostPath, Read};
use crate::parse::lines;
use crate::subsystem::boot::ephemeral::{self, Unavailable};
use crate::subsystem::boot::resolv_conf;

const SYSTEM: &str = "/etc/resolv.conf";
/// Where systemd-resolved writes its own address, and where the servers that it asks (systemd-resolved.service(8)).
const STUB: &str = "/run/systemd/resolve/stub-resolv.conf";
const UPLINKS: &str = "/run/systemd/resolve/resolv.conf";

/// The file that the kubelet reads, and what says so.
///
/// # Errors
/// The answer to whatever is asked about the file, where there is none to ask about.
fn file(kubelet: &Kubelet, subsystems: &Subsystems<'_>) -> Result<(String, Fact), Fact> {
    let files = subsystems.host().files();
    let setting = kubelet.field("resolvConf");
    match (&setting.state, kubelet.is_configured()) {
        (State::Known(Value::Text(path)), _) if path.is_empty() => {
            Err(Fact { state: State::Known(Value::List(Vec::new())), ..setting })
        }
        (State::Known(Value::Text(path)), _) => Ok((path.clone(), setting)),
        // kubeadm writes the second file where systemd-resolved runs.
        (_, false) => {
            let real = ephemeral::real(files, &HostPath::new(SYSTEM));
            let path = if real.as_path().starts_with("/run/systemd/resolve") { UPLINKS } else { SYSTEM };
            let note = format!("kubeadm will have the kubelet read {path}");
            Ok((path.to_owned(), Fact::absent().at_most(Confidence::High).note(note)))
        }
        _ => Err(setting),
    }
}

/// The file of name servers, if it isn't there: the kubelet then starts no pod.
pub(super) fn missing(kubelet: &Kubelet, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let (path, setting) = match file(kubelet, subsystems) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let path = HostPath::new(&path);
    let there = match moment {
        Moment::Now => now(subsystems, &path),
        Moment::NextBoot => resolv_conf::at_boot(subsystems, &path),
    };
    let list = there.map(|is_there| {
        let what = format!("{path} (resolvConf) is not there");
        if is_there { Value::List(Vec::new()) } else { Value::list([what]) }
    });
    let list = setting.notes.iter().fold(list, Answer::note).at_most(setting.confidence);
    let mut because = setting.because;
    if because.is_empty() && path != HostPath::new(SYSTEM) {
        because.push(Origin::file(SYSTEM).says("leads to a file of systemd-resolved"));
    }
    Answer { because: because.into_iter().chain(list.because).collect(), ..list }
}

/// Whether a file is there in the running system.
fn now(subsystems: &Subsystems<'_>, path: &HostPath) -> Answer<bool> {
    let real = ephemeral::real(subsystems.host().files(), path);
    let files = match ephemeral::files(subsystems, &real, Moment::Now) {
        Ok(files) => files,
        Err(why) => return Answer::unknown(why.why().to_owned()),
    };
    match files.stat(&real) {
        Read::There(_) => Answer::known(true).because(Origin::file(path)),
        Read::Missing(_) if real == *path => {
            Answer::known(false).because(Origin::file(path).says("is not there"))
        }
        Read::Missing(_) => Answer::known(false)
            .because(Origin::file(path).says(format!("leads to {real}, which is not there"))),
        Read::Hidden(error) => Answer::unknown(error),
    }
}

/// The addresses of the cluster's DNS. Those of a cache on the node are link-local, and ask others.
fn cluster_dns(kubelet: &Kubelet) -> Vec<IpAddr> {
    let State::Known(Value::List(items)) = kubelet.field("clusterDNS").state else { return Vec::new() };
    let addresses = items.iter().filter_map(|item| item.as_text()?.parse::<IpAddr>().ok());
    addresses.filter(|address| !matches!(address, IpAddr::V4(v4) if v4.is_link_local())).collect()
}

/// The name servers in the file that the kubelet copies into pods and that lead `CoreDNS` back to itself.
pub(super) fn loopback(kubelet: &Kubelet, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let files = subsystems.host().files();
    let (path, setting) = match file(kubelet, subsystems) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let told = |state: Value| {
        let fact = Fact::new(state).at_most(setting.confidence).because_all(setting.because.clone());
        setting.notes.iter().fold(fact, Fact::note)
    };
    let real = ephemeral::real(files, &HostPath::new(&path));
    let place = if ephemeral::is_below_memory(&real) { real.clone() } else { HostPath::new(&path) };
    let content = match ephemeral::files(subsystems, &real, moment) {
        Ok(tree) => tree.read(&place),
        Err(Unavailable::Remade(why) | Unavailable::InMemory(why)) => {
            let servers: &[&str] = match real.to_string().as_str() {
                STUB => &["127.0.0.53"],
                UPLINKS => &[],
                _ => return Fact::unknown(why),
            };
            return told(Value::list(servers.iter().copied()))
                .because(Origin::file(&real))
                .at_most(Confidence::High)
                .note(format!("systemd-resolved writes {real}"));
        }
        Err(Unavailable::Lost(why)) => return Fact::absent().because(Origin::file(&path)).note(why),
        // A file of an image is the same while nothing runs.
        Err(Unavailable::Unknown(_)) if moment == Moment::Now && !ephemeral::is_below_memory(&real) => {
            files.read(&place)
        }
        Err(Unavailable::Unknown(reason)) => return Fact::unknown(reason),
    };
    match content {
        Read::There(content) => {
            let servers = servers(&content, &cluster_dns(kubelet));
            let origins = servers.iter().map(|(line, _)| Origin::line(&path, *line));
            let mut fact = told(Value::list(servers.iter().map(|(_, server)| server.to_string())));
            fact.because.splice(0..0, origins);
            fact
        }
        Read::Missing(_) => Fact::absent().because(Origin::file(&path)).note("the file is not there"),
        Read::Hidden(error) => Fact::unknown(error.to_string()),
    }
}

/// Name servers that are loopback addresses or the cluster's, and their lines, as the kubelet reads them (`parseResolvConf` in
/// pkg/kubelet/network/dns).
fn servers(content: &[u8], cluster: &[IpAddr]) -> Vec<(u32, IpAddr)> {
    let server = |(number, line): (u32, std::borrow::Cow<'_, str>)| {
        let mut words = line.split_whitespace();
        let address = words.next().filter(|word| *word == "nameserver").and_then(|_| words.next())?;
        let address: IpAddr = address.split('%').next()?.parse().ok()?;
        let leads_back = address.to_canonical().is_loopback() || cluster.contains(&address);
        leads_back.then_some((number, address))
    };
    lines(content).filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn loopback_name_servers_are_found() {
        let text =
            b"# nameserver 127.0.0.1\nnameserver 10.0.0.1\n nameserver\t127.0.0.53 x\nnameserver ::1\n\
            nameserver ::ffff:127.0.0.1\nnameserver fe80::1%eth0\noptions nameserver 127.0.0.1\n";
        let lines = |cluster: &[IpAddr]| -> Vec<u32> {
            servers(text, cluster).into_iter().map(|(line, _)| line).collect()
        };
        assert_eq!(lines(&[]), [3, 4, 5]);
        assert_eq!(lines(&["10.0.0.1".parse().unwrap()]), [2, 3, 4, 5], "the cluster's own");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(servers(&bytes, &[]).len() <= bytes.len());
        }
    }
}
