//! Rules of udev(7) that run programs or write kernel variables when devices appear, which is at each boot.

use super::Touches;
use super::scan::Scan;
use super::source::{Language, Source};
use crate::fact::{Origin, printable};
use crate::host::HostPath;
use crate::parse::lines;
use crate::subsystem::drop_in::{self, Content};

pub(super) fn read(scan: &mut Scan<'_>) {
    let merged = drop_in::at_boot(scan.files, "udev/rules.d", ".rules");
    merged.gaps.into_iter().for_each(|gap| scan.unread(gap));
    for file in merged.files {
        // What can't be read is a gap of whoever asks what rules do; most hosts have none of their own.
        let Content::Bytes(bytes) = drop_in::read(scan.files, &file.path) else { continue };
        let is_stock = Source::is_stock_path(&file.path.to_string());
        let has = |word: &str| memchr::memmem::find(&bytes, word.as_bytes()).is_some();
        if !["RUN", "PROGRAM", "SYSCTL", "SYSTEMD_WANTS"].iter().any(|word| has(word)) {
            continue;
        }
        for (number, line) in lines(&bytes).filter(|(_, line)| !line.trim_start().starts_with('#')) {
            rule(scan, &file.path, number, &line, is_stock);
        }
    }
}

fn rule(scan: &mut Scan<'_>, path: &HostPath, number: u32, line: &str, is_stock: bool) {
    for (key, value) in assignments(line) {
        let origin = Origin::line(path, number);
        if let Some(variable) = key.strip_prefix("SYSCTL{").and_then(|rest| rest.strip_suffix('}')) {
            let pattern = super::sysctl::pattern_of(&crate::parse::sysctl_d::path_of(variable));
            scan.doubt(origin.says(printable(line.trim())), Touches::Sysctl(pattern));
        } else if key == "ENV{SYSTEMD_WANTS}" && !is_stock {
            for unit in value.split_ascii_whitespace() {
                let unit = (!unit.contains(['$', '%'])).then(|| unit.to_owned());
                scan.doubt(origin.clone().says(printable(line.trim())), Touches::Unit(unit));
            }
        } else if (key == "PROGRAM" || key.starts_with("RUN") || key == "IMPORT{program}")
            && !value.contains("systemd-sysctl")
        {
            let mut source = Source::new(path, is_stock, Language::Shell);
            scan.line(&mut source, &origin, value.to_owned());
            scan.end(source);
        }
    }
}

/// What a rule assigns: `KEY="value"`, `KEY+="value"`; comparisons (`==`, `!=`) are none, but for `PROGRAM`, which runs
/// either way.
fn assignments(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('"') {
        let Some((value, next)) = after.split_once('"') else { break };
        let operator = before.trim_start_matches([',', ' ', '\t']).trim_end();
        let key = operator.trim_end_matches(['=', '+', ':', '!', '-', 'e', 'i']);
        let key =
            if operator.ends_with('=') { operator.trim_end_matches(['=', '+', ':', '!', '-']) } else { key };
        let compares = operator.ends_with("==") || operator.ends_with("!=");
        if !compares || key.trim() == "PROGRAM" {
            found.push((key.trim(), value));
        }
        rest = next;
    }
    found
}
