//! Who else writes kernel variables during boot, after or beside systemd-sysctl.
//!
//! Source: ufw 0.36, systemd.network(5) of 252 and 257, dockerd and kubelet documentation.

use std::cell::OnceCell;

use super::apply;
use super::merge::Assignment;
use super::networkd;
use super::tuned::Tuned;
use super::variable::{self, Written};
use crate::fact::{Confidence, Fact, Origin, State, printable};
use crate::host::Files;
use crate::parse::{glob, lines, sysctl_d};
use crate::subsystem::boot::boot_scripts::{BootScripts, Topic};
use crate::subsystem::drop_in;
use crate::subsystem::{Subsystems, Unreadable};

/// One write that happens at some time during boot.
#[derive(Clone, Debug, PartialEq)]
struct Later {
    /// Path below `/proc/sys`; may be a glob.
    path: String,
    /// The text; none if it can't be told.
    text: Option<String>,
    origin: Origin,
    /// Whether it happens for sure, so that it decides where nothing else writes.
    certain: bool,
}

impl Later {
    /// Whether it may write a variable. A key that is one shell variable may be any.
    fn covers(&self, path: &str) -> bool {
        self.path == "*" || glob::covers_path(&self.path, path)
    }
}

/// All other writers.
#[derive(Clone, Debug, Default)]
pub(super) struct Writers {
    writes: Vec<Later>,
    gaps: Vec<Unreadable>,
    /// A command that applies sysctl.d once more.
    reapplied_by: Option<Origin>,
    /// A rule of udev that does so, looked for when it matters.
    udev: OnceCell<Option<Origin>>,
}

/// What kubelet sets unless `protectKernelDefaults` is on.
const KUBELET: [(&str, &str); 6] = [
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/keys/root_maxbytes", "25000000"),
];

