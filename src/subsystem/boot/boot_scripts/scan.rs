//! Reads the texts of a boot line by line: which scripts they run, what they load, and what isn't understood.

use foldhash::HashSet;

use super::mentions::mentioned;
use super::source::{Language, Source};
use super::{BootScripts, NotUnderstood, Touches, runs, sysctl, units};
use crate::fact::Origin;
use crate::host::{Files, HostPath, Kind, Read};
use crate::parse::{lines, shell_line};
use crate::subsystem::{Unreadable, drop_in};

/// No script that sets up a host is larger; what is larger is a program.
const SCRIPT_LIMIT: u64 = 256 << 10;
/// No honest boot runs more scripts.
const MAX_SCRIPTS: usize = 500;
/// No honest boot runs more lines, nor longer ones.
const MAX_LINES: usize = 10_000;
const MAX_TEXT: usize = 1 << 20;
/// Shells in shells in shells are nobody's configuration.
const MAX_DEPTH: usize = 4;
/// Services that make swap: their own readers say what they do.
const SWAP_PROGRAMS: [&str; 4] = ["zramswap", "init-zram-swapping", "dphys-swapfile", "nvzramconfig.sh"];

/// What is read so far.
pub(super) struct Scan<'h> {
    pub(super) files: &'h Files,
    found: BootScripts,
    seen: HashSet<String>,
    /// How often the programs that matter were understood in the line at hand.
    pub(super) understood: usize,
    /// How many bytes the lines have.
    text: usize,
}

impl<'h> Scan<'h> {
    pub(super) fn of(files: &'h Files) -> Self {
        Scan { files, found: BootScripts::default(), seen: HashSet::default(), understood: 0, text: 0 }
    }

    pub(super) fn finish(self) -> BootScripts {
        self.found
    }

    pub(super) fn unread(&mut self, gap: impl Into<Unreadable>) {
        self.found.unread.push(gap.into());
    }

    /// Keeps that a line may write something.
    pub(super) fn doubt(&mut self, origin: Origin, may_touch: Touches) {
        self.found.doubts.push(NotUnderstood { origin, may_touch });
    }

    /// A script that the boot runs; `is_sure` if it is one for sure, whatever its mode and size.
    pub(super) fn script(&mut self, path: &HostPath, is_sure: bool, is_stock: bool) {
        let place = path.to_string();
        if self.seen.contains(&place) {
            return;
        }
        let largest = if is_sure { u64::MAX } else { SCRIPT_LIMIT };
        match self.files.stat(path) {
            Read::There(file) if file.kind != Kind::File || !(2..=largest).contains(&file.size) => return,
            Read::There(file) if !is_sure && file.mode & 0o111 == 0 => return,
            Read::There(_) => {}
            Read::Missing(_) => return,
            Read::Hidden(error) => {
                self.seen.insert(place);
                return self.unread(error);
            }
        }
        if self.seen.len() >= MAX_SCRIPTS {
            return self.too_many(&Origin::file(path), &format!("{MAX_SCRIPTS} scripts"));
        }
        self.seen.insert(place);
        let bytes = if is_sure { self.files.read(path).map(Some) } else { self.files.read_script(path) };
        match bytes {
            Read::There(Some(bytes)) => self.content(path, &bytes, is_stock),
            Read::There(None) | Read::Missing(_) => {}
            Read::Hidden(error) => self.unread(error),
        }
    }

    fn content(&mut self, path: &HostPath, bytes: &[u8], is_stock: bool) {
        let first = lines(bytes).next().map(|(_, line)| line.into_owned()).unwrap_or_default();
        let is_other = first.starts_with("#!")
            && !["sh", "bash", "dash", "ash", "zsh", "ksh", "openrc-run"]
                .iter()
                .any(|name| first.split(['/', ' ', '!']).any(|word| word.trim() == *name));
        let language = if is_other { Language::Other } else { Language::Shell };
        let mut source = Source::new(path, is_stock, language);
        let mut continued: Option<(u32, String)> = None;
        for (number, line) in lines(bytes) {
            let (start, text) = match continued.take() {
                Some((start, before)) => (start, before + line.trim_start()),
                None if line.trim_start().starts_with('#') => continue,
                None => (number, line.into_owned()),
            };
            match text.strip_suffix('\\') {
                Some(part) if text.len() < 64 << 10 => continued = Some((start, format!("{part} "))),
                _ => self.line(&mut source, &Origin::line(path, start), text),
            }
        }
        if let Some((start, text)) = continued {
            self.line(&mut source, &Origin::line(path, start), text);
        }
        self.end(source);
    }

    /// Keeps, once, that a boot runs more than is read.
    fn too_many(&mut self, origin: &Origin, what: &str) {
        const NOT_ALL: &str = "run at boot; not all are read";
        if self.found.unread.iter().all(|gap| !gap.reason.ends_with(NOT_ALL)) {
            let reason = format!("{}: more than {what} {NOT_ALL}", origin.path);
            self.unread(Unreadable { origin: origin.clone(), reason });
        }
    }

