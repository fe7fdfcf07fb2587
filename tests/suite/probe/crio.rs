use crate::elf_sample::go_program;
use crate::tree::Tree;

#[test]
fn every_file_counts_whatever_its_suffix_and_flags_beat_files() {
    let tree = Tree::new()
        .file(
            "/etc/crio/crio.conf",
            "[crio.runtime]\ncgroup_manager='systemd'\n[crio.runtime.runtimes.x]\na='1'\nb='1'\n",
        )
        .file("/etc/crio/crio.conf.d/50-a/z", "[crio.runtime]\ncgroup_manager='a'\n")
        .file(
            "/etc/crio/crio.conf.d/99.bak",
            "[crio.runtime]\ncgroup_manager='cgroupfs'\n[crio.runtime.runtimes.x]\na='2'\n",
        );
    assert_eq!(tree.boot_text("crio:runtime.cgroup_manager"), "cgroupfs");
    assert_eq!(tree.boot_text("crio:runtime.runtimes.x.a"), "2");
    assert!(tree.boot_text("crio:runtime.runtimes.x.b").starts_with("unknown"));
    assert_eq!(tree.boot_text("crio:api.listen"), "/var/run/crio/crio.sock");
    let tree = tree
        .file(
            "/usr/lib/systemd/system/crio.service",
            "[Service]\nEnvironmentFile=-/etc/sysconfig/crio\nExecStart=/usr/bin/crio $O\n",
        )
        .file("/etc/sysconfig/crio", "O=--cgroup-manager systemd\n");
    assert_eq!(tree.boot_text("crio:runtime.cgroup_manager"), "systemd");
    let tree = tree.link("/etc/crio/crio.conf.d/zz", "/none");
    assert!(tree.boot_text("crio:api.listen").starts_with("unknown: CRI-O will not start"));
    assert_eq!(Tree::new().boot_text("crio:api.listen"), "absent");
}

#[test]
fn capabilities_are_compiled_in_where_the_version_is_known() {
    let status = |version: &str| {
        format!("Package: cri-o\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n")
    };
    for (version, expected) in [
        (
            "1.34.1-1.1",
            "[CHOWN, DAC_OVERRIDE, FSETID, FOWNER, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, KILL]",
        ),
        (
            "1.17.5-1",
            "unknown: no file sets runtime.default_capabilities, and its compiled-in default is not known",
        ),
    ] {
        let tree = Tree::new().file("/var/lib/dpkg/status", status(version)).file("/etc/crio/x", "");
        assert_eq!(tree.boot_text("crio:runtime.default_capabilities"), expected);
    }
    let tree = Tree::new().file("/etc/crio/x", "");
    assert!(tree.boot_text("crio:runtime.default_capabilities").starts_with("unknown"));
}

fn crio(version: &str, config: &str) -> Tree {
    let status =
        format!("Package: cri-o\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n");
    let programs = ["crio", "conmon", "pinns", "crun", "runc", "nsenter", "nft"];
    let tree = Tree::new().file("/var/lib/dpkg/status", status).file("/etc/crio/crio.conf", config);
    programs.iter().fold(tree, |tree, name| tree.program(&format!("/usr/bin/{name}"), "x"))
}

#[test]
fn what_stops_crio_is_listed_with_its_line() {
    let fatal = |config: &str| crio("1.34.0", config).boot_text("crio:fatal_files");
    assert_eq!(fatal("[crio.runtime]\ncgroup_manager = \"systemd\"\n"), "none");
    assert_eq!(
        fatal("[crio.image]\npull_progress_timeout = 0\n[crio.nri]\nnri_plugin_request_timeout = \"2s\"\n"),
        "none"
    );
    for (config, expected) in [
        ("[crio.runtime\n", "[/etc/crio/crio.conf: toml: line 1: "),
        (
            "[crio.runtime]\npids_limit = \"9\"\n",
            "[/etc/crio/crio.conf: runtime.pids_limit is \"9\", it must be a whole number without quotes]",
        ),
        (
            "[crio.runtime]\nselinux = 1\n",
            "[/etc/crio/crio.conf: runtime.selinux is 1, it must be true or false without quotes]",
        ),
        (
            "[crio.runtime]\nconmon_env = \"a\"\n",
            "[/etc/crio/crio.conf: runtime.conmon_env is \"a\", it must be a list of texts: [\"...\"]]",
        ),
        (
            "[crio.runtime]\ncgroup_manager = \"cgroup\"\n",
            "[/etc/crio/crio.conf: runtime.cgroup_manager is \"cgroup\"; CRI-O accepts systemd or cgroupfs, in small letters]",
        ),
    ] {
        assert!(fatal(config).starts_with(expected), "{config}: {}", fatal(config));
    }
    let swap_file = crio("1.34.0", "").file("/etc/crio/crio.conf.d/.10-crio.conf.swp", "b0VIM\u{0}\u{1}");
    assert!(swap_file.boot_text("crio:fatal_files").contains(".10-crio.conf.swp: toml"));
    assert_eq!(swap_file.boot_text("crio:leftover_files"), "[/etc/crio/crio.conf.d/.10-crio.conf.swp]");
}

