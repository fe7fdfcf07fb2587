use crate::tree::{Tree, attribute};

#[test]
fn the_count_is_what_was_recorded_and_unknown_where_nothing_was() {
    assert_eq!(attribute(&Tree::new().machine("cpus = 2\n").now("cpu"), "count"), "2");
    let silent = Tree::new().machine("");
    assert!(
        silent.now_text("cpu").starts_with("unknown: sched_getaffinity(2)"),
        "{}",
        silent.now_text("cpu")
    );
    assert_eq!(Tree::new().now_text("cpu"), "unknown: nothing is running here");
}
