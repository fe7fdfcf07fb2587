//! What the kubelet is told and the machine lacks.

use crate::tree::Tree;

const CONFIG: &str = "/var/lib/kubelet/config.yaml";

fn node(fields: &str, arguments: &str) -> Tree {
    let unit = format!("[Service]\nExecStart=/usr/bin/kubelet --config={CONFIG} {arguments}\n");
    Tree::new().file("/usr/lib/systemd/system/kubelet.service", unit).file(
        CONFIG,
        format!("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{fields}"),
    )
}

fn of_version(tree: Tree, version: &str) -> Tree {
    tree.file(
        "/var/lib/dpkg/status",
        format!("Package: kubelet\nStatus: install ok installed\nVersion: {version}-1.1\n\n"),
    )
}

#[test]
fn a_cgroup_root_is_looked_for_in_the_spelling_of_the_driver() {
    let all = ("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma\n");
    let tree = |fields: &str| node(fields, "").live(all.0, all.1);
    let ask = |tree: Tree| tree.now_text("kubelet:missingCgroupRoot");
    assert_eq!(ask(tree("")), "none");
    assert_eq!(ask(tree("cgroupRoot: /\n")), "none");
    let systemd = "cgroupRoot: /pods/a-b\ncgroupDriver: systemd\n";
    assert_eq!(
        ask(tree(systemd)),
        "[no /sys/fs/cgroup/pods.slice/pods-a_b.slice for the cgroup /pods.slice/pods-a_b.slice]"
    );
    let slice = "/sys/fs/cgroup/pods.slice/pods-a_b.slice/cgroup.controllers";
    assert_eq!(ask(tree(systemd).live(slice, "cpuset cpu memory hugetlb pids\n")), "none");
    assert_eq!(
        ask(tree(systemd).live(slice, "cpu memory hugetlb pids\n")),
        "[no controller cpuset for the cgroup /pods.slice/pods-a_b.slice]"
    );
    let plain = "/sys/fs/cgroup/pods/a-b/cgroup.controllers";
    let cgroupfs = "cgroupRoot: /pods/a-b\ncgroupDriver: cgroupfs\n";
    assert_eq!(ask(tree(cgroupfs).live(plain, "cpuset cpu memory hugetlb pids\n")), "none");
    assert!(ask(tree(systemd).live(plain, "cpuset cpu memory hugetlb pids\n")).contains("no /sys"));
    assert_eq!(ask(tree(&format!("{systemd}cgroupsPerQOS: false\n"))), "none");
    assert!(tree(systemd).boot_text("kubelet:missingCgroupRoot").starts_with("unknown"));
    // On v1 each hierarchy has it, or it is missing.
    let old = |parts: &[&str]| {
        parts.iter().fold(node(cgroupfs, ""), |tree, part| {
            tree.live(&format!("/sys/fs/cgroup/{part}/cgroup.procs"), "")
        })
    };
    assert_eq!(ask(old(&["cpu/pods/a-b", "memory/pods/a-b"])), "none");
    assert!(ask(old(&["cpu/pods/a-b", "memory"])).contains("no /sys/fs/cgroup/memory/pods/a-b"));
}

#[test]
fn reserved_cpus_are_online() {
    let tree = |list: &str, online: &str| {
        node(&format!("reservedSystemCPUs: \"{list}\"\n"), "").live("/sys/devices/system/cpu/online", online)
    };
    let ask = |list: &str, online: &str| tree(list, online).now_text("kubelet:absentReservedCPUs");
    assert_eq!(ask("0,1", "0-3\n"), "none");
    assert_eq!(ask("0-3", "0-1,2-3\n"), "none");
    assert_eq!(ask("0,4-5", "0-3\n"), "[4-5 (online: 0-3)]");
    assert_eq!(ask("0-1", "0\n"), "[0-1 (online: 0)]");
    assert_eq!(ask("0-", "0-3\n"), "[`0-` is no list of CPUs]");
    assert!(ask("0", "x\n").starts_with("unknown"));
    assert!(tree("0", "0\n").boot_text("kubelet:absentReservedCPUs").starts_with("unknown"));
    assert_eq!(node("", "").boot_text("kubelet:absentReservedCPUs"), "none");
    assert_eq!(
        node("", "--reserved-cpus=9")
            .live("/sys/devices/system/cpu/online", "0-3\n")
            .now_text("kubelet:absentReservedCPUs"),
        "[9 (online: 0-3)]"
    );
}

