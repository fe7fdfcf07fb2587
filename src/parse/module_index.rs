//! The indices that depmod(8) writes beside a kernel's modules, in their text form.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use foldhash::HashMap;
use memchr::memmem;

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

/// `modules.dep` or `modules.builtin`: a file with a line a module. A distribution's has thousands of lines of which
/// few are asked for, so it is searched, not parsed.
#[derive(Clone, Debug, Default)]
pub struct ModuleList {
    bytes: Rc<[u8]>,
    /// Whether each module's own file ends in a colon.
    has_needs: bool,
    /// The lines that were asked for, as bytes of the file.
    known: RefCell<HashMap<String, Option<Range<usize>>>>,
}

impl ModuleList {
    /// `modules.dep`: the modules that can be loaded, and what they need.
    #[must_use]
    pub fn dependencies(bytes: Rc<[u8]>) -> Self {
        ModuleList { bytes, has_needs: true, ..ModuleList::default() }
    }

    /// `modules.builtin`: the modules that are built into the kernel.
    #[must_use]
    pub fn builtin(bytes: Rc<[u8]>) -> Self {
        ModuleList { bytes, ..ModuleList::default() }
    }

    /// Whether the file is missing or says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.trim_ascii().is_empty()
    }

    /// Whether there is a module of that canonical name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The line, counted from 1, of the module of a canonical name; the last, should there be several.
    #[must_use]
    pub fn line(&self, name: &str) -> Option<u32> {
        let (start, _) = self.find(name)?;
        let number = memchr::memchr_iter(b'\n', &self.bytes[..start]).count() + 1;
        Some(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// The module of a canonical name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Module> {
        let (_, text) = self.find(name)?;
        let text = String::from_utf8_lossy(text);
        let (file, needs) = text.split_once(':').unwrap_or((&text, ""));
        let needs = needs.split_ascii_whitespace().map(module_name).collect();
        Some(Module { file: file.trim().to_owned(), needs, line: self.line(name)? })
    }

    /// The line of a module: where it starts, and its text.
    fn find(&self, name: &str) -> Option<(usize, &[u8])> {
        let known = self.known.borrow().get(name).cloned();
        let line = known.unwrap_or_else(|| {
            let line = self.search(name);
            self.known.borrow_mut().insert(name.to_owned(), line.clone());
            line
        })?;
        Some((line.start, &self.bytes[line]))
    }

    /// The last line whose file is the module's.
    fn search(&self, name: &str) -> Option<Range<usize>> {
        // Files have `-` where names have `_`, or `_` too: what lies between is the same in both.
        let rarest = name.split('_').max_by_key(|part| part.len()).filter(|part| !part.is_empty())?;
        let before = rarest.as_ptr().addr() - name.as_ptr().addr();
        let mut found = None;
        for at in memmem::find_iter(&self.bytes, rarest) {
            let Some(start) = at.checked_sub(before) else { continue };
            let canonical = |byte: &u8| if *byte == b'-' { b'_' } else { *byte };
            let alike = self.bytes.get(start..start + name.len());
            if !alike.is_some_and(|bytes| bytes.iter().map(canonical).eq(name.bytes())) {
                continue;
            }
            let from = memchr::memrchr(b'\n', &self.bytes[..at]).map_or(0, |end| end + 1);
            if memchr::memchr(b':', &self.bytes[from..at]).is_some() {
                continue;
            }
            let to = memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length);
            let line = &self.bytes[from..to];
            let file = match memchr::memchr(b':', line) {
                Some(colon) if self.has_needs => &line[..colon],
                None if !self.has_needs => line,
                _ => continue,
            };
            if module_name(&String::from_utf8_lossy(file)) == name {
                found = Some(from..to);
            }
        }
        found
    }
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
    /// Where the patterns begin that may cover a name with any first character, in order.
    wild: OnceCell<Vec<usize>>,
}

impl Aliases {
    /// The aliases of a whole file.
    #[must_use]
    pub fn new(bytes: Rc<[u8]>) -> Self {
        Aliases { bytes, wild: OnceCell::new() }
    }

    /// The patterns that may cover a name, judged by their first character, and the modules they stand for, in
    /// order.
    pub fn of(&self, name: &str) -> Vec<(&str, &str)> {
        let wild =
            self.wild.get_or_init(|| ANY_FIRST.iter().flat_map(|first| self.starting(*first)).collect());
        let first = name.bytes().next().filter(|first| !ANY_FIRST.contains(first));
        let own = first.into_iter().flat_map(|first| self.starting(first));
        let mut places: Vec<usize> = wild.iter().copied().chain(own).collect();
        places.sort_unstable();
        places.into_iter().filter_map(|start| self.at(start)).collect()
    }

    /// Where the patterns with a first character begin.
    fn starting(&self, first: u8) -> Vec<usize> {
        let line = [b"\nalias ", &[first][..]].concat();
        let at_once = self.bytes.starts_with(&line[1..]).then_some(MARK.len());
        let later = memmem::find_iter(&self.bytes, &line).map(|at| at + 1 + MARK.len());
        at_once.into_iter().chain(later).collect()
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
    memmem::find_iter(bytes, KEY).filter_map(move |at| {
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
        let found = ModuleList::dependencies(Rc::from(&b"k/a.ko.xz: k/b-c.ko.xz k/d.ko\nk/b-c.ko.xz:\n"[..]));
        assert_eq!(found.get("a").unwrap().needs, ["b_c", "d"]);
        let last = found.get("b_c").unwrap();
        assert_eq!((last.line, last.needs.len(), last.file.as_str()), (2, 0, "k/b-c.ko.xz"));
        assert!(found.has("a") && !found.has("d") && found.get("d").is_none());
        let builtin =
            ModuleList::builtin(Rc::from(&b"\nkernel/net/nf-conntrack.ko\nk/nf_conntrack_x.ko"[..]));
        assert_eq!(builtin.line("nf_conntrack"), Some(2));
        assert_eq!(builtin.line("nf_conntrack_x"), Some(3));
        assert!(!builtin.has("conntrack") && !builtin.has("nf") && !builtin.has("_") && !builtin.has(""));
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
        fn every_line_is_found_by_the_name_of_its_file(
            lines in proptest::collection::vec(("[a-b_-]{1,4}", "(\\.ko|\\.ko\\.xz|\\.gz)?", "( k/[a-b_-]{1,3}\\.ko){0,2}"), 0..9),
        ) {
            let text: Vec<String> =
                lines.iter().map(|(name, suffix, needs)| format!("k/{name}{suffix}:{needs}\n")).collect();
            let found = ModuleList::dependencies(Rc::from(text.concat().as_bytes()));
            for name in ["a", "b", "ab", "a_b", "_a", "b_", "a_b_", "aa_b"] {
                let lines = lines.iter().zip(1..).filter(|((file, ..), _)| underscored(file) == name);
                prop_assert_eq!(found.line(name), lines.map(|(_, number)| number).last());
                prop_assert_eq!(found.get(name).map(|module| module.line), found.line(name));
            }
        }

        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in "[a_\n:-]{0,3}") {
            for list in [ModuleList::dependencies, ModuleList::builtin] {
                if let Some(module) = list(Rc::from(bytes.as_slice())).get(&name) {
                    prop_assert_eq!(module_name(&module.file), name.as_str());
                }
            }
            prop_assert!(softdeps(&bytes).len() <= bytes.len());
            let aliases = Aliases::new(Rc::from(bytes.as_slice()));
            prop_assert!(aliases.of("a").len() + builtin_aliases(&bytes).count() <= bytes.len());
        }
    }
}
