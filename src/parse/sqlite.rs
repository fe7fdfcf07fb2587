//! Tables of a database of `SQLite` (sqlite.org/fileformat2.html): rows in the order of their ids, or one by its id. Only the
//! pages on the way are read.

use super::bytes_at;
use super::elf::Ranges;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// A tree of pages of 512 bytes with more levels has more pages than a file can have.
const MAX_DEPTH: usize = 20;
/// `SQLite` itself refuses a table of more columns (`SQLITE_MAX_COLUMN`).
const MAX_COLUMNS: usize = 2000;
/// A row of the schema.
const MAX_SCHEMA: usize = 64 << 10;

/// A database that is open.
pub struct Sqlite<'f> {
    file: &'f dyn Ranges,
    page_size: usize,
    /// What of each page holds content.
    usable: usize,
    pages: u32,
}

/// A row as it lies in its page.
pub struct Row {
    /// Its id.
    pub id: i64,
    length: usize,
    local: Vec<u8>,
    overflow: u32,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// NULL, or a number that is none here.
    Other,
    /// An integer.
    Integer(i64),
    /// Text or a blob.
    Bytes(Vec<u8>),
}

impl<'f> Sqlite<'f> {
    /// Opens a database of `size` bytes.
    ///
    /// # Errors
    /// In words, if it is none.
    pub fn open(file: &'f dyn Ranges, size: u64) -> Result<Self, String> {
        let header = file.read(0, 100)?;
        if header.len() < 100 || !header.starts_with(MAGIC) {
            return Err("is no SQLite database".into());
        }
        let page_size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 1 << 16,
            size => usize::from(size),
        };
        let reserved = usize::from(header[20]);
        if !page_size.is_power_of_two() || page_size < 512 || page_size - reserved < 480 {
            return Err(format!("is an SQLite database with pages of {page_size} bytes"));
        }
        if int(&header, 56)? > 1 {
            return Err("is an SQLite database whose text is not UTF-8".into());
        }
        let pages = u32::try_from(size / page_size as u64).unwrap_or(u32::MAX);
        Ok(Sqlite { file, page_size, usable: page_size - reserved, pages })
    }

    /// The first page of a table; none if there is no such table.
    ///
    /// # Errors
    /// In words.
    pub fn table(&self, name: &str) -> Result<Option<u32>, String> {
        let mut found = None;
        self.rows(1, &mut |row| {
            let columns = columns(&self.content(row, MAX_SCHEMA)?)?;
            if let [Column::Bytes(kind), Column::Bytes(called), _, Column::Integer(page), ..] =
                columns.as_slice()
                && kind == b"table"
                && called == name.as_bytes()
            {
                found = u32::try_from(*page).ok();
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Hands on all rows of a table.
    ///
    /// # Errors
    /// In words, or what `each` says.
    pub fn rows(&self, root: u32, each: &mut dyn FnMut(&Row) -> Result<(), String>) -> Result<(), String> {
        let mut left = self.pages;
        self.walk(root, 0, &mut left, each)
    }

    fn walk(
        &self,
        number: u32,
        depth: usize,
        left: &mut u32,
        each: &mut dyn FnMut(&Row) -> Result<(), String>,
    ) -> Result<(), String> {
        // In a tree each page is met once.
        *left = left.checked_sub(1).filter(|_| depth < MAX_DEPTH).ok_or("has pages that lead in a circle")?;
        let page = self.page(number)?;
        let place = page.header;
        // Rows don't share bytes: so a page costs no more than it holds.
        let mut room = page.bytes.len();
        for cell in 0..page.cells {
            let at = page.cell(cell)?;
            if page.is_leaf {
                let row = self.row(&page, at)?;
                room = room.checked_sub(row.local.len()).ok_or("has rows that lie upon each other")?;
                each(&row)?;
            } else {
                self.walk(int(&page.bytes, at)?, depth + 1, left, each)?;
            }
        }
        if page.is_leaf { Ok(()) } else { self.walk(int(&page.bytes, place + 8)?, depth + 1, left, each) }
    }

    /// A row by its id.
    ///
    /// # Errors
    /// In words.
    pub fn find(&self, root: u32, id: i64) -> Result<Option<Row>, String> {
        let mut number = root;
        for _ in 0..MAX_DEPTH {
            let page = self.page(number)?;
            let mut next = None;
            for cell in 0..page.cells {
                let at = page.cell(cell)?;
                if page.is_leaf {
                    let (_, length) = varint(&page.bytes, at)?;
                    if varint(&page.bytes, at + length)?.0 == id {
                        return self.row(&page, at).map(Some);
                    }
                } else if id <= varint(&page.bytes, at + 4)?.0 {
                    next = Some(int(&page.bytes, at)?);
                    break;
                }
            }
            if page.is_leaf {
                return Ok(None);
            }
            number = next.map_or_else(|| int(&page.bytes, page.header + 8), Ok)?;
        }
        Err("has pages that lead in a circle".into())
    }

    /// The bytes of a row.
    ///
    /// # Errors
    /// In words, if they are more than `limit` or can't be read.
    pub fn content(&self, row: &Row, limit: usize) -> Result<Vec<u8>, String> {
        if row.length > limit {
            return Err(format!("has a row of more than {limit} bytes, not read"));
        }
        let mut bytes = row.local.clone();
        let mut number = row.overflow;
        // Each page brings bytes, so that there is an end.
        while bytes.len() < row.length {
            let page = self.read(number)?;
            number = int(&page, 0)?;
            let part = &page[4..self.usable];
            bytes.extend_from_slice(&part[..part.len().min(row.length - bytes.len())]);
        }
        Ok(bytes)
    }

    fn row(&self, page: &Page, at: usize) -> Result<Row, String> {
        let (length, size) = varint(&page.bytes, at)?;
        let (id, more) = varint(&page.bytes, at + size)?;
        let length = usize::try_from(length).map_err(|_| "has a row of no length")?;
        let (start, usable) = (at + size + more, self.usable);
        let most = usable - 35;
        let local = if length <= most {
            length
        } else {
            let least = (usable - 12) * 32 / 255 - 23;
            let even = least + (length - least) % (usable - 4);
            if even <= most { even } else { least }
        };
        let bytes = page.bytes.get(start..start + local).ok_or("has a row that is cut short")?.to_vec();
        let overflow = if local < length { int(&page.bytes, start + local)? } else { 0 };
        Ok(Row { id, length, local: bytes, overflow })
    }

    fn page(&self, number: u32) -> Result<Page, String> {
        let bytes = self.read(number)?;
        let header = if number == 1 { 100 } else { 0 };
        let is_leaf = match bytes[header] {
            5 => false,
            13 => true,
            kind => return Err(format!("has a page {number} of the kind {kind} in a table")),
        };
        let cells = usize::from(u16::from_be_bytes([bytes[header + 3], bytes[header + 4]]));
        Ok(Page { bytes, header, is_leaf, cells })
    }

    /// A whole page.
    fn read(&self, number: u32) -> Result<Vec<u8>, String> {
        let before = number.checked_sub(1).ok_or("has a page 0")?;
        let bytes = self.file.read(u64::from(before) * self.page_size as u64, self.page_size)?;
        if bytes.len() < self.page_size { Err(format!("has no page {number}")) } else { Ok(bytes) }
    }
}

/// A page of a table.
struct Page {
    bytes: Vec<u8>,
    header: usize,
    is_leaf: bool,
    cells: usize,
}

impl Page {
    fn cell(&self, index: usize) -> Result<usize, String> {
        let pointer = self.header + if self.is_leaf { 8 } else { 12 } + index * 2;
        bytes_at(&self.bytes, pointer)
            .map(|place| usize::from(u16::from_be_bytes(place)))
            .ok_or_else(|| "has a page of too many cells".into())
    }
}

/// The values of a row.
///
/// # Errors
/// In words, if its header doesn't fit its content.
pub fn columns(row: &[u8]) -> Result<Vec<Column>, String> {
    let (length, mut at) = varint(row, 0)?;
    let header = usize::try_from(length).ok().filter(|length| *length <= row.len());
    let header = header.ok_or("has a row whose header is cut short")?;
    let mut rest = &row[header..];
    let mut columns = Vec::new();
    while at < header {
        if columns.len() == MAX_COLUMNS {
            return Err(format!("has a row of more than {MAX_COLUMNS} values"));
        }
        let (kind, size) = varint(row, at)?;
        at += size;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            12.. => (kind - 12) / 2,
            _ => return Err(format!("has a value of the kind {kind}")),
        };
        let length = usize::try_from(length).ok();
        let (value, behind) =
            length.and_then(|length| rest.split_at_checked(length)).ok_or("has a row that is cut short")?;
        rest = behind;
        columns.push(match kind {
            8 | 9 => Column::Integer(kind - 8),
            1..=6 => Column::Integer(integer(value)),
            12.. => Column::Bytes(value.to_vec()),
            _ => Column::Other,
        });
    }
    Ok(columns)
}

/// A big-endian number in two's complement.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

fn int(bytes: &[u8], at: usize) -> Result<u32, String> {
    bytes_at(bytes, at).map(u32::from_be_bytes).ok_or_else(|| "has a page that is cut short".into())
}

/// A number of one to nine bytes, and how many they are.
fn varint(bytes: &[u8], at: usize) -> Result<(i64, usize), String> {
    let mut number: i64 = 0;
    for (place, byte) in bytes.get(at..).unwrap_or_default().iter().take(9).enumerate() {
        if place == 8 {
            return Ok((number << 8 | i64::from(*byte), 9));
        }
        number = number << 7 | i64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok((number, place + 1));
        }
    }
    Err("has a number that is cut short".into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As rpm 4.18 wrote it: pages of 4096 bytes.
    const DATABASE: &[u8] = include_bytes!("../../fixtures/rocky9-ready/root/var/lib/rpm/rpmdb.sqlite");

    fn names(bytes: &[u8]) -> Result<Vec<(String, i64)>, String> {
        let file: &dyn Ranges = &bytes;
        let database = Sqlite::open(file, bytes.len() as u64)?;
        let mut names = Vec::new();
        let table = database.table("Name")?.ok_or("no table")?;
        database.rows(table, &mut |row| {
            let columns = columns(&database.content(row, 1 << 16)?)?;
            if let [Column::Bytes(name), Column::Integer(id), ..] = columns.as_slice() {
                names.push((String::from_utf8_lossy(name).into_owned(), *id));
            }
            Ok(())
        })?;
        Ok(names)
    }

    fn page_of(table: &str) -> usize {
        let bytes = DATABASE;
        let page = Sqlite::open(&bytes, bytes.len() as u64).unwrap().table(table).unwrap().unwrap();
        (page as usize - 1) * 4096
    }

    #[test]
    fn the_rows_of_a_table_are_those_that_sqlite_shows() {
        let names = names(DATABASE).unwrap();
        let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), 8);
        for name in
            ["containers-common", "cri-o", "cri-tools", "iptables-nft", "kubeadm", "kubectl", "kubelet"]
        {
            assert!(names.contains(&name), "{name}");
        }
        let bytes = DATABASE;
        let database = Sqlite::open(&bytes, bytes.len() as u64).unwrap();
        assert_eq!(database.table("Nothing").unwrap(), None);
        let packages = database.table("Packages").unwrap().unwrap();
        assert!(database.find(packages, 9).unwrap().is_none());
        let row = database.find(packages, 8).unwrap().unwrap();
        assert!(columns(&database.content(&row, 1 << 20).unwrap()).unwrap().len() == 2);
        assert_eq!(database.content(&row, 100).unwrap_err(), "has a row of more than 100 bytes, not read");
    }

    #[test]
    fn pages_that_lead_in_a_circle_or_nowhere_end() {
        let page = page_of("Name");
        let number = u32::try_from(page / 4096 + 1).unwrap();
        for (next, expected) in
            [(number, "has pages that lead in a circle"), (0, "has a page 0"), (9999, "has no page 9999")]
        {
            let mut bytes = DATABASE.to_vec();
            // A page above others, without cells, whose last page is this one.
            bytes[page..page + 5].copy_from_slice(&[5, 0, 0, 0, 0]);
            bytes[page + 8..page + 12].copy_from_slice(&next.to_be_bytes());
            assert_eq!(names(&bytes).unwrap_err(), expected);
        }
        let mut bytes = DATABASE.to_vec();
        bytes[page + 3..page + 5].copy_from_slice(&[0xff, 0xff]);
        assert!(names(&bytes).is_err());
        assert_eq!(names(b"SQLite format 3\0").unwrap_err(), "is no SQLite database");
    }

    #[test]
    fn a_page_whose_rows_lie_upon_each_other_is_refused() {
        let page = page_of("Name");
        let mut bytes = DATABASE.to_vec();
        let cell = |index: usize| page + 8 + index * 2;
        let place = [bytes[cell(0)], bytes[cell(0) + 1]];
        let count = 800_u16;
        bytes[page + 3..page + 5].copy_from_slice(&count.to_be_bytes());
        (0..usize::from(count)).for_each(|index| bytes[cell(index)..cell(index) + 2].copy_from_slice(&place));
        assert_eq!(names(&bytes).unwrap_err(), "has rows that lie upon each other");
    }

    #[test]
    fn numbers_are_read_in_all_their_lengths() {
        assert_eq!(varint(&[0x81, 0x00], 0).unwrap(), (128, 2));
        assert_eq!(varint(&[0xff; 9], 0).unwrap(), (-1, 9));
        assert_eq!(varint(&[0xff; 3], 0).unwrap_err(), "has a number that is cut short");
        assert_eq!(integer(&[0xff, 0xfe]), -2);
        // NULL, 1, -2 in one byte, and a text of two.
        let row = [5, 0, 9, 1, 17, 0xfe, b'o', b'k'];
        let expected =
            [Column::Other, Column::Integer(1), Column::Integer(-2), Column::Bytes(b"ok".to_vec())];
        assert_eq!(columns(&row).unwrap(), expected);
        assert_eq!(columns(&[9, 0]).unwrap_err(), "has a row whose header is cut short");
        assert_eq!(columns(&[2, 25]).unwrap_err(), "has a row that is cut short");
        let row = [vec![0x97, 0x70], vec![0; 3054]].concat();
        assert_eq!(columns(&row).unwrap_err(), "has a row of more than 2000 values");
    }

    proptest! {
        #[test]
        fn any_page_is_read(at in 0usize..24, table in 0usize..2, value: u8, cell in 0usize..4096) {
            let mut bytes = DATABASE.to_vec();
            let page = page_of(["Name", "Packages"][table]);
            bytes[page + at] = value;
            bytes[page + cell] ^= value;
            let found = names(&bytes);
            prop_assert!(found.is_err() || found.unwrap().len() <= 1 << 16);
        }
    }
}
