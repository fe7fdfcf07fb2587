//! String variables of a Go program that have a value from the start: in `.data`, an address and a length each.
//!
//! Stripped of symbols, a program doesn't name them. But the linker lays the variables of one package side by side, so
//! that some with telling values can be recognised together.

use super::elf::Elf;

/// The largest data of a program that is looked through, in bytes: the kubelet's are about one megabyte.
const MAX_DATA: usize = 16 << 20;
/// How many strings of the wanted length are looked at.
const MOST_ANCHORS: usize = 10_000;
/// How many anchors have neighbours that are looked at.
const MOST_PLACES: usize = 64;
/// How many variables on each side count as neighbours.
const REACH: usize = 8;
/// No longer string is a neighbour worth reading, in bytes.
const MAX_STRING: u64 = 64;

/// The strings around each string variable that has `length` bytes and is an anchor, it among them.
///
/// # Errors
/// If the data can't be read.
pub fn around(elf: &Elf<'_>, length: u64, is_anchor: fn(&str) -> bool) -> Result<Vec<Vec<String>>, String> {
    let Some(section) = elf.section(".data").filter(|section| section.size <= MAX_DATA as u64) else {
        return Ok(Vec::new());
    };
    let data = elf.content(section, MAX_DATA)?;
    let word = elf.layout.word_size();
    let string = |at: usize| {
        let (start, length) = (elf.layout.word(&data, at)?, elf.layout.word(&data, at + word)?);
        let length = usize::try_from(length).ok().filter(|_| (1..=MAX_STRING).contains(&length))?;
        let bytes = elf.at(start, length).ok().filter(|bytes| bytes.len() == length)?;
        String::from_utf8(bytes).ok()
    };
    let anchors = (0..data.len())
        .step_by(word)
        .filter(|at| elf.layout.word(&data, at + word) == Some(length))
        .take(MOST_ANCHORS)
        .filter(|at| string(*at).is_some_and(|text| is_anchor(&text)))
        .take(MOST_PLACES);
    Ok(anchors
        .map(|anchor| {
            let size = 2 * word;
            let from = anchor - (anchor / size).min(REACH) * size;
            (from..=anchor + REACH * size).step_by(size).filter_map(string).collect()
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::elf::Layout;
    use super::super::elf::sample::{Part, file};
    use super::*;

    fn program(layout: Layout, before: usize, strings: &[&str]) -> Vec<u8> {
        let word = |value: usize| {
            let bytes = (value as u64).to_be_bytes()[8 - layout.word_size()..].to_vec();
            if layout.big { bytes } else { bytes.into_iter().rev().collect() }
        };
        let (mut data, mut text) = (vec![0; before * layout.word_size()], Vec::new());
        for string in strings {
            data.extend([word(0x8000 + text.len()), word(string.len())].concat());
            text.extend(string.as_bytes());
        }
        let parts = [
            Part { name: ".data", address: 0x2000, bytes: data, is_data: true },
            Part { name: ".rodata", address: 0x8000, bytes: text, is_data: false },
        ];
        file(layout, &parts)
    }

    fn found(bytes: &[u8]) -> Vec<Vec<String>> {
        around(&Elf::parse(&bytes).unwrap().unwrap(), 6, |text| text == "anchor").unwrap()
    }

    #[test]
    fn neighbours_are_found_in_every_layout_and_at_every_place() {
        for (wide, big) in [(true, false), (true, true), (false, false), (false, true)] {
            for before in 0..40 {
                let program = program(Layout { wide, big }, before, &["a", "b", "anchor", "c", "", "d"]);
                assert_eq!(found(&program), [["a", "b", "anchor", "c", "d"]], "{wide} {big} {before}");
            }
        }
        let far = [["x"; 9].as_slice(), &["anchor"], &["y"; 9]].concat();
        let near = found(&program(Layout { wide: true, big: false }, 1, &far));
        assert_eq!(near[0].len(), 2 * REACH + 1);
    }

    #[test]
    fn others_of_the_length_are_no_anchors() {
        let layout = Layout { wide: true, big: false };
        assert!(found(&program(layout, 0, &["ancho", "anchors", "rohcna"])).is_empty());
        assert_eq!(found(&program(layout, 0, &["anchor", "x", "anchor"])).len(), 2);
    }

    proptest! {
        #[test]
        fn any_data_gives_an_answer(data in proptest::collection::vec(any::<u8>(), 0..200), wide: bool, big: bool) {
            let part = Part { name: ".data", address: 0, bytes: data, is_data: true };
            let bytes = file(Layout { wide, big }, &[part]);
            let bytes = bytes.as_slice();
            let elf = Elf::parse(&bytes).unwrap().unwrap();
            for strings in around(&elf, 1, |_| true).unwrap() {
                prop_assert!(strings.iter().all(|text| text.len() as u64 <= MAX_STRING));
            }
        }
    }
}
