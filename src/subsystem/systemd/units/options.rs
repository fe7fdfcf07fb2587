//! What a kernel command line tells systemd to start (kernel-command-line(7), systemd 252).

use crate::host::{Files, Read};
use crate::parse::systemd;
use crate::subsystem::Subsystems;

/// More plausible entries than this say nothing more.
const MAX_ENTRIES: usize = 4;

/// What one plausible boot tells systemd.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options {
    /// The words; none if the command line is not known.
    pub(super) words: Option<Vec<String>>,
    /// The releases of the kernels that may boot so; none if one isn't known.
    pub(super) releases: Option<Vec<String>>,
    /// The unit to start instead of `default.target`.
    pub(super) target: Option<String>,
    /// Units of `systemd.mask=`.
    pub(super) masks: Vec<String>,
    /// Units of `systemd.wants=`.
    pub(super) wants: Vec<String>,
    /// Whether it is a first boot; none if /etc/machine-id can't be read.
    pub(super) first_boot: Option<bool>,
}

/// The options of every plausible boot, at least one.
pub(super) fn of_each_boot(subsystems: &Subsystems<'_>) -> Vec<Options> {
    let files = subsystems.host().files();
    let mut all: Vec<Options> = Vec::new();
    let is_cut = subsystems.next_boot().entries.len() > MAX_ENTRIES;
    for entry in subsystems.next_boot().entries.iter().take(MAX_ENTRIES) {
        let releases = entry.release.clone().map(|release| vec![release]).filter(|_| !is_cut);
        let options = Options::of(files, entry.cmdline.as_deref());
        match all.iter_mut().find(|known| known.is_like(&options)) {
            Some(known) => {
                known.releases =
                    known.releases.take().zip(releases).map(|(known, more)| [known, more].concat());
            }
            None => all.push(Options { releases, ..options }),
        }
    }
    if all.is_empty() {
        all.push(Options::of(files, None));
    }
    all
}

impl Options {
    /// Whether both tell systemd the same, whatever their kernels are.
    fn is_like(&self, other: &Options) -> bool {
        let plain = |options: &Options| Options { releases: None, ..options.clone() };
        plain(self) == plain(other)
    }

    /// Whether the command line gives systemd a credential of a kind for a unit, as 256 and later take it
    /// (systemd.system-credentials(7)).
    pub(super) fn has_credential(&self, kind: &str, unit: &str) -> bool {
        let is_it = |word: &String| {
            let given = word.split_once('=').filter(|(key, _)| key.starts_with("systemd.set_credential"));
            let id = given.and_then(|(_, given)| given.split_once(':')).map_or("", |(id, _)| id);
            let named = id.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.'));
            named.is_some_and(|named| {
                named == unit || named.strip_prefix(unit).is_some_and(|r| r.starts_with('~'))
            })
        };
        self.words.iter().flatten().any(is_it)
    }

    fn of(files: &Files, words: Option<&[String]>) -> Self {
        let mut options = Options {
            words: words.map(<[String]>::to_vec),
            first_boot: is_first_boot(files),
            ..Options::default()
        };
        for word in words.unwrap_or_default() {
            let (key, value) = word.split_once('=').map_or((word.as_str(), None), |(k, v)| (k, Some(v)));
            match (key.replace('_', "-").as_str(), value) {
                ("systemd.unit", Some(value)) if !value.is_empty() => options.target = Some(full_name(value)),
                ("systemd.mask", Some(value)) => options.masks.push(full_name(value)),
                ("systemd.wants", Some(value)) => options.wants.push(full_name(value)),
                ("systemd.condition-first-boot", value) => {
                    options.first_boot = value.map_or(Some(true), systemd::boolean).or(options.first_boot);
                }
                ("emergency" | "-b", None) => options.target = Some("emergency.target".into()),
                ("rescue" | "single" | "s" | "S" | "1", None) => {
                    options.target = Some("rescue.target".into());
                }
                ("2" | "3" | "4", None) => options.target = Some("multi-user.target".into()),
                ("5", None) => options.target = Some("graphical.target".into()),
                _ => {}
            }
        }
        options
    }
}

/// A first boot is one without /etc/machine-id, or with `uninitialized` in it; an empty file is none
/// (machine-id(5), and measured with systemd 252).
fn is_first_boot(files: &Files) -> Option<bool> {
    match files.read("/etc/machine-id") {
        Read::There(bytes) => Some(bytes.trim_ascii() == b"uninitialized"),
        // A tree of configuration files only says nothing about the machine's identity.
        Read::Missing(_) => {
            let programs =
                ["/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/sbin/init", "/usr/sbin/init"];
            let mut answer = Some(false);
            for program in programs {
                match files.lstat(program) {
                    Read::There(_) => return Some(true),
                    Read::Missing(_) => {}
                    Read::Hidden(_) => answer = None,
                }
            }
            answer
        }
        Read::Hidden(_) => None,
    }
}

/// A unit name as `systemctl` completes it: `crio` is `crio.service`.
pub(crate) fn full_name(name: &str) -> String {
    const KINDS: [&str; 11] = [
        "service",
        "socket",
        "target",
        "device",
        "mount",
        "automount",
        "swap",
        "timer",
        "path",
        "slice",
        "scope",
    ];
    match name.rsplit_once('.') {
        Some((_, kind)) if KINDS.contains(&kind) => name.to_owned(),
        _ => format!("{name}.service"),
    }
}
