use crate::tree::{Tree, attribute};

const V2: &str = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = true\n";
const V3: &str = "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n";
const V1: &str = "[plugins.cri.containerd.runtimes.runc.options]\nSystemdCgroup = true\n";

fn with(config: &str) -> Tree {
    Tree::new().program("/usr/bin/containerd", "x").file("/etc/containerd/config.toml", config)
}

#[test]
fn the_driver_is_found_in_every_version_of_the_file() {
    assert_eq!(Tree::new().boot_text("containerd"), "absent");
    for (config, expected) in [
        (V2, "true"),
        (V3, "true"),
        ("version = 2\n", "false"),
        (
            "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd]\ndefault_runtime_name = 'crun'\n\
             [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n\
             [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.crun.options]\nSystemdCgroup = false\n",
            "false",
        ),
    ] {
        assert_eq!(attribute(&with(config).boot("containerd"), "systemd_cgroup"), expected, "{config}");
    }
    // 2.0 to 2.2 pass over the CRI's old table in a file without a version.
    for (release, expected) in [("1.7.28", "true"), ("2.0.7", "false"), ("2.2.7", "false"), ("2.3.4", "true")]
    {
        let tree = with(V1).package("containerd.io", &format!("{release}-1"), "/usr/bin/containerd\n");
        assert_eq!(attribute(&tree.boot("containerd"), "systemd_cgroup"), expected, "{release}");
    }
    let unknown = attribute(&with(V1).boot("containerd"), "systemd_cgroup");
    assert!(
        unknown.starts_with("unknown: /etc/containerd/config.toml:2: whether a file of this version"),
        "{unknown}"
    );
    let fact = with(V2).boot("containerd");
    assert_eq!(fact.because[0].to_string(), "/etc/containerd/config.toml:3");
    let bare = Tree::new().program("/usr/bin/containerd", "x").boot("containerd");
    assert_eq!(attribute(&bare, "systemd_cgroup"), "false");
    assert_eq!(attribute(&bare, "config"), "absent");
}

/// What Docker's package brings, and what containerd makes of such words (`config.go`).
#[test]
fn the_cri_can_be_switched_off() {
    for (config, cri, mistakes) in [
        ("disabled_plugins = [\"cri\"]\n", "false", "none"),
        ("version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n", "false", "none"),
        ("version = 3\ndisabled_plugins = [\"io.containerd.cri.v1.runtime\"]\n", "false", "none"),
        ("version = 2\ndisabled_plugins = [\"io.containerd.internal.v1.opt\"]\n", "true", "none"),
        ("version = 2\ndisabled_plugins = []\n", "true", "none"),
        (
            "version = 2\ndisabled_plugins = [\"cri\"]\n",
            "true",
            "[/etc/containerd/config.toml: disabled_plugins: `cri` is no URI such as io.containerd.grpc.v1.cri]",
        ),
    ] {
        let fact = with(config).boot("containerd");
        assert_eq!(attribute(&fact, "cri"), cri, "{config}");
        assert_eq!(attribute(&fact, "mistakes"), mistakes, "{config}");
    }
}

#[test]
fn imports_are_followed_and_lists_add_up() {
    let tree = with("version = 2\nimports = [\"/etc/containerd/conf.d/*.toml\", \"/opt/one.toml\"]\n")
        .file(
            "/etc/containerd/conf.d/a.toml",
            "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n",
        )
        .file("/etc/containerd/conf.d/a.bak", "disabled_plugins = 1\n[")
        .file(
            "/opt/one.toml",
            format!("imports = [\"/etc/containerd/config.toml\"]\n{V2}\n[grpc]\naddress = \"/x\"\n"),
        );
    let fact = tree.boot("containerd");
    assert_eq!(attribute(&fact, "cri"), "false");
    assert_eq!(attribute(&fact, "systemd_cgroup"), "true");
    assert_eq!(attribute(&fact, "address"), "/x");
    assert_eq!(attribute(&fact, "mistakes"), "none");
    let relative = with("imports = [\"conf.d/*.toml\"]\n").boot_text("containerd");
    assert!(
        relative.starts_with("unknown: /etc/containerd/config.toml: imports conf.d/*.toml"),
        "{relative}"
    );
    let gone = with("imports = [\"/none.toml\"]\n").boot("containerd");
    assert_eq!(attribute(&gone, "mistakes"), "[/none.toml: is not there]");
    let twice = with(&format!("imports = [\"/b.toml\"]\n{V2}"))
        .file("/b.toml", "version = 2\n[plugins.'io.containerd.grpc.v1.cri']\nsandbox_image = \"p\"\n");
    assert!(attribute(&twice.boot("containerd"), "systemd_cgroup").starts_with("unknown"));
    let circle = (0..300).fold(with("imports = [\"/i/*\"]\n"), |tree, i| tree.file(&format!("/i/{i}"), ""));
    assert!(circle.boot_text("containerd").starts_with("unknown"));
}

#[test]
fn the_unit_may_name_another_file() {
    let unit = |line: &str| {
        let tree = with("[").file("/etc/x.toml", V2);
        tree.file("/usr/lib/systemd/system/containerd.service", format!("[Service]\nExecStart={line}\n"))
    };
    for line in ["/usr/bin/containerd --config /etc/x.toml", "/usr/bin/containerd -c /etc/x.toml"] {
        assert_eq!(attribute(&unit(line).boot("containerd"), "systemd_cgroup"), "true", "{line}");
    }
    let broken = unit("/usr/bin/containerd").boot("containerd");
    assert!(attribute(&broken, "mistakes").starts_with("[/etc/containerd/config.toml: toml: "));
}

#[test]
fn the_installed_version_decides_what_a_file_means() {
    let installed = |version: &str, config: &str| {
        Tree::new()
            .package("containerd", version, "/usr/bin/containerd\n")
            .program("/usr/bin/containerd", "x")
            .file("/etc/containerd/config.toml", config)
    };
    let ask = |version: &str, config: &str, name: &str| {
        attribute(&installed(version, config).boot("containerd"), name)
    };
    assert_eq!(ask("2.1.0-1", V3, "mistakes"), "none");
    assert_eq!(ask("2.1.0-1", V3, "systemd_cgroup"), "true");
    assert_eq!(
        ask("1.7.24-1", V3, "mistakes"),
        "[/etc/containerd/config.toml: version 3 of the file is for containerd 2.0 and later]"
    );
    assert_eq!(ask("1.6.20-1", V3, "systemd_cgroup"), "false", "it passes over the new names");
    assert_eq!(ask("1.7.24-1", V2, "systemd_cgroup"), "true");
    assert_eq!(ask("2.1.0-1", V2, "systemd_cgroup"), "true", "old files are converted");
    assert_eq!(ask("2.1.0-1", "disabled_plugins = [\"cri\"]\n", "cri"), "false", "Docker's file, too");
    let split = "version = 2\ndisabled_plugins = [\"io.containerd.cri.v1.images\"]\n";
    assert_eq!(
        (ask("2.1.0-1", split, "cri"), ask("1.7.24-1", split, "cri")),
        ("false".into(), "true".into())
    );
    let twice = |version: &str| {
        let later = "version = 2\n[plugins.'io.containerd.grpc.v1.cri']\nsandbox_image = \"p\"\n";
        let tree = installed(version, &format!("imports = [\"/b.toml\"]\n{V2}")).file("/b.toml", later);
        attribute(&tree.boot("containerd"), "systemd_cgroup")
    };
    assert_eq!((twice("2.1.0-1"), twice("1.7.24-1")), ("true".into(), "false".into()));
}
