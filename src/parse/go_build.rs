//! Build information that the Go linker leaves in every program (Go's `debug/buildinfo`, `runtime/debug`): version of
//! Go, main module and its version, settings of the build.
//!
//! A blob in the section `.go.buildinfo` holds two strings: inline since Go 1.18, before as addresses of string
//! headers. Built with `-trimpath`, as Kubernetes, CRI-O, containerd and runc are, a program doesn't tell its
//! `-ldflags` (go.dev/issue/52372); then the version of the module is all there is.

use super::elf::{Elf, Layout};

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Magic, size of a pointer, flags, and two pointers of at most eight bytes.
const HEADER: usize = 32;
/// The blob is aligned.
const ALIGNMENT: usize = 16;
/// What is searched for the blob, and the longest string in it, in bytes: a line for each of some hundred modules.
const MAX_BLOB: usize = 1 << 20;

/// How a Go program was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoBuild {
    /// The version of Go, `go1.22.8`.
    pub go: String,
    /// The main package, `k8s.io/kubernetes/cmd/kubelet`.
    pub package: Option<String>,
    /// The main module; none if the program was built without modules.
    pub module: Option<Module>,
    /// Settings in the order of the program: `-ldflags`, `-trimpath`, `vcs.revision`.
    pub settings: Vec<(String, String)>,
}

/// A module and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its path, `k8s.io/kubernetes`.
    pub path: String,
    /// `v1.31.2`; `(devel)` if it was built from a directory without a version.
    pub version: String,
}

/// The build information of a program; none if it is no Go program.
///
/// # Errors
/// If the program can't be read, or what it says of itself makes no sense.
pub fn read(elf: &Elf<'_>) -> Result<Option<GoBuild>, String> {
    let blob = match elf.section(".go.buildinfo") {
        Some(section) => elf.content(section, MAX_BLOB)?,
        None => match elf.segments.iter().find(|segment| segment.is_data && segment.size > 0) {
            Some(data) => elf.at(data.address, MAX_BLOB)?,
            None => return Ok(None),
        },
    };
    let start = memchr::memmem::find_iter(&blob, MAGIC)
        .find(|start| start % ALIGNMENT == 0 && blob.len() - start >= HEADER);
    let Some(start) = start else { return Ok(None) };
    let blob = &blob[start..];
    let (pointer, flags) = (usize::from(blob[MAGIC.len()]), blob[MAGIC.len() + 1]);
    let (go, modules) = if flags & 2 != 0 {
        let (go, rest) = inline(&blob[HEADER..]).ok_or("its Go build information is cut off")?;
        (go.to_vec(), inline(rest).map(|(modules, _)| modules.to_vec()).unwrap_or_default())
    } else {
        let layout = match pointer {
            4 | 8 => Layout { wide: pointer == 8, big: flags & 1 != 0 },
            _ => return Err("its Go build information has pointers of no known size".into()),
        };
        (pointed(elf, layout, blob, 16)?, pointed(elf, layout, blob, 16 + pointer)?)
    };
    let go = text(&go).ok_or("its Go build information is no text")?;
    if go.is_empty() {
        return Ok(None);
    }
    let mut build = GoBuild { go, ..GoBuild::default() };
    // Sentinels of 16 bytes frame the second string (cmd/go/internal/modload).
    if let Some(framed) = modules.get(16..modules.len().saturating_sub(16))
        && framed.ends_with(b"\n")
    {
        build.add(&text(framed).ok_or("its Go build information is no text")?);
    }
    Ok(Some(build))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

/// A string behind its length, a base-128 number, and what follows.
fn inline(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes[index + 1..].split_at_checked(length);
        }
    }
    None
}

/// The string whose header's address is at a place of the blob; empty without an address.
fn pointed(elf: &Elf<'_>, layout: Layout, blob: &[u8], at: usize) -> Result<Vec<u8>, String> {
    match layout.word(blob, at) {
        Some(0) | None => Ok(Vec::new()),
        Some(address) => string(elf, layout, address),
    }
}

