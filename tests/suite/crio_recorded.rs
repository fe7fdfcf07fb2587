//! What is predicted of CRI-O, against what CRI-O 1.37.0 did (`tests/recorded/crio.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::tree::Tree;

const RECORDED: &str = include_str!("../recorded/crio.toml");
/// The version that was asked.
const ASKED: u32 = 37;

#[derive(Deserialize)]
struct File {
    row: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    conf: Option<String>,
    #[serde(default)]
    file: BTreeMap<String, String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    answer: String,
    since: Option<u32>,
    #[serde(default)]
    names: Vec<String>,
}

impl Row {
    fn tree(&self, minor: u32) -> Tree {
        let mut tree = node(minor);
        if let Some(conf) = &self.conf {
            tree = tree.file("/etc/crio/crio.conf.d/50-x.conf", conf);
        }
        for (path, text) in &self.file {
            tree = tree.file(path, text);
        }
        let flags = self.flags.iter().map(|flag| format!(" \"{flag}\""));
        let variables =
            self.variables.iter().map(|(name, value)| format!("Environment=\"{name}={value}\"\n"));
        let unit = format!(
            "[Service]\n{}ExecStart=/usr/bin/crio{}\n",
            variables.collect::<String>(),
            flags.collect::<String>()
        );
        tree.file("/usr/lib/systemd/system/crio.service", unit)
    }

    fn says(&self) -> String {
        format!("{:?} {:?} {:?} {:?}", self.conf, self.file, self.flags, self.variables)
    }
}

/// A host with CRI-O as its packages bring it.
fn node(minor: u32) -> Tree {
    let programs = ["crio", "conmon", "pinns", "crun", "nsenter", "nft", "taskset"];
    let tree = Tree::new().package("cri-o", &format!("1.{minor}.0-1.1"), "/usr/bin/crio\n");
    let tree = tree.file("/etc/hostname", "node1\n").file("/usr/share/zoneinfo/Europe/Berlin", "TZif2");
    programs.iter().fold(tree, |tree, name| tree.program(&format!("/usr/bin/{name}"), "x"))
}

#[test]
fn cri_o_is_predicted_as_it_was_seen() {
    let rows = toml::from_str::<File>(RECORDED).unwrap().row;
    assert!(rows.len() > 150, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let found = row.tree(ASKED).boot_text("crio-finding:fatal-files");
        let refuses = found != "none" && !found.starts_with("unknown");
        let names = row.names.iter().all(|name| found.contains(name.as_str()));
        if refuses != (row.answer == "refuses") || !names || found.starts_with("unknown") {
            wrong.push(format!("1.{ASKED} {}: {found}", row.says()));
        }
        let Some(before) = row.since.and_then(|since| since.checked_sub(1)) else { continue };
        let found = row.tree(before).boot_text("crio-finding:fatal-files");
        if found != "none" {
            wrong.push(format!("1.{before} {}: {found}", row.says()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Files that packages, installers and operators write.
#[test]
fn sound_files_of_supported_releases_are_left_in_peace() {
    let packaged = "[crio.image]\nsignature_policy = \"/etc/crio/policy.json\"\n[crio.runtime]\ndefault_runtime = \"crun\"\n\
                    [crio.runtime.runtimes.crun]\nruntime_path = \"/usr/bin/crun\"\nruntime_root = \"/run/crun\"\n\
                    monitor_path = \"/usr/bin/conmon\"\nallowed_annotations = [\"io.containers.trace-syscall\"]\n";
    let openshift = "[crio]\n[crio.api]\nstream_address = \"\"\nstream_port = \"10010\"\n[crio.runtime]\nselinux = false\n\
                     conmon_cgroup = \"pod\"\ndefault_env = [\"NSS_SDB_USE_CACHE=no\"]\nlog_level = \"info\"\n\
                     default_sysctls = [\"net.ipv4.ping_group_range=0 2147483647\"]\nmanage_ns_lifecycle = true\n\
                     default_ulimits = [\"nofile=1048576:1048576\"]\ndrop_infra_ctr = true\n\
                     [crio.runtime.workloads.w]\nactivation_annotation = \"io.openshift.builder\"\n\
                     [crio.runtime.workloads.w.resources]\n[crio.metrics]\nenable_metrics = true\nmetrics_port = 9537\n";
    let operator = "[crio.image]\npause_image = \"registry.k8s.io/pause:3.9\"\npinned_images = [\"registry.k8s.io/*\"]\n\
                    [crio.runtime]\nlog_level = \"Warn\"\npids_limit = -1\ninfra_ctr_cpuset = \"0-1\"\ntimezone = \"Europe/Berlin\"\n\
                    [crio.network]\nplugin_dirs = [\"/opt/cni/bin/\", \"/usr/libexec/cni\"]\n\
                    [crio.stats]\nstats_collection_period = 10\n";
    let storage = "[storage]\ndriver = \"overlay\"\nrunroot = \"/run/containers/storage\"\n\
                   graphroot = \"/var/lib/containers/storage\"\n[storage.options]\nadditionalimagestores = []\n\
                   pull_options = {enable_partial_images = \"true\"}\n[storage.options.overlay]\nmountopt = \"nodev,metacopy=on\"\n";
    let registries = "unqualified-search-registries = [\"docker.io\"]\nshort-name-mode = \"enforcing\"\n[[registry]]\n\
                      prefix = \"docker.io\"\nlocation = \"registry-1.docker.io\"\n[[registry.mirror]]\n\
                      location = \"mirror.example.com:5000/hub\"\ninsecure = true\n[aliases]\n\"alpine\" = \"docker.io/library/alpine\"\n";
    for minor in 30..=ASKED {
        let tree = [("10-crio.conf", packaged), ("00-default", openshift), ("99-operator.conf", operator)]
            .into_iter()
            .fold(node(minor), |tree, (name, text)| tree.file(&format!("/etc/crio/crio.conf.d/{name}"), text))
            .file("/etc/containers/storage.conf", storage)
            .file("/etc/containers/registries.conf", registries);
        for finding in [
            "fatal-files",
            "refused-by-newest",
            "missing-programs",
            "dropped-handlers",
            "bad-monitor-cgroups",
        ] {
            assert_eq!(tree.boot_text(&format!("crio-finding:{finding}")), "none", "1.{minor} {finding}");
        }
        assert_eq!(crate::tree::attribute(&tree.boot("registries"), "mistakes"), "none", "1.{minor}");
    }
}
