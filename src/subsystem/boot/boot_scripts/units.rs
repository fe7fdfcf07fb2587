//! Units that a line of shell starts, stops or masks with systemctl(1).

use super::Touches;
use super::scan::Scan;
use super::source::Source;
use crate::fact::Origin;

/// Commands that change whether a unit runs; the rest only look, or change later boots.
const CHANGING: [&str; 14] = [
    "start",
    "stop",
    "restart",
    "try-restart",
    "reload-or-restart",
    "kill",
    "mask",
    "unmask",
    "isolate",
    "enable",
    "disable",
    "reenable",
    "condrestart",
    "preset",
];

pub(super) fn command(scan: &mut Scan<'_>, source: &mut Source, place: &Origin, words: &[String]) {
    let mut words = words.iter().filter(|word| !word.starts_with('-'));
    let Some(verb) = words.next() else { return };
    if !CHANGING.contains(&verb.as_str()) {
        return;
    }
    for word in words {
        match source.resolve(word) {
            Some(names) => {
                for name in names {
                    let name = if name.contains('.') { name } else { format!("{name}.service") };
                    if name == "systemd-sysctl.service" {
                        source.reapplies.get_or_insert_with(|| place.clone());
                    }
                    scan.doubt(place.clone(), Touches::Unit(Some(name)));
                }
            }
            None if source.is_stock => {}
            None => scan.doubt(place.clone(), Touches::Unit(None)),
        }
    }
}
