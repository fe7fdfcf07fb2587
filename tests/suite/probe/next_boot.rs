use crate::distributions;
use crate::tree::{Tree, attribute};

const KERNEL: &str = "6.12.25+rpt-rpi-v8";
const CONTROLLERS: &str = "CONFIG_CGROUP_SCHED=y\nCONFIG_CPUSETS=y\nCONFIG_MEMCG=y\nCONFIG_CGROUP_PIDS=y\n";

fn raspberry_pi(kernel: &str, cmdline: &str) -> Tree {
    Tree::new()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .program("/usr/lib/systemd/systemd", "")
        .link("/usr/sbin/init", "../lib/systemd/systemd")
        .file("/usr/lib/aarch64-linux-gnu/systemd/libsystemd-shared-252.so", "")
        .file("/boot/firmware/config.txt", "arm_64bit=1\n")
        .file("/boot/firmware/cmdline.txt", format!("console=tty1 root=PARTUUID=1-02 {cmdline}\n"))
        .file(&format!("/usr/lib/modules/{kernel}/modules.dep"), "")
        .file(&format!("/boot/config-{kernel}"), CONTROLLERS)
}

#[test]
fn a_raspberry_pis_kernel_has_memory_only_if_it_is_asked_for() {
    let controllers = |tree: Tree| attribute(&tree.boot("cgroup"), "controllers");
    assert_eq!(controllers(raspberry_pi(KERNEL, "rootwait")), "[cpu, cpuset, pids]");
    assert_eq!(controllers(raspberry_pi(KERNEL, "cgroup_enable=memory")), "[cpu, cpuset, memory, pids]");
    let debian = controllers(raspberry_pi("6.1.0-18-arm64", "cgroup_enable=memory"));
    assert!(debian.starts_with("unknown: "), "{debian}");
}

