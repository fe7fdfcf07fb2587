//! What CRI-O reads elsewhere, and what it passes over without a word.

use crate::tree::{Tree, attribute};

fn crio(config: &str) -> Tree {
    let programs = ["crio", "conmon", "pinns", "crun", "nsenter", "nft"];
    let tree = Tree::new().file("/etc/crio/crio.conf", config);
    programs.iter().fold(tree, |tree, name| tree.program(&format!("/usr/bin/{name}"), "x"))
}

fn unit(tree: Tree, lines: &str) -> Tree {
    tree.file("/usr/lib/systemd/system/crio.service", format!("[Service]\n{lines}\n"))
}

#[test]
fn a_flag_or_variable_names_other_files() {
    let files = || {
        crio("[crio.runtime]\npids_limit = 1\n")
            .file("/etc/crio/crio.conf.d/1", "[crio.runtime]\npids_limit = 2\n")
            .file("/opt/crio.conf", "[crio.runtime]\npids_limit = 3\n")
            .file("/opt/crio.d/1", "[crio.runtime]\npids_limit = 4\n")
    };
    for (lines, expected) in [
        ("ExecStart=/usr/bin/crio", "2"),
        ("ExecStart=/usr/bin/crio --config /opt/crio.conf", "2"),
        ("ExecStart=/usr/bin/crio --config=/opt/crio.conf --config-dir=/none", "3"),
        ("ExecStart=/usr/bin/crio --config=/opt/crio.conf --config-dir=/opt/crio.d/", "4"),
        ("Environment=CONTAINER_CONFIG_DIR=/none\nExecStart=/usr/bin/crio", "1"),
        ("Environment=CONTAINER_CONFIG_DIR=/none\nExecStart=/usr/bin/crio --config-dir /opt/crio.d", "4"),
    ] {
        assert_eq!(unit(files(), lines).boot_text("crio:runtime.pids_limit"), expected, "{lines}");
    }
    let gone = unit(files(), "ExecStart=/usr/bin/crio --config=/none");
    assert_eq!(
        gone.boot_text("crio:fatal_files"),
        "[/usr/lib/systemd/system/crio.service: open /none: no such file]"
    );
    let short = |words: &str| unit(files(), &format!("ExecStart=/usr/bin/crio {words}"));
    assert_eq!(short("-c /opt/crio.conf -d /none").boot_text("crio:runtime.pids_limit"), "3");
    assert!(short("-c /none").boot_text("crio:fatal_files").contains("open /none: no such file"));
    assert_eq!(short("--config= --config-dir=").boot_text("crio:fatal_files"), "none");
}

#[test]
fn handlers_of_flags_take_the_place_of_tables() {
    let dropped = |lines: &str| {
        let table = "[crio.runtime.runtimes.a]\nruntime_path = \"/none/a\"\n";
        unit(crio(table), lines).boot_text("crio:dropped_handlers")
    };
    assert_eq!(dropped("ExecStart=/usr/bin/crio"), "[a: no /none/a]");
    assert_eq!(dropped("ExecStart=/usr/bin/crio --runtimes a:/usr/bin/crun:/run/a"), "none");
    assert_eq!(
        dropped("Environment=CONTAINER_RUNTIMES=b:/none/b:/run/b:oci\nExecStart=/usr/bin/crio"),
        "[a: no /none/a, b: no /none/b]"
    );
    let wrong = unit(crio(""), "ExecStart=/usr/bin/crio --runtimes=a:/b");
    assert_eq!(
        wrong.boot_text("crio:fatal_files"),
        "[/usr/lib/systemd/system/crio.service: invalid format for --runtimes: a:/b; CRI-O accepts NAME:PATH:ROOT[:TYPE[:PRIVILEGED[:CONFIG[:MEMORY]]]]]"
    );
}

#[test]
fn what_stops_crio_need_not_stand_in_its_own_files() {
    let fatal = |tree: Tree| tree.boot_text("crio:fatal_files");
    let storage = crio("").file("/etc/containers/storage.conf", "[storage\n");
    assert!(fatal(storage).starts_with("[/etc/containers/storage.conf: toml: line 1"));
    let vendor = crio("")
        .file("/usr/share/containers/storage.conf", "[storage\n")
        .file("/etc/containers/storage.conf", "[storage]\n");
    assert_eq!(fatal(vendor), "none", "the administrator's file takes its place");
    let named = crio("").file("/etc/containers/storage.conf", "[storage\n").file("/opt/s", "[storage]\n");
    assert_eq!(
        fatal(unit(named, "Environment=CONTAINERS_STORAGE_CONF=/opt/s\nExecStart=/usr/bin/crio")),
        "none"
    );
    let hook = crio("").file("/usr/share/containers/oci/hooks.d/a.json", "{");
    assert!(fatal(hook).starts_with("[/usr/share/containers/oci/hooks.d/a.json: the hook isn't JSON"));
    let workload = |fields: &str| fatal(crio(&format!("[crio.runtime.workloads.w]\n{fields}\n")));
    assert_eq!(
        workload("annotation_prefix = \"x\""),
        "[/etc/crio/crio.conf: the workload w: it has no activation_annotation; CRI-O wants the annotation that selects its pods]"
    );
    assert_eq!(workload("activation_annotation = \"x\""), "none");
}

