//! Small ELF files for tests, with the parts that are asked for.

use super::Layout;

/// A section and the segment that loads it.
pub(crate) struct Part<'p> {
    /// Its name.
    pub(crate) name: &'p str,
    /// Where it is loaded.
    pub(crate) address: u64,
    /// What it holds.
    pub(crate) bytes: Vec<u8>,
    /// Whether it may be written to.
    pub(crate) is_data: bool,
}

/// An ELF file for x86-64, as far as its layout lets it be one: header, segments, contents, names, sections.
pub(crate) fn file(layout: Layout, parts: &[Part<'_>]) -> Vec<u8> {
    let number = |value: u64, size: usize| {
        let bytes = value.to_be_bytes()[8 - size..].to_vec();
        if layout.big { bytes } else { bytes.into_iter().rev().collect() }
    };
    let half = |value: usize| number(value as u64, 2);
    let int = |value: u64| number(value, 4);
    let word = |value: u64| number(value, layout.word_size());
    let (header, segment, section) = if layout.wide { (64, 56, 64) } else { (52, 32, 40) };

    let mut names = b"\0.shstrtab\0".to_vec();
    let mut contents = Vec::new();
    let (mut segments, mut sections) = (Vec::new(), vec![0; section]);
    let start = header + parts.len() * segment;
    for part in parts {
        let offset = (start + contents.len()) as u64;
        let (size, flags) = (word(part.bytes.len() as u64), int(if part.is_data { 6 } else { 5 }));
        let places =
            [word(offset), word(part.address), word(part.address), size.clone(), size.clone()].concat();
        segments.extend(if layout.wide {
            [int(1), flags, places, word(16)].concat()
        } else {
            [int(1), places, flags, word(16)].concat()
        });
        let entry = [int(names.len() as u64), int(1), word(0), word(part.address), word(offset), size];
        sections.extend([entry.concat(), int(0), int(0), word(16), word(0)].concat());
        names.extend([part.name.as_bytes(), b"\0"].concat());
        contents.extend(&part.bytes);
    }
    let names_at = (start + contents.len()) as u64;
    let entry = [int(1), int(3), word(0), word(0), word(names_at), word(names.len() as u64)].concat();
    sections.extend([entry, int(0), int(0), word(1), word(0)].concat());

    let mut ident = vec![0x7f, b'E', b'L', b'F', u8::from(layout.wide) + 1, u8::from(layout.big) + 1, 1];
    ident.resize(16, 0);
    let places = [word(0), word(header as u64), word(names_at + names.len() as u64)].concat();
    let counts = [header, segment, parts.len(), section, parts.len() + 2, parts.len() + 1].map(half).concat();
    [ident, half(2), half(62), int(1), places, int(0), counts, segments, contents, names, sections].concat()
}

/// Build information as Go 1.18 and later leaves it, with these lines about modules and settings.
pub(crate) fn go_blob(lines: &str) -> Vec<u8> {
    let mut blob = [&b"\xff Go buildinf:\x08\x02"[..], &[0; 16]].concat();
    for text in [b"go1.22.8".to_vec(), [&[b's'; 16], lines.as_bytes(), &[b'e'; 16]].concat()] {
        let mut length = text.len();
        while length > 0x7f {
            blob.push(0x80 | length.to_le_bytes()[0]);
            length >>= 7;
        }
        blob.push(length.to_le_bytes()[0]);
        blob.extend(text);
    }
    blob
}

/// A Go program for x86-64 with build information.
pub(crate) fn go_program(lines: &str) -> Vec<u8> {
    let part = Part { name: ".go.buildinfo", address: 0x2000, bytes: go_blob(lines), is_data: true };
    file(Layout { wide: true, big: false }, &[part])
}
