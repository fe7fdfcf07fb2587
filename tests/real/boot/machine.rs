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
        let cmdline =
            format!("root=/dev/vda rw console=ttyS0 quiet systemd.wants=boot-lab.service {cmdline}")
                .trim_end()
                .to_owned();
        let machine = Machine { tree, cmdline };
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
        let disk = self.tree.with_file_name("root.img");
        drop(fs::remove_file(&disk));
        fs::File::create(&disk).unwrap().set_len(2 << 30).unwrap();
        run(Command::new("mke2fs")
            .args(["-q", "-t", "ext4", "-O", "^has_journal", "-d"])
            .arg(&self.tree)
            .arg(&disk));
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
    let (new, partition) = (cache.join("swap.new"), cache.join("swap.one"));
    fs::File::create(&new).unwrap().set_len((PARTITIONS + 1) * SIZE * MIB).unwrap();
    let lines: Vec<String> =
        (0..PARTITIONS).map(|i| format!("start={}, size={}", (1 + i * SIZE) * 2048, SIZE * 2048)).collect();
    let script = cache.join("swap.sfdisk");
    fs::write(&script, format!("label: gpt\n{}\n", lines.join("\n"))).unwrap();
    let quoted = format!("sfdisk --quiet {} < {}", new.display(), script.display());
    run(Command::new("sh").args(["-c", &quoted]));
    for i in 0..PARTITIONS {
        fs::File::create(&partition).unwrap().set_len(SIZE * MIB).unwrap();
        run(Command::new("mkswap").arg("-q").arg(&partition));
        run(Command::new("dd")
            .arg(format!("if={}", partition.display()))
            .arg(format!("of={}", new.display()))
            .args(["bs=1M", "conv=notrunc", "status=none"])
            .arg(format!("seek={}", 1 + i * SIZE)));
    }
    fs::rename(new, &disk).unwrap();
    disk
}
