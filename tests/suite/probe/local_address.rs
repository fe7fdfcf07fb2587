use crate::tree::Tree;

#[test]
fn an_address_has_its_interface_in_any_spelling() {
    let tree = Tree::new().machine(
        "[[address]]\ninterface = \"lo\"\naddress = \"127.0.0.1\"\nprefix = 8\n\
         [[address]]\ninterface = \"eth1\"\naddress = \"fd00::7\"\nprefix = 64\n",
    );
    for (address, expected) in [("127.0.0.1", "lo"), ("fd00:0:0::7", "eth1"), ("10.0.0.1", "absent")] {
        assert_eq!(tree.now_text(&format!("local-address:{address}")), expected, "{address}");
    }
    assert_eq!(Tree::new().now_text("local-address:10.0.0.1"), "unknown: nothing is running here");
    assert!(Tree::new().machine("").now_text("local-address:10.0.0.1").starts_with("unknown: "));
}