    /// A line of a text.
    pub(super) fn line(&mut self, source: &mut Source, origin: &Origin, text: String) {
        if self.found.lines.len() >= MAX_LINES || self.text + text.len() > MAX_TEXT {
            return self.too_many(origin, &format!("{MAX_LINES} lines of shell"));
        }
        self.text += text.len();
        self.understood = 0;
        if source.language == Language::Shell {
            self.commands(source, origin, &text, MAX_DEPTH);
        }
        self.mentions(source, origin, &text);
        self.found.lines.push((origin.clone(), text));
    }

    /// What can be told at the end of a text only.
    pub(super) fn end(&mut self, source: Source) {
        if let Some(origin) = source.reapplies.filter(|_| source.writes_sysctl_d) {
            self.doubt(origin, Touches::Sysctl("**".into()));
        }
    }

    fn commands(&mut self, source: &mut Source, origin: &Origin, text: &str, depth: usize) {
        for command in shell_line::commands(text) {
            let words = command.words.as_slice();
            source.assign(text, words);
            self.command(source, origin, text, words, depth);
            let only_shell =
                words.iter().all(|word| word == "-s" || word == "-" || is_shell(shell_line::base(word)));
            // A pipe into a shell runs what nobody can read beforehand.
            if command.is_piped && !words.is_empty() && only_shell && !source.is_stock {
                self.doubt(runs(origin, text), Touches::Anything);
            }
        }
    }

    fn command(
        &mut self,
        source: &mut Source,
        origin: &Origin,
        text: &str,
        command: &[String],
        depth: usize,
    ) {
        let Some(at) = shell_line::program_at(command) else { return };
        let (program, name, words) =
            (shell_line::bare(&command[at]), shell_line::base(&command[at]), &command[at + 1..]);
        let place = || runs(origin, text);
        match name {
            "sysctl" => {
                self.understood += 1;
                for pattern in sysctl::command(self.files, words) {
                    self.doubt(place(), Touches::Sysctl(pattern));
                }
            }
            "systemd-sysctl" => {
                for file in words.iter().filter(|word| !word.starts_with('-')) {
                    for pattern in sysctl::keys_of(self.files, file) {
                        self.doubt(place(), Touches::Sysctl(pattern));
                    }
                }
            }
            "modprobe" | "insmod" | "rmmod" => self.module(source, &place(), name, words),
            "swapon" => self.understood += 1,
            "swapoff" => {
                self.understood += 1;
                let is_own = SWAP_PROGRAMS.contains(&origin.path.rsplit('/').next().unwrap_or_default());
                if !is_own {
                    self.doubt(place(), Touches::SwapOff);
                }
            }
            "hostname" if words.iter().any(|word| !word.starts_with('-')) => {
                self.doubt(place(), Touches::Hostname);
            }
            "hostnamectl" if words.iter().any(|word| word == "set-hostname" || word == "hostname") => {
                self.doubt(place(), Touches::Hostname);
            }
            "systemctl" => units::command(self, source, &place(), words),
            "cd" | "pushd" => source.change_directory(text, words.first()),
            "command" | "which" | "type" | "hash" | "echo" | "printf" | "logger" | "[" | "[[" | "test"
            | "grep" | "pgrep" | "dpkg" | "dpkg-query" | "rpm" | "apt-get" => {
                self.understood += mentioned(command);
            }
            _ if depth > 0 => self.runs(source, origin, text, (program, name, words), depth - 1),
            _ => {}
        }
    }

    /// A command that runs another one, or a script.
    fn runs(
        &mut self,
        source: &mut Source,
        origin: &Origin,
        text: &str,
        (program, name, words): (&str, &str, &[String]),
        depth: usize,
    ) {
        match name {
            "." | "source" => {
                self.follow(source, &runs(origin, text), words.first().map(String::as_str), true);
            }
            _ if is_shell(name) => {
                let is_code =
                    |word: &&String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
                if let Some(at) = words.iter().position(|word| is_code(&word)) {
                    if let Some(code) = words.get(at + 1) {
                        self.commands(source, origin, code, depth);
                    }
                } else {
                    let file = words.iter().find(|word| !word.starts_with(['-', '+']));
                    self.follow(source, &runs(origin, text), file.map(String::as_str), true);
                }
            }
            "perl" | "ruby" | "node" | "python" | "python2" | "python3" => {
                let file = words.iter().find(|word| !word.starts_with('-'));
                self.follow(source, &runs(origin, text), file.map(String::as_str), true);
            }
            "eval" | "xargs" | "parallel" | "find" | "systemd-run" | "chroot" | "flock" | "busybox"
            | "stdbuf" | "taskset" | "chrt" | "nsenter" | "su" | "runuser" => {
                self.wrapper(source, origin, text, (name, words), depth);
            }
            "run-parts" => {
                let directory = words.iter().find(|word| word.starts_with('/')).cloned();
                self.directory(directory.as_deref(), source.is_stock);
            }
            _ if program.contains(['/', '$', '`']) => {
                self.follow(source, &runs(origin, text), Some(program), false);
                for word in words.iter().filter(|word| word.starts_with('/')) {
                    self.script(&HostPath::new(word.trim_matches([';', '`'])), false, source.is_stock);
                }
            }
            name => self.by_name(name),
        }
    }

