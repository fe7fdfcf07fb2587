use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::tree::{Tree, ask, text};

#[test]
#[ignore = "needs the boot loader subsystem"]
fn the_next_kernels_configuration_answers() {
    let tree = Tree::new()
        .boots("6.1", "")
        .file("/boot/config-6.1", "CONFIG_OVERLAY_FS=m\n# CONFIG_X is not set\nCONFIG_LOCALVERSION=\"-a\"\n");
    assert_eq!(tree.boot_text("kernel-config:CONFIG_OVERLAY_FS"), "m");
    assert_eq!(tree.boot_text("kernel-config:X"), "absent");
    assert_eq!(tree.boot_text("kernel-config:LOCALVERSION"), "-a");
    assert!(Tree::new().boots("6.1", "").boot_text("kernel-config:X").starts_with("unknown"));
}

#[test]
fn the_live_configuration_is_unpacked() {
    let host = Host::live().unwrap();
    let told = text(&ask(&host, "kernel-config:NET", Moment::Now));
    assert!(told == "y" || told.starts_with("unknown"), "{told}");
}
