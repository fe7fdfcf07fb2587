//! Whether a service that is reached starts: what makes it fail for sure, and what leaves that open.

use super::BootScenario;
use super::merged::{MergedUnit, Setting};
use super::paths::{Sight, Viewer};
use super::search_path::suffix;
use crate::fact::{Confidence, Origin};
use crate::host::{Files, HostError, Kind, Read};
use crate::parse::shell_line::{self, ExitStatus};
use crate::parse::systemd::time_span;
use crate::parse::unit::{self, Command};
use crate::subsystem::{Subsystems, early_boot};

/// What becomes of a service that is started.
pub(super) enum Start {
    /// Nothing is known that keeps it from starting.
    Works,
    /// It fails, and how sure that is.
    Fails(Origin, Confidence),
    /// It fails and is started again and again.
    Retries(Origin),
    /// A condition of its own keeps it from starting.
    Skipped(Origin),
    /// It can't be told, and why.
    Unknown(String),
}

/// Settings whose path must be there, unless a `-` stands in front of it (systemd.exec(5)).
const NEEDED: [&str; 5] =
    ["WorkingDirectory", "RootDirectory", "ReadWritePaths", "ReadOnlyPaths", "BindPaths"];

struct Look<'a> {
    subsystems: &'a Subsystems<'a>,
    scenario: &'a BootScenario,
    unit: &'a MergedUnit,
    /// Why it can't be told.
    doubt: Option<String>,
}

/// What becomes of a unit that is started.
pub(super) fn of(subsystems: &Subsystems<'_>, scenario: &BootScenario, unit: &MergedUnit) -> Start {
    let mut look = Look { subsystems, scenario, unit, doubt: None };
    look.mounts();
    if suffix(&unit.name) != "service" {
        return look.doubt.map_or(Start::Works, Start::Unknown);
    }
    if let Some(skipped) = look.condition() {
        return Start::Skipped(skipped);
    }
    // A condition that can't be told decides before anything fails.
    if look.doubt.is_some() {
        return look.doubt.map_or(Start::Works, Start::Unknown);
    }
    let failure = look.environment_files().or_else(|| look.programs()).or_else(|| look.settings());
    let Some((origin, confidence)) = failure else {
        return look.doubt.map_or(Start::Works, Start::Unknown);
    };
    if let Some(doubt) = look.doubt {
        return Start::Unknown(doubt);
    }
    if retries(unit) { Start::Retries(origin) } else { Start::Fails(origin, confidence) }
}

