//! Probes of every shape, so that the language can be tested without the program's own.

use node_preflight::fact::{Fact, Moment};
use node_preflight::probe::{Attribute, Key, KeyKind, KeySyntax, Probe, Shape};
use node_preflight::subsystem::Subsystems;

fn ask(_: &Subsystems<'_>, _: &Key, _: Moment) -> Fact {
    Fact::unknown("a test")
}

fn kernel_variable(text: &str) -> Result<String, String> {
    if text.contains(' ') { Err(format!("`{text}` has a blank")) } else { Ok(text.replace('/', ".")) }
}

fn verbatim(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

static SYSCTL_KEY: KeyKind = KeyKind { noun: "kernel variable", canonical: kernel_variable };
static UNIT: KeyKind = KeyKind { noun: "unit", canonical: verbatim };
static PATH: KeyKind = KeyKind { noun: "path", canonical: verbatim };

const fn attribute(name: &'static str, shape: Shape) -> Attribute {
    Attribute::new(name, shape, "What it says.")
}

const fn probe(name: &'static str, key: KeySyntax, answer: Shape, moments: &'static [Moment]) -> Probe {
    Probe { name, summary: "A probe.", details: "", key, answer, moments, examples: &[], ask }
}

const BOTH: &[Moment] = &[Moment::Now, Moment::NextBoot];

static CGROUP: Probe = probe(
    "cgroup",
    KeySyntax::None,
    Shape::Record(&[
        attribute("mode", Shape::Word(&["v1", "hybrid", "v2"])),
        attribute("controllers", Shape::List(&Shape::Text)),
    ]),
    BOTH,
);
static CRIO: Probe = probe("crio", KeySyntax::Required(&PATH), Shape::Any, BOTH);
static FILE: Probe = probe(
    "file",
    KeySyntax::Required(&PATH),
    Shape::Record(&[attribute("mode", Shape::Mode), attribute("owner", Shape::Text)]),
    BOTH,
);
static FSTAB: Probe = probe("fstab", KeySyntax::Required(&PATH), Shape::Text, &[Moment::NextBoot]);
static HOSTNAME: Probe = probe("hostname", KeySyntax::None, Shape::Text, BOTH);
static KERNEL: Probe = probe("kernel", KeySyntax::None, Shape::Version, BOTH);
static MEMORY: Probe =
    probe("memory", KeySyntax::None, Shape::Record(&[attribute("total", Shape::Size)]), &[Moment::Now]);
static NETWORK: Probe = probe("network", KeySyntax::None, Shape::List(&Shape::Network), BOTH);
static PACKAGE: Probe = probe(
    "package",
    KeySyntax::Required(&PATH),
    Shape::Record(&[attribute("version", Shape::Version), attribute("held", Shape::Bool)]),
    BOTH,
);
static SERVICE: Probe = probe(
    "service",
    KeySyntax::Required(&UNIT),
    Shape::Record(&[
        attribute("active", Shape::Word(&["active", "inactive", "failed"])),
        attribute("enabled", Shape::Word(&["enabled", "disabled", "masked", "static"])),
    ]),
    BOTH,
);
static SWAP: Probe = probe(
    "swap",
    KeySyntax::Optional(&PATH),
    Shape::List(&Shape::Record(&[
        attribute("device", Shape::Text),
        attribute("kind", Shape::Word(&["file", "partition"])),
        attribute("priority", Shape::Integer),
    ])),
    BOTH,
);
static SYSCTL: Probe = probe("sysctl", KeySyntax::Required(&SYSCTL_KEY), Shape::Text, BOTH);

pub static PROBES: &[&Probe] = &[
    &CGROUP, &CRIO, &FILE, &FSTAB, &HOSTNAME, &KERNEL, &MEMORY, &NETWORK, &PACKAGE, &SERVICE, &SWAP, &SYSCTL,
];
