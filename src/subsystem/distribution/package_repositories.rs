//! Repositories of Kubernetes' packages: each minor version has one of its own (`pkgs.k8s.io/core:/stable:/v1.36/deb/`), so that
//! an upgrade begins with another line in the package manager's configuration.

use crate::fact::{Answer, Origin, Reason, ReasonCode};
use crate::host::Read;
use crate::subsystem::Subsystems;

/// The one file of repositories that lies in no directory of them.
const SOURCES_LIST: &str = "/etc/apt/sources.list";

/// Directories with repositories, and how the names of their files end.
const DIRECTORIES: [(&str, &[&str]); 4] = [
    ("/etc/apt/sources.list.d", &[".list", ".sources"]),
    ("/etc/yum.repos.d", &[".repo"]),
    ("/etc/zypp/repos.d", &[".repo"]),
    ("/etc/dnf/repos.d", &[".repo"]),
];

/// What stands before the version in the path of a repository, on mirrors as well.
const PATH: &str = "stable:/v1.";

/// More files has no package manager.
const MAX_FILES: usize = 256;

/// A repository of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesRepository {
    /// Its minor version.
    pub minor: u64,
    /// The line that names it.
    pub place: Origin,
}

/// The repositories of Kubernetes that are switched on; absent without one.
pub fn of_kubernetes(subsystems: &Subsystems<'_>) -> Answer<Vec<KubernetesRepository>> {
    let files = subsystems.host().files();
    let mut paths = vec![SOURCES_LIST.to_owned()];
    for (directory, endings) in DIRECTORIES {
        match files.list(directory) {
            Read::There(names) => {
                let names = names.iter().map(|name| name.to_string_lossy());
                let read = names.filter(|name| endings.iter().any(|end| name.ends_with(end)));
                paths.extend(read.map(|name| format!("{directory}/{name}")));
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => return Answer::unknown(error),
        }
    }
    if paths.len() > MAX_FILES {
        let reason = format!("more than {MAX_FILES} files with package repositories");
        return Answer::unknown(Reason::new(ReasonCode::TooLarge, reason));
    }
    let mut found = Vec::new();
    for path in paths {
        match files.read(&path) {
            Read::There(bytes) => found.extend(of_file(&path, &String::from_utf8_lossy(&bytes))),
            Read::Missing(_) => {}
            Read::Hidden(error) => return Answer::unknown(error),
        }
    }
    if found.is_empty() {
        return Answer::absent().note("no repository of Kubernetes' packages is configured");
    }
    let places: Vec<Origin> = found.iter().map(|repository| repository.place.clone()).collect();
    Answer::known(found).because_all(places)
}

/// The repositories of one file: a line each, or a section with several lines.
fn of_file(path: &str, text: &str) -> Vec<KubernetesRepository> {
    let ending = path.rsplit('.').next().unwrap_or_default();
    let (is_list, is_sources) = (ending == "list", ending == "sources");
    let mut found = Vec::new();
    let mut section: Vec<(u32, u64)> = Vec::new();
    let mut is_on = true;
    let mut end = |section: &mut Vec<(u32, u64)>, is_on: &mut bool| {
        let named = section.drain(..).filter(|_| *is_on);
        found.extend(
            named.map(|(line, minor)| KubernetesRepository { minor, place: Origin::at(path, Some(line)) }),
        );
        *is_on = true;
    };
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if is_list || (is_sources && line.is_empty()) || (!is_sources && line.starts_with('[')) {
            end(&mut section, &mut is_on);
        }
        if line.starts_with(['#', ';']) {
            continue;
        }
        let (key, value) = line.split_once(if is_sources { ':' } else { '=' }).unwrap_or((line, ""));
        if !is_list && key.trim().eq_ignore_ascii_case("enabled") {
            let value = value.trim().to_ascii_lowercase();
            is_on = !["no", "0", "false", "off"].contains(&value.as_str());
        }
        // Sources of programs alone are no packages.
        let is_source_only = is_list && line.starts_with("deb-src");
        section.extend(minor(line).filter(|_| !is_source_only).map(|minor| (number, minor)));
    }
    end(&mut section, &mut is_on);
    found
}

/// The minor version in the address of a repository of Kubernetes.
fn minor(line: &str) -> Option<u64> {
    let at = line.find(PATH)?;
    // CRI-O's repositories are called alike.
    if line[..at].contains("cri-o") {
        return None;
    }
    let digits = &line[at + PATH.len()..];
    let end = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    // A number of a text that isn't one is no version.
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repositories_are_told_by_their_path() {
        let found = |path: &str, text: &str| -> Vec<(u64, Option<u32>)> {
            of_file(path, text).into_iter().map(|found| (found.minor, found.place.line)).collect()
        };
        let one = "deb [signed-by=/etc/apt/keyrings/k.gpg] https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /\n";
        let old = format!("#{one}{}", one.replace("36", "35"));
        let crio = one.replace("pkgs.k8s.io/core:", "pkgs.k8s.io/addons:/cri-o:");
        let sources = "Types: deb\nURIs: https://pkgs.k8s.io/core:/stable:/v1.37/deb/\nSuites: /\n\nTypes: deb\nEnabled: no\n\
                       URIs: https://pkgs.k8s.io/core:/stable:/v1.36/deb/\n";
        let repo = "[kubernetes]\nbaseurl=https://mirror.example.com/core:/stable:/v1.36/rpm/\nenabled=1\n\
                    [old]\nenabled = 0\nbaseurl=https://pkgs.k8s.io/core:/stable:/v1.35/rpm/\n";
        for (path, text, expected) in [
            ("/a.list", one, vec![(36, Some(1))]),
            ("/a.list", old.as_str(), vec![(35, Some(2))]),
            ("/a.list", crio.as_str(), vec![]),
            ("/a.list", &format!("deb-src{}", &one[3..]), vec![]),
            (
                "/etc/apt/sources.list",
                &format!("{one}{}", one.replace("36", "37")),
                vec![(36, Some(1)), (37, Some(2))],
            ),
            ("/a.sources", sources, vec![(37, Some(2))]),
            ("/a.repo", repo, vec![(36, Some(2))]),
            ("/a.repo", "", vec![]),
        ] {
            assert_eq!(found(path, text), expected, "{path} {text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(.|\n){0,200}") {
            for path in ["/a.list", "/a.sources", "/a.repo"] {
                prop_assert!(of_file(path, &text).len() <= text.lines().count());
            }
        }
    }
}
