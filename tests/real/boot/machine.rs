//! One machine: a directory with a case's files laid over a root, made a disk, booted once.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::{Case, split_attribute};
use crate::root::{release, run};

/// Swap partitions of the second disk: as many as cases name.
const PARTITIONS: u64 = 16;
/// Longest time that a boot may take, with a device that never comes (90 s) in it.
const TIME_OUT: &str = "300";
const PROBE: &str = include_str!("probe.sh");
const UNIT: &str = "[Unit]\nDescription=Answers of the boot laboratory\n[Service]\nType=simple\nExecStart=/bin/sh /boot-lab/probe.sh\nTimeoutStopSec=5\n";

/// A machine that is switched off.
pub(crate) struct Machine {
    /// The layout of its disk, if that is partitioned.
    layout: Option<String>,
    pub(crate) tree: PathBuf,
    pub(crate) cmdline: String,
}

impl Machine {
    /// Lays cases over a root.
    pub(crate) fn build(root: &Path, place: &Path, cmdline: &str, cases: &[Case]) -> Self {
        drop(fs::remove_dir_all(place));
        fs::create_dir_all(place).unwrap();
        let tree = place.join("root");
        // Files are shared with the root until they are written anew.
        run(Command::new("cp").arg("-al").arg(root).arg(&tree));
        let layout = cases.first().and_then(|case| case.disk.clone());
        let root = if layout.is_some() { "/dev/vda1" } else { "/dev/vda" };
        let cmdline = format!("root={root} rw console=ttyS0 quiet systemd.wants=boot-lab.service {cmdline}")
            .trim_end()
            .to_owned();
        let machine = Machine { layout, tree, cmdline };
        machine.write("/boot/grub/grub.cfg", &machine.menu(), false);
        machine.write("/etc/systemd/system/boot-lab.service", UNIT, false);
        for case in cases {
            machine.lay(case);
        }
        machine
    }

    fn menu(&self) -> String {
        let release = release(&self.tree);
        format!(
            "set default=\"0\"\nmenuentry 'Linux' {{\n\tlinux /boot/vmlinuz-{release} {}\n\tinitrd /boot/initrd.img-{release}\n}}\n",
            self.cmdline
        )
    }

