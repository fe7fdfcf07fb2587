//! What the kubelet is told and the machine lacks: a cgroup, CPUs, a kubeconfig. It exits over each.

use super::{Kubelet, Subsystems, drivers};
use crate::fact::{Confidence, Fact, Moment, Origin, State, Value};
use crate::host::{HostError, Read, Running};
use crate::parse::cpu_list;
use crate::subsystem::systemd::exec_context::absolute;

const CGROUP: &str = "/sys/fs/cgroup";
const ONLINE: &str = "/sys/devices/system/cpu/online";
/// Where kubeadm's drop-in has the kubelet look.
const KUBECONFIGS: [&str; 2] = ["/etc/kubernetes/kubelet.conf", "/etc/kubernetes/bootstrap-kubelet.conf"];

/// Controllers that the kubelet uses, where the kernel has them (`allowlistControllers`, `getSupportedUnifiedControllers` in
/// pkg/kubelet/cm).
const UNIFIED: [&str; 5] = ["cpu", "cpuset", "hugetlb", "memory", "pids"];
const OLD: [&str; 7] = ["cpu", "cpuacct", "cpuset", "hugetlb", "memory", "pids", "systemd"];

/// `cgroupRoot`, as far as it is missing. Only a running system has cgroups.
pub(super) fn cgroup_root(kubelet: &Kubelet, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let setting = kubelet.field("cgroupRoot");
    let root = match &setting.state {
        State::Known(Value::Text(root)) if !root.trim_matches('/').is_empty() => root.clone(),
        State::Known(Value::Text(_)) | State::Absent => return none(setting),
        // kubeadm doesn't write it.
        _ if !kubelet.is_configured() => return Fact::findings(Vec::new()).at_most(Confidence::High),
        _ => return setting,
    };
    if kubelet.field("cgroupsPerQOS").state == State::from(false) {
        return none(setting).note("cgroupsPerQOS is false, so that the kubelet doesn't look for it");
    }
    let (Moment::Now, Some(running)) = (moment, subsystems.host().running()) else {
        return Fact::unknown(format!("what makes the cgroup {root} at boot is not known"));
    };
    let place = setting.because.first().cloned().unwrap_or_default();
    let found = |name: &str| missing(running, name).map(|places| (name.to_owned(), places));
    let (plain, slice) = match (found(root.trim_matches('/')), found(&slice(&root))) {
        (Ok(plain), Ok(slice)) => (plain, slice),
        (Err(error), _) | (_, Err(error)) => return Fact::unknown(error.to_string()),
    };
    let told = |(name, places): &(String, Vec<String>)| {
        let told = places.iter().map(|part| (place.clone(), format!("{part} for the cgroup /{name}")));
        Fact::findings(told.collect()).at_most(setting.confidence)
    };
    if plain.1.is_empty() && slice.1.is_empty() {
        return told(&plain);
    }
    let by_runtime = drivers::source(kubelet, subsystems, moment).state == State::from("runtime");
    let driver = match kubelet.field("cgroupDriver").state {
        State::Known(Value::Text(driver)) if !by_runtime => driver,
        _ => match subsystems.crio().at_boot(subsystems, "runtime.cgroup_manager").state {
            State::Known(Value::Text(driver)) => driver,
            _ => return Fact::unknown("which cgroup driver spells cgroupRoot is not known"),
        },
    };
    told(if driver == "systemd" { &slice } else { &plain })
}

/// Nothing is missing.
fn none(setting: Fact) -> Fact {
    Fact { state: State::Known(Value::List(Vec::new())), ..setting }
}

/// How the driver systemd spells a cgroup: `/a/b-c` is `a.slice/a-b_c.slice` (`ToSystemd` in pkg/kubelet/cm).
fn slice(root: &str) -> String {
    let mut name = String::new();
    let mut path: Vec<String> = Vec::new();
    for part in root.split('/').filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&part.replace('-', "_"));
        path.push(format!("{name}.slice"));
    }
    path.join("/")
}

/// What is missing of a cgroup: itself, controllers in it, or hierarchies that don't have it.
fn missing(running: &dyn Running, name: &str) -> Result<Vec<String>, HostError> {
    let files = running.files();
    match files.read(format!("{CGROUP}/cgroup.controllers")) {
        Read::There(all) => {
            let path = format!("{CGROUP}/{name}/cgroup.controllers");
            let enabled = match files.read(&path) {
                Read::There(enabled) => enabled,
                Read::Missing(_) => return Ok(vec![format!("no {CGROUP}/{name}")]),
                Read::Hidden(error) => return Err(error),
            };
            let (all, enabled) = (String::from_utf8_lossy(&all), String::from_utf8_lossy(&enabled));
            let is_in = |list: &str, name: &str| list.split_ascii_whitespace().any(|word| word == name);
            let wanted = UNIFIED.into_iter().filter(|name| is_in(&all, name) && !is_in(&enabled, name));
            Ok(wanted.map(|controller| format!("no controller {controller}")).collect())
        }
        Read::Missing(_) => {
            let mut gone = Vec::new();
            for controller in OLD {
                if files.stat(format!("{CGROUP}/{controller}")).found()?.is_none() {
                    continue;
                }
                let path = format!("{CGROUP}/{controller}/{name}");
                match files.stat(&path) {
                    Read::There(_) => {}
                    Read::Missing(_) => gone.push(format!("no {path}")),
                    Read::Hidden(error) => return Err(error),
                }
            }
            Ok(gone)
        }
        Read::Hidden(error) => Err(error),
    }
}

