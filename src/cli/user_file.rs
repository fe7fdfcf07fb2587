//! Reads the files that the user names: rules, waivers, the configuration of kubeadm.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::Failure;
use crate::rule::SourceFile;

/// More than any rule file has; a mistaken path to something large must not fill the memory.
const LIMIT_BYTES: u64 = 16 << 20;

/// The files of the paths, which are `what`, in order; of a directory all `*.toml` beneath it, sorted by name.
pub(super) fn read(what: &str, paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(read_one(what, path)?);
            continue;
        }
        let before = files.len();
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| Failure::input(format!("can't read {what}: {error}")))?;
            let is_rules = entry.path().extension().is_some_and(|suffix| suffix == "toml");
            if is_rules && !entry.file_type().is_dir() {
                files.push(read_one(what, entry.path())?);
            }
        }
        if files.len() == before {
            return Err(Failure::input(format!("the directory {} has no *.toml file", path.display())));
        }
    }
    Ok(files)
}

/// A file that the user named, which is `what`.
pub(super) fn read_one(what: &str, path: &Path) -> Result<SourceFile, Failure> {
    let name = path.display().to_string();
    let failed = |error: io::Error| Failure::input(format!("can't read {what} {name}: {error}"));
    let metadata = path.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Failure::input(format!("can't read {what} {name}: this is not a file")));
    }
    refuse_large(what, &name, &metadata)?;
    #[expect(clippy::disallowed_methods, reason = "the user named this file")]
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LIMIT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::given(name, text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].split(|byte| *byte == b'\n').count();
            Err(Failure::input(format!("can't read {what} {name}:{line}: the text is not UTF-8")))
        }
    }
}

fn refuse_large(what: &str, name: &str, metadata: &Metadata) -> Result<(), Failure> {
    if metadata.len() <= LIMIT_BYTES {
        return Ok(());
    }
    let limit = crate::fact::format_size(LIMIT_BYTES);
    Err(Failure::input(format!("can't read {what} {name}: the file is larger than {limit}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(path: &Path) -> String {
        read("the rules", &[path.to_owned()]).expect_err("unreadable").to_string()
    }

    #[test]
    fn what_is_not_a_rule_file_is_refused_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        assert!(complaint(directory.path()).contains("has no *.toml file"));
        assert!(complaint(&directory.path().join("none.toml")).contains("none.toml"));
        assert!(complaint(Path::new("/dev/null")).contains("not a file"));
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile_in(directory.path()).unwrap();
        io::Write::write_all(&mut file, b"a = 1\nb = \"\xff\"\n").unwrap();
        assert!(complaint(file.path()).contains(":2: the text is not UTF-8"));
        file.as_file().set_len(LIMIT_BYTES + 1).unwrap();
        assert!(complaint(file.path()).contains("larger than 16MiB"));
        file.as_file().set_len(5).unwrap();
        assert_eq!(read("the rules", &[directory.path().to_owned()]).unwrap()[0].text, "a = 1");
    }
}
