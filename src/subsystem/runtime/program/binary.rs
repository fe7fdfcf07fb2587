//! What a program file says of its own version: Go's build information, or the variables that its build set.

use super::known::Known;
use super::kubernetes;
use crate::fact::{Origin, Version, printable};
use crate::host::{Files, HostPath, Read};
use crate::parse::elf::Elf;
use crate::parse::go_build::{self, GoBuild};

/// What a program says of its version.
pub(super) enum OwnVersion {
    /// The version, and the place in the file.
    Version {
        version: String,
        origin: Origin,
        /// What must hold for it; empty if nothing is assumed.
        assumes: &'static str,
    },
    /// Nothing, and why: fits behind the name of the file.
    Nothing(String),
    /// It could not be read, and why: fits behind the name of the file.
    Unread(String),
}

/// Asks the file of a program.
pub(super) fn own_version(files: &Files, path: &HostPath, known: Option<&Known>) -> OwnVersion {
    let Some(known) = known.filter(|known| !known.modules.is_empty()) else {
        return OwnVersion::Nothing("is not known to say its version".into());
    };
    let parts = match files.range_reader(path) {
        Read::There(parts) => parts,
        Read::Missing(path) => return OwnVersion::Unread(format!("can't be read: {path}: not found")),
        Read::Hidden(error) => return OwnVersion::Unread(format!("can't be read: {}", error.kind)),
    };
    let told = Elf::parse(&*parts).and_then(|elf| {
        let Some(elf) = elf else { return Ok(None) };
        let Some(build) = go_build::read(&elf)? else { return Ok(None) };
        match version(&build, path, known) {
            OwnVersion::Nothing(reason) if known.is_kubernetes() && is_of_kubernetes(&build) => {
                let found = kubernetes::version(&elf)?;
                Ok(Some(found.and_then(|text| set(path, &text)).unwrap_or(OwnVersion::Nothing(reason))))
            }
            told => Ok(Some(told)),
        }
    });
    match told {
        Ok(Some(told)) => told,
        Ok(None) => OwnVersion::Nothing("has no Go build information".into()),
        Err(reason) => OwnVersion::Unread(format!("can't be read: {reason}")),
    }
}

/// Whether it was built from Kubernetes' own sources, as far as it says; without modules it doesn't.
fn is_of_kubernetes(build: &GoBuild) -> bool {
    build.package.as_ref().is_none_or(|package| package.starts_with("k8s.io/kubernetes/"))
}

/// A version that lies in a program's data.
fn set(path: &HostPath, text: &str) -> Option<OwnVersion> {
    let origin = Origin::file(path).says(format!("holds {} as its version", printable(text)));
    Some(OwnVersion::Version { version: plain(text)?, origin, assumes: kubernetes::ASSUMES })
}

fn version(build: &GoBuild, path: &HostPath, known: &Known) -> OwnVersion {
    let mut set = known.variables.iter().filter_map(|name| Some((*name, build.link_variable(name)?)));
    if let Some((name, value)) = set.next() {
        let Some(version) = plain(&value) else {
            return OwnVersion::Nothing(format!(
                "was built with {name} set to {}, no version",
                printable(&value)
            ));
        };
        if let Some((other, differs)) = set.find(|(_, other)| *other != value) {
            let differs = printable(&differs).into_owned();
            return OwnVersion::Nothing(format!(
                "was built with {name} set to {version}, and {other} to {differs}"
            ));
        }
        let origin = Origin::file(path).says(format!("was built with -X {name}={}", printable(&value)));
        return OwnVersion::Version { version, origin, assumes: "" };
    }
    if let Some(module) = &build.module
        && known.modules.contains(&module.path.as_str())
        && is_release(&module.version)
        && let Some(version) = plain(&module.version)
    {
        let origin = Origin::file(path).says(format!("was built from {} {}", module.path, module.version));
        return OwnVersion::Version {
            version,
            origin,
            assumes: "the sources at that tag are taken to have its version",
        };
    }
    OwnVersion::Nothing(match build.setting("-trimpath") {
        Some("true") => "was built with -trimpath, which leaves its version out".into(),
        _ => "doesn't say its version".into(),
    })
}

/// A version as all sources write it: without a `v`, with at least a minor number.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    (Version::parse(text).is_some() && numbers.contains('.') && text.len() < 100).then(|| text.to_owned())
}

/// Whether a module's version is that of a tag: neither `(devel)` nor made up from a commit
/// (`v1.33.1-0.20250501120000-abcdef012345`), nor changed since (`+dirty`). Kubernetes' own mark of a build between
/// tags, `v1.31.0-alpha.1.39+abc`, is none of a module.
fn is_release(version: &str) -> bool {
    let is_commit = |part: &str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_hexdigit());
    version.starts_with('v') && !version.contains('+') && !version.rsplit('-').next().is_some_and(is_commit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::go_build::Module;
    use crate::subsystem::runtime::program::known;

    fn text(told: &OwnVersion) -> String {
        match told {
            OwnVersion::Version { version, assumes, .. } => {
                format!("{version}{}", if assumes.is_empty() { "" } else { " assumed" })
            }
            OwnVersion::Nothing(reason) | OwnVersion::Unread(reason) => format!("nothing: {reason}"),
        }
    }

    #[test]
    fn variables_of_the_build_come_before_the_module() {
        for (program, module, flags, expected) in [
            ("kubelet", "(devel)", "-X k8s.io/component-base/version.gitVersion=v1.31.2", "1.31.2"),
            ("kubelet", "v1.30.0", "-X k8s.io/component-base/version.gitVersion=v1.31.2", "1.31.2"),
            ("kubelet", "v1.30.0", "", "1.30.0 assumed"),
            ("kubelet", "(devel)", "", "nothing: doesn't say its version"),
            ("kubelet", "v1.33.1-0.20250501120000-abcdef012345", "", "nothing: doesn't say its version"),
            ("kubelet", "v1.33.1+dirty", "", "nothing: doesn't say its version"),
            ("kubelet", "v1.34.0-rc.1", "", "1.34.0-rc.1 assumed"),
            (
                "kubelet",
                "",
                "-X k8s.io/component-base/version.gitVersion=v1.31.2 \
                 -X k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion=v1.30.0",
                "nothing: was built with k8s.io/component-base/version.gitVersion set to 1.31.2, and \
                 k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion to v1.30.0",
            ),
            ("runc", "", "-X main.gitCommit=abc -X main.version=1.1.5+ds1", "1.1.5+ds1"),
            ("runc", "", "-X main.version=", "nothing: was built with main.version set to , no version"),
            ("crio", "", "-X main.version=1.2.3", "nothing: doesn't say its version"),
        ] {
            let known = known::program(program).unwrap();
            let build = GoBuild {
                module: Some(Module { path: known.modules[0].into(), version: module.into() }),
                settings: vec![("-ldflags".into(), flags.into())],
                ..GoBuild::default()
            };
            let told = version(&build, &HostPath::new("/usr/bin/x"), known);
            assert_eq!(text(&told), expected, "{program} {module} {flags}");
        }
    }

    #[test]
    fn another_program_of_the_name_is_not_taken_for_it() {
        let module = Some(Module { path: "example.com/kubelet".into(), version: "v9.9.9".into() });
        let build = GoBuild { module, ..GoBuild::default() };
        let told = version(&build, &HostPath::new("/usr/bin/x"), known::program("kubelet").unwrap());
        assert_eq!(text(&told), "nothing: doesn't say its version");
    }
}
