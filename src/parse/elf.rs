//! ELF files (`elf(5)`): where the sections and segments of a program lie. Of a large file only the headers are
//! read, and what is asked for; by hand, because it is a few offsets, and they must be bounded.

#[cfg(test)]
pub(crate) mod sample;

/// Bytes that can be read in parts: a large file, or a slice.
pub trait Ranges {
    /// Up to `length` bytes from `offset` on; fewer at the end.
    ///
    /// # Errors
    /// Why they can't be read, in words.
    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, String>;
}

impl Ranges for &[u8] {
    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, String> {
        let start = usize::try_from(offset).map_or(self.len(), |start| start.min(self.len()));
        Ok(self[start..self.len().min(start.saturating_add(length))].to_vec())
    }
}

/// No program has more segments.
const MOST_SEGMENTS: usize = 256;
/// No linked program has more sections; object files do.
const MOST_SECTIONS: usize = 4096;
/// The names of the sections, in bytes.
const MOST_NAMES: u64 = 1 << 20;

/// Byte order and size of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Addresses have eight bytes, else four.
    pub wide: bool,
    /// The most significant byte comes first.
    pub big: bool,
}

/// A part of the file that is loaded into memory.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Whether it may be written to and not run: data.
    pub is_data: bool,
    /// Where in memory.
    pub address: u64,
    /// Where in the file.
    pub offset: u64,
    /// How many bytes of the file.
    pub size: u64,
}

/// A named part of the file.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name, `.go.buildinfo`.
    pub name: Vec<u8>,
    /// `sh_type`: 1 for content, 2 for symbols, 8 for none in the file.
    pub kind: u32,
    /// Where in memory.
    pub address: u64,
    /// Where in the file.
    pub offset: u64,
    /// How many bytes.
    pub size: u64,
}

/// The headers of an ELF file.
pub struct Elf<'f> {
    file: &'f dyn Ranges,
    /// How numbers are written.
    pub layout: Layout,
    /// `e_machine`: 62 for x86-64, 183 for 64-bit ARM.
    pub machine: u16,
    /// What is loaded, in the order of the file.
    pub segments: Vec<Segment>,
    /// All sections; none if they were stripped.
    pub sections: Vec<Section>,
}

impl Layout {
    /// The size of an address in bytes.
    #[must_use]
    pub fn word_size(self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    /// The number of `size` bytes at a place; none if the bytes end before.
    fn number(self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    /// The number of two bytes at a place.
    #[must_use]
    pub fn half(self, bytes: &[u8], at: usize) -> Option<u16> {
        self.number(bytes, at, 2).and_then(|number| number.try_into().ok())
    }

    /// The number of four bytes at a place.
    #[must_use]
    pub fn int(self, bytes: &[u8], at: usize) -> Option<u32> {
        self.number(bytes, at, 4).and_then(|number| number.try_into().ok())
    }

    /// The address at a place.
    #[must_use]
    pub fn word(self, bytes: &[u8], at: usize) -> Option<u64> {
        self.number(bytes, at, self.word_size())
    }
}

impl<'f> Elf<'f> {
    /// Reads the headers; none if the file is no ELF file.
    ///
    /// # Errors
    /// If the file can't be read, or its headers contradict themselves.
    pub fn parse(file: &'f dyn Ranges) -> Result<Option<Self>, String> {
        let header = file.read(0, 64)?;
        let layout = match header.get(..6) {
            Some([0x7f, b'E', b'L', b'F', class @ (1 | 2), order @ (1 | 2)]) => {
                Layout { wide: *class == 2, big: *order == 2 }
            }
            _ => return Ok(None),
        };
        let mut elf = Elf { file, layout, machine: 0, segments: Vec::new(), sections: Vec::new() };
        elf.headers(&header)?.ok_or("its ELF header is cut off")?;
        Ok(Some(elf))
    }

    /// `Elf32_Ehdr` and `Elf64_Ehdr` differ by the sizes of three addresses.
    fn headers(&mut self, header: &[u8]) -> Result<Option<()>, String> {
        let layout = self.layout;
        let word = layout.word_size();
        let counts = 24 + 3 * word + 4;
        let half = |index: usize| layout.half(header, counts + 2 * index).map(usize::from);
        let table = |at: u64, entry: usize, least: usize, count: usize, most: usize| {
            if count == 0 {
                return Ok(Vec::new());
            }
            if count > most || entry < least || entry > 4 * least {
                return Err("its ELF header names no possible tables".to_owned());
            }
            let bytes = self.file.read(at, count * entry)?;
            if bytes.len() < count * entry {
                return Err("it ends before the tables that its ELF header names".to_owned());
            }
            Ok(bytes.chunks_exact(entry).map(<[u8]>::to_vec).collect::<Vec<_>>())
        };
        let (Some(machine), Some(segments_at), Some(sections_at)) =
            (layout.half(header, 18), layout.word(header, 24 + word), layout.word(header, 24 + 2 * word))
        else {
            return Ok(None);
        };
        let (Some(segment_size), Some(segments), Some(section_size), Some(sections), Some(names)) =
            (half(1), half(2), half(3), half(4), half(5))
        else {
            return Ok(None);
        };
        let least = if layout.wide { (56, 64) } else { (32, 40) };
        let segments = table(segments_at, segment_size, least.0, segments, MOST_SEGMENTS)?;
        let sections = table(sections_at, section_size, least.1, sections, MOST_SECTIONS)?;
        self.machine = machine;
        self.segments = segments.iter().filter_map(|bytes| segment(layout, bytes)).collect();
        let mut found: Vec<(u32, Section)> =
            sections.iter().filter_map(|bytes| section(layout, bytes)).collect();
        let texts = match found.get(names) {
            Some((_, texts)) if texts.kind != 8 && texts.size <= MOST_NAMES => {
                self.file.read(texts.offset, usize::try_from(texts.size).unwrap_or(0))?
            }
            _ => Vec::new(),
        };
        for (name, section) in &mut found {
            let rest = usize::try_from(*name).ok().and_then(|start| texts.get(start..)).unwrap_or_default();
            section.name = rest.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        }
        self.sections = found.into_iter().map(|(_, section)| section).collect();
        Ok(Some(()))
    }

    /// The section of a name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name.as_bytes())
    }

    /// Up to `length` bytes from an address in memory on, as the file has them; fewer at the end of the segment.
    ///
    /// # Errors
    /// If nothing of the file is loaded there, or it can't be read.
    pub fn at(&self, address: u64, length: usize) -> Result<Vec<u8>, String> {
        let loaded = |segment: &&Segment| {
            address.checked_sub(segment.address).is_some_and(|distance| distance < segment.size)
        };
        let segment = self.segments.iter().find(loaded).ok_or("it names an address that isn't loaded")?;
        let distance = address - segment.address;
        let rest = usize::try_from(segment.size - distance).unwrap_or(usize::MAX);
        self.file.read(segment.offset.saturating_add(distance), length.min(rest))
    }

    /// The first bytes of a section, at most `length`.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn content(&self, section: &Section, length: usize) -> Result<Vec<u8>, String> {
        let size = usize::try_from(section.size).unwrap_or(usize::MAX);
        if section.kind == 8 { Ok(Vec::new()) } else { self.file.read(section.offset, size.min(length)) }
    }
}