impl Look<'_> {
    fn files(&self) -> &Files {
        self.subsystems.host().files()
    }

    fn open(&mut self, doubt: String) {
        self.doubt.get_or_insert(doubt);
    }

    /// A mount that it needs and that a boot goes on without.
    fn mounts(&mut self) {
        for setting in self.unit.every("Unit", "RequiresMountsFor") {
            for path in unit::words(&setting.value) {
                match self.viewer().doubtful_mount(&path) {
                    Ok(Some(mount)) => self.open(format!(
                        "{} needs {path}, and its mount ({}) may be missing",
                        setting.origin(),
                        Origin::line("/etc/fstab", mount.line)
                    )),
                    Ok(None) => {}
                    Err(error) => self.open(error.to_string()),
                }
            }
        }
    }

    /// `ExecCondition=`: a program whose end decides.
    fn condition(&mut self) -> Option<Origin> {
        for setting in self.unit.list("Service", "ExecCondition") {
            for command in unit::commands(&setting.value) {
                if is_program(&command, "false") {
                    return Some(setting.origin().says("ExecCondition= is false"));
                }
                if !is_program(&command, "true") {
                    let program = crate::fact::printable(&command.program).into_owned();
                    self.open(format!(
                        "{}: what ExecCondition={program} says isn't known before",
                        setting.origin()
                    ));
                }
            }
        }
        None
    }

    fn environment_files(&mut self) -> Option<(Origin, Confidence)> {
        for setting in self.unit.list("Service", "EnvironmentFile") {
            let path = setting.value.as_str();
            let fixed = is_on_disk(path) && !path.contains(['*', '?', '[', '%']);
            let is_missing = if fixed { self.is_missing(path, setting) } else { None };
            if let Some(confidence) = is_missing {
                return Some((
                    setting.origin().says(format!("EnvironmentFile={path} is missing")),
                    confidence,
                ));
            }
        }
        None
    }

    fn viewer(&self) -> Viewer<'_> {
        Viewer { subsystems: self.subsystems, scenario: self.scenario, unit: self.unit }
    }

    /// How sure it is that a path is missing when the unit starts; none if it isn't.
    fn is_missing(&mut self, path: &str, setting: &Setting) -> Option<Confidence> {
        // A doubt decides, whatever else is missing.
        if self.doubt.is_some() {
            return None;
        }
        match self.viewer().look(path) {
            Sight::There(..) => None,
            Sight::Missing(confidence) => Some(confidence.min(Confidence::High)),
            Sight::Unknown(reason) => {
                self.open(format!("{} needs {path}, and {reason}", setting.origin()));
                None
            }
        }
    }

    fn programs(&mut self) -> Option<(Origin, Confidence)> {
        let expected = self.unit.last("Service", "SuccessExitStatus").is_some();
        for key in ["ExecStartPre", "ExecStart", "ExecStartPost"] {
            for setting in self.unit.list("Service", key) {
                for command in unit::commands(&setting.value) {
                    let path = command.program.as_str();
                    let fixed = is_on_disk(path) && !path.contains(['$', '%']);
                    if !fixed || command.prefix.contains('-') {
                        continue;
                    }
                    let wrong = match self.program(&command, setting) {
                        // Which ends count as success isn't followed.
                        Some(_) if expected => None,
                        wrong => wrong,
                    };
                    if let Some((wrong, confidence)) = wrong {
                        return Some((setting.origin().says(format!("{path} {wrong}")), confidence));
                    }
                }
            }
        }
        None
    }

    /// What is wrong with a program.
    fn program(&mut self, command: &Command, setting: &Setting) -> Option<(&'static str, Confidence)> {
        let path = command.program.as_str();
        match self.files().stat(path) {
            Read::There(_) if is_program(command, "false") => Some(("always fails", Confidence::Certain)),
            Read::There(file) if file.kind == Kind::File && file.mode & 0o111 == 0 => {
                Some(("is not executable", Confidence::High))
            }
            Read::There(_) => self.script(path).map(|wrong| (wrong, Confidence::High)),
            Read::Missing(_) => match is_complete(self.files(), path) {
                Ok(true) => self.is_missing(path, setting).map(|confidence| ("is missing", confidence)),
                Ok(false) => None,
                Err(error) => {
                    self.open(error.to_string());
                    None
                }
            },
            Read::Hidden(error) => {
                self.open(error.to_string());
                None
            }
        }
    }

    /// What is wrong with a script.
    fn script(&mut self, path: &str) -> Option<&'static str> {
        let script = match self.files().read_script(path) {
            Read::There(script) => script?,
            Read::Missing(_) => return None,
            // Whether it is a script, and whose, is not known.
            Read::Hidden(error) => {
                self.open(error.to_string());
                return None;
            }
        };
        let line = script.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
        let text = String::from_utf8_lossy(line);
        let program = text.split([' ', '\t']).find(|word| !word.is_empty())?;
        if program.ends_with('\r') {
            return Some("has a carriage return in its first line: the kernel finds no such program");
        }
        if program.starts_with('/') {
            let is_missing = match self.files().stat(program) {
                Read::There(_) => Ok(false),
                Read::Missing(_) => is_complete(self.files(), program),
                Read::Hidden(error) => Err(error),
            };
            match is_missing {
                Ok(true) => return Some("is a script whose interpreter is missing"),
                Ok(false) => {}
                Err(error) => self.open(error.to_string()),
            }
        }
        let is_shell = ["sh", "bash", "dash"].contains(&shell_line::base(program));
        match shell_line::exit_status(&script).filter(|_| is_shell)? {
            ExitStatus::Always(0) => {}
            ExitStatus::Always(_) => return Some("is a script that does nothing but fail"),
            ExitStatus::AtEnd(status) => self.open(format!("{path} ends with `exit {status}`")),
        }
        None
    }

    /// Directories, credentials and users that it needs: what makes it fail for sure.
    fn settings(&mut self) -> Option<(Origin, Confidence)> {
        self.user();
        match is_complete(self.files(), "/nonexistent/x") {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                self.open(error.to_string());
                return None;
            }
        }
        for key in NEEDED {
            for setting in self.unit.list("Service", key) {
                for word in unit::words(&setting.value) {
                    let path = word.split(':').next().unwrap_or_default().trim_start_matches('+');
                    let decides = key == "WorkingDirectory" && !self.has_own_root();
                    if let Some(failure) = self.needs(path, setting, decides) {
                        return Some(failure);
                    }
                }
            }
        }
        for setting in self.unit.list("Service", "LoadCredential") {
            if let Some((id, path)) = setting.value.split_once(':') {
                let sets = |setting: &&Setting| setting.value.split(':').next() == Some(id);
                let has_default = ["SetCredential", "SetCredentialEncrypted"]
                    .iter()
                    .any(|key| self.unit.list("Service", key).iter().any(sets));
                let decides =
                    !has_default && self.subsystems.systemd().version.is_some_and(|version| version >= 247);
                if let Some(failure) = self.needs(path, setting, decides) {
                    return Some(failure);
                }
            }
        }
        None
    }

    /// Whether its programs see other files at their paths than the host.
    fn has_own_root(&self) -> bool {
        const OWN: [&str; 7] = [
            "RootDirectory",
            "RootImage",
            "BindPaths",
            "BindReadOnlyPaths",
            "TemporaryFileSystem",
            "MountImages",
            "ExtensionImages",
        ];
        OWN.iter().any(|key| self.unit.last("Service", key).is_some())
    }

    /// A path that must be there: a doubt if it is missing, or a failure if that decides.
    fn needs(&mut self, path: &str, setting: &Setting, decides: bool) -> Option<(Origin, Confidence)> {
        // What systemd makes itself for a service lies below these.
        const MADE: [&str; 4] = ["/var/lib/private/", "/var/cache/", "/var/log/", "/var/lib/"];
        let fixed = is_on_disk(path) && !path.contains('%');
        let makes = ["StateDirectory", "CacheDirectory", "LogsDirectory"];
        let may_be_made = makes.iter().any(|key| self.unit.last("Service", key).is_some())
            && MADE.iter().any(|directory| path.starts_with(directory));
        if !fixed || may_be_made {
            return None;
        }
        let confidence = self.is_missing(path, setting)?;
        let key = &setting.key;
        if decides && self.shows_failure() {
            return Some((setting.origin().says(format!("{key}={path} is missing")), confidence));
        }
        self.open(format!("{key}={path} at {} is missing", setting.origin()));
        None
    }

    /// Whether the first program that fails fails the service: nothing says that this is no failure.
    fn shows_failure(&self) -> bool {
        let keys = ["ExecStartPre", "ExecStart"];
        let mut commands = keys.iter().flat_map(|key| self.unit.list("Service", key));
        let first = commands.next().and_then(|setting| unit::commands(&setting.value).into_iter().next());
        first.is_some_and(|command| !command.prefix.contains('-'))
            && self.unit.last("Service", "SuccessExitStatus").is_none()
    }

    /// A user that the host doesn't have.
    fn user(&mut self) {
        let Some(setting) = self.unit.last("Service", "User") else { return };
        let user = setting.value.as_str();
        let is_name =
            !user.contains('%') && !user.bytes().all(|byte| byte.is_ascii_digit()) && user != "root";
        if !is_name || self.unit.boolean("Service", "DynamicUser") == Some(true) {
            return;
        }
        match self.files().read("/etc/passwd") {
            Read::There(bytes) => {
                let mut names =
                    bytes.split(|byte| *byte == b'\n').filter_map(|line| line.split(|b| *b == b':').next());
                if !names.any(|name| name == user.as_bytes()) {
                    self.open(format!("{} runs it as {user}, who is not in /etc/passwd", setting.origin()));
                }
            }
            // A tree of configuration files only.
            Read::Missing(_) => {}
            Read::Hidden(error) => self.open(error.to_string()),
        }
    }
}

