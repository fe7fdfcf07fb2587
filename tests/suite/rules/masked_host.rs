//! A recording of which one place after the other is hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use node_preflight::host::{Files, Host, HostPath};

/// One thing that can't be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// A file, directory or link, of `root` or `live`, and how it is hidden: a word of `hidden` in `meta.toml`.
    Path(&'static str, PathBuf, &'static str),
    /// What the running system answered besides its files: a key of `machine.toml`.
    Answer(String),
}

/// All ways in which a file, directory or link can be hidden. The first comes to each place of each case.
pub const DENIED: &str = "denied";
const MORE_WAYS: [&str; 3] = ["unsearchable", "io-error", "too-large"];

/// A recording of which this and that can be hidden.
pub struct MaskedHost {
    recording: PathBuf,
    /// Tables of `meta.toml`: their head and lines.
    meta: Vec<(String, String)>,
    machine: Option<String>,
}

impl MaskedHost {
    /// Whoever asks keeps the directory, and lets nobody else change it.
    pub fn of(recording: PathBuf) -> Self {
        let meta = fs::read_to_string(recording.join("meta.toml")).unwrap_or_default();
        let machine = fs::read_to_string(recording.join("live/machine.toml")).ok();
        let mut tables: Vec<(String, String)> = Vec::new();
        for line in meta.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            match tables.last_mut() {
                _ if line.starts_with('[') => tables.push((line.trim().to_owned(), String::new())),
                Some((_, lines)) => *lines += &format!("{line}\n"),
                None => panic!("{meta}"),
            }
        }
        MaskedHost { recording, meta: tables, machine }
    }

    /// The host as it is.
    pub fn host(&self) -> Host {
        Host::recording(&self.recording).unwrap()
    }

    /// Everything that a host was asked about and that can be hidden: files, links, the directories above what was
    /// looked for, and the answers of the running system.
    pub fn asked(&self, host: &Host) -> BTreeSet<Hidden> {
        let mut all = BTreeSet::new();
        let mut add = |part: &'static str, files: &Files| {
            for path in files.asked() {
                let real = files.real_path(&path);
                let own = path.parent().map(|parent| files.real_path(parent).join(path.file_name()));
                let places = real.as_path().ancestors().chain(own.as_ref().map(HostPath::as_path));
                for place in places.filter(|place| place.parent().is_some()) {
                    let inside = self.place(part, place);
                    let Ok(found) = inside.symlink_metadata() else { continue };
                    let ways = match () {
                        () if inside.ends_with("live/machine.toml") => &[][..],
                        () if found.is_symlink() => &MORE_WAYS[1..2],
                        () if found.is_dir() => &MORE_WAYS[..],
                        () => &MORE_WAYS[1..],
                    };
                    if !ways.is_empty() && !found.is_symlink() {
                        all.insert(Hidden::Path(part, place.to_owned(), DENIED));
                    }
                    all.extend(ways.iter().map(|way| Hidden::Path(part, place.to_owned(), way)));
                }
            }
        };
        add("root", host.files());
        if let Some(running) = host.running() {
            add("live", running.files());
        }
        let machine: toml::Table = toml::from_str(self.machine.as_deref().unwrap_or_default()).unwrap();
        // Who looks is no answer, and uname(2) can't fail.
        let answers = machine.keys().filter(|key| !["root", "uname"].contains(&key.as_str()));
        all.extend(answers.cloned().map(Hidden::Answer));
        all
    }

    fn place(&self, part: &str, path: &Path) -> PathBuf {
        self.recording.join(part).join(path.strip_prefix("/").unwrap())
    }

    /// What somebody sees of the host from whom something is hidden.
    pub fn without<T>(&self, hidden: &Hidden, look: impl FnOnce(&Host) -> T) -> T {
        match hidden {
            Hidden::Path(part, path, way) => {
                let head = format!("[{part}.\"{}\"]", path.display());
                let mut tables: BTreeMap<String, String> = self.meta.iter().cloned().collect();
                let table = tables.entry(head).or_default();
                if !table.contains("hidden") && !table.contains("denied") {
                    *table += &format!("hidden = \"{way}\"\n");
                }
                self.write_meta(tables.iter());
                let seen = look(&self.host());
                self.write_meta(self.meta.iter().map(|(head, lines)| (head, lines)));
                seen
            }
            Hidden::Answer(key) => {
                let place = self.recording.join("live/machine.toml");
                let good = self.machine.as_deref().unwrap();
                fs::write(&place, silent(good, key)).unwrap();
                // Without a bus, the control groups tell which services run, and a directory that systemd does.
                let groups = Hidden::Path("live", "/sys/fs/cgroup".into(), DENIED);
                let booted = self.place("live", Path::new("/run/systemd/system"));
                let was_there = booted.exists();
                let seen = if key == "units" {
                    fs::create_dir_all(&booted).unwrap();
                    self.without(&groups, look)
                } else {
                    look(&self.host())
                };
                if !was_there {
                    drop(fs::remove_dir(&booted));
                }
                fs::write(&place, good).unwrap();
                seen
            }
        }
    }

    fn write_meta<'t>(&self, tables: impl Iterator<Item = (&'t String, &'t String)>) {
        let text: String = tables.map(|(head, lines)| format!("{head}\n{lines}")).collect();
        fs::write(self.recording.join("meta.toml"), text).unwrap();
    }
}

