use crate::tree::Tree;

const ETC: &str = "/etc/NetworkManager/conf.d/";
const LIB: &str = "/usr/lib/NetworkManager/conf.d/";

fn installed() -> Tree {
    Tree::new().program("/usr/sbin/NetworkManager", "")
}

fn with(files: &[(&str, &str)]) -> Tree {
    files.iter().fold(installed(), |tree, (path, text)| tree.file(path, text))
}

fn unmanaged(list: &str) -> String {
    format!("[keyfile]\nunmanaged-devices={list}\n")
}

#[test]
fn without_it_there_is_nothing_to_ask() {
    let tree = Tree::new().file(&format!("{ETC}a.conf"), unmanaged("*"));
    assert_eq!(tree.boot_text("nm-device:cali0"), "absent");
}

#[test]
fn files_are_read_from_vendors_to_administrators() {
    let (a, b, lib) = (format!("{ETC}a.conf"), format!("{ETC}b.conf"), format!("{LIB}z.conf"));
    let main = "/etc/NetworkManager/NetworkManager.conf";
    let (cali, other) = (unmanaged("interface-name:cali*"), unmanaged("interface-name:x"));
    for (files, expected) in [
        (&[][..], "managed=true"),
        (&[(a.as_str(), cali.as_str())][..], "managed=false"),
        (&[(lib.as_str(), cali.as_str())], "managed=false"),
        (&[(main, cali.as_str())], "managed=false"),
        // A later file takes the place of the list, whatever its name.
        (&[(lib.as_str(), cali.as_str()), (a.as_str(), other.as_str())], "managed=true"),
        (&[(a.as_str(), cali.as_str()), (main, other.as_str())], "managed=false"),
        (&[(main, cali.as_str()), (a.as_str(), other.as_str())], "managed=true"),
        (&[(a.as_str(), cali.as_str()), (b.as_str(), other.as_str())], "managed=true"),
        (&[(a.as_str(), cali.as_str()), (b.as_str(), "[keyfile]\nunmanaged-devices+=x\n")], "managed=false"),
        (
            &[
                (a.as_str(), cali.as_str()),
                (b.as_str(), "[keyfile]\nunmanaged-devices -= interface-name:cali*\n"),
            ],
            "managed=true",
        ),
        (&[(a.as_str(), "[device-x]\nmatch-device=interface-name:cali*\nmanaged=0\n")], "managed=false"),
        (&[(a.as_str(), "[device]\nmanaged=no\n")], "managed=false"),
        (&[(a.as_str(), "[device]\nwifi.scan-rand-mac-address=no\n")], "managed=true"),
        (
            &[
                (a.as_str(), "[device-1]\nmatch-device=cali0\nmanaged=1\n"),
                (b.as_str(), "[device-2]\nmanaged=0\n"),
            ],
            "managed=false",
        ),
    ] {
        assert_eq!(with(files).boot_text("nm-device:cali0"), expected, "{files:?}");
    }
    // The same name hides the vendor's file.
    let hidden = with(&[(&format!("{LIB}a.conf"), &cali), (&a, "# nothing\n")]);
    assert_eq!(hidden.boot_text("nm-device:cali0"), "managed=true");
    let place = with(&[(&a, &cali)]).boot("nm-device:cali0").because;
    assert_eq!(place[0].to_string(), format!("{a}:2"));
}

#[test]
fn a_section_may_end_the_search() {
    let ask = |text: &str| with(&[(&format!("{ETC}a.conf"), text)]).boot_text("nm-device:cali0");
    let rest = "[device-b]\nmanaged=0\n";
    let first = "[device-a]\nmatch-device=interface-name:cali*\n";
    assert_eq!(ask(&format!("{first}stop-match=yes\n{rest}")), "managed=true");
    assert_eq!(ask(&format!("{first}stop-match=no\n{rest}")), "managed=false");
    let by_driver = ask(&format!("[device-a]\nmatch-device=driver:veth\nstop-match=1\n{rest}"));
    assert!(by_driver.starts_with("unknown"), "{by_driver}");
    assert!(ask("[device-a]\nmanaged=perhaps\n").contains("neither yes nor no"));
}

