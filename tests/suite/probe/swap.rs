//! Boot cases are in `tests/boot_cases/swap.toml`; here is what needs a running system, notes and places.

use node_preflight::fact::{Confidence, Fact, Moment};
use node_preflight::host::Host;
use node_preflight::probe;

use crate::distributions;
use crate::tree::{Tree, ask, text};

const HEADER: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
const MEMORY: &str = "MemTotal: 4015976 kB\n";
const SWAP: &str = "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f";
const LINUX: &str = "0fc63daf-8483-4772-8e79-3d69d8477de4";

fn recorded(tree: &Tree, question: &str, moment: Moment) -> Fact {
    ask(&Host::recording(&tree.recording()).unwrap(), question, moment)
}

fn now(tree: &Tree, question: &str) -> String {
    tree.now_text(question)
}

fn boot(tree: &Tree, question: &str) -> String {
    text(&recorded(tree, question, Moment::NextBoot))
}

/// A running Debian 12.
fn running() -> Tree {
    distributions::debian12("").machine("").live("/proc/meminfo", MEMORY).live("/proc/swaps", HEADER)
}

/// udev's record of a partition of disk 8:0.
fn partition(tree: Tree, minor: u32, kind: &str, more: &str) -> Tree {
    let record = format!(
        "E:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_DISK=8:0\nE:ID_PART_ENTRY_NUMBER={minor}\nE:ID_PART_ENTRY_TYPE={kind}\nE:ID_PART_ENTRY_UUID=uuid-{minor}\n{more}"
    );
    tree.live(&format!("/run/udev/data/b8:{minor}"), record)
}

/// A running Debian 12 on /dev/sda1 of a GPT disk with a swap partition /dev/sda3.
fn gpt(more: &str) -> Tree {
    let tree = running().live("/proc/self/mountinfo", "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n");
    let tree = partition(tree, 1, LINUX, "E:ID_FS_TYPE=ext4\n");
    partition(tree, 3, SWAP, more).live_link("/sys/dev/block/8:3", "../../devices/x/block/sda/sda3")
}

const FORMATTED: &str = "E:ID_FS_TYPE=swap\n";

#[test]
fn areas_in_use_are_listed_with_their_kind() {
    let swaps = format!(
        "{HEADER}/dev/sda5 partition 998396 0 -2\n/swap\\040file file 8 0 -3\n/dev/zram0 partition 8 0 100\n"
    );
    let tree = running().live("/proc/swaps", swaps);
    assert_eq!(now(&tree, "swap"), "[/dev/sda5 partition, /swap file file, /dev/zram0 zram]");
    let fact = recorded(&tree, "swap:/dev/zram0", Moment::Now);
    assert_eq!((text(&fact).as_str(), fact.because[0].line), ("on", Some(4)));
    assert_eq!(now(&tree, "swap:/dev/sda6"), "off");
}

#[test]
fn no_area_is_an_empty_list() {
    assert_eq!(now(&running(), "swap"), "none");
    assert_eq!(now(&running(), "swap:any"), "off");
}

#[test]
fn a_deleted_swap_file_is_on_under_its_name() {
    let tree = running().live("/proc/swaps", format!("{HEADER}/swapfile\\040(deleted) file 8 0 -2\n"));
    let fact = recorded(&tree, "swap:/swapfile", Moment::Now);
    assert_eq!(text(&fact), "on");
    assert!(fact.notes[0].contains("deleted"), "{:?}", fact.notes);
}

#[test]
fn links_of_udev_lead_to_the_kernels_name() {
    let tree = running()
        .live("/proc/swaps", format!("{HEADER}/dev/dm-1 partition 8 0 -2\n"))
        .live_link("/dev/mapper/vg-swap", "../dm-1")
        .live_link("/dev/disk/by-uuid/a-b", "../../dm-1");
    for device in ["/dev/mapper/vg-swap", "UUID=a-b", "/dev/dm-1"] {
        assert_eq!(now(&tree, &format!("swap:{device}")), "on", "{device}");
    }
    assert!(now(&tree, "swap:LABEL=x").starts_with("unknown: /dev/dm-1 is in use"));
    assert_eq!(now(&tree, "swap:/dev/dm-2"), "off");
}

#[test]
fn a_name_that_may_be_that_of_a_line_is_unknown_in_an_image() {
    let tree = distributions::debian12("").file("/etc/fstab", "UUID=a none swap sw 0 0\n");
    assert_eq!(tree.boot_text("swap:UUID=a"), "on");
    assert_eq!(tree.boot_text("swap:UUID=b"), "off");
    assert_eq!(tree.boot_text("swap:/swapfile"), "off");
    assert!(tree.boot_text("swap:/dev/vda2").starts_with("unknown: UUID=a will be on"));
}

#[test]
fn a_key_that_is_no_device_is_refused() {
    let probe = probe::find("swap").unwrap();
    assert!(probe.key.parse(Some("sda2")).is_err());
    assert_eq!(probe.key.parse(Some("/dev//sda2/")).unwrap().as_str(), "/dev/sda2");
}

