use crate::distributions;

#[test]
fn names_that_the_template_doesnt_have_are_lost() {
    let tree = distributions::debian12("quiet")
        .file("/usr/lib/systemd/system/cloud-init.service", "[Service]\nExecStart=/usr/bin/cloud-init init\n")
        .file(
            "/etc/cloud/cloud.cfg",
            "cloud_init_modules:\n - update_etc_hosts\nmanage_etc_hosts: template\n",
        )
        .file("/etc/cloud/templates/hosts.debian.tmpl", "127.0.0.1 localhost\n10.0.0.9 kept\n")
        .file("/etc/hostname", "node1\n")
        .file(
            "/etc/hosts",
            "127.0.0.1 localhost other\n10.0.0.1 node1 api api.example.com # x\n10.0.0.9 kept\nff02::1 all\n",
        );
    assert_eq!(tree.boot_text("lost-host-entries"), "[api, api.example.com]");
    let tree = tree.file("/etc/cloud/cloud.cfg.d/99-x.cfg", "manage_etc_hosts: false # no\n");
    assert_eq!(tree.boot_text("lost-host-entries"), "none");
}
