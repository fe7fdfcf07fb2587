//! One oracle's trees: asked, compared, shrunk, counted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// One of the system's own tools, and how it is asked.
pub(crate) struct Oracle {
    /// The word that chooses it.
    pub(crate) name: &'static str,
    /// What is compared with what.
    pub(crate) says: &'static str,
    /// How many trees a run takes.
    pub(crate) trees: u32,
    /// Runs them; an error says why that can't be done here.
    pub(crate) run: fn(&mut Run) -> Result<(), String>,
    /// Reasons for which the program may say unknown.
    pub(crate) unknown: &'static [&'static str],
}

/// One run of an oracle.
pub(crate) struct Run {
    oracle: &'static Oracle,
    seed: u32,
    trees: u32,
    tally: RefCell<Tally>,
    disagreement: Option<String>,
}

/// What was compared.
#[derive(Default)]
pub(crate) struct Tally {
    answers: usize,
    /// Answers that say something else than an empty tree would make the oracle say.
    telling: usize,
    unknown: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Counts an answer that was compared.
    pub(crate) fn agreed(&mut self, telling: bool) {
        self.answers += 1;
        self.telling += usize::from(telling);
    }

    /// Counts an answer that says unknown; an error if the reason is none that it may have.
    pub(crate) fn unknown(&mut self, oracle: &Oracle, reason: &str) -> Result<(), String> {
        let known = oracle.unknown.iter().find(|known| reason.contains(**known));
        let known = known.ok_or_else(|| format!("needlessly unknown: {reason}"))?;
        *self.unknown.entry(known).or_default() += 1;
        Ok(())
    }
}

impl Run {
    pub(crate) fn new(oracle: &'static Oracle, seed: u32, trees: u32) -> Self {
        Run { oracle, seed, trees, tally: RefCell::default(), disagreement: None }
    }

    /// Runs the oracle and prints a line about it; whether all agreed.
    pub(crate) fn report(&mut self) -> bool {
        let Oracle { name, says, .. } = self.oracle;
        if let Err(reason) = (self.oracle.run)(self) {
            println!("skip  {name}: {reason}");
            return true;
        }
        let tally = self.tally.borrow();
        if let Some(disagreement) = &self.disagreement {
            println!("FAIL  {name}: {disagreement}      again: SEED={} TREES={}", self.seed, self.trees);
            return false;
        }
        let unknown: usize = tally.unknown.values().sum();
        println!(
            "ok    {name}: {} random trees (seed {}), {} answers, {} of them not what an empty tree gives, {unknown} unknown: {says}",
            self.trees, self.seed, tally.answers, tally.telling,
        );
        for (reason, count) in &tally.unknown {
            println!("      {count} times unknown: {reason}");
        }
        true
    }

    /// Checks random trees until one disagrees, which is then shrunk.
    pub(crate) fn trees<S, F>(&mut self, strategy: &S, check: F)
    where
        S: Strategy<Value: Debug>,
        F: Fn(&S::Value, &mut Tally) -> Result<(), String>,
    {
        let config = Config {
            cases: self.trees,
            failure_persistence: None,
            max_shrink_iters: 3000,
            ..Config::default()
        };
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&self.seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let found = TestRunner::new_with_rng(config, rng)
            .run(strategy, |tree| check(&tree, &mut self.tally.borrow_mut()).map_err(TestCaseError::fail));
        self.disagreement = match found {
            Ok(()) => None,
            Err(TestError::Fail(why, tree)) => Some(format!("{why}\n{tree:?}")),
            Err(TestError::Abort(why)) => Some(why.to_string()),
        };
    }
}
