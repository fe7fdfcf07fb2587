use crate::tree::Tree;

#[test]
fn the_line_of_the_boot_loader_decides() {
    let tree = Tree::new().boots("6.1.0-1-amd64", "ro quiet");
    let fact = tree.boot("kernel");
    assert_eq!(fact.because[0].to_string(), "/boot/grub/grub.cfg:3");
}

#[test]
fn a_kernel_without_a_release_in_its_name_is_found_through_the_link() {
    let grub = "menuentry 'x' {\n linux /vmlinuz root=/dev/sda1\n}\n";
    let tree = Tree::new().file("/boot/grub/grub.cfg", grub).link("/vmlinuz", "boot/vmlinuz-5.10.0-9-amd64");
    assert_eq!(tree.boot_text("kernel"), "5.10.0-9-amd64");
}

#[test]
fn two_loaders_that_disagree_make_the_answer_unknown() {
    let tree = Tree::new()
        .boots("6.1.0-1-amd64", "ro")
        .file("/boot/loader/loader.conf", "default b*\n")
        .file("/boot/loader/entries/b.conf", "title B\nlinux /vmlinuz-6.1.0-2-amd64\noptions ro\n");
    assert!(
        tree.boot_text("kernel").starts_with("unknown: several kernels may boot next"),
        "{}",
        tree.boot_text("kernel")
    );
    assert_eq!(tree.boot_text("cmdline"), "[ro]");
}

/// Only a `/boot` that is certainly not there says that there are no images in it.
#[test]
fn a_boot_directory_that_fails_otherwise_is_unknown() {
    let modules = Tree::new().file("/usr/lib/modules/6.1.0-18-amd64/modules.dep", "");
    assert_eq!(crate::tree::attribute(&modules.boot("kernel"), "release"), "6.1.0-18-amd64");
    let fact = modules.link("/boot", "boot").boot("kernel");
    assert!(crate::tree::text(&fact).contains("unknown"), "{fact:?}");
}
