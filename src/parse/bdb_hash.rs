//! Values of a hash table of Berkeley DB (`db_page.h`), as RPM's older database `Packages` is one. The buckets are walked;
//! of a value only the part that is asked for is read.

use super::bytes_at;
use super::elf::Ranges;

const HASH_MAGIC: u32 = 0x0006_1561;
const HASH_META: u8 = 8;
const HASH_PAGES: [u8; 2] = [2, 13];
const OVERFLOW_PAGE: u8 = 7;
/// The header of a page.
const HEADER: usize = 26;
/// Where the counts of pages before each doubling stand, and how many there are.
const SPARES: usize = 96;
const MAX_SPARES: u32 = 32;
/// No host has more packages.
const MAX_VALUES: usize = 1 << 16;

/// A hash table that is open.
pub struct BdbHash<'f> {
    file: &'f dyn Ranges,
    page_size: usize,
    /// Whether its numbers begin with the highest byte.
    is_big: bool,
    buckets: u32,
    last_page: u32,
    meta: Vec<u8>,
}

/// Where a value lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// In the page of its bucket.
    Here(Vec<u8>),
    /// In pages of its own, from this one on.
    Pages {
        /// The first page.
        first: u32,
        /// How many bytes it has.
        length: u32,
    },
}

impl<'f> BdbHash<'f> {
    /// Opens a table.
    ///
    /// # Errors
    /// In words, if it is none.
    pub fn open(file: &'f dyn Ranges) -> Result<Self, String> {
        let meta = file.read(0, 512)?;
        let magic = meta.get(12..16).unwrap_or_default();
        let is_big = magic == HASH_MAGIC.to_be_bytes();
        if meta.len() < 512 || !is_big && magic != HASH_MAGIC.to_le_bytes() || meta[25] != HASH_META {
            return Err("is no hash table of Berkeley DB".into());
        }
        // Bytes 24 and 26: encryption, and checksums in longer headers of pages. rpm uses neither.
        if meta[24] != 0 || meta[26] != 0 {
            return Err("is a table of Berkeley DB with encryption or checksums, not read".into());
        }
        let mut table = BdbHash { file, page_size: 0, is_big, buckets: 0, last_page: 0, meta };
        let page_size = table.int(&table.meta, 20)? as usize;
        if !page_size.is_power_of_two() || !(512..=1 << 16).contains(&page_size) {
            return Err(format!("is a table of Berkeley DB with pages of {page_size} bytes"));
        }
        table.page_size = page_size;
        table.last_page = table.int(&table.meta, 32)?;
        table.buckets = table.int(&table.meta, 72)?;
        if table.buckets > table.last_page {
            return Err("is a table of Berkeley DB with more buckets than pages".into());
        }
        Ok(table)
    }

    /// All keys with the places of their values.
    ///
    /// # Errors
    /// In words.
    pub fn values(&self) -> Result<Vec<(Vec<u8>, Value)>, String> {
        let mut values = Vec::new();
        let mut left = self.last_page;
        for bucket in 0..=self.buckets {
            let mut number = self.page_of(bucket)?;
            // A bucket that was never used may have a page of zeros.
            while let Some(page) = self.page(number, &HASH_PAGES)? {
                left = left.checked_sub(1).ok_or("has pages that lead in a circle")?;
                self.pairs(&page, &mut values)?;
                if values.len() > MAX_VALUES {
                    return Err(format!("has more than {MAX_VALUES} values, not read"));
                }
                number = self.int(&page, 16)?;
                if number == 0 {
                    break;
                }
            }
        }
        Ok(values)
    }

    /// Up to `length` bytes of a value.
    ///
    /// # Errors
    /// In words.
    pub fn read(&self, value: &Value, length: usize) -> Result<Vec<u8>, String> {
        let (first, whole) = match value {
            Value::Here(bytes) => return Ok(bytes[..bytes.len().min(length)].to_vec()),
            Value::Pages { first, length } => (*first, *length as usize),
        };
        let wanted = whole.min(length);
        let (mut bytes, mut number) = (Vec::new(), first);
        while bytes.len() < wanted {
            let page = self.page(number, &[OVERFLOW_PAGE])?.ok_or("has a value that is cut short")?;
            let part = usize::from(self.short(&page, 22)?);
            // Each page brings bytes, so that there is an end.
            let part = page.get(HEADER..HEADER + part).filter(|part| !part.is_empty());
            let part = part.ok_or("has a value that is cut short")?;
            bytes.extend_from_slice(&part[..part.len().min(wanted - bytes.len())]);
            number = self.int(&page, 16)?;
        }
        Ok(bytes)
    }

    /// The first page of a bucket: the table grows by doubling, and other pages may lie between.
    fn page_of(&self, bucket: u32) -> Result<u32, String> {
        let doubling = u64::from(bucket) + 1;
        let doubling = doubling.next_power_of_two().trailing_zeros().min(MAX_SPARES - 1);
        let before = self.int(&self.meta, SPARES + doubling as usize * 4)?;
        bucket.checked_add(before).ok_or_else(|| "has a bucket behind its end".into())
    }

