//! RPM's own database `Packages.db` (rpm's `lib/backend/ndb/rpmpkg.c`): pages of slots, each of which leads to the header of
//! one package. All numbers are little-endian.

use super::bytes_at;
use super::elf::Ranges;

const PAGE: usize = 4096;
const SLOT: usize = 16;
/// `RpmP`, `Slot` and `BlbS`.
const DATABASE_MAGIC: u32 = 0x506d_7052;
const SLOT_MAGIC: u32 = 0x746f_6c53;
const BLOB_MAGIC: u32 = 0x5362_6c42;
/// In what places of blobs are counted.
const BLOCK: u64 = 16;
/// No host has more than 65,000 packages.
const MAX_SLOT_PAGES: u32 = 256;

/// Where the header of a package lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The first byte of the header.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u32,
}

/// The headers of all packages.
///
/// # Errors
/// In words, if it is no such database.
pub fn blobs(file: &dyn Ranges) -> Result<Vec<Blob>, String> {
    let mut page = file.read(0, PAGE)?;
    if int(&page, 0) != Some(DATABASE_MAGIC) {
        return Err("is no RPM database".into());
    }
    if int(&page, 4) != Some(0) {
        return Err("is an RPM database of an unknown version".into());
    }
    let pages = int(&page, 12).filter(|pages| (1..=MAX_SLOT_PAGES).contains(pages));
    let pages = pages.ok_or("is an RPM database with too many slots")?;
    let mut blobs = Vec::new();
    for number in 0..pages {
        // The header of the file is as long as two slots.
        let first = if number == 0 { 2 * SLOT } else { 0 };
        if number > 0 {
            page = file.read(u64::from(number) * PAGE as u64, PAGE)?;
        }
        if page.len() < PAGE {
            return Err("is cut short".into());
        }
        for slot in page[first..].chunks_exact(SLOT) {
            if int(slot, 0) != Some(SLOT_MAGIC) {
                return Err("has a slot that is none".into());
            }
            if let (Some(package), Some(block @ 1..)) = (int(slot, 4), int(slot, 8)) {
                blobs.push(blob(file, package, u64::from(block) * BLOCK)?);
            }
        }
    }
    Ok(blobs)
}

fn blob(file: &dyn Ranges, package: u32, at: u64) -> Result<Blob, String> {
    let head = file.read(at, 16)?;
    match (int(&head, 0), int(&head, 4), int(&head, 12)) {
        (Some(BLOB_MAGIC), Some(number), Some(length)) if number == package => {
            Ok(Blob { offset: at + 16, length })
        }
        _ => Err(format!("has no header of package {package}")),
    }
}

fn int(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together after rpm's sources from headers that rpm wrote.
    const DATABASE: &[u8] =
        include_bytes!("../../fixtures/leap156-ready/root/usr/lib/sysimage/rpm/Packages.db");

    #[test]
    fn each_slot_leads_to_a_header() {
        let blobs = blobs(&DATABASE).unwrap();
        assert_eq!(blobs.len(), 7);
        for blob in blobs {
            let start = usize::try_from(blob.offset).unwrap();
            let bytes = &DATABASE[start..start + blob.length as usize];
            let header = crate::parse::rpm_header::RpmHeader::parse(bytes).unwrap();
            assert!(header.name().is_ok() && header.version().is_ok());
        }
    }

    #[test]
    fn what_is_no_such_database_says_so() {
        let changed = |at: usize, value: u8| {
            let mut bytes = DATABASE.to_vec();
            bytes[at] = value;
            blobs(&bytes.as_slice()).unwrap_err()
        };
        assert_eq!(changed(0, 0), "is no RPM database");
        assert_eq!(changed(4, 1), "is an RPM database of an unknown version");
        assert_eq!(changed(14, 1), "is an RPM database with too many slots");
        assert_eq!(changed(12, 200), "has a slot that is none");
        assert_eq!(changed(32, 0), "has a slot that is none");
        assert_eq!(changed(36, 9), "has no header of package 9");
        assert_eq!(blobs(&&DATABASE[..100]).unwrap_err(), "is cut short");
    }
}
