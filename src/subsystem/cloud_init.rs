//! cloud-init's own configuration: which files of it count, and in which order.

use crate::host::{Files, HostError, HostPath, Read};
use crate::parse;
use crate::subsystem::drop_in;

/// The main file.
pub const MAIN: &str = "/etc/cloud/cloud.cfg";
const DROP_INS: &str = "/etc/cloud/cloud.cfg.d";
/// A file that switches it off.
pub const DISABLED: &str = "/etc/cloud/cloud-init.disabled";
/// What the cloud has given a running instance, which applies after all files.
pub const OF_INSTANCE: &str = "/var/lib/cloud/instance/cloud-config.txt";

/// The files of its configuration, those that apply last at the end; and why there may be more.
pub fn files(files: &Files) -> (Vec<HostPath>, Option<HostError>) {
    let mut paths = vec![HostPath::new(MAIN)];
    match drop_in::list(files, DROP_INS) {
        Read::There(names) => {
            let names = names.iter().filter(|name| name.as_encoded_bytes().ends_with(b".cfg"));
            paths.extend(names.map(|name| HostPath::new(DROP_INS).join(name)));
            (paths, None)
        }
        Read::Missing(_) => (paths, None),
        Read::Hidden(error) => (paths, Some(error)),
    }
}

/// Its settings of one line at the top of a file, `key: value`, with their lines; the value without comment and quotes.
pub fn settings(bytes: &[u8]) -> impl Iterator<Item = (u32, String, String)> {
    parse::lines(bytes).filter_map(|(number, line)| {
        let (key, value) = line.split_once(':')?;
        let value = value.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        Some((number, key.trim_end().to_owned(), value.to_owned()))
    })
}
