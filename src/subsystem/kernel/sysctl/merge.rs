//! systemd-sysctl's merge: which files count, and in which order what they say is written.
//!
//! Source: sysctl.d(5), and measured boots of systemd 252 and 257.

use foldhash::HashMap;

use crate::fact::Origin;
use crate::host::{Files, HostErrorKind};
use crate::parse::sysctl_d;
use crate::subsystem::Unreadable;
use crate::subsystem::drop_in::{self, Content};

/// One line of one file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assignment {
    /// Path below `/proc/sys`; may be a glob.
    pub(super) path: String,
    /// Text to write; none for an exclusion.
    pub(super) value: Option<String>,
    pub(super) origin: Origin,
}

/// All files, merged.
#[derive(Clone, Debug, Default)]
pub(super) struct Merge {
    /// Every line in the order in which the files are read.
    pub(super) lines: Vec<Assignment>,
    /// The lines that count, in the order in which they are written.
    pub(super) order: Vec<usize>,
    /// The line that counts for each path.
    counting: HashMap<String, usize>,
    /// Lines that are no assignment.
    pub(super) mistakes: Vec<Origin>,
    /// What could not be read, each with the number of lines read before it.
    pub(super) gaps: Vec<(usize, Unreadable)>,
    /// Whether systemd-sysctl leaves a variable alone that shows the text already, as it does since 250.
    pub(super) spares: bool,
    /// A credential store that can't be looked into. It hardly ever holds anything for systemd-sysctl.
    pub(super) hidden: Option<String>,
}

/// Where systemd 252 and later find the credential `sysctl.extra` on disk; the first has it.
const CREDENTIALS: [&str; 2] = ["/etc/credstore/sysctl.extra", "/usr/lib/credstore/sysctl.extra"];
/// Its encrypted kin, which can't be read without the host's keys.
const ENCRYPTED: &str = "/etc/credstore.encrypted/sysctl.extra";

impl Merge {
    /// The files of the next boot, as a version of systemd reads them; credentials count from 252 on.
    pub(super) fn on_disk(files: &Files, systemd: Option<u32>) -> Self {
        let since = |first: u32| systemd.is_none_or(|version| version >= first);
        let mut merge = Merge { spares: since(250), ..Merge::default() };
        let merged = drop_in::at_boot(files, "sysctl.d", ".conf");
        for file in &merged.files {
            match drop_in::read(files, &file.path) {
                Content::Bytes(bytes) => merge.add_file(&bytes, |line| file.line(line)),
                Content::Unread(gap) => merge.gaps.push((merge.lines.len(), gap)),
                Content::Masked | Content::Broken(_) => {}
            }
        }
        if since(252) {
            merge.add_credential(files);
        }
        merge.gaps.extend(merged.gaps.into_iter().map(|gap| (usize::MAX, gap)));
        merge.order = merge.counting.values().copied().collect();
        merge.order.sort_unstable();
        merge
    }

    fn add_credential(&mut self, files: &Files) {
        for path in CREDENTIALS {
            match files.read(path).legacy() {
                Ok(bytes) => {
                    self.add_file(&bytes, |line| Origin::line(path, line));
                    return;
                }
                Err(error) if error.is_not_found() => {}
                Err(error) if error.kind == HostErrorKind::Denied => self.hidden = Some(error.to_string()),
                Err(error) => self.gaps.push((self.lines.len(), error.into())),
            }
        }
        if files.lstat(ENCRYPTED).legacy().is_ok() {
            let reason = format!("{ENCRYPTED} is encrypted");
            self.gaps.push((self.lines.len(), Unreadable { origin: Origin::file(ENCRYPTED), reason }));
        }
    }

    fn add_file(&mut self, bytes: &[u8], place: impl Fn(u32) -> Origin) {
        let file = sysctl_d::parse(bytes);
        for setting in file.settings {
            let says = match &setting.value {
                Some(value) => format!("{} = {value}", sysctl_d::dotted(&setting.path)),
                None => format!("-{}", sysctl_d::dotted(&setting.path)),
            };
            let origin = place(setting.line).says(says);
            self.add(Assignment { path: setting.path, value: setting.value, origin });
        }
        self.mistakes.extend(
            file.mistakes.into_iter().map(|mistake| place(mistake.line).says("is not an assignment")),
        );
    }

    /// The same value again changes nothing, the old place in the order included; a different one moves
    /// the key to the end. Lines that count are thus in the order of their reading.
    fn add(&mut self, line: Assignment) {
        let earlier = self.counting.get(&line.path).map(|at| &self.lines[*at].value);
        if earlier != Some(&line.value) {
            self.counting.insert(line.path.clone(), self.lines.len());
        }
        self.lines.push(line);
    }

    /// Whether a line that counts names this path itself, not by a glob: globs leave it alone.
    pub(super) fn names(&self, path: &str) -> bool {
        self.counting.contains_key(path)
    }
}
