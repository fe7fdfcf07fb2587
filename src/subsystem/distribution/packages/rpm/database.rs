//! RPM's databases: which one a host has, the names in it, and the header of a package. The names are read when the first
//! package is asked for, a header when its package is.

use foldhash::HashMap;

use crate::host::{Files, HostError, HostErrorKind, RangeReader, Read};
use crate::parse::bdb_hash::{self, BdbHash};
use crate::parse::rpm_header::RpmHeader;
use crate::parse::rpm_ndb::{self, Blob};
use crate::parse::sqlite::{self, Column, Sqlite};

/// Where rpm keeps databases (`%_dbpath`), and the file of each backend.
const DIRECTORIES: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];
const FILES: [(&str, Backend); 3] =
    [("rpmdb.sqlite", Backend::Sqlite), ("Packages.db", Backend::Ndb), ("Packages", Backend::Bdb)];
/// What a transaction leaves that was not finished, or not yet written into the database.
const PENDING: [&str; 2] = ["-wal", "-journal"];

/// No package has a longer header, in bytes.
const MAX_HEADER: usize = 8 << 20;
/// In so much of a header its name lies, in bytes; else all of it is read.
const FIRST_PART: usize = 4000;
/// No host has more packages.
const MAX_PACKAGES: usize = 1 << 16;

/// How a database is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    /// Fedora, RHEL 9 and later, Amazon Linux 2023.
    Sqlite,
    /// SUSE.
    Ndb,
    /// RHEL 8 and before.
    Bdb,
}

/// The database of a host, with the names of all packages.
#[derive(Debug)]
pub(in super::super) struct Database {
    /// The file.
    pub(super) path: String,
    packages: HashMap<String, Vec<Place>>,
}

/// Where the header of a package lies.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Row { table: u32, id: i64 },
    Blob(Blob),
    Value(bdb_hash::Value),
}

/// The bytes of a header.
pub(super) struct Header<'d> {
    database: &'d Database,
    bytes: Vec<u8>,
}

impl Header<'_> {
    pub(super) fn parsed(&self) -> Result<RpmHeader<'_>, HostError> {
        RpmHeader::parse(&self.bytes).map_err(|why| self.database.error(why))
    }
}

impl Database {
    /// The database of a host; missing if it has none.
    pub(in super::super) fn open(files: &Files) -> Read<Database> {
        let mut found: Vec<(String, String, Backend)> = Vec::new();
        for (name, backend) in FILES {
            for directory in DIRECTORIES {
                let path = format!("{directory}/{name}");
                match files.lstat(&path) {
                    Read::There(_) => {
                        let real = files.real_path(&path).to_string();
                        if found.iter().all(|(_, other, _)| *other != real) {
                            found.push((path, real, backend));
                        }
                    }
                    Read::Missing(_) => {}
                    Read::Hidden(error) => return Read::Hidden(error),
                }
            }
        }
        let Some((path, _, backend)) = found.first().cloned() else {
            return Read::Missing(format!("{}/{}", DIRECTORIES[0], FILES[0].0));
        };
        // rpm's macros say which one it uses; what is left of the other one may be years old.
        if let Some((other, ..)) = found.get(1) {
            let why = format!("there is another RPM database, {other}, and rpm may use either");
            return Read::Hidden(HostError::new(path, HostErrorKind::Corrupt(why)));
        }
        files.range_reader(&path).and_then(|file| Database::read(files, path, backend, &file).into())
    }

    fn read(files: &Files, path: String, backend: Backend, file: &RangeReader) -> Result<Self, HostError> {
        let mut database = Database { path, packages: HashMap::default() };
        if backend == Backend::Sqlite {
            database.refuse_pending(files)?;
        }
        let names = match backend {
            Backend::Sqlite => names_of_sqlite(file),
            Backend::Ndb => names_of_ndb(file),
            Backend::Bdb => names_of_bdb(file),
        };
        for (name, place) in names.map_err(|why| database.error(why))? {
            database.packages.entry(name).or_default().push(place);
        }
        Ok(database)
    }

