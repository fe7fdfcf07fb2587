//! Roots of distributions, made once and kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::Case;

/// What every machine of the laboratory needs.
const PACKAGES: &str = "systemd-sysv,udev,dbus,kmod,procps,iproute2";
/// The kernel of Debian 12 boots both: that of Debian 13 panics in QEMU 7.2 without KVM.
const KERNEL: &str = "linux-image-cloud-amd64,initramfs-tools";

/// The root of a base, made if it isn't there yet.
pub(crate) fn of(base: &str, cache: &Path) -> PathBuf {
    let place = cache.join("roots").join(base);
    if place.join("boot-lab").is_dir() {
        return place;
    }
    let (suite, more) = match base {
        "debian12" => ("bookworm", KERNEL.to_owned()),
        "debian13" => ("trixie", String::new()),
        "debian13-zram" => ("trixie", "systemd-zram-generator".to_owned()),
        // With what the reference article switches to legacy.
        "debian12-article" => ("bookworm", format!("{KERNEL},iptables,arptables,ebtables")),
        other => panic!("no recipe for {other}"),
    };
    println!("      making a root of {base}");
    drop(fs::remove_dir_all(&place));
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let packages = [PACKAGES, &more].join(",");
    let packages = packages.trim_end_matches(',');
    let excluded = ["doc", "locale", "man", "info"];
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=minbase", "--aptopt=Acquire::Languages \"none\""]);
    command.args(excluded.map(|name| format!("--dpkgopt=path-exclude=/usr/share/{name}/*")));
    command.arg(format!("--include={packages}")).arg(suite).arg(&place);
    run(&mut command);
    // The cases bring their own.
    drop(fs::remove_file(place.join("usr/lib/systemd/zram-generator.conf")));
    if suite != "bookworm" {
        lend_kernel(&of("debian12", cache), &place);
    }
    fs::write(place.join("etc/hostname"), "lab\n").unwrap();
    fs::write(place.join("etc/machine-id"), "0123456789abcdef0123456789abcdef\n").unwrap();
    fs::write(place.join("etc/fstab"), "/dev/vda / ext4 defaults 0 1\n").unwrap();
    fs::create_dir_all(place.join("boot/grub")).unwrap();
    // Last: it says that the root is complete.
    fs::create_dir(place.join("boot-lab")).unwrap();
    place
}

/// The root that a case wants: with the packages that its stand-ins stand for.
pub(crate) fn name(case: &Case) -> String {
    let wants = |name: &str| case.program.keys().any(|path| path.ends_with(name));
    if wants("/zram-generator") { format!("{}-zram", case.base) } else { case.base.clone() }
}

/// The release of the kernel that all roots boot.
pub(crate) fn release(root: &Path) -> String {
    let names = fs::read_dir(root.join("usr/lib/modules")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).next().expect("a kernel")
}

fn lend_kernel(from: &Path, to: &Path) {
    let release = release(from);
    fs::create_dir_all(to.join("usr/lib/modules")).unwrap();
    let modules = format!("usr/lib/modules/{release}");
    run(Command::new("cp").arg("-a").arg(from.join(&modules)).arg(to.join(&modules)));
    for name in ["vmlinuz", "initrd.img", "config"] {
        let name = format!("boot/{name}-{release}");
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

/// Runs a program that must succeed.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}
