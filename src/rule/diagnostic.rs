//! A mistake in rules: code, message, places, help; and how it is shown.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Code, Place, SourceFile};
use crate::fact::printable;

/// A mistake that a reader can mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of mistake.
    pub code: Code,
    /// What is wrong, without a full stop.
    pub message: String,
    /// The wrong place first, then those that made it wrong; none if it is on the command line.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Vec<String>,
}

/// A place with what is to be said about it; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub place: Place,
    /// What is to be said.
    pub text: String,
}

impl Diagnostic {
    /// A mistake on the command line, not in a file.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { code, message: message.into(), labels: Vec::new(), help: Vec::new() }
    }

    /// A mistake at a place.
    pub fn at(place: &Place, code: Code, message: impl Into<String>) -> Self {
        Diagnostic::new(code, message).label(place, "")
    }

    /// Adds a place.
    #[must_use]
    pub fn label(mut self, place: &Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place: *place, text: text.into() });
        self
    }

    /// Adds advice, if there is any.
    #[must_use]
    pub fn help(mut self, text: impl Into<Option<String>>) -> Self {
        self.help.extend(text.into());
        self
    }
}

/// Sorts by file and place; those of the command line come first. What is said twice is kept once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let place = |diagnostic: &Diagnostic| {
        diagnostic
            .labels
            .first()
            .map(|label| (label.place.file(), label.place.span().start, label.place.span().end))
    };
    diagnostics.sort_by(|a, b| (place(a), a.code, &a.message).cmp(&(place(b), b.code, &b.message)));
    diagnostics.dedup();
}

/// Diagnostics as rustc shows its own: message, file, line, column, the lines, help.
#[must_use]
pub fn render(files: &[SourceFile], diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(files, diagnostic)]));
        text.push_str("\n\n");
    }
    text
}

fn group<'a>(files: &'a [SourceFile], diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = if diagnostic.code.is_warning() { Level::WARNING } else { Level::ERROR };
    let title = level.primary_title(printable(&diagnostic.message)).id(diagnostic.code.name());
    let mut group = Group::with_title(title);
    let mut shown: Vec<usize> = Vec::new();
    for label in &diagnostic.labels {
        if shown.contains(&label.place.file()) {
            continue;
        }
        shown.push(label.place.file());
        let Some(file) = files.get(label.place.file()) else { continue };
        let mut snippet = Snippet::source(&*file.text).path(printable(&file.name));
        for (index, label) in diagnostic.labels.iter().enumerate() {
            if label.place.file() != shown[shown.len() - 1] {
                continue;
            }
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(inside(&file.text, &label.place.span()));
            snippet = snippet.annotation(if label.text.is_empty() {
                annotation
            } else {
                annotation.label(printable(&label.text))
            });
        }
        group = group.element(snippet);
    }
    group.elements(diagnostic.help.iter().map(|help| Level::HELP.message(printable(help))))
}

/// A span that lies inside the text and on character boundaries, whatever a parser said.
fn inside(text: &str, span: &Range<usize>) -> Range<usize> {
    let floor = |index: usize| {
        (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}
