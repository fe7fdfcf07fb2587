//! Fixes of a rule that depend on what is found: their conditions, and what their placeholders stand for.

use std::sync::Arc;

use super::Compiler;
use crate::engine::plan::{PlannedFix, PlannedFixes};
use crate::rule::{Code, Diagnostic, FixCase, Fixes, TomlValue, placeholder};

impl<'r> Compiler<'r> {
    /// None where the rule's own fix is all there is. What a fix asks doesn't narrow the moments of its rule.
    pub(super) fn fixes(&mut self, fixes: &'r Fixes) -> Option<Box<PlannedFixes>> {
        if fixes.cases.is_empty() && fixes.with.is_empty() {
            return None;
        }
        let of_rule = std::mem::take(&mut self.moments);
        let mut planned = PlannedFixes { with: Vec::new(), cases: Vec::new() };
        for (name, operand) in &fixes.with {
            if placeholder::BUILT_IN.contains(&name.value.as_str()) {
                let message = format!("every fix has a placeholder `{}` already", name.value);
                self.mistakes.push(Diagnostic::at(&name.place, Code::Duplicate, message));
            }
            let TomlValue::Table(entries) = &operand.value else {
                let message =
                    format!("what `{}` stands for must be a variable or the question of a probe", name.value);
                self.mistakes.push(Diagnostic::at(&operand.place, Code::WrongType, message));
                continue;
            };
            if let Some((subject, _)) = self.other(entries, &operand.place) {
                planned.with.push((name.value.clone(), subject));
            }
        }
        planned.cases.extend(fixes.cases.iter().filter_map(|case| self.fix(case)));
        self.moments = of_rule;
        Some(Box::new(planned))
    }

    fn fix(&mut self, case: &'r FixCase) -> Option<PlannedFix> {
        self.moments.clear();
        let when = match &case.when {
            Some(when) => Some(self.condition(when)?),
            None => None,
        };
        let moments = self.answered(|_| true);
        Some(PlannedFix { when, moments, fails: case.fails, fix: Arc::new(case.fix.clone()) })
    }
}
