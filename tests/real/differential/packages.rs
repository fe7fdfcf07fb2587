//! Installed packages and holds of random dpkg databases, as dpkg-query says.

use std::collections::BTreeMap;
use std::process::Command;

use node_preflight::fact::Knowledge;
use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::jail::{Jail, outputs};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "packages",
    says: "packages are installed and held as dpkg-query says",
    trees: 300,
    run,
    unknown: &["has not finished installing it"],
};

fn paragraph() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &["kubelet", "kubeadm", "cri-o", "cri-o-runc", "a.b", "libc6"];
    const WANT: &[&str] = &["install", "install", "hold", "deinstall", "purge", "unknown"];
    const STATUS: &[&str] = &[
        "installed",
        "installed",
        "installed",
        "config-files",
        "not-installed",
        "half-installed",
        "unpacked",
        "half-configured",
        "triggers-pending",
    ];
    const VERSIONS: &[&str] = &["1.31.4-1.1", "2:1.0~rc1+b2", "0"];
    const MORE: &[&str] = &[
        "",
        "Conffiles:\n /etc/x 0123456789abcdef0123456789abcdef\n",
        "Depends: kubelet (>= 1), cri-o\n",
        "Description: Package: kubelet\n Version: 9\n .\n Status: hold ok installed\n",
    ];
    let fields = (select(NAMES), select(WANT), select(STATUS), select(VERSIONS), select(MORE));
    (fields, select(&["amd64", "amd64", "all"][..]), any::<bool>()).prop_map(
        |((name, want, status, version, more), architecture, early)| {
            let version = format!("Version: {version}\n");
            let (before, after) = if early { (version.as_str(), "") } else { ("", version.as_str()) };
            let triggers = if status == "triggers-pending" { "Triggers-Pending: x\n" } else { "" };
            format!(
                "Package: {name}\n{before}Status: {want} ok {status}\nMaintainer: m\nArchitecture: {architecture}\n{after}{triggers}{more}"
            )
        },
    )
}

fn tree() -> impl Strategy<Value = Layout> {
    vec(paragraph(), 0..6).prop_map(|paragraphs| {
        // dpkg itself never writes a package of one architecture twice.
        let named: BTreeMap<String, String> = paragraphs
            .into_iter()
            .map(|text| (text.lines().next().unwrap_or_default().to_owned(), text))
            .collect();
        let text: Vec<String> = named.into_values().collect();
        Layout(vec![("/var/lib/dpkg/status".into(), Entry::File(text.join("\n")))])
    })
}

fn run(run: &mut Run) -> Result<(), String> {
    outputs(Command::new("dpkg-query").arg("--version"))?;
    let jail = Jail::of(&[])?;
    run.trees(&tree(), |layout, tally| {
        jail.lay(layout);
        let mut query = Command::new("dpkg-query");
        query.arg("--admindir").arg(jail.root().join("var/lib/dpkg"));
        query.args(["-W", "-f", "${Package} ${db:Status-Want} ${db:Status-Status} ${Version}\n"]);
        let (text, errors) = outputs(&mut query)?;
        if errors.contains("error:") && !errors.contains("no packages found") {
            return Err(format!("dpkg-query: {errors}"));
        }
        let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
        let subsystems = Subsystems::of(&host);
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [name, want, status, version] = words.as_slice() else { continue };
            let installed = ["installed", "triggers-pending", "triggers-awaited"].contains(status);
            let fact = subsystems.packages().package(&subsystems, name);
            match &fact.state {
                Knowledge::Known(package) => {
                    let same = package.version == Knowledge::Known((*version).to_owned())
                        && package.held == Knowledge::Known(*want == "hold");
                    if !installed || !same {
                        return Err(format!("the program says {:?}, dpkg-query {line}", fact.state));
                    }
                    tally.agreed(true);
                }
                Knowledge::Unknown(reason) if !installed => tally.unknown(&ORACLE, reason.as_str())?,
                Knowledge::Absent if ["config-files", "not-installed"].contains(status) => {
                    tally.agreed(false)
                }
                other => return Err(format!("the program says {other:?}, dpkg-query {line}")),
            }
        }
        Ok(())
    });
    Ok(())
}