    fn pairs(&self, page: &[u8], values: &mut Vec<(Vec<u8>, Value)>) -> Result<(), String> {
        let count = usize::from(self.short(page, 20)?);
        let start = |item: usize| self.short(page, HEADER + item * 2).map(usize::from);
        // Items are written from the end of the page on.
        let item = |item: usize| -> Result<&[u8], String> {
            let end = if item == 0 { page.len() } else { start(item - 1)? };
            let bytes = page.get(start(item)?..end).filter(|bytes| !bytes.is_empty());
            bytes.ok_or_else(|| "has an item without a place".to_owned())
        };
        for pair in 0..count / 2 {
            let (key, value) = (item(pair * 2)?, item(pair * 2 + 1)?);
            let key = if key[0] == 1 { &key[1..] } else { &[] };
            values.push((
                key.to_vec(),
                match value[0] {
                    1 => Value::Here(value[1..].to_vec()),
                    3 => Value::Pages { first: self.int(value, 4)?, length: self.int(value, 8)? },
                    kind => return Err(format!("has a value of the kind {kind}")),
                },
            ));
        }
        Ok(())
    }

    /// A page of one of some kinds; none if it holds nothing yet.
    fn page(&self, number: u32, kinds: &[u8]) -> Result<Option<Vec<u8>>, String> {
        if number > self.last_page {
            return Err(format!("has no page {number}"));
        }
        let page = self.file.read(u64::from(number) * self.page_size as u64, self.page_size)?;
        match page.get(25) {
            Some(kind) if page.len() == self.page_size && kinds.contains(kind) => Ok(Some(page)),
            Some(0) if page.len() == self.page_size && page.iter().all(|byte| *byte == 0) => Ok(None),
            Some(kind) if page.len() == self.page_size => {
                Err(format!("has a page {number} of the kind {kind} where none may be"))
            }
            _ => Err(format!("has no page {number}")),
        }
    }

    fn int(&self, bytes: &[u8], at: usize) -> Result<u32, String> {
        let part = bytes_at(bytes, at).ok_or("has a page that is cut short")?;
        Ok(if self.is_big { u32::from_be_bytes(part) } else { u32::from_le_bytes(part) })
    }

    fn short(&self, bytes: &[u8], at: usize) -> Result<u16, String> {
        let part = bytes_at(bytes, at).ok_or("has a page that is cut short")?;
        Ok(if self.is_big { u16::from_be_bytes(part) } else { u16::from_le_bytes(part) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written by Berkeley DB 5.3, with headers that rpm wrote.
    const DATABASE: &[u8] = include_bytes!("../../tests/recorded/rpm/Packages");

    /// A key and its value.
    type Pair = (Vec<u8>, Vec<u8>);

    fn values(bytes: &[u8]) -> Result<Vec<Pair>, String> {
        let table = BdbHash::open(&bytes)?;
        let values = table.values()?.into_iter();
        values.map(|(key, value)| Ok((key, table.read(&value, 1 << 20)?))).collect()
    }

    /// Where the pages of a kind begin.
    fn pages(kinds: &[u8]) -> Vec<usize> {
        (0..DATABASE.len()).step_by(4096).filter(|page| kinds.contains(&DATABASE[page + 25])).collect()
    }

    #[test]
    fn all_values_are_found_with_those_in_pages_of_their_own() {
        let mut values = values(DATABASE).unwrap();
        values.sort();
        let keys: Vec<u8> = values.iter().map(|(key, _)| key[0]).collect();
        assert_eq!(keys, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(values[0].1, [8, 0, 0, 0]);
        for (_, header) in &values[1..] {
            assert!(crate::parse::rpm_header::RpmHeader::parse(header).unwrap().files().is_ok());
        }
        assert!(values.iter().any(|(_, header)| header.len() > 2 * 4096));
    }

    #[test]
    fn pages_that_lead_in_a_circle_or_nowhere_end() {
        let page = pages(&HASH_PAGES)[0];
        let number = u32::try_from(page / 4096).unwrap();
        for (next, expected) in
            [(number, "has pages that lead in a circle"), (9999, "has no page 9999"), (0, "")]
        {
            let mut bytes = DATABASE.to_vec();
            bytes[page + 16..page + 20].copy_from_slice(&next.to_le_bytes());
            assert_eq!(values(&bytes).err().unwrap_or_default(), expected);
        }
        let mut bytes = DATABASE.to_vec();
        let page = pages(&[OVERFLOW_PAGE])[0];
        bytes[page + 22..page + 24].copy_from_slice(&[0, 0]);
        assert_eq!(values(&bytes).unwrap_err(), "has a value that is cut short");
        for (at, expected) in
            [(12, "is no hash table"), (24, "with encryption"), (21, "with pages of"), (74, "more buckets")]
        {
            let mut bytes = DATABASE.to_vec();
            bytes[at] = 7;
            assert!(values(&bytes).unwrap_err().contains(expected), "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_page_is_read(page in 0usize..20, at in 0usize..64, value: u8) {
            let mut bytes = DATABASE.to_vec();
            let places = pages(&HASH_PAGES);
            bytes[places[page % places.len()] + at] = value;
            let found = values(&bytes);
            prop_assert!(found.is_err() || found.unwrap().len() <= MAX_VALUES);
        }
    }
}