#[test]
fn ignored_keys_are_listed_with_what_is_meant() {
    let unknown = |config: &str| crio("1.34.0", config).boot_text("crio:unknown_keys");
    for (config, expected) in [
        ("[crio.runtime]\nseparate_pull_cgroup = 'pod'\n", "none"),
        ("[crio]\nroot='/x'\n[crio.runtime.workloads.a]\nx=1\n[crio.nri]\nenable_nri=true\n", "none"),
        ("[runtime]\ncgroup_manager='systemd'\n", "[runtime: outside of [crio]; [crio.runtime] is meant]"),
        ("[kubelet]\na=1\n", "[kubelet: outside of [crio]]"),
        ("[crio]\nlisten='/x'\n", "[listen: CRI-O has no such key; api.listen is meant]"),
        ("[crio.runtime]\ncgroup_managr='x'\n", "[runtime.cgroup_managr: CRI-O has no such key]"),
        ("[crio.runtimes.crun]\na=1\n", "[runtimes: CRI-O has no such key]"),
        (
            "[crio.runtime.runtimes.crun]\nmonitor_path=''\nruntime=''\n",
            "[runtime.runtimes.crun.runtime: CRI-O has no such key]",
        ),
    ] {
        assert_eq!(unknown(config), expected, "{config}");
    }
}

/// The table of crio's own rule, by manager, monitor cgroup and version; read in its source, and run.
#[test]
fn monitor_cgroups_fit_the_manager() {
    let bad = |version: &str, config: &str| crio(version, config).boot_text("crio:bad_monitor_cgroups");
    let own = "system.slice: the monitor cgroup of the handler";
    for (version, config, expected) in [
        ("1.34.0", "", "none"),
        ("1.34.0", "[crio.runtime]\ncgroup_manager='cgroupfs'\n", "none"),
        ("1.32.1", "[crio.runtime]\ncgroup_manager='cgroupfs'\n", &*format!("[{own} crun]")),
        ("1.24.1", "[crio.runtime]\ncgroup_manager='cgroupfs'\n", &*format!("[{own} runc]")),
        ("1.23.1", "[crio.runtime]\ncgroup_manager='cgroupfs'\n", &*format!("[{own} runc]")),
        ("1.32.1", "[crio.runtime]\ncgroup_manager='cgroupfs'\nconmon_cgroup='pod'\n", "none"),
        // A table of the handler's name replaces the compiled-in one.
        ("1.32.1", "[crio.runtime]\ncgroup_manager='cgroupfs'\n[crio.runtime.runtimes.crun]\n", "none"),
        (
            "1.34.0",
            "[crio.runtime]\ncgroup_manager='cgroupfs'\n[crio.runtime.runtimes.crun]\nmonitor_cgroup='machine.slice'\n",
            "[machine.slice: the monitor cgroup of the handler crun]",
        ),
        (
            "1.34.0",
            "[crio.runtime.runtimes.crun]\nmonitor_cgroup='/x'\n",
            "[/x: the monitor cgroup of the handler crun]",
        ),
        ("1.34.0", "[crio.runtime.runtimes.crun]\nmonitor_cgroup='machine.slice'\n", "none"),
    ] {
        assert_eq!(bad(version, config), expected, "{version} {config}");
    }
}

