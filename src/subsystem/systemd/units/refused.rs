//! Units that systemd refuses to load for what their settings say or leave out. It treats them as if they were not
//! there: nothing starts them, and what requires them stumbles. (Source: `service_verify`, `timer_verify`,
//! `socket_verify`, `path_verify` and `config_parse_exec` of systemd 252; seen with `systemd --test`.)

use super::merged::{MergedUnit, Setting};
use super::search_path::{place, suffix};
use crate::fact::Origin;
use crate::parse::unit::{self, Command};

/// Types of services that systemd knows (systemd.service(5)); others it passes over.
const TYPES: &[&str] = &["simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"];

/// One of these must be set in the section of its kind.
const NEEDED: &[(&str, &str, &[&str])] = &[
    (
        "timer",
        "Timer",
        &[
            "OnActiveSec",
            "OnBootSec",
            "OnStartupSec",
            "OnUnitActiveSec",
            "OnUnitInactiveSec",
            "OnCalendar",
            "OnClockChange",
            "OnTimezoneChange",
        ],
    ),
    (
        "socket",
        "Socket",
        &[
            "ListenStream",
            "ListenDatagram",
            "ListenSequentialPacket",
            "ListenFIFO",
            "ListenSpecial",
            "ListenNetlink",
            "ListenMessageQueue",
            "ListenUSBFunction",
        ],
    ),
    ("path", "Path", &["PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"]),
];

/// Why systemd refuses to load a unit; none if it doesn't, or if not all of the unit could be read.
pub(super) fn refused(unit: &MergedUnit) -> Option<Origin> {
    if !unit.gaps.is_empty() {
        return None;
    }
    if suffix(&unit.name) == "service" {
        return refused_service(unit);
    }
    let (_, section, keys) = NEEDED.iter().find(|(kind, ..)| *kind == suffix(&unit.name))?;
    let is_set = |key: &&str| match *key {
        "OnClockChange" | "OnTimezoneChange" => unit.boolean(section, key) == Some(true),
        _ => !unit.list(section, key).is_empty(),
    };
    let nothing = !keys.iter().any(is_set);
    nothing.then(|| says(unit, &format!("no {}= or the like", keys[0])))
}

fn refused_service(unit: &MergedUnit) -> Option<Origin> {
    let starts = unit.list("Service", "ExecStart");
    if let Some(setting) = starts.iter().find(|setting| is_no_command(setting)) {
        return Some(
            setting.origin().says("systemd refuses the unit: neither an absolute path nor a plain name"),
        );
    }
    let named = |setting: &&Setting| unit::commands(&setting.value).iter().filter(|c| is_program(c)).count();
    let commands: usize = starts.iter().map(named).sum();
    let ends = unit.last("Unit", "SuccessAction").is_some_and(|action| action.value != "none");
    let typed = unit.last("Service", "Type").filter(|setting| TYPES.contains(&setting.value.as_str()));
    let bus_name = unit.last("Service", "BusName").is_some();
    let kind = match typed {
        Some(setting) => setting.value.as_str(),
        None if bus_name => "dbus",
        None if commands > 0 => "simple",
        None => "oneshot",
    };
    if commands == 0 {
        let stops = !unit.list("Service", "ExecStop").is_empty();
        let stays = unit.boolean("Service", "RemainAfterExit") == Some(true);
        let allowed = kind == "oneshot" && (ends || (stops && stays));
        return (!allowed).then(|| says(unit, "no ExecStart="));
    }
    if kind != "oneshot" && commands > 1 {
        let second = starts.get(1).or(starts.first()).map(|setting| setting.origin());
        return second
            .map(|origin| origin.says("systemd refuses the unit: a second ExecStart= needs Type=oneshot"));
    }
    // Since 244; before, a oneshot service could have no Restart= at all.
    let again = unit.last("Service", "Restart").filter(|_| kind == "oneshot");
    if let Some(setting) = again.filter(|setting| ["always", "on-success"].contains(&setting.value.as_str()))
    {
        return Some(setting.origin().says("systemd refuses the unit: Type=oneshot can't have it"));
    }
    (kind == "dbus" && !bus_name).then(|| says(unit, "Type=dbus without BusName="))
}

/// Whether a command names a program: an absolute path or a plain name.
fn is_program(command: &Command) -> bool {
    command.program.starts_with('/') || !command.program.contains('/')
}

/// Whether a command names no program, and nothing says that this is no failure.
fn is_no_command(setting: &Setting) -> bool {
    let fails = |command: &Command| !is_program(command) && !command.prefix.contains('-');
    unit::commands(&setting.value).iter().any(fails)
}

fn says(unit: &MergedUnit, what: &str) -> Origin {
    let origin = unit.fragment.as_deref().map_or_else(|| place(&unit.name), place);
    origin.says(format!("systemd refuses it: {what}"))
}