#[test]
fn programs_that_are_there_need_not_do() {
    let mount =
        |text: &str| crio("").file("/etc/containers/storage.conf", text).boot_text("crio:missing_programs");
    assert_eq!(
        mount("[storage.options.overlay]\nmount_program = \"/usr/bin/fuse-overlayfs\"\n"),
        "[/usr/bin/fuse-overlayfs: mount_program]"
    );
    assert_eq!(mount("[storage.options]\nmount_program = \"/usr/bin/nft\"\n"), "none");
    let monitor = |kind: &str| {
        let table = format!(
            "[crio.runtime.runtimes.crun]\nmonitor_path = \"/usr/bin/conmonrs\"\nruntime_type = \"{kind}\"\n"
        );
        crio(&table).program("/usr/bin/conmonrs", "x").boot_text("crio:missing_programs")
    };
    assert_eq!(monitor("oci"), "[/usr/bin/conmonrs: of the handler crun, wants runtime_type = \"pod\"]");
    assert_eq!(monitor("pod"), "none");
    let copied = crio("[crio.runtime.runtimes.crun]\nruntime_path = \"/opt/crun\"\n").file("/opt/crun", "x");
    assert_eq!(copied.boot_text("crio:missing_programs"), "none", "CRI-O only looks whether it is there");
    assert_eq!(copied.boot_text("crio:unexecutable_programs"), "[/opt/crun: of the handler crun]");
}

#[test]
fn the_environment_chooses_a_storage_driver_that_files_of_crio_beat() {
    let lines = "Environment=STORAGE_DRIVER=vfs\nExecStart=/usr/bin/crio";
    let storage = |config: &str| {
        unit(crio(config), lines).file("/etc/containers/storage.conf", "[storage]\ndriver = \"btrfs\"\n")
    };
    assert_eq!(storage("").boot_text("crio:storage_driver"), "vfs");
    assert_eq!(storage("[crio]\nstorage_driver = \"overlay\"\n").boot_text("crio:storage_driver"), "overlay");
}