impl Writers {
    pub(super) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let mut writers = Writers::default();
        let files = subsystems.host().files();
        let scripts = subsystems.boot_scripts();
        writers.gaps.extend(scripts.unread.iter().cloned());
        for (origin, text) in &scripts.lines {
            writers.shell_line(files, origin, text);
        }
        writers.tmpfiles(files);
        if subsystems.units().may_start(subsystems, "ufw.service") {
            writers.ufw(files);
        }
        if subsystems.units().may_start(subsystems, "systemd-networkd.service") {
            writers.networkd(files);
        }
        if subsystems.units().may_start(subsystems, "tuned.service") {
            writers.tuned(subsystems);
        }
        if subsystems.units().may_start(subsystems, "docker.service") {
            writers.docker(files);
        }
        if subsystems.units().may_start(subsystems, "kubelet.service") {
            writers.kubelet(subsystems);
        }
        writers
    }

    /// What other writers do to an answer: one that writes the same changes nothing; any other makes it
    /// unknown, because nobody orders them.
    pub(super) fn judge(&self, scripts: &BootScripts, related: &[String], fact: Fact) -> Fact {
        if matches!(fact.state, State::Unknown(_)) {
            return fact;
        }
        if let Some(gap) = self.gaps.first() {
            return Fact::unknown(format!("{}: it runs at boot and may set anything", gap.reason));
        }
        let not_understood = related.iter().find_map(|path| scripts.may_write(Topic::Sysctl(path)));
        if let Some(line) = not_understood {
            return changed_by(fact, &related[0], &line.origin);
        }
        let untouched = fact.overruled.is_empty()
            && fact.because.first().is_some_and(|origin| origin.path == "kernel default");
        for later in &self.writes {
            let Some(path) = related.iter().find(|path| later.covers(path)) else {
                continue;
            };
            if !same_variable(path, &related[0]) && later.text.is_none() {
                continue;
            }
            let shown = later.text.as_ref().map(|text| variable::write(variable::find(path), text, None));
            match (shown, &fact.state) {
                (Some(Written::Shows(new)), State::Known(value)) if value.as_text() == Some(&new) => {}
                (Some(Written::Rejected(_)), _) => {}
                (Some(Written::Shows(new)), State::Known(_))
                    if untouched && later.certain && self.alone(later, related) =>
                {
                    return Fact::new(new).because(later.origin.clone()).at_most(Confidence::High);
                }
                _ => return changed_by(fact, &related[0], &later.origin),
            }
        }
        fact
    }

    /// Whether no other writer touches the variables.
    fn alone(&self, one: &Later, related: &[String]) -> bool {
        !self.writes.iter().any(|other| other != one && related.iter().any(|path| other.covers(path)))
    }

    fn add(&mut self, path: &str, text: Option<&str>, origin: Origin, certain: bool) {
        self.writes.push(Later { path: path.to_owned(), text: text.map(str::to_owned), origin, certain });
    }

    /// `sysctl -w k=v`, `sysctl -p FILE`, and redirections into `/proc/sys`.
    fn shell_line(&mut self, files: &Files, origin: &Origin, text: &str) {
        if !text.contains("sysctl") && !text.contains("/proc/sys/") {
            return;
        }
        let origin = origin.clone().says(printable(text.trim()).into_owned());
        for part in text.split([';', '&', '|']) {
            if let Some((before, after)) = part.split_once("/proc/sys/") {
                self.redirection(&origin, before, after);
            }
            let mut words = part.split_ascii_whitespace();
            let is_sysctl = |word: &str| {
                word.trim_start_matches(['-', '@', '+', '!', '"', '\'', '(']).rsplit('/').next()
                    == Some("sysctl")
            };
            if words.any(is_sysctl) {
                self.sysctl_command(files, &origin, &words.collect::<Vec<_>>());
            }
        }
    }

    fn redirection(&mut self, origin: &Origin, before: &str, after: &str) {
        let writes =
            before.trim_end_matches(['"', '\'']).trim_end().ends_with('>') || before.contains("tee ");
        if !writes {
            return;
        }
        let end = after.find([' ', '\t', '"', '\'', ')']).unwrap_or(after.len());
        let text = before
            .trim()
            .strip_prefix("echo ")
            .and_then(|text| text.trim_end_matches(['"', '\'', ' ']).strip_suffix('>'));
        let text = text.map(|text| text.trim().trim_matches(['"', '\''])).filter(|text| is_plain(text));
        self.add(&pattern_of(&after[..end]), text, origin.clone(), false);
    }

    fn sysctl_command(&mut self, files: &Files, origin: &Origin, words: &[&str]) {
        let mut words = words.iter().map(|word| word.trim_matches(['"', '\'']));
        while let Some(word) = words.next() {
            if let Some((key, text)) = word.split_once('=').filter(|_| !word.starts_with("--")) {
                let text = Some(text.trim_matches(['"', '\''])).filter(|text| is_plain(text));
                self.add(&pattern_of(&sysctl_d::path_of(key)), text, origin.clone(), false);
            } else if word == "--system" {
                self.reapplied_by.get_or_insert_with(|| origin.clone());
                self.file(files, "/etc/sysctl.conf", origin, false);
            } else if word.starts_with("-p") || word.starts_with("--load") {
                let named = word.split_once('=').map(|(_, file)| file);
                let file = named.or_else(|| words.next()).unwrap_or("/etc/sysctl.conf");
                self.file(files, file, origin, false);
            }
        }
    }

    /// A file in the syntax of sysctl.d that somebody applies.
    fn file(&mut self, files: &Files, path: &str, origin: &Origin, certain: bool) {
        if !is_plain(path) {
            self.add("*", None, origin.clone(), false);
            return;
        }
        match files.read(path).legacy() {
            Ok(bytes) => {
                for setting in sysctl_d::parse(&bytes).settings {
                    let place = Origin::line(path, setting.line)
                        .says(format!("applied by {}", origin.says.as_deref().unwrap_or(&origin.path)));
                    self.add(&setting.path, setting.value.as_deref(), place, certain);
                }
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => self.gaps.push(error.into()),
        }
    }

    /// What applies sysctl.d once more, after modules were loaded late.
    pub(super) fn reapplied_by(&self, files: &Files) -> Option<&Origin> {
        let udev = || self.udev.get_or_init(|| udev(files)).as_ref();
        self.reapplied_by.as_ref().or_else(udev)
    }

    /// Lines of type `w`: systemd-tmpfiles runs beside systemd-sysctl, and nobody orders the two.
    fn tmpfiles(&mut self, files: &Files) {
        let merged = drop_in::at_boot(files, "tmpfiles.d", ".conf");
        for file in merged.files {
            let drop_in::Content::Bytes(bytes) = drop_in::read(files, &file.path) else { continue };
            for (line, text) in lines(&bytes) {
                let mut fields = text.split_ascii_whitespace();
                let (Some(kind), Some(path)) = (fields.next(), fields.next()) else { continue };
                if let (true, Some(path)) = (kind.starts_with('w'), path.strip_prefix("/proc/sys/")) {
                    let argument = fields.skip(4).collect::<Vec<_>>().join(" ");
                    let origin = file.line(line).says("systemd-tmpfiles writes it");
                    self.add(
                        path,
                        Some(&argument).filter(|_| is_plain(path)).map(String::as_str),
                        origin,
                        true,
                    );
                }
            }
        }
    }

    fn ufw(&mut self, files: &Files) {
        let setting = |path: &str, key: &str| -> Option<String> {
            let bytes = files.read(path).legacy().ok()?;
            let found = lines(&bytes)
                .filter_map(|(_, text)| Some(text.trim().strip_prefix(key)?.strip_prefix('=')?.to_owned()))
                .last()?;
            Some(found.trim().trim_matches(['"', '\'']).to_owned())
        };
        let enabled = setting("/etc/ufw/ufw.conf", "ENABLED");
        if enabled.is_some_and(|enabled| enabled.eq_ignore_ascii_case("yes")) {
            let path =
                setting("/etc/default/ufw", "IPT_SYSCTL").unwrap_or_else(|| "/etc/ufw/sysctl.conf".into());
            self.file(files, &path, &Origin::file("ufw.service"), true);
        }
    }

    fn networkd(&mut self, files: &Files) {
        let (settings, gaps) = networkd::settings(files);
        self.gaps.extend(gaps);
        for setting in settings {
            self.add(setting.path, Some(setting.text), setting.origin, false);
        }
    }

    /// tuned applies its profile, and then once more what `/etc/sysctl.d` says.
    fn tuned(&mut self, subsystems: &Subsystems<'_>) {
        let tuned = Tuned::read(subsystems.host().files());
        self.gaps.extend(tuned.gaps);
        let lines = &subsystems.sysctl().on_disk(subsystems).lines;
        let by_hand = |path: &str| {
            let covers = |line: &Assignment| line.path == path || glob::covers_path(&line.path, path);
            lines.iter().any(|line| line.origin.path.starts_with("/etc/sysctl") && covers(line))
        };
        for (path, setting) in tuned.settings {
            if !(tuned.reapplies && by_hand(&path)) {
                self.add(&path, setting.text.as_deref(), setting.origin, tuned.is_chosen);
            }
        }
    }

    fn docker(&mut self, files: &Files) {
        let off = files.read("/etc/docker/daemon.json").legacy().is_ok_and(|bytes| {
            serde_json::from_slice::<serde_json::Value>(&bytes)
                .is_ok_and(|json| json["ip-forward"] == serde_json::Value::Bool(false))
        });
        if !off {
            let origin = Origin::file("docker.service").says("dockerd switches forwarding on");
            self.add("net/ipv4/ip_forward", Some("1"), origin, false);
        }
    }

    fn kubelet(&mut self, subsystems: &Subsystems<'_>) {
        if subsystems.kubelet().may_set_variables() {
            for (path, text) in KUBELET {
                let origin = Origin::file("kubelet.service").says(format!("kubelet sets {text}"));
                self.add(path, Some(text), origin, false);
            }
        }
    }
}