#[test]
fn a_running_raspberry_pi_does_not_regain_memory_by_itself() {
    let tree = raspberry_pi(KERNEL, "rootwait")
        .live("/proc/self/mountinfo", "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        .live("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n")
        .live(
            "/proc/cmdline",
            "coherent_pool=1M cgroup_disable=memory console=tty1 root=PARTUUID=1-02 rootwait\n",
        )
        .machine(&format!("[uname]\nrelease = \"{KERNEL}\"\n"));
    let host = node_preflight::host::Host::recording(&tree.recording()).unwrap();
    let fact = crate::tree::ask(&host, "cgroup", node_preflight::fact::Moment::NextBoot);
    let controllers = attribute(&fact, "controllers");
    assert!(!controllers.contains("memory"), "{controllers}");
}

#[test]
fn rhel_8_on_uefi_keeps_its_menu_on_the_efi_system_partition() {
    let id = "m-4.18.0-1.el8.x86_64";
    let tree = Tree::new()
        .file("/boot/efi/EFI/redhat/grub.cfg", "load_env\nset default=\"${saved_entry}\"\nblscfg\n")
        .file("/boot/efi/EFI/redhat/grubenv", format!("# GRUB Environment Block\nsaved_entry={id}\nkernelopts=root=/dev/sda2 ro systemd.unified_cgroup_hierarchy=1\n####\n"))
        .link("/boot/grub2/grubenv", "../efi/EFI/redhat/grubenv")
        .file(&format!("/boot/loader/entries/{id}.conf"), "title A\nversion 4.18.0-1.el8.x86_64\nlinux /vmlinuz-4.18.0-1.el8.x86_64\noptions $kernelopts\n")
        .file("/boot/loader/entries/m-4.18.0-2.el8.x86_64.conf", "title B\nversion 4.18.0-2.el8.x86_64\nlinux /vmlinuz-4.18.0-2.el8.x86_64\noptions $kernelopts\n");
    assert_eq!(tree.boot_text("kernel"), "4.18.0-1.el8.x86_64");
    assert_eq!(tree.boot_text("cmdline"), "[root=/dev/sda2, ro, systemd.unified_cgroup_hierarchy=1]");
}

#[test]
fn a_stub_on_the_efi_system_partition_only_points_to_the_menu() {
    let stub = "search.fs_uuid u root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n";
    let tree = Tree::new().boots("6.1.0-1-amd64", "ro quiet").file("/boot/efi/EFI/debian/grub.cfg", stub);
    let fact = tree.boot("kernel");
    assert_eq!(fact.because[0].path, "/boot/grub/grub.cfg");
    assert_eq!(fact.confidence, node_preflight::fact::Confidence::Certain);
}

#[test]
fn an_entry_outside_the_boot_loader_entries_can_be_the_default() {
    let tree = Tree::new()
        .file("/boot/grub2/grub.cfg", "load_env\nset default=\"${saved_entry}\"\nblscfg\nmenuentry 'mine' --id mine {\n linux /vmlinuz-5.0.0-9 ro mine\n}\n")
        .file("/boot/grub2/grubenv", "# GRUB Environment Block\nsaved_entry=mine\n###\n")
        .file("/boot/loader/entries/a.conf", "title A\nlinux /vmlinuz-5.14.0-1\noptions ro\n");
    assert_eq!(tree.boot_text("kernel"), "5.0.0-9");
    let second = tree.file("/boot/grub2/grubenv", "# GRUB Environment Block\nsaved_entry=1\n###\n");
    assert_eq!(second.boot_text("kernel"), "5.0.0-9");
}

#[test]
fn settings_in_the_templates_directory_belong_to_the_template() {
    let tree = Tree::new()
        .boots("6.1.0-1-amd64", "ro console=tty1 console=ttyS0 crashkernel=1G")
        .file("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\n")
        .file(
            "/etc/default/grub.d/50-cloudimg.cfg",
            "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 console=ttyS0\"\n",
        )
        .file(
            "/etc/default/grub.d/kdump.cfg",
            "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=1G\"\n",
        );
    assert_eq!(tree.boot("cmdline").notes, Vec::<String>::new());
    let edited = tree.file("/etc/default/grub.d/k8s.cfg", "GRUB_CMDLINE_LINUX=swapaccount=1\n");
    assert!(
        edited.boot("cmdline").notes[0].contains("/etc/default/grub.d/k8s.cfg:1"),
        "{:?}",
        edited.boot("cmdline").notes
    );
}

#[test]
fn a_root_without_any_init_mounts_no_hierarchy() {
    let tree = Tree::new().boots("6.1.0-1-amd64", "ro").file("/etc/os-release", "ID=debian\nVERSION_ID=12\n");
    assert!(attribute(&tree.boot("cgroup"), "mode").starts_with("unknown: "));
}

#[test]
fn rhel_8_mounts_v1() {
    let tree = Tree::new()
        .boots("4.18.0-1.el8", "ro")
        .file("/etc/os-release", "ID=\"rocky\"\nVERSION_ID=\"8.9\"\n")
        .file("/usr/lib/systemd/libsystemd-shared-239.so", "")
        .program("/usr/lib/systemd/systemd", "")
        .link("/usr/sbin/init", "../lib/systemd/systemd");
    assert_eq!(attribute(&tree.boot("cgroup"), "mode"), "v1");
}

#[test]
fn controllers_are_those_of_every_kernel_that_may_boot() {
    let tree = distributions::debian12("quiet")
        .file("/boot/loader/loader.conf", "default b\n")
        .file("/boot/loader/entries/b.conf", "title B\nlinux /vmlinuz-6.1.0-99-amd64\noptions quiet\n")
        .file("/boot/config-6.1.0-99-amd64", "CONFIG_CGROUP_SCHED=y\nCONFIG_CPUSETS=y\n");
    let controllers = attribute(&tree.boot("cgroup"), "controllers");
    assert!(controllers.starts_with("unknown: "), "{controllers}");
}

#[test]
fn the_old_name_of_a_controller_switches_it_off_too() {
    let fact = distributions::debian12("cgroup_disable=blkio").boot("cgroup");
    assert_eq!(attribute(&fact, "controllers"), "[cpu, cpuset, memory, pids]");
    let fact =
        distributions::debian12("systemd.unified_cgroup_hierarchy=0 cgroup_no_v1=memory").boot("cgroup");
    assert_eq!(attribute(&fact, "controllers"), "[blkio, cpu, cpuset, pids]");
}

#[test]
fn an_invalid_name_on_the_command_line_is_ignored() {
    assert_eq!(distributions::debian12("systemd.hostname=Node_B").boot_text("hostname"), "node1");
    assert_eq!(distributions::debian12("systemd.hostname=-x").boot_text("hostname"), "node1");
}

#[test]
fn the_distribution_names_the_fallback_and_cloud_init_may_preserve_the_name() {
    let tree = distributions::debian12("")
        .without("/etc/hostname")
        .append("/usr/lib/os-release", "DEFAULT_HOSTNAME=flat\n");
    assert_eq!(tree.boot_text("hostname"), "flat");
    let tree = distributions::debian12("")
        .file("/etc/cloud/cloud.cfg", "preserve_hostname: false\n")
        .file("/etc/cloud/cloud.cfg.d/99-installer.cfg", "preserve_hostname: true\n");
    assert_eq!(tree.boot("hostname").notes, Vec::<String>::new());
}

fn selinux(cmdline: &str, lsm: &str, config: &str) -> String {
    Tree::new()
        .boots("6.1.0-1-amd64", cmdline)
        .file("/boot/config-6.1.0-1-amd64", format!("CONFIG_SECURITY_SELINUX=y\nCONFIG_LSM=\"{lsm}\"\n"))
        .file("/etc/selinux/config", config)
        .file("/etc/selinux/targeted/policy/policy.33", "")
        .boot_text("selinux")
}

#[test]
fn selinux_must_be_among_the_kernels_security_modules() {
    const CONFIG: &str = "SELINUX=enforcing\nSELINUXTYPE=targeted\n";
    const DEBIAN: &str = "landlock,lockdown,yama,integrity,apparmor,bpf";
    const FEDORA: &str = "lockdown,yama,integrity,selinux,bpf";
    for (cmdline, lsm, expected) in [
        ("ro", DEBIAN, "disabled"),
        ("ro security=selinux", DEBIAN, "enforcing"),
        ("ro lsm=yama,selinux", DEBIAN, "enforcing"),
        ("ro lsm=yama security=selinux", FEDORA, "disabled"),
        ("ro security=apparmor", FEDORA, "disabled"),
        ("ro", FEDORA, "enforcing"),
        ("ro enforcing", FEDORA, "enforcing"),
        ("ro enforcing=0 enforcing", FEDORA, "permissive"),
    ] {
        assert_eq!(selinux(cmdline, lsm, CONFIG), expected, "{cmdline} {lsm}");
    }
}

#[test]
fn the_first_line_of_selinuxs_configuration_that_names_a_mode_counts() {
    const LSM: &str = "selinux";
    for (config, expected) in [
        ("SELINUX=permissive\nSELINUX=enforcing\n", "permissive"),
        (" SELINUX=enforcing\nSELINUX=permissive\n", "permissive"),
        ("SELINUX= enforcing # x\n", "enforcing"),
        ("SELINUX=strict\n", "permissive"),
        ("SELINUXTYPE=targeted\n", "permissive"),
    ] {
        assert_eq!(selinux("ro", LSM, config), expected, "{config}");
    }
}

#[test]
fn a_unified_kernel_image_may_say_anything() {
    let tree = distributions::debian12("quiet")
        .without("/boot/grub/grub.cfg")
        .file("/efi/EFI/Linux/token-6.1.0-18-amd64+3.efi", "MZ");
    assert_eq!(tree.boot_text("kernel"), "6.1.0-18-amd64");
    assert!(
        tree.boot_text("cmdline")
            .contains("/efi/EFI/Linux/token-6.1.0-18-amd64+3.efi is a unified kernel image")
    );
    assert!(attribute(&tree.boot("cgroup"), "mode").starts_with("unknown: "));
}

#[test]
fn the_default_in_the_firmware_comes_before_the_file() {
    const VARIABLE: &str =
        "/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    let tree = Tree::new()
        .file("/efi/loader/loader.conf", "default a.conf\n")
        .file("/efi/loader/entries/a.conf", "title A\nlinux /t/6.1.0-1/linux\noptions a=1\n")
        .file("/efi/loader/entries/b.conf", "title B\nlinux /t/6.1.0-2/linux\noptions b=1\n");
    assert_eq!(tree.boot_text("kernel"), "6.1.0-1");
    let mut value = vec![7, 0, 0, 0];
    value.extend("b.conf\0".encode_utf16().flat_map(u16::to_le_bytes));
    let tree = tree.live(VARIABLE, value).machine("");
    assert_eq!(tree.recorded_text("kernel"), "6.1.0-2");
    let saved = tree.file("/efi/loader/loader.conf", "default @saved\n");
    assert!(saved.boot_text("kernel").starts_with("unknown: "), "{}", saved.boot_text("kernel"));
}

#[test]
fn entries_come_by_sort_key_then_version_and_worn_out_ones_last() {
    let entry = |key: &str, version: &str| {
        format!("title A\nsort-key {key}\nversion {version}\nlinux /t/{version}/linux\noptions ro\n")
    };
    let tree = Tree::new()
        .file("/efi/loader/entries/z.conf", entry("zz", "9.9.9"))
        .file("/efi/loader/entries/a+0-3.conf", entry("aa", "6.3.0"))
        .file("/efi/loader/entries/b+2-1.conf", entry("aa", "6.2.0"))
        .file("/efi/loader/entries/c.conf", entry("aa", "6.1.0"));
    assert_eq!(tree.boot_text("kernel"), "6.2.0");
}

#[test]
fn ubuntu_on_a_raspberry_pi_keeps_its_files_in_a_directory() {
    let tree = raspberry_pi(KERNEL, "old=1")
        .file("/boot/firmware/config.txt", "[all]\nos_prefix=current/\n")
        .file("/boot/firmware/current/cmdline.txt", "root=LABEL=writable new=1\n");
    assert_eq!(tree.boot_text("cmdline"), "[root=LABEL=writable, new=1]");
}

#[test]
fn a_command_line_that_is_not_known_may_disagree_with_one_that_is() {
    let tree =
        distributions::debian12("systemd.unified_cgroup_hierarchy=0").file("/efi/EFI/Linux/x.efi", "MZ");
    assert!(attribute(&tree.boot("cgroup"), "mode").starts_with("unknown: "));
}

#[test]
fn a_menu_without_end_is_no_empty_one() {
    let endless =
        format!("set a=xxxxxxxx\n{}menuentry x {{ linux /vmlinuz-6.1 $a }}\n", "set a=\"$a$a\"\n".repeat(60));
    let tree = distributions::debian12("quiet").file("/boot/grub2/grub.cfg", endless);
    assert!(tree.boot_text("kernel").starts_with("unknown: "), "{}", tree.boot_text("kernel"));
    assert!(tree.boot_text("hostname").contains("/boot/grub2/grub.cfg grows beyond every real menu"));
}
