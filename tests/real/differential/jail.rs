//! A root directory that holds programs of this machine with their libraries, and room for one tree after
//! another.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::layout::Layout;

/// A root that programs can be started in.
pub(crate) struct Jail {
    directory: tempfile::TempDir,
    fixed: BTreeSet<PathBuf>,
    mounts: Vec<PathBuf>,
}

/// Nothing may be mounted when the directory is removed: what is behind would be removed with it.
impl Drop for Jail {
    fn drop(&mut self) {
        for place in self.mounts.iter().rev() {
            let unmounted = Command::new("umount").arg(place).status().is_ok_and(|status| status.success());
            if !unmounted {
                self.directory.disable_cleanup(true);
            }
        }
    }
}

impl Jail {
    /// A root with some programs.
    pub(crate) fn of(programs: &[&str]) -> Result<Self, String> {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut jail = Jail { directory, fixed: BTreeSet::new(), mounts: Vec::new() };
        for path in ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc", "proc", "sys", "dev"] {
            fs::create_dir_all(jail.root().join(path)).unwrap();
        }
        for path in ["bin", "sbin", "lib", "lib64"] {
            symlink(format!("usr/{path}"), jail.root().join(path)).unwrap();
        }
        for path in ["run", "tmp"] {
            fs::create_dir(jail.root().join(path)).unwrap();
            fs::set_permissions(jail.root().join(path), fs::Permissions::from_mode(0o1777)).unwrap();
        }
        programs.iter().try_for_each(|program| jail.bring(program))?;
        jail.fix();
        Ok(jail)
    }

    /// The root itself.
    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    fn bring(&self, program: &str) -> Result<(), String> {
        if !Path::new(program).exists() {
            return Err(format!("no {program} on this machine"));
        }
        let libraries = output(Command::new("ldd").arg(program))?;
        let paths = libraries.split_whitespace().filter(|word| word.starts_with('/'));
        for path in paths.chain([program]) {
            let place = self.root().join(path.trim_start_matches('/'));
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::copy(path, place).map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(())
    }

    /// Mounts something in the root, as mount(8) does with these arguments.
    pub(crate) fn mount(&mut self, arguments: &[&str], at: &str) -> Result<(), String> {
        let place = self.root().join(at);
        succeed(Command::new("mount").args(arguments).arg(&place))?;
        self.mounts.push(place);
        Ok(())
    }

    /// What is there now stays when the next tree comes.
    pub(crate) fn fix(&mut self) {
        let entries = walkdir::WalkDir::new(self.root()).same_file_system(true).into_iter();
        self.fixed = entries.filter_map(|entry| Some(entry.ok()?.into_path())).collect();
    }

    /// Replaces the tree of before with another.
    pub(crate) fn lay(&self, layout: &Layout) {
        for name in ["etc", "usr", "boot", "var", "run", "tmp", "opt"] {
            self.clear(&self.root().join(name));
        }
        layout.make(self.root());
    }

    fn clear(&self, path: &Path) {
        let Ok(metadata) = path.symlink_metadata() else { return };
        let fixed = self.fixed.contains(path);
        match (metadata.is_dir(), fixed) {
            (true, true) => {
                for entry in fs::read_dir(path).unwrap() {
                    self.clear(&entry.unwrap().path());
                }
            }
            (true, false) => fs::remove_dir_all(path).unwrap(),
            (false, false) => fs::remove_file(path).unwrap(),
            (false, true) => {}
        }
    }
}

/// What a program says on its standard output, whatever its exit status.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    Ok(outputs(command)?.0)
}

/// What a program says on its standard output and on its standard error, whatever its exit status.
pub(crate) fn outputs(command: &mut Command) -> Result<(String, String), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok((out, err))
}

/// Runs a program that has to succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}