/// Which share of all that can be hidden a run of the tests tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    number: u64,
    of: u64,
}

impl Share {
    /// `10` is one of ten, and `1` everything; `3/10` is the fourth of ten, so that ten runs try everything.
    fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.split_once('/').unwrap_or(("0", text));
        let share = Share { number: number.parse().ok()?, of: of.parse().ok()? };
        (share.number < share.of).then_some(share)
    }

    fn holds(self, what: &str) -> bool {
        let hash = what.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 20) % self.of == self.number
    }
}

/// Whether a run of the tests tries this: all together are hours. `BLINDNESS=1` tries everything, `BLINDNESS=10` one of ten,
/// and `BLINDNESS=3/10` another one of ten.
pub fn is_tried(what: &str, one_of: u64) -> bool {
    static ASKED: std::sync::LazyLock<Option<Share>> = std::sync::LazyLock::new(|| {
        let text = std::env::var("BLINDNESS").ok()?;
        Some(Share::parse(&text).unwrap_or_else(|| panic!("BLINDNESS={text} is neither 10 nor 3/10")))
    });
    ASKED.unwrap_or(Share { number: 0, of: one_of }).holds(what)
}

#[test]
fn all_shares_together_are_everything_and_none_is_tried_twice() {
    let shares: Vec<Share> = (0..7).map(|number| Share::parse(&format!("{number}/7")).unwrap()).collect();
    for what in (0..500).map(|number| format!("place {number}")) {
        assert_eq!(shares.iter().filter(|share| share.holds(&what)).count(), 1, "{what}");
    }
    assert_eq!(Share::parse("7"), Some(shares[0]));
    assert!(Share::parse("1").unwrap().holds("anything"));
    for wrong in ["7/7", "0", "", "1/", "x", "-1/3"] {
        assert_eq!(Share::parse(wrong), None, "{wrong}");
    }
}

/// A machine that doesn't answer one question.
fn silent(machine: &str, key: &str) -> String {
    let all: toml::Table = toml::from_str(machine).unwrap();
    let sockets = |name: &str| -> Vec<String> {
        all.get(name)
            .and_then(|table| table.as_table())
            .iter()
            .flat_map(|table| table.keys().cloned())
            .collect()
    };
    // What wasn't recorded isn't there: who may not ask is told so.
    let (gone, told): (&[&str], String) = match key {
        "units" => (&["units"], "units-unavailable = \"permission denied\"\n".into()),
        "sockets" | "cri" => {
            let denied = sockets("sockets").into_iter().chain(sockets("cri")).collect::<BTreeSet<_>>();
            let lines: String =
                denied.iter().map(|path| format!("sockets.\"{path}\" = \"denied\"\n")).collect();
            (&["sockets", "cri"], lines)
        }
        key => (&[key], String::new()),
    };
    let mut text = told;
    let mut keep = true;
    let mut in_table = false;
    for line in machine.lines() {
        let of = |name: &str| {
            let line = line.trim_start_matches('[');
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with([']', '.', ' ', '=']))
        };
        if line.starts_with('[') {
            in_table = true;
            keep = !gone.iter().any(|name| of(name));
        } else if !in_table && line.contains('=') && !line.starts_with([' ', '\t']) {
            keep = !gone.iter().any(|name| of(name));
        }
        if keep {
            text += &format!("{line}\n");
        }
    }
    toml::from_str::<toml::Table>(&text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    text
}
