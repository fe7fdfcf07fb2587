//! storage.conf of the containers libraries as CRI-O decodes it (containers-storage.conf(5); `storage/types` and
//! `storage/pkg/config`), and the options of a driver that it leads to.

use super::Since;
use crate::component::go_decoder::{self, Field, Type};
use crate::fact::{State, Value};
use crate::parse::document::Node;

const FIELDS: &[Field] = &[
    ("", "storage", Type::Table("storage")),
    ("storage", "driver", Type::Text),
    ("storage", "driver_priority", Type::Texts),
    ("storage", "graphroot", Type::Text),
    ("storage", "imagestore", Type::Text),
    ("storage", "options", Type::Table("options")),
    ("storage", "rootless_storage_path", Type::Text),
    ("storage", "runroot", Type::Text),
    ("storage", "transient_store", Type::Bool),
    ("options", "additionalimagestores", Type::Texts),
    ("options", "additionallayerstores", Type::Texts),
    ("options", "auto-userns-max-size", Type::Unsigned),
    ("options", "auto-userns-min-size", Type::Unsigned),
    ("options", "btrfs", Type::Table("btrfs")),
    ("options", "disable-volatile", Type::Bool),
    ("options", "force_mask", Type::Unsigned),
    ("options", "ignore_chown_errors", Type::Text),
    ("options", "imagestore", Type::Text),
    ("options", "mount_program", Type::Text),
    ("options", "mountopt", Type::Text),
    ("options", "overlay", Type::Table("overlay")),
    ("options", "pull_options", Type::TextMap),
    ("options", "root-auto-userns-user", Type::Text),
    ("options", "size", Type::Text),
    ("options", "skip_mount_home", Type::Text),
    ("options", "use_composefs", Type::Text),
    ("options", "vfs", Type::Table("vfs")),
    ("options", "zfs", Type::Table("zfs")),
    ("btrfs", "min_space", Type::Text),
    ("btrfs", "size", Type::Text),
    ("overlay", "force_mask", Type::Text),
    ("overlay", "ignore_chown_errors", Type::Text),
    ("overlay", "inodes", Type::Text),
    ("overlay", "mount_program", Type::Text),
    ("overlay", "mountopt", Type::Text),
    ("overlay", "size", Type::Text),
    ("overlay", "skip_mount_home", Type::Text),
    ("overlay", "use_composefs", Type::Text),
    ("vfs", "ignore_chown_errors", Type::Text),
    ("zfs", "fsname", Type::Text),
    ("zfs", "mountopt", Type::Text),
    ("zfs", "size", Type::Text),
];

/// Options of overlay, and whether `[storage.options]` has them for all drivers, too.
const OVERLAY: [(&str, bool); 7] = [
    ("ignore_chown_errors", true),
    ("mount_program", true),
    ("mountopt", true),
    ("size", true),
    ("inodes", false),
    ("skip_mount_home", true),
    ("use_composefs", false),
];

/// The schema of the file.
pub(crate) fn schema(table: &str, key: &str) -> Option<(&'static str, Type)> {
    go_decoder::find(FIELDS, table, key)
}

/// Whether `[storage]` has a key.
pub(crate) fn is_known(key: &str) -> bool {
    go_decoder::find(FIELDS, "storage", key).is_some()
}

/// An option that the file gives to a driver.
#[derive(Debug, PartialEq)]
pub(crate) struct DriverOption {
    pub(crate) line: Option<u32>,
    /// Where it stands, dotted.
    pub(crate) key: &'static str,
    /// As the driver gets it: `overlay.size=10G`.
    pub(crate) text: String,
}

/// What the decoded file gives to its driver, or, where it names none, to whichever CRI-O finds.
pub(crate) fn driver_options(document: &Node) -> Vec<DriverOption> {
    let driver = text(document, "storage.driver").map(|(_, driver)| driver).unwrap_or_default();
    let mut found = Vec::new();
    for (key, name) in [
        ("storage.options.additionalimagestores", "imagestore"),
        ("storage.options.additionallayerstores", "additionallayerstore"),
    ] {
        let Some(node) = document.at(key) else { continue };
        let State::Known(Value::List(items)) = node.state() else { continue };
        for item in items.iter().filter_map(Value::as_text) {
            found.push(DriverOption { line: node.line, key, text: format!("{driver}.{name}={item}") });
        }
    }
    match driver.as_str() {
        "overlay" | "overlay2" => {
            for (name, for_all) in OVERLAY {
                let own = of(document, "storage.options.overlay", name);
                let shared = || if for_all { of(document, "storage.options", name) } else { None };
                found.extend(own.or_else(shared).map(|(line, key, value)| DriverOption {
                    line,
                    key,
                    text: format!("{driver}.{name}={value}"),
                }));
            }
            found.extend(mask(document, &driver));
        }
        "vfs" => {
            let own = of(document, "storage.options.vfs", "ignore_chown_errors");
            let set = own.or_else(|| of(document, "storage.options", "ignore_chown_errors"));
            found.extend(set.map(|(line, key, value)| DriverOption {
                line,
                key,
                text: format!("vfs.ignore_chown_errors={value}"),
            }));
        }
        _ => {}
    }
    found
}