/// Whether a service does its work and ends well for sure: it calls nothing but `true`.
pub(super) fn surely_succeeds(unit: &MergedUnit) -> bool {
    let keys = ["ExecStartPre", "ExecStart", "ExecStartPost"];
    let commands: Vec<Command> = keys
        .iter()
        .flat_map(|key| unit.list("Service", key))
        .flat_map(|setting| unit::commands(&setting.value))
        .collect();
    !commands.is_empty() && commands.iter().all(|command| is_program(command, "true"))
}

/// Whether a command is `/bin/NAME` or `/usr/bin/NAME`.
fn is_program(command: &Command, name: &str) -> bool {
    ["/bin/", "/usr/bin/"].iter().any(|directory| command.program.strip_prefix(directory) == Some(name))
}

/// Whether a path is absolute, and not below what a boot makes.
fn is_on_disk(path: &str) -> bool {
    path.starts_with('/') && !early_boot::names_memory(path)
}

/// Whether a tree would hold a program if the host had it: not so a tree of configuration files only.
fn is_complete(files: &Files, program: &str) -> Result<bool, HostError> {
    let directory = program.rsplit_once('/').map_or("/", |(directory, _)| directory);
    files.any_is_there(["/bin/sh", "/usr/bin/sh", directory])
}

/// Whether systemd starts a service that failed again, without an end (systemd.service(5), "Restart="; systemd.unit(5),
/// "`StartLimitIntervalSec=`").
fn retries(unit: &MergedUnit) -> bool {
    let again = unit.last("Service", "Restart");
    if !again.is_some_and(|setting| ["always", "on-failure"].contains(&setting.value.as_str())) {
        return false;
    }
    let value = |section, key| unit.last(section, key).map(|setting| setting.value.as_str());
    let interval = value("Unit", "StartLimitIntervalSec").or(value("Unit", "StartLimitInterval"));
    let interval = interval.or(value("Service", "StartLimitInterval")).and_then(time_span);
    let interval = interval.map_or(10.0, |span| span.as_secs_f64());
    let burst = value("Unit", "StartLimitBurst").or(value("Service", "StartLimitBurst"));
    let burst: f64 = burst.and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let pause = value("Service", "RestartSec").and_then(time_span).map_or(0.1, |span| span.as_secs_f64());
    interval == 0.0 || burst == 0.0 || pause * burst > interval
}
