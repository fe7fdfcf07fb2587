//! Kernel variables as files set them: which files of sysctl.d systemd-sysctl reads, which of their lines it writes, and
//! what the kernel makes of a text. Other parts ask here before modules are known.

pub(in crate::subsystem::kernel) mod merge;
pub(in crate::subsystem::kernel) mod simulate;
mod table;
pub(in crate::subsystem::kernel) mod variable;
mod writes;

use std::cell::OnceCell;

use self::merge::Merge;
use self::simulate::Write;
pub(in crate::subsystem::kernel) use self::writes::deciding_gap;
use crate::fact::{Knowledge, Origin, printable};
use crate::host::{Files, HostErrorKind, HostPath, Read};
use crate::parse::{cmdline, sysctl_d, unit};
use crate::subsystem::Subsystems;
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::early_boot::is_below_memory;
use crate::subsystem::loader::next_boot::BootEntry;

/// The service that applies sysctl.d.
pub(in crate::subsystem::kernel) const SERVICE: &str = "systemd-sysctl.service";

/// Where systemd 252 and later find the credential `sysctl.extra` on disk; the first has it.
const CREDENTIALS: [&str; 2] = ["/etc/credstore/sysctl.extra", "/usr/lib/credstore/sysctl.extra"];
/// Its encrypted kin, which can't be read without the host's keys.
const ENCRYPTED: [&str; 2] =
    ["/etc/credstore.encrypted/sysctl.extra", "/usr/lib/credstore.encrypted/sysctl.extra"];
/// What the files of sysctl.d and the command line say.
#[derive(Debug, Default)]
pub struct SysctlD {
    merged: OnceCell<Merge>,
    not_run: OnceCell<Knowledge<Origin>>,
    restricted: OnceCell<Option<Origin>>,
}

impl SysctlD {
    pub(in crate::subsystem) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        SysctlD::default()
    }

    /// All lines, merged.
    pub(in crate::subsystem::kernel) fn merged(&self, subsystems: &Subsystems<'_>) -> &Merge {
        self.merged.get_or_init(|| Merge::read(subsystems))
    }

    /// What keeps systemd-sysctl from running at boot; absent if it runs.
    pub(in crate::subsystem::kernel) fn not_run(&self, subsystems: &Subsystems<'_>) -> &Knowledge<Origin> {
        self.not_run.get_or_init(|| subsystems.units().blocked_by(subsystems, SERVICE))
    }

    /// The line that starts systemd-sysctl with arguments, such as `--prefix=`: which lines it applies then is not known.
    pub(in crate::subsystem::kernel) fn restricted_by(&self, subsystems: &Subsystems<'_>) -> Option<&Origin> {
        self.restricted
            .get_or_init(|| {
                let service = subsystems.units().merged(subsystems, SERVICE)?;
                let commands = service.list("Service", "ExecStart");
                let is_other = |text: &str| {
                    unit::commands(text).iter().any(|command| {
                        command.program.rsplit('/').next() != Some("systemd-sysctl")
                            || !command.arguments.is_empty()
                    })
                };
                let other = commands.iter().find(|setting| is_other(&setting.value))?;
                Some(other.origin().says(format!("starts {}", printable(&other.value))))
            })
            .as_ref()
    }

    /// Whether a line of sysctl.d is about a variable, by its key with dots.
    pub fn is_configured(&self, subsystems: &Subsystems<'_>, key: &str) -> bool {
        self.merged(subsystems).lines_about(&sysctl_d::path_of(key)).next().is_some()
    }

    /// Lines of sysctl.d that are no assignment: systemd-sysctl skips them and ends as failed.
    pub fn mistakes(&self, subsystems: &Subsystems<'_>) -> &[Origin] {
        &self.merged(subsystems).mistakes
    }

    /// What the command line of an entry and the files write to some variables, in this order.
    pub(in crate::subsystem::kernel) fn writes(
        &self,
        subsystems: &Subsystems<'_>,
        entry: Option<&BootEntry>,
        related: &[String],
    ) -> Vec<Write> {
        let mut writes = writes::command_line_writes(entry, related);
        if !matches!(self.not_run(subsystems), Knowledge::Known(_)) {
            writes.extend(simulate::writes(self.merged(subsystems), related));
        }
        writes
    }

    /// The place that makes a variable of the kernel itself show a text, in the boot of the likeliest entry, if one
    /// does for certain.
    pub(in crate::subsystem::kernel) fn sets(
        &self,
        subsystems: &Subsystems<'_>,
        path: &str,
        text: &str,
    ) -> Option<Origin> {
        if matches!(self.not_run(subsystems), Knowledge::Unknown(_)) {
            return None;
        }
        let related = [path.to_owned()];
        let writes = self.writes(subsystems, subsystems.next_boot().entries.first(), &related);
        let default = variable::find(path).and_then(|variable| variable.default).map(str::to_owned);
        let outcome = simulate::simulate(path, default, &writes);
        let decides = outcome.value.as_deref() == Some(text)
            && deciding_gap(self.merged(subsystems), path, &related, &outcome).is_none();
        outcome.because.filter(|_| decides)
    }
}

