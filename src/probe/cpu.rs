//! `cpu`: the processors.

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::host::Read;
use crate::parse;
use crate::subsystem::Subsystems;

const COUNT: Attribute = Attribute::new("count", Shape::Integer, "Number of CPUs.");
const LEVEL: Attribute = Attribute::new(
    "x86-64-level",
    Shape::Integer,
    "The highest level of x86-64 that the CPU has, 1 to 4; absent on other architectures.",
);

const CPUINFO: &str = "/proc/cpuinfo";
/// What each level adds to the one before, by the names of /proc/cpuinfo (the x86-64 psABI; `abm` is LZCNT).
const LEVELS: [&[&str]; 3] = [
    &["cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"],
    &["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"],
    &["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"],
];

pub(super) static PROBE: Probe = Probe {
    name: "cpu",
    summary: "The processors that can be used.",
    details: "Now: how many CPUs this process may run on (sched_getaffinity(2)), which is what kubeadm counts; the level of x86-64 by the \
              flags of the first CPU in /proc/cpuinfo.",
    key: KeySyntax::None,
    answer: Shape::Record(&[COUNT, LEVEL]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let count = match running.cpus().required() {
        Ok(count) => State::from(i64::from(count)),
        Err(error) => State::unknown(error),
    };
    let (level, place) = match running.files().read(CPUINFO) {
        Read::There(bytes) => match level(&bytes) {
            Some((line, level)) => (State::from(level), Some(Origin::line(CPUINFO, line))),
            None => (State::Absent, None),
        },
        Read::Missing(_) => (State::Absent, None),
        Read::Hidden(error) => (State::unknown(error), None),
    };
    Fact::new(Value::record([COUNT.is(count), LEVEL.is(level)]))
        .because(Origin::file("sched_getaffinity(2)").decides(COUNT.name))
        .because_all(place.map(|place| place.decides(LEVEL.name)))
}

/// The level of the first CPU, and the line of its flags; none on other architectures, which have no such flags.
fn level(cpuinfo: &[u8]) -> Option<(u32, i64)> {
    let (line, text) = parse::lines(cpuinfo).find(|(_, text)| text.starts_with("flags"))?;
    let flags: Vec<&str> = text.split_once(':')?.1.split_ascii_whitespace().collect();
    if !flags.contains(&"lm") {
        return None;
    }
    let has = |wanted: &&&[&str]| wanted.iter().all(|flag| flags.contains(flag));
    let more = LEVELS.iter().take_while(has).count();
    Some((line, i64::try_from(more).unwrap_or(0) + 1))
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn the_level_is_the_highest_of_which_nothing_is_missing() {
        let v2 = "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3";
        let v3 = format!("{v2} abm avx avx2 bmi1 bmi2 f16c fma movbe xsave");
        for (flags, wanted) in [
            ("fpu lm sse2", Some(1)),
            (&format!("lm {}", v2.replace("popcnt", "")), Some(1)),
            (&format!("lm {v2}"), Some(2)),
            (&format!("lm {v3}"), Some(3)),
            (&format!("lm {v3} avx512bw avx512cd avx512dq avx512f avx512vl"), Some(4)),
            // A level is no level without those below it.
            (&format!("lm {}", v3.replace("ssse3", "")), Some(1)),
            ("fpu sse2", None),
        ] {
            let text = format!("processor\t: 0\nflags\t\t: {flags}\n");
            assert_eq!(level(text.as_bytes()).map(|(_, level)| level), wanted, "{flags}");
        }
        assert_eq!(level(b"Features\t: fp asimd\n"), None);
    }
}
