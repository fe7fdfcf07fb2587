//! `kernel-modules-package`: which package has the modules that the distribution leaves out of a small installation.

use super::{BOTH, Key, KeySyntax, Probe, Shape, kernel};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "kernel-modules-package",
    summary: "The package with those modules of the kernel that cloud images and other small installations leave out.",
    details: "\
By the distribution and the release of the kernel (`kernel`): `linux-modules-extra-RELEASE` on Ubuntu, \
`kernel-modules-extra-RELEASE` on RHEL, Fedora and Amazon Linux, `linux-image-ARCHITECTURE` instead of Debian's kernel for \
clouds, `kernel-default` instead of openSUSE's `kernel-default-base`. Absent for a kernel that isn't the distribution's. Made \
for the fixes of rules: whether the package is installed, or has a module, isn't looked at.",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let kernel = (kernel::PROBE.ask)(subsystems, key, moment);
    let release = match &kernel.state {
        State::Known(Value::Text(release)) => release.as_str(),
        State::Unknown(reason) => return Fact::unknown(reason.clone()),
        _ => return Fact::absent(),
    };
    let os = subsystems.os_release();
    if let Some(error) = &os.trouble {
        return Fact::unknown(error.clone());
    }
    let package = package(release, &|name| os.is(name));
    Fact { state: package.map_or(State::Absent, |package| State::from(package.as_str())), ..kernel }
        .because_all(os.origin.iter().cloned())
}

fn package(release: &str, is_like: &dyn Fn(&str) -> bool) -> Option<String> {
    // `6.8.0-48-generic`: three numbers, that of the package, the flavour.
    let mut words = release.splitn(3, '-');
    let (numbers, build, flavour) = (words.next()?, words.next()?, words.next());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_like("ubuntu") {
        let fits = numbers.split('.').all(is_number) && is_number(build) && flavour.is_some();
        return fits.then(|| format!("linux-modules-extra-{release}"));
    }
    if is_like("debian") {
        let architecture = release.split_once("-cloud-").map(|(_, architecture)| architecture)?;
        return Some(format!("linux-image-{architecture}"));
    }
    if is_like("suse") || is_like("opensuse") {
        return release.ends_with("-default").then(|| "kernel-default".to_owned());
    }
    if release.contains(".amzn") && !numbers.starts_with("6.1.") {
        let minor: Vec<&str> = numbers.split('.').take(2).collect();
        return Some(format!("kernel{}-modules-extra-{release}", minor.join(".")));
    }
    let is_built = [".el", ".fc", ".amzn"].iter().any(|mark| release.contains(mark));
    is_built.then(|| format!("kernel-modules-extra-{release}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distribution_has_its_package() {
        for (like, release, wanted) in [
            ("ubuntu", "6.8.0-48-generic", Some("linux-modules-extra-6.8.0-48-generic")),
            ("ubuntu", "5.15.0-1061-raspi", Some("linux-modules-extra-5.15.0-1061-raspi")),
            ("ubuntu", "5.15.136-tegra", None),
            ("ubuntu", "5.15.90.1-microsoft-standard-WSL2", None),
            ("debian", "6.12.43+deb13-cloud-arm64", Some("linux-image-arm64")),
            ("debian", "6.12.43+deb13-amd64", None),
            (
                "rhel",
                "6.12.0-124.52.2.el10_1.x86_64",
                Some("kernel-modules-extra-6.12.0-124.52.2.el10_1.x86_64"),
            ),
            ("fedora", "6.17.1-300.fc43.x86_64", Some("kernel-modules-extra-6.17.1-300.fc43.x86_64")),
            (
                "fedora",
                "6.1.141-155.222.amzn2023.x86_64",
                Some("kernel-modules-extra-6.1.141-155.222.amzn2023.x86_64"),
            ),
            (
                "fedora",
                "6.12.40-63.114.amzn2023.x86_64",
                Some("kernel6.12-modules-extra-6.12.40-63.114.amzn2023.x86_64"),
            ),
            ("rhel", "6.12.0-custom", None),
            ("suse", "6.4.0-150600.23.7-default", Some("kernel-default")),
            ("arch", "6.16.1-arch1-1", None),
            ("ubuntu", "6.8.0", None),
        ] {
            assert_eq!(package(release, &|name| name == like).as_deref(), wanted, "{release}");
        }
    }
}