#[test]
fn a_kubeconfig_leads_to_the_cluster() {
    let flags = "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf";
    let ask = |tree: Tree| tree.boot_text("kubelet:kubeconfig");
    assert_eq!(ask(node("", flags)), "absent");
    assert_eq!(ask(node("", flags).file("/etc/kubernetes/kubelet.conf", "")), "/etc/kubernetes/kubelet.conf");
    let token = "/etc/kubernetes/bootstrap-kubelet.conf";
    assert_eq!(ask(node("", flags).file(token, "")), token);
    assert_eq!(ask(node("", "").file(token, "")), "absent");
    assert_eq!(ask(Tree::new().program("/usr/bin/kubelet", "").file(token, "")), token);
}

#[test]
fn a_threshold_of_a_file_takes_the_built_in_ones_away() {
    let on = |fstab: &'static str| {
        move |fields: &str, version: &str| {
            let tree =
                of_version(node(fields, ""), version).program("/usr/bin/crio", "").file("/etc/fstab", fstab);
            tree.program("/usr/lib/systemd/systemd", "")
                .link("/sbin/init", "/usr/lib/systemd/systemd")
                .boot_text("kubelet:thresholdsUnset")
        }
    };
    let ask = on("/dev/vda1 / ext4 defaults 0 1\n/dev/vdb1 /var/lib/containers xfs defaults 0 2\n");
    let as_one = on("/dev/vda1 / ext4 defaults 0 1\n");
    let but_memory = "[imagefs.available, imagefs.inodesFree, nodefs.available, nodefs.inodesFree]";
    let memory = "evictionHard:\n  memory.available: 200Mi\n";
    assert_eq!(ask("", "1.31.0"), "none");
    assert_eq!(ask("", "1.29.0"), "none");
    assert_eq!(ask(memory, "1.31.0"), but_memory);
    assert_eq!(ask(memory, "1.29.0"), "[imagefs.available, nodefs.available, nodefs.inodesFree]");
    assert_eq!(as_one(memory, "1.31.0"), "[nodefs.available, nodefs.inodesFree]");
    assert_eq!(ask(&format!("{memory}mergeDefaultEvictionSettings: true\n"), "1.35.0"), "none");
    assert_eq!(
        ask(&format!("{memory}evictionSoft: {{nodefs.available: 15%}}\n"), "1.31.0"),
        "[imagefs.available, imagefs.inodesFree, nodefs.inodesFree]"
    );
    let off = "evictionHard:\n  memory.available: 0%\n";
    assert!(ask(off, "1.31.0").contains("memory.available"));
    assert_eq!(node("", "").boot_text("kubelet:thresholdsUnset"), "none");
    assert_eq!(
        node("", "--eviction-hard=memory.available<1Gi").boot_text("kubelet:thresholdsUnset"),
        "[nodefs.available, nodefs.inodesFree]",
        "where images are is not known"
    );
}

#[test]
fn the_range_of_the_kubelets_user_fits() {
    let tree = |uids: &str, gids: &str| {
        node("", "")
            .program("/usr/bin/getsubids", "")
            .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nkubelet:x:998:998::/:/sbin/nologin\n")
            .file("/etc/subuid", uids)
            .file("/etc/subgid", gids)
    };
    let ask = |uids: &str, gids: &str| tree(uids, gids).boot_text("kubelet:subordinateIDErrors");
    let same = |line: &str| ask(line, line);
    assert_eq!(same("root:1:1\nkubelet:65536:7208960\n"), "none");
    assert_eq!(same("998:65536:7208960\n"), "none");
    assert!(same("root:65536:7208960\n").contains("no range of the user kubelet"));
    assert!(same("kubelet:65536:7208960\nkubelet:655360000:65536\n").contains("several ranges"));
    assert!(ask("kubelet:65536:7208960\n", "kubelet:65536:7274496\n").contains("differ"));
    assert_eq!(same("kubelet:100000:7208960\n"), "[100000 is no multiple of 65536 above 0]");
    assert!(same("kubelet:0:7208960\n").contains("above 0"));
    assert!(same("kubelet:65536:65537\n").contains("65537 IDs are no multiple of 65536"));
    assert_eq!(same("kubelet:65536:65536\n"), "[65536 IDs are enough for 1 pods; maxPods is 110]");
    let without = tree("", "").without("/usr/bin/getsubids");
    let lacks = "[there is a user kubelet, and no program getsubids]";
    assert_eq!(without.boot_text("kubelet:subordinateIDErrors"), lacks);
    let nobody = tree("", "").file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    assert_eq!(nobody.boot_text("kubelet:subordinateIDErrors"), "none");
    let elsewhere = tree("", "").file("/etc/nsswitch.conf", "subid: sss\n");
    assert!(elsewhere.boot_text("kubelet:subordinateIDErrors").starts_with("unknown"));
}
