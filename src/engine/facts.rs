//! Asks each question at most once a moment, when it is first needed, and remembers the answer.

use std::cell::OnceCell;

use super::plan::{Plan, Question, Questions, Subject};
use crate::fact::{Fact, Moment, State, Value};
use crate::probe::{Attribute, Shape};
use crate::subsystem::Subsystems;

/// The answers of one run.
pub struct Facts<'r> {
    subsystems: &'r Subsystems<'r>,
    questions: &'r Questions,
    answers: Vec<[OnceCell<Box<Fact>>; 2]>,
}

impl<'r> Facts<'r> {
    /// No answer yet, to the questions of a plan.
    #[must_use]
    pub fn new(subsystems: &'r Subsystems<'r>, plan: &'r Plan) -> Self {
        let mut answers = Vec::new();
        answers.resize_with(plan.questions.len(), Default::default);
        Facts { subsystems, questions: &plan.questions, answers }
    }

    pub(super) fn subsystems(&self) -> &'r Subsystems<'r> {
        self.subsystems
    }

    pub(super) fn question(&self, index: usize) -> &Question {
        self.questions.get(index)
    }

    /// The answer to a question at a moment.
    pub(super) fn answer(&self, question: usize, moment: Moment) -> &Fact {
        let cell = &self.answers[question][moment as usize];
        cell.get_or_init(|| Box::new(self.question(question).ask(self.subsystems, moment)))
    }

    /// What is known of a subject at a moment.
    pub(super) fn state<'a>(&'a self, subject: &'a Subject, moment: Moment) -> &'a State {
        match subject {
            Subject::Constant { state, .. } => state,
            Subject::Fact { question, attribute } => {
                let state = &self.answer(*question, moment).state;
                match (attribute, state) {
                    (Some(name), State::Known(Value::Record(attributes))) => {
                        attributes.get(*name).unwrap_or(&State::Absent)
                    }
                    _ => state,
                }
            }
        }
    }

    /// The declared kind of a subject; none for constants.
    pub(super) fn shape(&self, subject: &Subject) -> Option<Shape> {
        let Subject::Fact { question, attribute } = subject else { return None };
        match attribute {
            Some(_) => self.attribute(subject).map(|attribute| attribute.shape),
            None => Some(self.question(*question).probe.answer),
        }
    }

    /// The declaration of the attribute that a subject is, if it is one.
    pub(super) fn attribute(&self, subject: &Subject) -> Option<&'static Attribute> {
        let Subject::Fact { question, attribute: Some(name) } = subject else { return None };
        match self.question(*question).probe.answer {
            Shape::Record(attributes) => attributes.iter().find(|attribute| attribute.name == *name),
            _ => None,
        }
    }
}

impl Question {
    /// Asks the host.
    pub fn ask(&self, subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
        (self.probe.ask)(subsystems, &self.key, moment)
    }
}