    /// A program that runs the command which its words are.
    fn wrapper(
        &mut self,
        source: &mut Source,
        origin: &Origin,
        text: &str,
        (name, words): (&str, &[String]),
        depth: usize,
    ) {
        let behind = |flags: &[&str]| words.iter().position(|word| flags.contains(&word.as_str()));
        match name {
            "eval" => {
                let code = words.join(" ");
                if code.contains(['$', '`']) && !source.is_stock {
                    self.doubt(runs(origin, text), Touches::Anything);
                }
                self.commands(source, origin, &code, depth);
            }
            "xargs" | "parallel" => {
                let mut words = words.to_vec();
                words.push("$input".into());
                self.command(source, origin, text, &words, depth);
            }
            "find" => {
                if let Some(at) = behind(&["-exec", "-execdir", "-ok"]) {
                    self.command(source, origin, text, &words[at + 1..], depth);
                }
            }
            _ => {
                let rest = words.iter().skip_while(|word| word.starts_with('-'));
                let rest: Vec<String> = rest
                    .skip(usize::from(matches!(name, "flock" | "chroot" | "taskset" | "chrt")))
                    .cloned()
                    .collect();
                self.command(source, origin, text, &rest, depth);
            }
        }
    }

    /// The scripts of a directory that run one after the other.
    pub(super) fn directory(&mut self, directory: Option<&str>, is_stock: bool) {
        let Some(directory) = directory.map(HostPath::new) else { return };
        match drop_in::list(self.files, &directory) {
            Read::There(names) => {
                for name in names.iter() {
                    self.script(&directory.join(name), false, is_stock);
                }
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => self.unread(error),
        }
    }

    /// A program that is found by its name: only the administrator's own are looked into.
    fn by_name(&mut self, name: &str) {
        let is_plain =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if is_plain && self.seen.len() < MAX_SCRIPTS && self.seen.insert(format!("`{name}`")) {
            for directory in ["/usr/local/sbin", "/usr/local/bin"] {
                self.script(&HostPath::new(directory).join(name), false, false);
            }
        }
    }

    /// A file that a command runs, if that can be told.
    fn follow(&mut self, source: &Source, place: &Origin, word: Option<&str>, is_sure: bool) {
        let Some(word) = word else { return };
        let paths: Option<Vec<HostPath>> =
            source.resolve(word).and_then(|values| values.iter().map(|value| source.place(value)).collect());
        match paths {
            Some(paths) => {
                for path in paths {
                    let is_stock = Source::is_stock_path(&path.to_string());
                    self.script(&path, is_sure, is_stock);
                }
            }
            None if source.is_stock => {}
            None => self.doubt(place.clone(), Touches::Anything),
        }
    }

    fn module(&mut self, source: &Source, place: &Origin, name: &str, words: &[String]) {
        self.understood += usize::from(name != "rmmod");
        let (flags, mut modules): (Vec<_>, Vec<_>) = words.iter().partition(|word| word.starts_with('-'));
        let has = |letter: char, long: &str| {
            flags.iter().any(|flag| *flag == long || (!flag.starts_with("--") && flag.contains(letter)))
        };
        if name == "modprobe" && (has('n', "--dry-run") || has('D', "--show-depends")) {
            return;
        }
        let is_removed = name == "rmmod" || name == "modprobe" && has('r', "--remove");
        let takes_several = is_removed || name == "modprobe" && has('a', "--all");
        if !takes_several {
            modules.truncate(1);
        }
        for word in modules {
            match source.resolve(word) {
                Some(values) => {
                    for value in
                        values.into_iter().filter(|value| !value.is_empty() && !value.contains(['>', '<']))
                    {
                        let file = value.rsplit('/').next().unwrap_or_default();
                        let module = file.split(".ko").next().unwrap_or(file).to_owned();
                        if is_removed {
                            self.doubt(place.clone(), Touches::Module(Some(module)));
                        } else {
                            self.found.loads.push((module, place.clone()));
                        }
                    }
                }
                None if source.is_stock => {}
                None => self.doubt(place.clone(), Touches::Module(None)),
            }
        }
    }
}

/// Whether a word is a shell, which runs the file that its next word names.
fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
}