/// Of `reservedSystemCPUs` those that are not online (`getReservedCPUs` in cmd/kubelet/app/server.go).
pub(super) fn reserved_cpus(kubelet: &Kubelet, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let setting = kubelet.field("reservedSystemCPUs");
    let State::Known(Value::Text(reserved)) = &setting.state else {
        let is_unset = setting.state == State::Absent || !kubelet.is_configured();
        return if is_unset { none(setting) } else { setting };
    };
    let (Moment::Now, Some(running)) = (moment, subsystems.host().running()) else {
        return Fact::unknown("which CPUs there will be is not known");
    };
    let place = setting.because.first().cloned().unwrap_or_default();
    let online = match running.files().read(ONLINE) {
        Read::There(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Read::Missing(_) => return Fact::unknown(format!("{ONLINE}: not found")),
        Read::Hidden(error) => return Fact::unknown(error.to_string()),
    };
    let Some(online) = cpu_list::ranges(online.trim()).filter(|ranges| !ranges.is_empty()) else {
        return Fact::unknown(format!("{ONLINE} is no list of CPUs"));
    };
    let Some(reserved) = cpu_list::ranges(reserved) else {
        return Fact::findings(vec![(place, format!("`{reserved}` is no list of CPUs"))]);
    };
    let is_online = |(first, last): &(u32, u32)| online.iter().any(|(from, to)| from <= first && last <= to);
    let others = reserved.into_iter().filter(|range| !is_online(range));
    let found = others.map(|range| {
        (place.clone(), format!("{} (online: {})", cpu_list::written(&[range]), cpu_list::written(&online)))
    });
    Fact::findings(found.collect()).at_most(setting.confidence).because(Origin::file(ONLINE))
}

/// The file with which it comes to a cluster: that of `--kubeconfig`, else of `--bootstrap-kubeconfig`, if it is there
/// (`bootstrap.LoadClientConfig`).
pub(super) fn kubeconfig(kubelet: &Kubelet, subsystems: &Subsystems<'_>) -> Fact {
    let flags: Vec<_> = ["kubeconfig", "bootstrap-kubeconfig"]
        .into_iter()
        .filter_map(|name| kubelet.line.last(name))
        .filter(|flag| !flag.value.is_empty())
        .collect();
    let mut places: Vec<(Origin, String)> =
        flags.iter().map(|flag| (flag.origin.clone(), absolute(&flag.value))).collect();
    if places.is_empty() {
        if kubelet.launch.exists && !kubelet.launch.words.is_empty() {
            return Fact::absent().note("no --kubeconfig: the kubelet runs by itself, without a cluster");
        }
        places = KUBECONFIGS.iter().map(|path| (Origin::file(path), (*path).to_owned())).collect();
    }
    for (origin, path) in &places {
        match subsystems.host().files().stat(path) {
            Read::There(_) => return Fact::new(path.as_str()).because(origin.clone()),
            Read::Missing(_) => {}
            Read::Hidden(error) => return Fact::unknown(error.to_string()),
        }
    }
    let names: Vec<&str> = places.iter().map(|(_, path)| path.as_str()).collect();
    let note = format!("{} not there", names.join(" and "));
    Fact::absent().because_all(places.iter().map(|(origin, _)| origin.clone())).note(note)
}

/// What kubeadm's drop-in passes to the kubelet, and its unit doesn't.
pub(super) fn missing_kubeadm_flags(kubelet: &Kubelet) -> Fact {
    let is_set = |name: &str| kubelet.line.last(name).is_some_and(|flag| !flag.value.is_empty());
    let Some((start, _)) = kubelet.launch.words.first() else { return Fact::findings(Vec::new()) };
    let missing = ["config", "kubeconfig"].into_iter().filter(|name| !is_set(name));
    Fact::findings(missing.map(|name| (start.clone(), format!("no --{name} is passed"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cgroup_is_spelt_as_slices() {
        assert_eq!(slice("/kubelet"), "kubelet.slice");
        assert_eq!(slice("/a/b-c/d"), "a.slice/a-b_c.slice/a-b_c-d.slice");
        assert_eq!(slice("//"), "");
    }
}