/// A rule of udev that applies sysctl.d when a module is loaded; systemd's own do so for interfaces only.
fn udev(files: &Files) -> Option<Origin> {
    drop_in::at_boot(files, "udev/rules.d", ".rules").files.iter().find_map(|file| {
        let drop_in::Content::Bytes(bytes) = drop_in::read(files, &file.path) else { return None };
        lines(&bytes).find_map(|(line, text)| {
            let applies = text.contains("SUBSYSTEM==\"module\"") && text.contains("sysctl");
            let applies = applies && !text.trim_start().starts_with('#');
            applies.then(|| file.line(line).says("applies sysctl.d"))
        })
    })
}

fn same_variable(one: &str, other: &str) -> bool {
    apply::first_name(one) == apply::first_name(other)
}

fn changed_by(fact: Fact, path: &str, origin: &Origin) -> Fact {
    let files = match &fact.state {
        State::Known(value) => format!("otherwise it is {value}"),
        State::Absent | State::Unknown(_) => "otherwise it is absent".to_owned(),
    };
    let says = origin.says.as_deref().map(|says| format!(" ({says})")).unwrap_or_default();
    let mut unknown =
        Fact::unknown(format!("{origin}{says} may change {} during boot; {files}", sysctl_d::dotted(path)));
    unknown.because = std::iter::once(origin.clone()).chain(fact.because).collect();
    unknown.overruled = fact.overruled;
    unknown
}

/// A path with shell variables made wildcards.
fn pattern_of(path: &str) -> String {
    path.split('/')
        .map(|part| if part.contains(['$', '`']) { "*" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn is_plain(text: &str) -> bool {
    !text.contains(['$', '`', '*', '<', '>'])
}