#[test]
fn a_line_for_a_device_that_is_gone_stays_off_with_a_note() {
    let fstab = "/dev/vda1 / ext4 defaults 0 1\n/dev/vdb1 none swap sw 0 0\n";
    let partitions = "major minor  #blocks  name\n\n 254 1 8 vda1\n";
    let tree = running().file("/etc/fstab", fstab).live("/proc/partitions", partitions);
    let fact = recorded(&tree, "swap", Moment::NextBoot);
    assert_eq!((text(&fact).as_str(), fact.confidence), ("none", Confidence::High));
    assert!(fact.notes.iter().any(|note| note.contains("there is no device /dev/vdb1")), "{:?}", fact.notes);
    let tree = tree.live("/proc/partitions", format!("{partitions} 254 17 8 vdb1\n"));
    assert_eq!(boot(&tree, "swap"), "[/dev/vdb1 partition]");
}

#[test]
fn what_is_off_now_and_configured_comes_back() {
    let tree = running().file("/etc/fstab", "/dev/vdb1 none swap sw 0 0\n");
    assert_eq!((now(&tree, "swap:any"), boot(&tree, "swap:any")), ("off".into(), "on".into()));
}

#[test]
fn a_partition_that_nobody_configured_comes_on() {
    let fact = recorded(&gpt(FORMATTED), "swap", Moment::NextBoot);
    assert_eq!(text(&fact), "[/dev/sda3 partition]");
    assert_eq!(fact.because[0].path, "/run/udev/data/b8:3");
    // The classic trap: the line is commented out, which doesn't suppress it.
    let trap =
        gpt(FORMATTED).file("/etc/fstab", "#/dev/sda3 none swap sw 0 0\n/dev/sda1 / ext4 defaults 0 1\n");
    assert_eq!(boot(&trap, "swap:/dev/sda3"), "on");
}

#[test]
fn what_keeps_a_gpt_partition_off() {
    let cases: [(&str, Tree); 6] = [
        ("any swap line", gpt(FORMATTED).file("/etc/fstab", "/dev/sdz9 none swap noauto 0 0\n")),
        ("not formatted", gpt("")),
        ("no-auto", gpt("E:ID_FS_TYPE=swap\nE:ID_PART_ENTRY_FLAGS=0x8000000000000000\n")),
        ("gpt_auto", gpt(FORMATTED).boots("6.1.0-18-amd64", "systemd.gpt-auto=off")),
        (
            "generator masked",
            gpt(FORMATTED).link("/etc/systemd/system-generators/systemd-gpt-auto-generator", "/dev/null"),
        ),
        ("unit masked", gpt(FORMATTED).link("/etc/systemd/system/dev-sda3.swap", "/dev/null")),
    ];
    for (name, tree) in cases {
        assert_eq!(boot(&tree, "swap"), "none", "{name}");
    }
}

#[test]
fn systemd_swap_0_reaches_gpt_partitions_since_254() {
    let cmdline = "systemd.swap=0";
    let old = gpt(FORMATTED).boots("6.1.0-18-amd64", cmdline);
    assert_eq!(boot(&old, "swap:any"), "on");
    let new = old
        .without("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so")
        .file("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so", "");
    assert_eq!(boot(&new, "swap:any"), "off");
}

#[test]
fn the_root_is_followed_below_volumes_and_btrfs() {
    let volume = gpt(FORMATTED)
        .live("/proc/self/mountinfo", "22 1 253:0 / / rw - xfs /dev/mapper/vg-root rw\n")
        .live("/sys/dev/block/253:0/slaves/sda1/dev", "8:1\n");
    assert_eq!(boot(&volume, "swap:any"), "on");
    let two = volume.live("/sys/dev/block/253:0/slaves/sdb1/dev", "8:17\n");
    assert_eq!(boot(&two, "swap:any"), "off");
    let btrfs = gpt(FORMATTED)
        .live("/proc/self/mountinfo", "22 1 0:29 /@ / rw - btrfs /dev/sda1 rw\n")
        .live("/sys/class/block/sda1/dev", "8:1\n");
    assert_eq!(boot(&btrfs, "swap:any"), "on");
    let nfs = gpt(FORMATTED).live("/proc/self/mountinfo", "22 1 0:29 / / rw - nfs4 host:/ rw\n");
    assert_eq!(boot(&nfs, "swap:any"), "off");
}

#[test]
fn a_partition_of_another_disk_stays_off() {
    let record = format!(
        "E:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_DISK=8:16\nE:ID_PART_ENTRY_TYPE={SWAP}\n{FORMATTED}"
    );
    let tree = gpt(FORMATTED).live("/run/udev/data/b8:3", record);
    assert_eq!(boot(&tree, "swap"), "none");
}

#[test]
fn an_image_says_what_it_cant_know_of_partitions() {
    let fact = distributions::debian12("").boot("swap");
    assert_eq!((text(&fact).as_str(), fact.confidence), ("none", Confidence::High));
    assert!(fact.notes.iter().any(|note| note.contains("no partition table")), "{:?}", fact.notes);
    for fstab in ["/dev/sda1 / ext4 defaults\n/dev/sda2 none swap noauto\n", "pool/root / zfs defaults\n"] {
        let fact = distributions::debian12("").file("/etc/fstab", fstab).boot("swap");
        assert!(fact.notes.is_empty(), "{fstab}: {:?}", fact.notes);
    }
}