#[test]
fn udev_leaves_veth_devices_alone() {
    let rules = "# ENV{ID_NET_DRIVER}==\"veth\", ENV{NM_UNMANAGED}=\"1\"\n\
                 ENV{ID_NET_DRIVER}==\"veth\", ENV{INTERFACE}!=\"eth[0-9]*\", ENV{NM_UNMANAGED}=\"1\"\n";
    let (lib, etc) =
        ("/usr/lib/udev/rules.d/85-nm-unmanaged.rules", "/etc/udev/rules.d/85-nm-unmanaged.rules");
    let tree = with(&[(lib, rules)]);
    assert_eq!(tree.boot_text("nm-device:cali0"), "managed=false");
    assert_eq!(tree.boot("nm-device:cali0").because[0].to_string(), format!("{lib}:2"));
    assert_eq!(tree.boot_text("nm-device:vxlan.calico"), "managed=true");
    assert_eq!(with(&[(lib, rules), (etc, "")]).boot_text("nm-device:cali0"), "managed=true");
    assert_eq!(with(&[(lib, rules)]).link(etc, "/dev/null").boot_text("nm-device:cali0"), "managed=true");
    let section = format!("{ETC}a.conf");
    let told = with(&[(lib, rules), (&section, "[device]\nmanaged=1\n")]);
    assert_eq!(told.boot_text("nm-device:cali0"), "managed=true");
    assert!(with(&[(lib, rules)]).denied(lib).recorded_text("nm-device:cali0").contains("unknown"));
}

#[test]
fn too_much_of_anything_is_unknown() {
    let ask = |text: &str| with(&[(&format!("{ETC}a.conf"), text)]).boot_text("nm-device:cali0");
    let many = |line: &dyn Fn(usize) -> String| (0..6_000).map(line).collect::<String>();
    for text in [
        many(&|n| format!("[device-{n}]\nmatch-device=x{n}\nmanaged=1\n")),
        format!("[keyfile]\nunmanaged-devices={}\n", many(&|n| format!("x{n};"))),
        format!("[keyfile]\n{}", many(&|n| format!("unmanaged-devices-=x{n}\n"))),
    ] {
        let answer = ask(&text);
        assert!(answer.starts_with("unknown") && answer.contains("than any host has"), "{answer}");
    }
    let files = (0..300).fold(installed(), |tree, n| tree.file(&format!("{ETC}{n}.conf"), ""));
    assert!(files.boot_text("nm-device:cali0").contains("more files than any host has"));
}

#[test]
fn what_runs_may_have_files_of_its_own() {
    let run = "/run/NetworkManager/conf.d/a.conf";
    let tree = installed().live(run, unmanaged("interface-name:cali*"));
    assert_eq!(tree.now_text("nm-device:cali0"), "managed=false");
    assert_eq!(tree.boot_text("nm-device:cali0"), "managed=true");
}

#[test]
fn what_a_name_does_not_tell_is_unknown() {
    let ask = |text: &str| with(&[(&format!("{ETC}a.conf"), text)]).boot_text("nm-device:cali0");
    assert!(ask(&unmanaged("mac:00:22:68:1c:59:b1")).starts_with("unknown"));
    assert!(
        ask("[.config]\nenable=nm-version-min:1.20\n[keyfile]\nunmanaged-devices=cali0\n")
            .starts_with("unknown")
    );
    assert_eq!(ask("[.config]\nenable=true\n[keyfile]\nunmanaged-devices=cali0\n"), "managed=false");
    let globally = format!("{LIB}10-globally-managed-devices.conf");
    let ubuntu = with(&[(&globally, &unmanaged("*,except:type:wifi"))]);
    assert_eq!(ubuntu.boot_text("nm-device:cali0"), "managed=false");
    let ubuntu = ubuntu.program("/usr/sbin/netplan", "");
    assert!(ubuntu.boot_text("nm-device:cali0").starts_with("unknown"));
    // An administrator's file of that name hides it for certain, netplan or not.
    let emptied = installed().file(&format!("{ETC}10-globally-managed-devices.conf"), "");
    let emptied = emptied.file(&globally, unmanaged("*")).program("/usr/sbin/netplan", "");
    assert_eq!(emptied.boot_text("nm-device:cali0"), "managed=true");
    let own = unmanaged("interface-name:cali*");
    let ubuntu = ubuntu.file(&format!("{ETC}a.conf"), own);
    assert_eq!(ubuntu.boot_text("nm-device:cali0"), "managed=false");
    let denied = with(&[(&format!("{ETC}a.conf"), &unmanaged("cali0"))]).denied(&format!("{ETC}a.conf"));
    assert!(denied.recorded_text("nm-device:cali0").contains("unknown"));
}
