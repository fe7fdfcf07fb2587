use crate::base;
use crate::tree::Tree;

const HEAD: &str = "Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

#[test]
fn areas_in_use_are_listed_and_garbage_is_not_swaplessness() {
    let tree = |text: &str| Tree::new().live("/proc/swaps", text);
    let two = format!("{HEAD}/dev/sda5 partition 9 0 -2\n/dev/zram0 partition 9 0 100\n");
    for (text, question, expected) in [
        (HEAD, "swap", "none"),
        (HEAD, "swap:any", "off"),
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
    let tree = base::debian12("root=/dev/vda1 systemd.gpt_auto=0");
    assert_eq!(tree.boot_text("swap"), "none");
    let tree = tree.without("/etc/fstab").directory("/etc/fstab").directory("/d");
    assert!(
        tree.boot_text("swap").starts_with("unknown: /etc/fstab: is a directory"),
        "{}",
        tree.boot_text("swap")
    );
    assert!(tree.boot_text("swap:any").starts_with("unknown: /etc/fstab"));
}