    /// What is written beside the database is part of it.
    fn refuse_pending(&self, files: &Files) -> Result<(), HostError> {
        for suffix in PENDING {
            let path = format!("{}{suffix}", self.path);
            match files.stat(&path) {
                Read::There(found) if found.size > 0 => {
                    let why = "holds changes that are not in the database yet, not read".into();
                    return Err(HostError::new(path, HostErrorKind::Corrupt(why)));
                }
                Read::There(_) | Read::Missing(_) => {}
                Read::Hidden(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) fn error(&self, why: String) -> HostError {
        HostError::new(&self.path, HostErrorKind::Corrupt(why))
    }

    pub(super) fn places(&self, name: &str) -> &[Place] {
        self.packages.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn header(&self, files: &Files, place: &Place) -> Result<Header<'_>, HostError> {
        let file = match files.range_reader(&self.path) {
            Read::There(file) => file,
            Read::Missing(_) => return Err(self.error("it was there a moment ago".into())),
            Read::Hidden(error) => return Err(error),
        };
        let bytes = match place {
            Place::Row { table, id } => row(&file, *table, *id),
            Place::Blob(blob) => of_blob(&file, *blob, MAX_HEADER),
            Place::Value(value) => {
                BdbHash::open(&*file).and_then(|table| of_value(&table, value, MAX_HEADER))
            }
        };
        Ok(Header { database: self, bytes: bytes.map_err(|why| self.error(why))? })
    }
}

/// By the index that rpm itself looks names up in.
fn names_of_sqlite(file: &RangeReader) -> Result<Vec<(String, Place)>, String> {
    let database = Sqlite::open(file, file.size())?;
    let table = |name: &str| database.table(name)?.ok_or_else(|| format!("has no table {name}"));
    let (packages, names) = (table("Packages")?, table("Name")?);
    let mut found = Vec::new();
    database.rows(names, &mut |row| {
        let columns = sqlite::columns(&database.content(row, FIRST_PART)?)?;
        let [Column::Bytes(name), Column::Integer(id), ..] = columns.as_slice() else {
            return Err("has a row of the table Name that names no package".into());
        };
        found.push((text(name)?, Place::Row { table: packages, id: *id }));
        bounded(found.len())
    })?;
    Ok(found)
}

fn names_of_ndb(file: &RangeReader) -> Result<Vec<(String, Place)>, String> {
    let named = |blob: Blob| Ok((name(&|length| of_blob(file, blob, length))?, Place::Blob(blob)));
    rpm_ndb::blobs(file)?.into_iter().map(named).collect()
}

/// The key is the number of the package; under 0 stands the greatest one.
fn names_of_bdb(file: &RangeReader) -> Result<Vec<(String, Place)>, String> {
    let table = BdbHash::open(file)?;
    let mut found = Vec::new();
    for (key, value) in table.values()? {
        if key.len() != 4 {
            return Err("has a key that is no number of a package".into());
        }
        if key != [0; 4] {
            found.push((name(&|length| of_value(&table, &value, length))?, Place::Value(value)));
        }
    }
    Ok(found)
}

fn bounded(packages: usize) -> Result<(), String> {
    if packages > MAX_PACKAGES {
        Err(format!("has more than {MAX_PACKAGES} packages, not read"))
    } else {
        Ok(())
    }
}

fn text(name: &[u8]) -> Result<String, String> {
    String::from_utf8(name.to_vec()).map_err(|_| "has a package whose name is no text".into())
}

/// The name in a header, of which most often the first part is enough.
fn name(read: &dyn Fn(usize) -> Result<Vec<u8>, String>) -> Result<String, String> {
    let first = read(FIRST_PART)?;
    let whole = match RpmHeader::parse(&first).and_then(|header| header.name()) {
        Ok(name) => return Ok(name),
        // It may lie in the rest.
        Err(_) => read(MAX_HEADER)?,
    };
    RpmHeader::parse(&whole)?.name()
}

fn row(file: &RangeReader, table: u32, id: i64) -> Result<Vec<u8>, String> {
    let database = Sqlite::open(file, file.size())?;
    let row = database.find(table, id)?.ok_or_else(|| format!("has no package {id}"))?;
    let columns = sqlite::columns(&database.content(&row, MAX_HEADER)?)?;
    match columns.into_iter().nth(1) {
        Some(Column::Bytes(header)) => Ok(header),
        _ => Err(format!("has no header of package {id}")),
    }
}

fn of_blob(file: &RangeReader, blob: Blob, length: usize) -> Result<Vec<u8>, String> {
    let whole = blob.length as usize;
    if whole > MAX_HEADER {
        return Err(format!("has a header of more than {MAX_HEADER} bytes, not read"));
    }
    file.read(blob.offset, whole.min(length)).map_err(|error| error.kind.to_string())
}

fn of_value(table: &BdbHash<'_>, value: &bdb_hash::Value, length: usize) -> Result<Vec<u8>, String> {
    if let bdb_hash::Value::Pages { length, .. } = value
        && *length as usize > MAX_HEADER
    {
        return Err(format!("has a header of more than {MAX_HEADER} bytes, not read"));
    }
    table.read(value, length)
}