#[test]
fn key_paths_are_a_mistake_for_an_old_crio_only() {
    let policy = r#"{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPaths":["/etc/k"]}]}"#;
    for (version, expected) in
        [("1.24.2-1", "[default: unknown key keyPaths]"), ("1.25.0-1", "none"), ("1.34.0-1", "none")]
    {
        let status = format!(
            "Package: cri-o\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        );
        let tree = crio("").file("/var/lib/dpkg/status", status).file("/etc/containers/policy.json", policy);
        let fact = tree.boot("image-policy");
        assert_eq!(attribute(&fact, "mistakes"), expected, "{version}");
        assert_eq!(attribute(&fact, "missing-keys"), "[/etc/k: for default]");
    }
}

#[test]
fn handlers_that_crio_refuses_are_dropped_unless_all_depend_on_them() {
    let table =
        |lines: &str| format!("[crio.runtime.runtimes.x]\nruntime_path = \"/usr/bin/crun\"\n{lines}\n");
    let dropped = |lines: &str| crio(&table(lines)).boot_text("crio:dropped_handlers");
    for (lines, expected) in [
        ("", "none"),
        ("runtime_type = \"oci\"", "none"),
        ("runtime_type = \"kata\"", "[x: runtime_type is \"kata\"; CRI-O accepts oci, vm or pod]"),
        ("runtime_type = \"vm\"", "[x: /usr/bin/crun is not named containerd-shim-NAME-v2]"),
        (
            "runtime_config_path = \"/etc/x\"",
            "[x: runtime_config_path is \"/etc/x\"; CRI-O accepts it with runtime_type = \"vm\" only]",
        ),
        (
            "runtime_type = \"pod\"\nno_sync_log = true",
            "[x: no_sync_log is true; CRI-O accepts it with runtime_type = \"oci\" only]",
        ),
        (
            "stream_websockets = true",
            "[x: stream_websockets is true; CRI-O accepts it with runtime_type = \"pod\" only]",
        ),
        ("runtime_type = \"pod\"\nmonitor_path = \"/none\"", "[x: no /none]"),
    ] {
        assert_eq!(dropped(lines), expected, "{lines}");
    }
    let default = format!("[crio.runtime]\ndefault_runtime = \"x\"\n{}", table("runtime_type = \"kata\""));
    assert_eq!(
        crio(&default).boot_text("crio:missing_programs"),
        "[x: runtime_type is \"kata\"; CRI-O accepts oci, vm or pod]"
    );
    let shim = |config: &str| {
        let table = format!(
            "[crio.runtime.runtimes.kata]\nruntime_type = \"vm\"\nruntime_path = \"/usr/bin/containerd-shim-kata-v2\"\n\
             runtime_config_path = \"{config}\"\n"
        );
        crio(&table).program("/usr/bin/containerd-shim-kata-v2", "x").boot_text("crio:dropped_handlers")
    };
    assert_eq!((shim("").as_str(), shim("/none").as_str()), ("none", "[kata: no /none]"));
    assert_eq!(crio("").boot_text("crio:missing_programs"), "none");
    let empty = "[crio.runtime]\ndefault_runtime = \"\"\n";
    assert_eq!(crio(empty).boot_text("crio:missing_programs"), "none", "the compiled-in one is meant");
}

#[test]
fn a_handler_may_inherit_its_program() {
    let heir = "[crio.runtime.runtimes.heir]\ninherit_default_runtime = true\nruntime_path = \"/none\"\n";
    let both =
        |tree: Tree| (tree.boot_text("crio:dropped_handlers"), tree.boot_text("crio:missing_programs"));
    assert_eq!(both(crio(heir)), ("none".into(), "none".into()));
    let gone = crio(heir).without("/usr/bin/crun");
    assert_eq!(both(gone), ("[heir: no crun]".into(), "[crun: the runtime_path of the handler crun]".into()));
}

#[test]
fn monitor_cgroups_of_handlers_without_conmon_are_nobodys() {
    let bad = |config: &str| crio(config).boot_text("crio:bad_monitor_cgroups");
    let odd = |kind: &str, path: &str| {
        bad(&format!(
            "[crio.runtime.runtimes.x]\nruntime_type = \"{kind}\"\nruntime_path = \"{path}\"\nmonitor_cgroup = \"odd\"\n"
        ))
    };
    assert_eq!(odd("oci", "/usr/bin/crun"), "[odd: the monitor cgroup of the handler x]");
    assert_eq!(odd("pod", "/usr/bin/crun"), "none");
    assert_eq!(odd("oci", "/none"), "none", "it was dropped before");
}

#[test]
fn values_at_which_crio_stops_are_told() {
    let fatal = |config: &str| crio(config).boot_text("crio:fatal_files");
    for (config, expected) in [
        ("[crio.image]\nimage_volumes = \"bind\"\nshort_name_mode = \"disabled\"\n", "none"),
        (
            "[crio.image]\nimage_volumes = \"copy\"\n",
            "[/etc/crio/crio.conf: image.image_volumes is \"copy\"; CRI-O accepts mkdir, bind or ignore]",
        ),
        (
            "[crio.image]\nsignature_policy_dir = \"policies\"\n",
            "[/etc/crio/crio.conf: image.signature_policy_dir is \"policies\"; CRI-O accepts an absolute path]",
        ),
        (
            "[crio.api]\nstream_enable_tls = true\nstream_tls_cert = \"/c\"\n",
            "[/etc/crio/crio.conf: api.stream_tls_cert is \"/c\", which isn't there; CRI-O accepts a file with a certificate in PEM, \
             /etc/crio/crio.conf: api.stream_enable_tls without api.stream_tls_key]",
        ),
    ] {
        assert_eq!(fatal(config), expected, "{config}");
    }
    let later = fatal("[crio.image]\nshort_name_mode = \"permissive\"\n");
    assert!(later.starts_with("unknown: ") && later.contains("depends on its version"), "{later}");
    let seccomp = |text: &str| {
        let config = "[crio.runtime]\nseccomp_profile = \"/etc/s.json\"\n";
        crio(config).file("/etc/s.json", text).boot_text("crio:fatal_files")
    };
    assert_eq!(seccomp("{}"), "none");
    assert!(seccomp("{").starts_with("[/etc/s.json: the seccomp profile isn't JSON"), "{}", seccomp("{"));
}

#[test]
fn storage_conf_has_few_keys() {
    let unknown =
        |text: &str| crio("").file("/etc/containers/storage.conf", text).boot_text("crio:unknown_keys");
    let full = "[storage]\ndriver = \"overlay\"\nrunroot = \"/r\"\ngraphroot = \"/g\"\nimagestore = \"\"\ntransient_store = false\n\
                [storage.options]\nadditionalimagestores = []\n[storage.options.overlay]\nmountopt = \"nodev\"\n";
    assert_eq!(unknown(full), "none");
    assert_eq!(
        unknown("driver = \"vfs\"\n[storage]\ngraph_root = \"/g\"\n"),
        "[driver: outside of [storage] in /etc/containers/storage.conf, storage.graph_root: /etc/containers/storage.conf has no such key]"
    );
}

#[test]
fn a_link_to_a_directory_stops_crio_and_one_to_a_file_does_not() {
    let linked = |target: &str| {
        let tree = crio("").directory("/srv/d").file("/srv/f", "[crio.runtime]\npids_limit = 7\n");
        tree.link("/etc/crio/crio.conf.d/50-x.conf", target)
    };
    assert_eq!(linked("/srv/f").boot_text("crio:fatal_files"), "none");
    assert_eq!(linked("/srv/f").boot_text("crio:runtime.pids_limit"), "7");
    let directory = "[/etc/crio/crio.conf.d/50-x.conf: a directory, where CRI-O reads a file]";
    assert_eq!(linked("/srv/d").boot_text("crio:fatal_files"), directory);
    let nowhere = "[/etc/crio/crio.conf.d/50-x.conf: a link that leads to no file]";
    assert_eq!(linked("/srv/none").boot_text("crio:fatal_files"), nowhere);
}