/// `force_mask` of overlay is text. Beside it stands one that is a number, which the library hands on in a form
/// (`-rwxr-xr-x`) that its own driver refuses.
fn mask(document: &Node, driver: &str) -> Option<DriverOption> {
    let option =
        |line, key, value: &str| DriverOption { line, key, text: format!("{driver}.force_mask={value}") };
    if let Some((line, key, value)) = of(document, "storage.options.overlay", "force_mask") {
        return Some(option(line, key, &value));
    }
    let node = document.at("storage.options.force_mask")?;
    match node.state() {
        State::Known(Value::Integer(mask)) if mask != 0 => {
            Some(option(node.line, "storage.options.force_mask", "-rwxrwxrwx"))
        }
        _ => None,
    }
}

/// The text of a key of a table, unless it is empty.
fn of(document: &Node, table: &str, name: &str) -> Option<(Option<u32>, &'static str, String)> {
    let (line, value) = text(document, &format!("{table}.{name}")).filter(|(_, value)| !value.is_empty())?;
    let last = table.rsplit('.').next().unwrap_or(table);
    let key = FIELDS.iter().find(|(of, key, _)| *of == last && *key == name)?.1;
    Some((line, key, value))
}

fn text(document: &Node, path: &str) -> Option<(Option<u32>, String)> {
    let node = document.at(path)?;
    match node.state() {
        State::Known(Value::Text(text)) => Some((node.line, text)),
        _ => None,
    }
}

/// Since when [`wrong`] counts.
pub(crate) const IMAGE_STORE_SINCE: Since = Since::Minor(30);

/// What is wrong with the file beside its options: an `imagestore` that is the `graphroot`, too.
pub(crate) fn wrong(document: &Node) -> Option<(Option<u32>, String)> {
    let (line, store) = text(document, "storage.imagestore").filter(|(_, store)| !store.is_empty())?;
    let root = text(document, "storage.graphroot").map(|(_, root)| root).filter(|root| !root.is_empty());
    let root = root.as_deref().unwrap_or("/var/lib/containers/storage");
    let wrong = match () {
        () if store == root => "the graphroot; CRI-O accepts another directory only",
        () if !store.starts_with('/') => "CRI-O accepts an absolute path",
        () => return None,
    };
    Some((line, format!("storage.imagestore is \"{store}\"; {wrong}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::go_decoder::{Format, decode};
    use crate::parse::toml_document;

    fn read(text: &str) -> (Node, usize) {
        let (node, mistyped) =
            decode(toml_document::parse(text.as_bytes()).unwrap(), "", schema, Format::Toml);
        (node, mistyped.len())
    }

    #[test]
    fn options_reach_the_driver() {
        let options = |text: &str| -> Vec<String> {
            driver_options(&read(text).0).into_iter().map(|option| option.text).collect()
        };
        let overlay =
            "[storage]\ndriver=\"overlay\"\n[storage.options]\nsize=\"1G\"\nadditionalimagestores=[\"/a\"]\n";
        assert_eq!(options(overlay), ["overlay.imagestore=/a", "overlay.size=1G"]);
        let own = "[storage.options.overlay]\nSize=\"2G\"\nforce_mask=\"shared\"\n";
        assert_eq!(
            options(&format!("{overlay}{own}")),
            ["overlay.imagestore=/a", "overlay.size=2G", "overlay.force_mask=shared"]
        );
        assert_eq!(
            options("[storage.options]\nadditionalimagestores=[\"/a\"]\nsize=\"x\"\n"),
            [".imagestore=/a"]
        );
        assert_eq!(
            options("[storage]\ndriver=\"vfs\"\n[storage.options]\nsize=\"x\"\n"),
            Vec::<String>::new()
        );
        let number = "[storage]\ndriver=\"overlay\"\n[storage.options]\nforce_mask=493\n";
        assert_eq!(options(number), ["overlay.force_mask=-rwxrwxrwx"]);
    }

    #[test]
    fn types_and_stores_are_looked_at() {
        for (text, wanted) in [
            ("[storage]\ndriver=5\n", 1),
            ("[storage]\nDriver=5\n", 1),
            ("[storage.options]\nadditionalimagestores=\"/x\"\n", 1),
            ("[storage.options]\nforce_mask=\"shared\"\n", 1),
            ("[storage]\nnonsense=1\n", 0),
            ("", 0),
        ] {
            assert_eq!(read(text).1, wanted, "{text}");
        }
        for (text, is_wrong) in [
            ("[storage]\ngraphroot=\"/a\"\nimagestore=\"/a\"\n", true),
            ("[storage]\nimagestore=\"/var/lib/containers/storage\"\n", true),
            ("[storage]\nimagestore=\"b\"\n", true),
            ("[storage]\ngraphroot=\"/a\"\nimagestore=\"/b\"\n", false),
            ("[storage]\ngraphroot=\"/a\"\n", false),
        ] {
            assert_eq!(wrong(&read(text).0).is_some(), is_wrong, "{text}");
        }
    }
}
