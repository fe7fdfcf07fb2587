//! The indices that depmod(8) writes beside a kernel's modules, in their text form.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::lines;
use super::modprobe_d::{soft_dependencies, underscored};

/// A module in `modules.dep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// File below the directory of the release: `kernel/fs/overlayfs/overlay.ko.xz`.
    pub file: String,
    /// Names of all modules that it needs, its own needs included; loaded from last to first.
    pub needs: Vec<String>,
    /// Line in the file, counted from 1.
    pub line: u32,
}

/// `modules.dep`: the modules that can be loaded. A distribution's file has thousands of lines of which few are
/// asked for, so only the names are read ahead.
#[derive(Clone, Debug, Default)]
pub struct Dependencies {
    bytes: Rc<[u8]>,
    /// By canonical name: the line's first byte and its number.
    places: HashMap<String, (usize, u32)>,
}

impl Dependencies {
    /// The index over a whole file.
    #[must_use]
    pub fn new(bytes: Rc<[u8]>) -> Self {
        // A line is rarely shorter than this.
        let mut places = HashMap::with_capacity(bytes.len() / 64);
        for (number, start, line) in numbered(&bytes) {
            if let Some(colon) = memchr::memchr(b':', line) {
                let file = &line[..colon];
                let name = str::from_utf8(file)
                    .map_or_else(|_| module_name(&String::from_utf8_lossy(file)), module_name);
                places.insert(name, (start, number));
            }
        }
        Dependencies { bytes, places }
    }

    /// Whether there is a module of that canonical name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The module of a canonical name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Module> {
        let (start, line) = *self.places.get(name)?;
        let rest = &self.bytes[start..];
        let text = String::from_utf8_lossy(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())]);
        let (file, needs) = text.split_once(':')?;
        let needs = needs.split_ascii_whitespace().map(module_name).collect();
        Some(Module { file: file.trim().to_owned(), needs, line })
    }
}

/// The lines of a large file: number, first byte, bytes.
fn numbered(bytes: &[u8]) -> impl Iterator<Item = (u32, usize, &[u8])> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
    ends.zip(1..).map(move |(end, number)| {
        let line = (number, start, &bytes[start..end]);
        start = (end + 1).min(bytes.len());
        line
    })
}

/// `modules.builtin`: the line of every module that is built into the kernel, by canonical name.
#[must_use]
pub fn builtin(bytes: &[u8]) -> HashMap<String, u32> {
    lines(bytes)
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(line, text)| (module_name(&text), line))
        .collect()
}

/// The canonical name of a module file: no directory, no `.ko`, `.ko.gz`, `.ko.xz`, `.ko.zst`, `_` for `-`.
#[must_use]
pub fn module_name(file: &str) -> String {
    let file = file.trim();
    let name = memchr::memrchr(b'/', file.as_bytes()).map_or(file, |slash| &file[slash + 1..]);
    let bare = name.strip_suffix(".ko");
    let packed = || [".gz", ".xz", ".zst"].iter().find_map(|end| name.strip_suffix(end));
    underscored(
        bare.or_else(|| packed().map(|name| name.strip_suffix(".ko").unwrap_or(name))).unwrap_or(name),
    )
}

/// `modules.alias`: patterns and the modules they stand for. A distribution's file has ten thousand lines and more;
/// they are told apart by their first character.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    bytes: Rc<[u8]>,
    /// Where the patterns begin, by their first byte, in order.
    starts: OnceCell<HashMap<u8, Vec<usize>>>,
}

impl Aliases {
    /// The aliases of a whole file.
    #[must_use]
    pub fn new(bytes: Rc<[u8]>) -> Self {
        Aliases { bytes, starts: OnceCell::new() }
    }

    /// The patterns that may cover a name, judged by their first character, and the modules they stand for, in
    /// order.
    pub fn of(&self, name: &str) -> Vec<(&str, &str)> {
        let first = name.as_bytes().first().copied().unwrap_or_default();
        let starts = self.starts.get_or_init(|| self.find());
        let mut places: Vec<usize> =
            [first].iter().chain(ANY_FIRST).filter_map(|byte| starts.get(byte)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|start| self.at(start)).collect()
    }

