//! Random trees of units.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::layout::{Entry, Layout};

/// Targets of systemd itself that every tree has.
pub(crate) const TARGETS: &[&str] = &[
    "basic.target",
    "graphical.target",
    "multi-user.target",
    "paths.target",
    "rescue.target",
    "rescue.service",
    "shutdown.target",
    "slices.target",
    "sockets.target",
    "sysinit.target",
    "timers.target",
    "swap.target",
    "local-fs.target",
];

pub(crate) const UNITS: &[&str] = &[
    "a.service",
    "b.service",
    "c.service",
    "e-f.service",
    "e-f-g.service",
    "d@.service",
    "d@x.service",
    "d@y.service",
    "h.socket",
    "h.service",
    "i.timer",
    "j.target",
    "al.service",
    "al2.service",
    "al@.service",
    "al@x.service",
];

pub(crate) const DIRECTORIES: &[&str] = &[
    "/etc/systemd/system",
    "/usr/lib/systemd/system",
    "/usr/local/lib/systemd/system",
    "/etc/systemd/system.control",
    "/etc/systemd/system.attached",
];

fn unit() -> impl Strategy<Value = String> {
    select(UNITS).prop_map(str::to_owned)
}

fn pulled() -> impl Strategy<Value = String> {
    const OTHER: &[&str] =
        &["d@%i.service", "%p.socket", "d@%p.service", "none.service", "graphical.target", "%N.timer"];
    prop_oneof![7 => unit(), 1 => select(OTHER).prop_map(str::to_owned)]
}

fn line() -> impl Strategy<Value = String> {
    const KEYS: &[&str] = &[
        "Wants",
        "Wants",
        "Wants",
        "Requires",
        "BindsTo",
        "Upholds",
        "Conflicts",
        "Wnats",
        "After",
        "After",
        "Before",
        "Before",
    ];
    const ORDERED: &[&str] =
        &["basic.target", "sysinit.target", "sockets.target", "multi-user.target", "timers.target"];
    let named = prop_oneof![5 => pulled(), 1 => select(ORDERED).prop_map(str::to_owned)];
    let line = (select(KEYS), vec(named, 0..3));
    let line = line.prop_filter("targets are ordered, not pulled in", |(key, units)| {
        ["After", "Before"].contains(key) || !units.iter().any(|unit| ORDERED.contains(&unit.as_str()))
    });
    (line, 0..20u8).prop_map(|((key, units), form)| match form {
        0 => format!("{key}=\"{}\"", units.join("\" \"")),
        1 => format!("  {key} = \\\n  {}", units.join(" \\\n# comment\n ")),
        2 => format!("# {key}={}", units.join(" ")),
        3 => format!("[Install]\n{key}={}\n[Unit]", units.join(" ")),
        4 => "DefaultDependencies=no".into(),
        _ => format!("{key}={}", units.join(" ")),
    })
}

fn lines() -> impl Strategy<Value = String> {
    vec(line(), 0..4).prop_map(|lines| format!("[Unit]\n{}\n", lines.join("\n")))
}

/// What a unit of this name holds besides `[Unit]`: mostly what systemd accepts.
fn body(name: &str) -> BoxedStrategy<String> {
    const SERVICE: &[&str] = &[
        "",
        "ExecStart=\n",
        "ExecStart=/usr/bin/false\n",
        "ExecStart=/usr/bin/true ; /usr/bin/true\n",
        "ExecStart=usr/bin/true\n",
        "ExecStart=-usr/bin/true\n",
        "ExecStart=true\n",
        "ExecStop=/usr/bin/true\n",
        "Type=oneshot\n",
        "Type=oneshot\nRestart=always\n",
        "Type=oneshot\nRestart=on-failure\n",
        "Type=dbus\n",
        "Type=idle\n",
        "Type=idel\n",
        "Type=oneshot\nRemainAfterExit=yes\nExecStart=\nExecStop=/usr/bin/true\n",
        "Type=oneshot\nExecStart=\nExecStop=/usr/bin/true\n",
        "RemainAfterExit=yes\nExecStart=\nExecStop=/usr/bin/true\n",
        "ExecStart=\n[Unit]\nSuccessAction=reboot\n",
        "BusName=x.y\n",
        "Sockets=h.socket\n",
    ];
    const SOCKET: &[&str] = &["", "", "", "ListenStream=\n", "Service=a.service\n"];
    const TIMER: &[&str] =
        &["", "", "", "OnBootSec=\n", "OnBootSec=\nOnClockChange=yes\n", "OnCalendar=daily\n"];
    let with = |base: &'static str, more: &'static [&'static str]| {
        prop_oneof![2 => Just(""), 1 => select(more)].prop_map(move |more| format!("{base}{more}")).boxed()
    };
    match name.rsplit_once('.').map_or("", |(_, kind)| kind) {
        "service" => with("[Service]\nExecStart=/usr/bin/true\n", SERVICE),
        "socket" => with("[Socket]\nListenStream=/run/h.socket\n", SOCKET),
        "timer" => with("[Timer]\nOnBootSec=1h\nUnit=a.service\n", TIMER),
        _ => Just(String::new()).boxed(),
    }
}