#[test]
fn missing_programs_say_for_what_they_are() {
    let missing = |tree: &Tree| tree.boot_text("crio:missing_programs");
    let tree = crio("1.34.0", "");
    assert_eq!(missing(&tree), "none");
    for (gone, expected) in [
        ("crun", "[crun: the runtime_path of the handler crun]"),
        ("conmon", "[conmon: the monitor_path of the handler crun]"),
        ("pinns", "[pinns: pinns_path]"),
        ("nsenter", "[nsenter: entering namespaces]"),
        ("nft", "[nft or iptables: host ports]"),
    ] {
        let tree = crio("1.34.0", "").without(&format!("/usr/bin/{gone}"));
        assert_eq!(missing(&tree), expected, "{gone}");
    }
    assert_eq!(missing(&crio("1.32.0", "").without("/usr/bin/nft")), "none");
    let off = "[crio.runtime]\ndisable_hostport_mapping = true\n";
    assert_eq!(missing(&crio("1.34.0", off).without("/usr/bin/nft")), "none");
    // A handler whose runtime is missing is dropped, one whose monitor is missing stops all.
    let extra = |path: &str| {
        let table = format!(
            "[crio.runtime.runtimes.nvidia]\nruntime_path = \"{path}\"\nmonitor_path = \"/x/conmon\"\n"
        );
        missing(&crio("1.34.0", &table))
    };
    assert_eq!(extra("/usr/bin/none"), "none");
    assert_eq!(extra("/usr/bin/crun"), "[/x/conmon: the monitor_path of the handler nvidia]");
    let other = crio("1.34.0", "[crio.runtime]\ndefault_runtime = \"runc\"\n");
    assert_eq!(missing(&other), "[the default runtime runc has no table [crio.runtime.runtimes.runc]]");
    let elsewhere = crio("1.34.0", "").without("/usr/bin/conmon").program("/opt/x/conmon", "x");
    let unit = "[Service]\nEnvironment=PATH=/opt/x:/usr/bin\nExecStart=/usr/bin/crio\n";
    assert_eq!(missing(&elsewhere.file("/usr/lib/systemd/system/crio.service", unit)), "none");
}

#[test]
fn storage_conf_stands_behind_the_files_of_crio() {
    let tree = crio("1.34.0", "[crio]\nstorage_option = [\"a\", \"b\"]\nrunroot = \"\"\n")
        .file("/etc/crio/crio.conf.d/1", "[crio]\nstorage_option = [\"c\", \"a\"]\n");
    assert_eq!(tree.boot_text("crio:storage_option"), "[b, c, a]");
    assert_eq!(tree.boot_text("crio:storage_driver"), "overlay");
    assert_eq!(tree.boot_text("crio:runroot"), "/run/containers/storage");
    let tree = tree
        .file("/usr/share/containers/storage.conf", "[storage]\ndriver = \"vfs\"\nrunroot = \"/a\"\n")
        .file("/etc/containers/storage.conf", "[storage]\ndriver = \"overlay2\"\n");
    assert_eq!(tree.boot_text("crio:storage_driver"), "overlay2");
    assert_eq!(tree.boot_text("crio:runroot"), "/run/containers/storage");
    let flagged = tree
        .file("/usr/lib/systemd/system/crio.service", "[Service]\nEnvironment=CONTAINER_STORAGE_DRIVER=btrfs\nExecStart=/usr/bin/crio --selinux=true --default-env A=1 --default-env B=2 --pids-limit 7\n");
    assert_eq!(flagged.boot_text("crio:storage_driver"), "btrfs");
    assert_eq!(flagged.boot_text("crio:runtime.selinux"), "true");
    assert_eq!(flagged.boot_text("crio:runtime.default_env"), "[A=1, B=2]");
    assert_eq!(flagged.boot_text("crio:runtime.pids_limit"), "7");
}

#[test]
fn the_program_that_runs_says_what_is_compiled_in() {
    let tree = Tree::new()
        .package("cri-o", "1.34.1-1.1", "/usr/bin/crio\n")
        .program("/usr/bin/crio", "")
        .file("/etc/crio/x", "");
    assert_eq!(tree.boot_text("crio:runtime.default_runtime"), "crun");
    let own = tree.program("/usr/local/bin/crio", go_program("mod\tgithub.com/cri-o/cri-o\tv1.30.2\th1:\n"));
    assert_eq!(own.boot_text("crio:runtime.default_runtime"), "runc");
}
