//! A tree with a memory: names, limits, and what is opened.

#![expect(clippy::disallowed_methods, reason = "the files are made here")]

use super::budget::{CONFIG_LIMIT, DATABASE_LIMIT};
use super::directory::Directory;
use super::files::Files;

#[test]
fn what_has_two_names_where_usr_is_merged_is_found_however_they_are_written() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    std::fs::create_dir_all(root.join("usr/bin/sub")).unwrap();
    std::fs::create_dir_all(root.join("usr/lib")).unwrap();
    std::os::unix::fs::symlink("usr/bin", root.join("bin")).unwrap();
    std::os::unix::fs::symlink("usr/lib", root.join("lib")).unwrap();
    std::fs::write(root.join("usr/bin/own"), "below").unwrap();
    std::fs::write(root.join("usr/lib/own"), "below").unwrap();
    std::fs::write(root.join("own"), "at the top").unwrap();
    let files = Files::new(Box::new(Directory::open(root).unwrap()));
    for path in ["/bin/own", "/bin//own", "/bin/./own", "/bin///own", "/bin/sub/../own", "/lib//own"] {
        assert_eq!(files.read(path).required().as_deref(), Ok(&b"below"[..]), "{path}");
        assert!(files.lstat(path).required().is_ok_and(|found| found.size == 5), "{path}");
    }
    for path in ["/own", "/bin/../../own", "/lib/../../own"] {
        assert_eq!(files.read(path).required().as_deref(), Ok(&b"at the top"[..]), "{path}");
    }
}

#[test]
fn each_limit_measures_for_itself_and_nothing_is_opened_twice_in_vain() {
    let directory = tempfile::tempdir().unwrap();
    for (name, size) in [("small", 10), ("middle", CONFIG_LIMIT + 1), ("huge", DATABASE_LIMIT + 1)] {
        std::fs::File::create(directory.path().join(name)).unwrap().set_len(size).unwrap();
    }
    for database_first in [false, true] {
        let files = Files::new(Box::new(Directory::open(directory.path()).unwrap()));
        for database_turn in [database_first, !database_first] {
            for name in ["small", "/middle", "/huge"] {
                if database_turn {
                    assert_eq!(files.read_database(name).required().is_ok(), name != "/huge");
                } else {
                    assert_eq!(files.read(name).required().is_ok(), name == "small");
                }
            }
        }
        let before = files.opened().len();
        assert_eq!(before, if database_first { 3 } else { 5 });
        for path in ["/small", "small", "./small", "/middle", "/huge"] {
            drop((files.read(path), files.read_database(path)));
        }
        assert_eq!(files.opened().len(), before);
    }
}
