//! A file of containerd, decoded: a value of another type than its setting holds ends containerd when it starts, a key that it
//! doesn't know is passed over. The settings are in `fields`.

use super::fields::{ERAS, Era};
use super::release::{FIRST, LAST, is_before_2, minor};
use super::{IMAGES, RUNTIME, SHORT, WHOLE};
use crate::component::go_decoder::{self, Format, Mistyped, Type};
use crate::fact::Version;
use crate::parse::document::Node;

/// The tables here that hold the settings of a table of a file; the first that knows a key counts.
fn parts(table: &str) -> &'static [&'static str] {
    match table {
        SHORT | WHOLE => &["whole", "images", "runtime", "server"],
        RUNTIME => &["runtime"],
        IMAGES => &["images-new", "images"],
        "containerd" => &["containerd", "containerd-old"],
        _ => &[],
    }
}

/// A file with the names of its settings as containerd spells them, and the values that end it, for a release; none stands for
/// one that isn't known.
pub(crate) fn decode(document: Node, release: Option<&Version>) -> (Node, Vec<Mistyped>) {
    let file = super::version(&document);
    let is_converted = release.is_some() && !is_before_2(release);
    let format = if is_converted { Format::PelletierTwice } else { Format::Pelletier };
    let counts = |era: &Era| match release.map(minor) {
        Some(minor) => (era.from..era.until).contains(&minor),
        None => era.from == FIRST && era.until == LAST,
    };
    let schema = |table: &str, key: &str| find(table, key, file, release, &counts);
    go_decoder::decode(document, "", schema, format)
}

/// What a key of a table holds, of the eras that count.
fn find(
    table: &str,
    key: &str,
    file: i64,
    release: Option<&Version>,
    counts: &dyn Fn(&Era) -> bool,
) -> Option<(&'static str, Type)> {
    if table.is_empty() && key.eq_ignore_ascii_case("plugins") {
        return Some(("plugins", Type::Table("plugins")));
    }
    if table == "plugins" {
        return plugin(key, file, release, counts);
    }
    let eras = || ERAS.iter().filter(|era| counts(era));
    let of = |part: &str| eras().find_map(|era| go_decoder::find(era.fields, part, key));
    let found = match parts(table) {
        [] => of(table),
        parts => parts.iter().find_map(|part| of(part)),
    };
    // What converts the old table looks for the names as they are.
    let is_converted = [SHORT, WHOLE].contains(&table) && release.is_some() && !is_before_2(release);
    found.filter(|(name, _)| !is_converted || *name == key)
}

/// The table of a plugin and what it holds, if its settings are known here and count in a file of this version.
fn plugin(
    key: &str,
    file: i64,
    release: Option<&Version>,
    counts: &dyn Fn(&Era) -> bool,
) -> Option<(&'static str, Type)> {
    if let Some(name) = [SHORT, WHOLE, RUNTIME, IMAGES].into_iter().find(|name| *name == key) {
        let counted = super::tables(file, release);
        let is_server = counted.server.contains(&name).then_some("server");
        let is_read = counted.read.contains(&name).then_some(name);
        return is_server.or(is_read).map(|settings| (name, Type::Table(settings)));
    }
    let mut fields = ERAS.iter().filter(|era| counts(era)).flat_map(|era| era.fields);
    let known = fields.find(|(table, ..)| *table == key && key.starts_with("io.containerd."));
    known.map(|(table, ..)| (*table, Type::Table(table)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::toml_document;

    /// The keys of the values that end a release.
    fn refused(release: &str, text: &str) -> Vec<String> {
        let document = toml_document::parse(text.as_bytes()).unwrap();
        let (_, mistyped) = decode(document, Version::parse(release).as_ref());
        mistyped.into_iter().map(|one| one.key).collect()
    }

    #[test]
    fn types_are_by_release() {
        let runtime = format!("version = 3\n[plugins.'{RUNTIME}']\n");
        let whole = format!("version = 2\n[plugins.'{WHOLE}']\n");
        for (release, text, count) in [
            ("1.7.28", format!("{whole}enable_selinux = \"true\"\n"), 1),
            ("2.3.4", format!("{whole}enable_selinux = \"true\"\n"), 1),
            ("2.3.4", format!("{runtime}enable_selinux = \"true\"\n"), 1),
            ("2.3.4", format!("{runtime}ENABLE_SELINUX = \"true\"\n"), 1),
            ("2.3.4", format!("{runtime}enable_selinux = true\n"), 0),
            // It stands in the table of images.
            ("2.3.4", format!("{runtime}max_concurrent_downloads = \"3\"\n"), 0),
            ("2.3.4", format!("{whole}max_concurrent_downloads = \"3\"\n"), 1),
            ("2.2.7", format!("{runtime}stats_collect_period = 10\n"), 0),
            ("2.3.4", format!("{runtime}stats_collect_period = 10\n"), 1),
            ("1.7.28", format!("{whole}systemd_cgroup = 1\n"), 1),
            ("2.3.4", format!("{whole}systemd_cgroup = 1\n"), 0),
            ("1.7.28", "version = 2\noom_score = \"1\"\n".into(), 1),
            ("1.7.28", "version = 2\n[timeouts]\nx = 5\n".into(), 1),
            ("1.7.28", "version = 2\nnonsense = 5\n[plugins.nonsense]\nx = 5\n".into(), 0),
            ("2.0.7", "version = 1\n[plugins.cri]\nsandbox_image = 5\n".into(), 0),
            ("1.7.28", "version = 1\n[plugins.cri]\nsandbox_image = 5\n".into(), 1),
            (
                "2.2.7",
                "version = 3\n[plugins.'io.containerd.gc.v1.scheduler']\nschedule_delay = 5\n".into(),
                1,
            ),
        ] {
            assert_eq!(refused(release, &text).len(), count, "{release} {text}");
        }
    }

    #[test]
    fn without_a_release_only_what_every_one_knows_counts() {
        let whole = format!("version = 2\n[plugins.'{WHOLE}']\n");
        let keys = refused("", &format!("{whole}enable_selinux = 1\nenable_cdi = 1\n"));
        assert!(keys.len() == 1 && keys[0].ends_with(".enable_selinux"), "{keys:?}");
    }

    #[test]
    fn letter_case_is_folded_and_names_of_plugins_are_names() {
        let text = format!(
            "version = 3\nDISABLED_PLUGINS = []\n[Plugins.'{RUNTIME}'.CONTAINERD]\nDefault_Runtime_Name = \"x\"\n"
        );
        let document = toml_document::parse(text.as_bytes()).unwrap();
        let (document, _) = decode(document, Version::parse("2.2.7").as_ref());
        assert!(document.at("disabled_plugins").is_some());
        let plugin = document.at("plugins").and_then(|plugins| plugins.at(RUNTIME)).unwrap();
        assert!(plugin.at("containerd.default_runtime_name").is_some());
    }
}
