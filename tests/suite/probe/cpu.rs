use crate::tree::{Tree, attribute};

#[test]
fn the_count_is_what_was_recorded_and_unknown_where_nothing_was() {
    assert_eq!(attribute(&Tree::new().machine("cpus = 2\n").now("cpu"), "count"), "2");
    let silent = Tree::new().machine("");
    let count = attribute(&silent.now("cpu"), "count");
    assert!(count.starts_with("unknown: sched_getaffinity(2)"), "{count}");
    assert_eq!(Tree::new().now_text("cpu"), "unknown: nothing is running here");
}
