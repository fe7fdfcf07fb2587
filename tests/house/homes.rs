//! Facts that have one home.

use super::{Source, sources};

/// Facts of systemd, of the boot and of the language of this program that have one home: the text, and the file of it. Who
/// needs the fact asks there. Tests may spell it out.
const HOMES: &[(&str, &str)] = &[
    ("\"/etc/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/usr/lib/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/usr/local/lib/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/run/systemd/system\"", "src/parse/systemd.rs"),
    ("\"/usr/local/sbin\", \"/usr/local/bin\", ", "src/parse/systemd.rs"),
    ("\"yes\" | \"y\"", "src/parse/systemd.rs"),
    ("\"/etc\", \"/usr/local/lib\"", "src/parse/systemd.rs"),
    ("\"systemd/system.conf", "src/subsystem/systemd/system_conf.rs"),
    ("\"systemd/system-preset\"", "src/subsystem/systemd/units/presets.rs"),
    ("\"/etc/os-release\"", "src/subsystem/distribution/os_release.rs"),
    ("lstat(\"/lib\")", "src/host/merged_usr.rs"),
    ("fn one_covers(", "src/parse/glob.rs"),
    ("nothing is running here", "src/fact/reason.rs"),
    ("strsim::", "src/fact/nearest.rs"),
    ("did you mean `", "src/fact/nearest.rs"),
    ("\"tmpfiles.d\"", "src/subsystem/tmpfiles.rs"),
    ("\"DdqQvfFLpcbCrRw\"", "src/parse/tmpfiles_d.rs"),
    ("\"/run\", \"/proc\", \"/sys\", \"/dev\"", "src/subsystem/early_boot.rs"),
    ("\"tmpfs\" | \"ramfs\"", "src/subsystem/early_boot.rs"),
    ("';' | '&' | '|' | '('", "src/parse/shell_line.rs"),
    ("\"sudo\", \"nice\"", "src/parse/shell_line.rs"),
    ("b\":_.\".contains(", "src/parse/systemd.rs"),
    ("\"nf_*\"", "src/subsystem/kernel/modules/names.rs"),
    ("\"net/bridge/\"", "src/subsystem/kernel/modules/names.rs"),
    ("enum Visit {", "src/fact/depth_first.rs"),
    ("links > MOST_LINKS", "src/host/resolve.rs"),
];

/// Directories of configuration that `conf_paths` puts together: no file spells one out.
const PUT_TOGETHER: &[&str] = &[
    "/usr/lib/sysctl.d\"",
    "/usr/lib/modules-load.d\"",
    "/usr/lib/modprobe.d\"",
    "/usr/lib/tmpfiles.d\"",
    "/usr/lib/udev/rules.d\"",
    "/usr/lib/systemd/network\"",
    "/usr/lib/systemd/system-preset\"",
    "/usr/lib/systemd/system-generators\"",
    "/usr/lib/systemd/system.conf",
];

#[test]
fn each_fact_of_systemd_has_one_home() {
    let code = |source: &Source| source.text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
    let all: Vec<(String, String)> = sources("src")
        .iter()
        .filter(|source| !source.path.ends_with("tests.rs"))
        .map(|source| (source.path.display().to_string(), code(source)))
        .collect();
    let spelt = |text: &str| -> Vec<&str> {
        all.iter().filter(|(_, code)| code.contains(text)).map(|(path, _)| path.as_str()).collect()
    };
    let mut wrong = Vec::new();
    for (text, home) in HOMES {
        let found = spelt(text);
        if found != [*home] {
            wrong.push(format!("{text} belongs into {home}, and is in {found:?}"));
        }
    }
    for text in PUT_TOGETHER {
        let found = spelt(text);
        if !found.is_empty() {
            wrong.push(format!("{text} is spelt out in {found:?}: ask conf_paths"));
        }
    }
    assert!(wrong.is_empty(), "facts with a second home:\n{}", wrong.join("\n"));
}