#[test]
fn memory_decides_about_a_limited_zram() {
    let zram = |limit: &str| {
        running()
            .program("/usr/lib/systemd/system-generators/zram-generator", "")
            .file("/etc/systemd/zram-generator.conf", format!("[zram0]\nhost-memory-limit = {limit}\n"))
    };
    assert_eq!(boot(&zram("2048"), "swap"), "none");
    assert_eq!(boot(&zram("8192"), "swap"), "[/dev/zram0 zram]");
    assert_eq!(boot(&zram("none"), "swap"), "[/dev/zram0 zram]");
    assert!(zram("2048").boot_text("swap").starts_with("unknown: zram is used up to 2048 MiB"));
}

#[test]
fn cloud_init_is_done_with_an_instance_that_runs() {
    let image = distributions::debian12("")
        .file("/etc/cloud/cloud.cfg.d/swap.cfg", "swap: {filename: /s, size: 1G}\n");
    assert!(image.boot_text("swap").starts_with("unknown: cloud-init"));
    let booted = image.machine("").file("/var/lib/cloud/instance/sem/config_mounts", "");
    assert_eq!(boot(&booted, "swap"), "none");
    assert!(booted.boot_text("swap").starts_with("unknown: cloud-init"), "an image becomes another instance");
}

#[test]
fn a_certain_area_is_told_beside_a_doubt() {
    let tree = distributions::debian12("")
        .file("/etc/fstab", "/dev/vdb1 none swap sw 0 0\n")
        .file("/etc/cloud/cloud.cfg.d/swap.cfg", "swap: {size: 1G}\n");
    let fact = tree.boot("swap");
    assert_eq!(text(&fact), "[/dev/vdb1 partition]");
    assert!(fact.notes.iter().any(|note| note.starts_with("there may be more")), "{:?}", fact.notes);
    assert_eq!((fact.because[0].path.as_str(), fact.because[0].line), ("/etc/fstab", Some(1)));
}

#[test]
fn a_script_is_a_rule_of_thumb_and_fstab_is_not() {
    let tree = distributions::debian12("")
        .file("/etc/fstab", "/dev/vdb1 none swap sw 0 0\n")
        .program("/etc/rc.local", "#!/bin/sh\nF=/data/swap\nswapon \"$F\" # later\n");
    let confidence = |question: &str| tree.boot(question).confidence;
    assert_eq!(confidence("swap:/dev/vdb1"), Confidence::Certain);
    assert_eq!(confidence("swap:/data/swap"), Confidence::Heuristic);
    assert_eq!(confidence("swap:any"), Confidence::Certain);
    assert_eq!(confidence("swap"), Confidence::Heuristic);
}

#[test]
fn areas_in_use_are_listed_and_garbage_is_not_swaplessness() {
    let tree = |text: &str| Tree::new().live("/proc/swaps", text);
    let two = format!("{HEADER}/dev/sda5 partition 9 0 -2\n/dev/zram0 partition 9 0 100\n");
    for (text, question, expected) in [
        (HEADER, "swap", "none"),
        (HEADER, "swap:any", "off"),
        (&two, "swap", "[/dev/sda5 partition, /dev/zram0 zram]"),
        (&two, "swap:/dev/sda5", "on"),
        (&two, "swap:/dev/sda6", "off"),
        (&two, "swap:any", "on"),
        ("\u{7f}ELF", "swap", "unknown: /proc/swaps is not what Linux writes"),
        ("garbage\n", "swap:any", "unknown: /proc/swaps is not what Linux writes"),
    ] {
        assert_eq!(tree(text).now_text(question), expected, "{question} {text}");
    }
    assert_eq!(Tree::new().machine("").now_text("swap"), "none");
}

#[test]
fn an_unread_fstab_makes_the_next_boot_unknown() {
    let tree = distributions::debian12("root=/dev/vda1 systemd.gpt_auto=0");
    assert_eq!(tree.boot_text("swap"), "none");
    let tree = tree.without("/etc/fstab").directory("/etc/fstab").directory("/d");
    assert!(
        tree.boot_text("swap").starts_with("unknown: /etc/fstab: is a directory"),
        "{}",
        tree.boot_text("swap")
    );
    assert!(tree.boot_text("swap:any").starts_with("unknown: /etc/fstab"));
}

#[test]
fn absurdly_many_areas_are_not_all_looked_at_and_the_answer_says_so() {
    let lines: String = (0..400).map(|n| format!("/dev/s{n} none swap sw 0 0\n")).collect();
    let tree = crate::distributions::debian12("ro quiet").file("/etc/fstab", lines);
    assert_eq!(tree.boot_text("swap:/dev/s0"), "on");
    let told = tree.boot_text("swap:/dev/s399");
    assert!(told.starts_with("unknown: /etc/fstab:257: more than 256 swap areas"), "{told}");
}
