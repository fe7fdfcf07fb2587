use crate::tree::Tree;

#[test]
fn the_identity_is_told_in_lower_case_and_boards_without_firmware_have_none() {
    let tree = Tree::new().live("/sys/class/dmi/id/product_uuid", "4C4C4544-0042-3510-8052-B4C04F4A3732\n");
    assert_eq!(tree.now_text("product-uuid"), "4c4c4544-0042-3510-8052-b4c04f4a3732");
    assert_eq!(Tree::new().machine("").now_text("product-uuid"), "absent");
}