    fn lay(&self, case: &Case) {
        for path in &case.remove {
            let place = self.place(path);
            drop(fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place)));
        }
        for (path, content) in &case.file {
            self.write(path, content, false);
        }
        for (path, content) in &case.program {
            // An empty program stands for the one that the root has.
            if !content.is_empty() || !self.place(path).exists() {
                self.write(path, content, true);
            }
        }
        for (path, target) in &case.link {
            let place = self.free(path);
            symlink(target, place).unwrap();
        }
    }

    /// Where a path of the machine is here, its directory's links followed inside the tree.
    fn place(&self, path: &str) -> PathBuf {
        let (directory, name) = path.rsplit_once('/').unwrap();
        let mut place = self.tree.clone();
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            let next = place.join(part);
            place = match fs::read_link(&next) {
                Ok(target) if target.is_absolute() => self.tree.join(target.strip_prefix("/").unwrap()),
                Ok(target) => place.join(target),
                Err(_) => next,
            };
        }
        place.join(name)
    }

    fn free(&self, path: &str) -> PathBuf {
        let place = self.place(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        drop(fs::remove_file(&place));
        place
    }

    pub(crate) fn write(&self, path: &str, content: &str, executable: bool) {
        let place = self.free(path);
        fs::write(&place, content).unwrap();
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(place, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Puts the program and its questions into the tree; predictions were made without them.
    pub(crate) fn arm(&self, binary: &Path, questions: &BTreeSet<String>) {
        let all: Vec<&str> = questions.iter().map(String::as_str).collect();
        let asked: BTreeSet<&str> = all.iter().map(|question| split_attribute(question).0).collect();
        let asked: Vec<&str> = asked.into_iter().collect();
        self.write("/boot-lab/probe.sh", PROBE, true);
        self.write("/boot-lab/questions", &(all.join("\n") + "\n"), false);
        self.write("/boot-lab/asked", &(asked.join("\n") + "\n"), false);
        let place = self.free("/boot-lab/node-preflight");
        fs::copy(binary, place).unwrap();
    }

    /// Makes the tree a disk.
    pub(crate) fn disk(&self) -> PathBuf {
        const MIB: u64 = 1 << 20;
        const ROOT: u64 = 2048;
        let disk = self.tree.with_file_name("root.img");
        drop(fs::remove_file(&disk));
        fs::File::create(&disk).unwrap().set_len((ROOT + 32) * MIB).unwrap();
        let mut mke2fs = Command::new("mke2fs");
        mke2fs.args(["-q", "-F", "-t", "ext4", "-O", "^has_journal", "-d"]).arg(&self.tree);
        let Some(layout) = &self.layout else {
            run(mke2fs.arg(&disk));
            return disk;
        };
        run(mke2fs.args(["-E", &format!("offset={MIB}")]).arg(&disk).arg(format!("{ROOT}M")));
        let attributes = if layout == "gpt-no-auto" { ", attrs=GUID:63" } else { "" };
        let swap = (1 + ROOT, 16);
        partition(
            &disk,
            &[
                format!("start=2048, size={}, type=linux", ROOT * 2048),
                format!("start={}, size={}, type=swap{attributes}", swap.0 * 2048, swap.1 * 2048),
            ],
        );
        write_swap(&disk, swap.0, swap.1);
        disk
    }

    /// Boots a disk once, and returns what the probe wrote; none if it wrote no end.
    pub(crate) fn boot(&self, disk: &Path, swap: &Path) -> String {
        let release = release(&self.tree);
        let boot = self.tree.join("boot");
        let (console, answers) = (disk.with_file_name("console.log"), disk.with_file_name("answers.log"));
        drop(fs::remove_file(&answers));
        let mut qemu = Command::new("timeout");
        qemu.args([TIME_OUT, "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"]);
        qemu.args(["-m", "1024", "-display", "none", "-monitor", "none", "-no-reboot"]);
        qemu.arg("-kernel").arg(boot.join(format!("vmlinuz-{release}")));
        qemu.arg("-initrd").arg(boot.join(format!("initrd.img-{release}")));
        qemu.arg("-append").arg(&self.cmdline);
        qemu.arg("-drive").arg(format!("file={},if=virtio,format=raw,cache=unsafe", disk.display()));
        qemu.arg("-drive").arg(format!("file={},if=virtio,format=raw,snapshot=on", swap.display()));
        qemu.args(["-nic", "user,model=virtio-net-pci,restrict=on"]);
        qemu.arg("-serial").arg(format!("file:{}", console.display()));
        qemu.arg("-serial").arg(format!("file:{}", answers.display()));
        let output = qemu.output().unwrap();
        let text = fs::read(&answers).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        if !text.ends_with("end\n") {
            let console = fs::read(&console).unwrap_or_default();
            let console = String::from_utf8_lossy(&console);
            let last: Vec<&str> = console.lines().rev().take(15).collect();
            println!("      the boot did not end: {}", String::from_utf8_lossy(&output.stderr).trim());
            last.iter().rev().for_each(|line| println!("      | {}", line.trim()));
        }
        text
    }
}

/// A disk of swap partitions, `/dev/vdb1` and on, made once.
pub(crate) fn swap_disk(cache: &Path) -> PathBuf {
    const MIB: u64 = 1 << 20;
    const SIZE: u64 = 8;
    let disk = cache.join("swap.img");
    if disk.is_file() {
        return disk;
    }
    let new = cache.join("swap.new");
    fs::File::create(&new).unwrap().set_len((PARTITIONS + 1) * SIZE * MIB).unwrap();
    let places = (0..PARTITIONS).map(|i| 1 + i * SIZE);
    let lines: Vec<String> =
        places.clone().map(|start| format!("start={}, size={}", start * 2048, SIZE * 2048)).collect();
    partition(&new, &lines);
    places.for_each(|start| write_swap(&new, start, SIZE));
    fs::rename(new, &disk).unwrap();
    disk
}

/// Writes a partition table of lines for sfdisk(8), in sectors of 512 bytes.
fn partition(disk: &Path, lines: &[String]) {
    let script = disk.with_extension("sfdisk");
    fs::write(&script, format!("label: gpt\n{}\n", lines.join("\n"))).unwrap();
    let script = fs::File::open(script).unwrap();
    run(Command::new("sfdisk").arg("--quiet").arg(disk).stdin(script));
}

/// Makes a part of a disk swap; start and size in MiB.
fn write_swap(disk: &Path, start: u64, size: u64) {
    let area = disk.with_extension("swap");
    fs::File::create(&area).unwrap().set_len(size << 20).unwrap();
    run(Command::new("mkswap").arg("-q").arg(&area));
    run(Command::new("dd")
        .arg(format!("if={}", area.display()))
        .arg(format!("of={}", disk.display()))
        .args(["bs=1M", "conv=notrunc", "status=none"])
        .arg(format!("seek={start}")));
    fs::remove_file(area).unwrap();
}