/// `PT_LOAD` of `Elf32_Phdr`, `Elf64_Phdr`, which differ in where the flags are, too.
fn segment(layout: Layout, bytes: &[u8]) -> Option<Segment> {
    const LOAD: u32 = 1;
    const RUN_AND_WRITE: u32 = 3;
    const WRITE: u32 = 2;
    let word = layout.word_size();
    let (flags, offset) = if layout.wide { (4, 8) } else { (24, 4) };
    let is_data = layout.int(bytes, flags)? & RUN_AND_WRITE == WRITE;
    let found = Segment {
        is_data,
        address: layout.word(bytes, offset + word)?,
        offset: layout.word(bytes, offset)?,
        size: layout.word(bytes, offset + 3 * word)?,
    };
    (layout.int(bytes, 0)? == LOAD).then_some(found)
}

/// `Elf32_Shdr`, `Elf64_Shdr`: the offset of its name, and the section without it.
fn section(layout: Layout, bytes: &[u8]) -> Option<(u32, Section)> {
    let word = layout.word_size();
    let section = Section {
        name: Vec::new(),
        kind: layout.int(bytes, 4)?,
        address: layout.word(bytes, 8 + word)?,
        offset: layout.word(bytes, 8 + 2 * word)?,
        size: layout.word(bytes, 8 + 3 * word)?,
    };
    Some((layout.int(bytes, 0)?, section))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::sample::{Part, file};
    use super::*;

    const LAYOUTS: [Layout; 4] = [
        Layout { wide: true, big: false },
        Layout { wide: true, big: true },
        Layout { wide: false, big: false },
        Layout { wide: false, big: true },
    ];

    #[test]
    fn sections_and_addresses_are_found_in_every_layout() {
        for layout in LAYOUTS {
            let parts = [
                Part { name: ".text", address: 0x40_1000, bytes: b"code".to_vec(), is_data: false },
                Part { name: ".data", address: 0x50_2000, bytes: b"0123456789".to_vec(), is_data: true },
            ];
            let bytes = file(layout, &parts);
            let bytes = bytes.as_slice();
            let elf = Elf::parse(&bytes).unwrap().unwrap();
            assert_eq!((elf.layout, elf.machine), (layout, 62));
            let data = elf.section(".data").unwrap();
            assert_eq!((data.address, data.size), (0x50_2000, 10));
            assert_eq!(elf.content(data, 4).unwrap(), b"0123");
            assert_eq!(elf.at(0x50_2003, 3).unwrap(), b"345");
            assert_eq!(elf.at(0x50_2008, 300).unwrap(), b"89");
            assert!(elf.at(0x50_200a, 1).is_err() && elf.at(0, 1).is_err());
            assert_eq!(elf.segments.iter().map(|segment| segment.is_data).collect::<Vec<_>>(), [false, true]);
            assert!(elf.section(".bss").is_none());
        }
    }

    #[test]
    fn what_is_no_elf_file_or_a_piece_of_one_is_told() {
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x03\x01", b"MZ\x90\0"] {
            assert!(Elf::parse(&bytes).unwrap().is_none(), "{bytes:?}");
        }
        let whole = file(LAYOUTS[0], &[]);
        assert!(Elf::parse(&&whole[..20]).is_err());
        let mut absurd = whole;
        absurd[60..62].copy_from_slice(&[0xff, 0xff]);
        assert!(Elf::parse(&absurd.as_slice()).is_err());
    }

    proptest! {
        #[test]
        fn any_header_gives_an_answer(
            order in 1_u8..3, class in 1_u8..3, rest in proptest::collection::vec(any::<u8>(), 0..300), address: u64,
        ) {
            let bytes = [b"\x7fELF".to_vec(), vec![class, order], rest].concat();
            let bytes = bytes.as_slice();
            if let Ok(Some(elf)) = Elf::parse(&bytes) {
                prop_assert!(elf.at(address, 8).map_or(0, |bytes| bytes.len()) <= 8);
                for section in &elf.sections {
                    prop_assert!(elf.content(section, 8).unwrap().len() <= 8);
                }
            }
        }
    }
}