    fn find(&self) -> HashMap<u8, Vec<usize>> {
        let mut starts: HashMap<u8, Vec<usize>> = HashMap::new();
        for (_, start, line) in numbered(&self.bytes) {
            if let Some(first) = line.strip_prefix(MARK).and_then(<[u8]>::first) {
                starts.entry(*first).or_default().push(start + MARK.len());
            }
        }
        starts
    }

    fn at(&self, start: usize) -> Option<(&str, &str)> {
        let rest = &self.bytes[start..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let mut words = str::from_utf8(line).ok()?.split_ascii_whitespace();
        Some((words.next()?, words.next()?))
    }
}

const MARK: &[u8] = b"alias ";
/// A pattern that begins so may cover a name with any first character.
const ANY_FIRST: &[u8] = b"*?[\\-_ \t";

/// `modules.builtin.modinfo`: the aliases of built-in modules, as pattern and module.
pub fn builtin_aliases(bytes: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    const KEY: &[u8] = b".alias=";
    memchr::memmem::find_iter(bytes, KEY).filter_map(move |at| {
        let module = &bytes[memchr::memrchr(0, &bytes[..at]).map_or(0, |end| end + 1)..at];
        let rest = &bytes[at + KEY.len()..];
        let pattern = &rest[..memchr::memchr(0, rest).unwrap_or(rest.len())];
        let is_key = !module.contains(&b'=');
        Some((str::from_utf8(pattern).ok()?, str::from_utf8(module).ok().filter(|_| is_key)?))
    })
}

/// Names of the modules wanted before and after each module.
pub type Softdeps = HashMap<String, (Vec<String>, Vec<String>)>;

/// `modules.softdep`: what modules themselves say of their soft dependencies.
#[must_use]
pub fn softdeps(bytes: &[u8]) -> Softdeps {
    lines(bytes)
        .filter_map(|(_, text)| {
            let mut words = text.split_ascii_whitespace();
            (words.next()? == "softdep").then_some(())?;
            Some((underscored(words.next()?), soft_dependencies(words)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn compressed_modules_and_dashes_are_canonical() {
        for file in ["kernel/net/nf-nat.ko", "nf_nat.ko.xz", "x/nf-nat.ko.zst", "nf_nat.ko.gz", "nf_nat"] {
            assert_eq!(module_name(file), "nf_nat");
        }
        let found = Dependencies::new(Rc::from(&b"k/a.ko.xz: k/b-c.ko.xz k/d.ko\nk/b-c.ko.xz:\n"[..]));
        assert_eq!(found.get("a").unwrap().needs, ["b_c", "d"]);
        let last = found.get("b_c").unwrap();
        assert_eq!((last.line, last.needs.len(), last.file.as_str()), (2, 0, "k/b-c.ko.xz"));
        assert!(found.has("a") && !found.has("d") && found.get("d").is_none());
        assert_eq!(builtin(b"kernel/net/nf-conntrack.ko\n").get("nf_conntrack"), Some(&1));
    }

    #[test]
    fn aliases_of_both_kinds_are_read() {
        let text = b"# x\nalias fs-xfs xfs\nother\nalias pci:v* e1000\nalias *s any";
        let found = Aliases::new(Rc::from(&text[..]));
        assert_eq!(found.of("fs_xfs"), [("fs-xfs", "xfs"), ("*s", "any")]);
        assert_eq!(found.of("*"), [("*s", "any")]);
        let modinfo = b"ext4.alias=fs-ext4\0ext4.license=GPL\0";
        assert_eq!(builtin_aliases(modinfo).collect::<Vec<_>>(), [("fs-ext4", "ext4")]);
        let found = softdeps(b"softdep a pre: b-1 post: c\n");
        assert_eq!(found["a"], (vec!["b_1".to_owned()], vec!["c".to_owned()]));
    }

    proptest! {
        #[test]
        fn any_bytes_give_canonical_names(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let found = Dependencies::new(Rc::from(bytes.as_slice()));
            for name in found.places.keys() {
                prop_assert!(!name.contains('/'));
                prop_assert_eq!(&module_name(&found.get(name).unwrap().file), name);
            }
            prop_assert!(builtin(&bytes).keys().all(|name| !name.contains('-') || name.contains('[')));
            prop_assert!(softdeps(&bytes).len() <= bytes.len());
            let aliases = Aliases::new(Rc::from(bytes.as_slice()));
            prop_assert!(aliases.of("a").len() + builtin_aliases(&bytes).count() <= bytes.len());
        }
    }
}