/// The Go string whose header, an address and a length, is at an address.
///
/// # Errors
/// If it can't be read, or is longer than any.
pub(super) fn string(elf: &Elf<'_>, layout: Layout, address: u64) -> Result<Vec<u8>, String> {
    let header = elf.at(address, 2 * layout.word_size())?;
    let (Some(start), Some(length)) = (layout.word(&header, 0), layout.word(&header, layout.word_size()))
    else {
        return Err("a string of its build information is cut off".into());
    };
    let length = usize::try_from(length).ok().filter(|length| *length <= MAX_BLOB);
    let length = length.ok_or("a string of its build information is too long")?;
    if length == 0 {
        return Ok(Vec::new());
    }
    let bytes = elf.at(start, length)?;
    if bytes.len() == length { Ok(bytes) } else { Err("a string of its build information is cut off".into()) }
}

impl GoBuild {
    /// Lines of words with tabs between them: `path`, `mod`, `dep`, `=>`, `build`.
    fn add(&mut self, lines: &str) {
        for line in lines.lines() {
            let (word, rest) = line.split_once('\t').unwrap_or((line, ""));
            match word {
                "path" => self.package = Some(rest.to_owned()),
                "mod" => {
                    let mut words = rest.split('\t').map(str::to_owned);
                    let (path, version) =
                        (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                    self.module = Some(Module { path, version });
                }
                "build" => self.settings.extend(setting(rest)),
                _ => {}
            }
        }
    }

    /// The value of a setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The variable that the linker was told to set, `-X NAME=VALUE`; the last one counts.
    #[must_use]
    pub fn link_variable(&self, name: &str) -> Option<String> {
        let flags = self.setting("-ldflags")?.trim();
        // A pattern says which packages the flags are for: `all=-X ..`. Whether another one holds is not known here.
        let flags = if flags.starts_with('-') { flags } else { flags.strip_prefix("all=")? };
        let words = split(flags)?;
        let mut found = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
            let assignment = match flag {
                Some("X") => words.next().map(String::as_str),
                Some(flag) => flag.strip_prefix("X="),
                None => None,
            };
            if let Some((known, value)) = assignment.and_then(|assignment| assignment.split_once('='))
                && known == name
            {
                found = Some(value.to_owned());
            }
        }
        found
    }
}

/// `KEY=VALUE`, either of which is quoted where it has blanks or quotes.
fn setting(line: &str) -> Option<(String, String)> {
    let (key, rest) = if line.starts_with(['"', '`']) {
        unquote(line)?
    } else {
        let end = line.find('=')?;
        (line[..end].to_owned(), &line[end..])
    };
    let value = rest.strip_prefix('=')?;
    let value = if value.starts_with(['"', '`']) { unquote(value)?.0 } else { value.to_owned() };
    Some((key, value))
}

/// A Go string literal (`strconv.Unquote`), and what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    if let Some(raw) = text.strip_prefix('`') {
        return raw.split_once('`').map(|(value, rest)| (value.to_owned(), rest));
    }
    let mut value = String::new();
    let mut rest = text.strip_prefix('"')?.chars();
    loop {
        let c = match rest.next()? {
            '"' => return Some((value, rest.as_str())),
            '\\' => match rest.next()? {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                escape @ ('x' | 'u' | 'U') => {
                    let digits = match escape {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let hex: String = rest.by_ref().take(digits).collect();
                    char::from_u32(u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == digits)?)?
                }
                c @ ('"' | '\\') => c,
                _ => return None,
            },
            c => c,
        };
        value.push(c);
    }
}

/// Words as cmd/go splits flags: a word may be quoted as a whole, and nothing is escaped; none if a quote is open.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_ascii_start();
    while let Some(first) = rest.chars().next() {
        let word;
        (word, rest) = match first {
            '"' | '\'' => rest[1..].split_once(first)?,
            _ => rest.split_at(rest.find([' ', '\t', '\n', '\r']).unwrap_or(rest.len())),
        };
        words.push(word.to_owned());
        rest = rest.trim_ascii_start();
    }
    Some(words)
}

#[cfg(test)]
mod tests;
