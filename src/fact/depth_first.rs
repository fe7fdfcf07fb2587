//! Depth-first orders: the one search for rules that need each other, profiles that include each other, and units that are
//! ordered after each other. It needs no stack of calls, however long a chain is.

/// A search of a graph: for every vertex the vertices that it leads to. What was seen is not entered again.
pub(crate) struct DepthFirst<'e> {
    edges: &'e [Vec<usize>],
    visits: Vec<Visit>,
    /// The path to what is looked at, each vertex with how many of its edges were followed; empty between searches.
    path: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// Not seen yet.
    Not,
    /// Entered, and not left: it is on the path to what is looked at.
    Open,
    /// Left, after all that it leads to.
    Done,
}

impl<'e> DepthFirst<'e> {
    /// A search that has seen nothing.
    pub(crate) fn new(edges: &'e [Vec<usize>]) -> Self {
        DepthFirst { edges, visits: vec![Visit::Not; edges.len()], path: Vec::new() }
    }

    /// What is reached from a vertex and was not seen before, in the order in which it is left: a vertex comes after
    /// everything that it leads to, unless it lies on a circle.
    pub(crate) fn leave_order(&mut self, start: usize) -> Vec<usize> {
        let mut left = Vec::new();
        self.search(start, &mut |vertex| left.push(vertex), &mut |_| ());
        left
    }

    /// Everything, in the order in which it is left.
    pub(crate) fn whole_order(&mut self) -> Vec<usize> {
        let mut left = Vec::with_capacity(self.edges.len());
        (0..self.edges.len())
            .for_each(|start| self.search(start, &mut |vertex| left.push(vertex), &mut |_| ()));
        left
    }

    /// Marks a vertex and everything that it leads to.
    pub(crate) fn mark(&mut self, start: usize, marks: &mut [bool]) {
        self.search(start, &mut |vertex| marks[vertex] = true, &mut |_| ());
    }

    /// Looks at everything; `found` gets each circle that is found: its vertices in order, of which the last leads to the
    /// first.
    pub(crate) fn circles(&mut self, mut found: impl FnMut(&[usize])) {
        (0..self.edges.len()).for_each(|start| self.search(start, &mut |_| (), &mut found));
    }

    /// Tells what is reached from a vertex and was not seen before as it is left, and each circle as it is found.
    fn search(&mut self, start: usize, left: &mut impl FnMut(usize), found: &mut impl FnMut(&[usize])) {
        if self.visits[start] != Visit::Not {
            return;
        }
        self.visits[start] = Visit::Open;
        self.path.push((start, 0));
        while let Some((vertex, next)) = self.path.last_mut() {
            let vertex = *vertex;
            let Some(other) = self.edges[vertex].get(*next).copied() else {
                self.visits[vertex] = Visit::Done;
                left(vertex);
                self.path.pop();
                continue;
            };
            *next += 1;
            match self.visits[other] {
                Visit::Not => {
                    self.visits[other] = Visit::Open;
                    self.path.push((other, 0));
                }
                Visit::Open => {
                    let circle = self.path.iter().map(|(vertex, _)| *vertex);
                    found(&circle.skip_while(|vertex| *vertex != other).collect::<Vec<_>>());
                }
                Visit::Done => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_led_to_is_left_first_and_once() {
        let edges = [vec![2, 1], vec![3], vec![3], vec![], vec![0]];
        let mut search = DepthFirst::new(&edges);
        assert_eq!(search.leave_order(0), [3, 2, 1, 0]);
        assert_eq!(search.leave_order(0), [0; 0]);
        assert_eq!(search.leave_order(4), [4]);
        assert_eq!(DepthFirst::new(&edges).whole_order(), [3, 2, 1, 0, 4]);
    }

    #[test]
    fn each_circle_is_found_where_it_closes() {
        let edges = [vec![1], vec![2, 1], vec![1, 0]];
        let mut circles = Vec::new();
        DepthFirst::new(&edges).circles(|circle| circles.push(circle.to_vec()));
        assert_eq!(circles, [vec![1, 2], vec![0, 1, 2], vec![1]]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let edges: Vec<Vec<usize>> = (1..=100_000).map(|next| vec![next % 100_000]).collect();
        let mut circles = Vec::new();
        DepthFirst::new(&edges).circles(|circle| circles.push(circle.len()));
        assert_eq!((DepthFirst::new(&edges).leave_order(0).len(), circles), (100_000, vec![100_000]));
    }

    proptest! {
        #[test]
        fn without_circles_everything_comes_after_what_it_leads_to(
            edges in (1..9_usize).prop_flat_map(|n| vec(vec(0..n, 0..4), n)),
        ) {
            let mut has_circle = false;
            DepthFirst::new(&edges).circles(|_| has_circle = true);
            let order = DepthFirst::new(&edges).whole_order();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..edges.len()).collect::<Vec<_>>());
            let place = |vertex: usize| order.iter().position(|other| *other == vertex);
            let is_ordered =
                |this: usize| edges[this].iter().all(|other| place(*other) < place(this));
            prop_assert_eq!((0..edges.len()).all(is_ordered), !has_circle);
        }
    }
}