fn unit_file() -> impl Strategy<Value = (String, Entry)> {
    let target = (select(DIRECTORIES), unit(), 0..8u8).prop_map(|(directory, name, form)| match form {
        0..=1 => "/dev/null".to_owned(),
        2..=4 => name,
        5 => format!("{directory}/{name}"),
        6 => format!("../../../../../..{directory}/{name}"),
        _ => format!("/opt/{name}"),
    });
    let entry = prop_oneof![
        8 => lines().prop_map(Entry::File),
        4 => target.prop_map(Entry::Link),
        1 => Just(Entry::File(String::new())),
    ];
    unit().prop_flat_map(move |name| (select(DIRECTORIES), body(&name), entry.clone(), Just(name))).prop_map(
        |(directory, body, entry, name)| {
            let entry = match entry {
                Entry::File(text) if !text.is_empty() => Entry::File(text + &body),
                other => other,
            };
            (format!("{directory}/{name}"), entry)
        },
    )
}

fn drop_in() -> impl Strategy<Value = (String, Entry)> {
    const BESIDE: &[&str] = &["e-.service", "e-f-.service", "service", "j.target", "multi-user.target"];
    let beside = prop_oneof![3 => unit(), 2 => select(BESIDE).prop_map(str::to_owned)];
    let entry = prop_oneof![
        8 => lines().prop_map(Entry::File),
        1 => Just(Entry::Link("/dev/null".into())),
        1 => Just(Entry::File(String::new())),
        1 => Just(Entry::Link("nowhere".into())),
    ];
    (select(DIRECTORIES), beside, select(&["10.conf", "20.conf", "9.conf", "x.conf~"][..]), entry)
        .prop_map(|(directory, beside, file, entry)| (format!("{directory}/{beside}.d/{file}"), entry))
}

/// A link that pulls a unit in.
pub(crate) fn link() -> impl Strategy<Value = (String, Entry)> {
    const BESIDE: &[&str] = &[
        "multi-user.target",
        "multi-user.target",
        "multi-user.target",
        "j.target",
        "sockets.target",
        "timers.target",
        "sysinit.target",
    ];
    let beside = prop_oneof![6 => select(BESIDE).prop_map(str::to_owned), 1 => unit()];
    let target = (select(DIRECTORIES), unit(), 0..8u8).prop_map(|(directory, name, form)| match form {
        0 => "/dev/null".to_owned(),
        1..=4 => format!("{directory}/{name}"),
        5..=6 => format!("../{name}"),
        _ => "nowhere".to_owned(),
    });
    let entry = prop_oneof![
        12 => target.prop_map(Entry::Link),
        1 => Just(Entry::File(String::new())),
        1 => Just(Entry::Directory),
    ];
    let side = select(&["wants", "wants", "requires", "upholds"][..]);
    (select(DIRECTORIES), beside, side, unit(), entry).prop_map(|(directory, beside, side, name, entry)| {
        (format!("{directory}/{beside}.{side}/{name}"), entry)
    })
}

fn default_target() -> impl Strategy<Value = (String, Entry)> {
    const TARGETS: &[&str] = &[
        "graphical.target",
        "/usr/lib/systemd/system/j.target",
        "/dev/null",
        "nowhere.target",
        "../../../usr/lib/systemd/system/multi-user.target",
        "a.service",
    ];
    select(TARGETS)
        .prop_map(|target| ("/etc/systemd/system/default.target".into(), Entry::Link(target.into())))
}

/// Units that start and are ordered by each other: many of them in circles.
fn ordered() -> impl Strategy<Value = Layout> {
    const OURS: &[&str] =
        &["a.service", "b.service", "c.service", "h.socket", "h.service", "i.timer", "j.target"];
    const OTHERS: &[&str] =
        &["basic.target", "sysinit.target", "sockets.target", "timers.target", "d@x.service"];
    let other = prop_oneof![4 => select(OURS), 1 => select(OTHERS)];
    let key = select(&["After", "After", "Before", "Requires", "Wants"][..]);
    let line = (key, other).prop_filter_map("no vendor unit is pulled in", |(key, other)| {
        let pulls = !["After", "Before"].contains(&key);
        (!pulls || OURS.contains(&other)).then(|| format!("{key}={other}\n"))
    });
    let beside = select(
        &["multi-user.target", "multi-user.target", "sockets.target", "sysinit.target", "j.target"][..],
    );
    let side = select(&["wants", "wants", "requires"][..]);
    let unit = (select(OURS), vec(line, 0..3), 0..6u8, beside, side).prop_map(
        |(name, lines, form, beside, side)| {
            let default = if form == 0 { "DefaultDependencies=no\n" } else { "" };
            let body = match name.rsplit_once('.').map_or("", |(_, kind)| kind) {
                "service" => "[Service]\nExecStart=/usr/bin/true\n",
                "socket" => "[Socket]\nListenStream=/run/h.socket\n",
                "timer" => "[Timer]\nOnCalendar=daily\nUnit=a.service\n",
                _ => "",
            };
            let file = format!("/etc/systemd/system/{name}");
            let link = format!("/etc/systemd/system/{beside}.{side}/{name}");
            let text = format!("[Unit]\n{default}{}{body}", lines.concat());
            [(file, Entry::File(text)), (link, Entry::Link(format!("../{name}")))]
        },
    );
    vec(unit, 1..6).prop_map(|units| Layout(units.into_iter().flatten().collect()))
}

/// A tree of units, and the unit to boot if it isn't the default target.
pub(crate) fn tree() -> impl Strategy<Value = (Layout, Option<&'static str>)> {
    const BOOTED: &[Option<&str>] =
        &[None, None, None, None, None, Some("j.target"), Some("a.service"), Some("graphical.target")];
    let entry = prop_oneof![6 => unit_file(), 3 => drop_in(), 6 => link(), 1 => default_target()];
    prop_oneof![
        3 => (vec(entry, 1..12), select(BOOTED)).prop_map(|(entries, booted)| (Layout(entries), booted)),
        2 => ordered().prop_map(|layout| (layout, None)),
    ]
}