impl Merge {
    /// The files of the next boot, as the installed systemd reads them; credentials count from 252 on.
    fn read(subsystems: &Subsystems<'_>) -> Self {
        let (files, systemd) = (subsystems.host().files(), subsystems.systemd().version);
        let since = |first: u32| systemd.is_none_or(|version| version >= first);
        let mut merge = Merge::new(since(250));
        let merged = drop_in::at_boot(files, "sysctl.d", ".conf");
        for file in &merged.files {
            // A link into /run leads nowhere when systemd-sysctl reads it.
            if is_below_memory(&files.real_path(&file.path)) {
                continue;
            }
            match drop_in::read(files, &file.path) {
                Content::Bytes(bytes) => merge.add_file(&bytes, &file.path),
                Content::Unread(gap) => merge.unread(gap),
                Content::Masked | Content::Broken(_) => {}
            }
        }
        if since(252) {
            merge.add_credential(files);
            merge.add_credential_of_command_line(subsystems);
        }
        merge.gaps.extend(merged.gaps.into_iter().map(|gap| (usize::MAX, gap)));
        merge
    }

    fn add_credential(&mut self, files: &Files) {
        for path in CREDENTIALS {
            match files.read(path) {
                Read::There(bytes) => {
                    self.add_file(&bytes, &HostPath::new(path));
                    return;
                }
                Read::Missing(_) => {}
                Read::Hidden(error) if error.kind == HostErrorKind::Denied => {
                    self.hidden = Some(error.to_string());
                }
                Read::Hidden(error) => self.unread(error.into()),
            }
        }
        for path in ENCRYPTED {
            match files.lstat(path) {
                Read::There(_) => self.gap(Origin::file(path), format!("{path} is encrypted")),
                Read::Missing(_) => {}
                Read::Hidden(error) => self.hidden = Some(error.to_string()),
            }
        }
    }

    /// `systemd.set_credential=sysctl.extra:...` is read as a file that comes last; this program doesn't decode it.
    fn add_credential_of_command_line(&mut self, subsystems: &Subsystems<'_>) {
        for entry in &subsystems.next_boot().entries {
            let words = entry.cmdline.as_deref().unwrap_or_default();
            let gives = ["systemd.set_credential", "systemd.set_credential_binary"].iter().any(|key| {
                cmdline::parameters(words, key).into_iter().any(|value| value.starts_with("sysctl.extra:"))
            });
            if gives {
                let place = entry.because.first().cloned();
                let place = place.unwrap_or_else(|| Origin::file("kernel command line"));
                let reason = format!("{place}: the kernel command line gives systemd-sysctl a credential");
                self.gap(place, reason);
                return;
            }
        }
    }
}
