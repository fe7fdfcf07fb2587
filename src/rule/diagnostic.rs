//! A mistake in rules: code, message, places, help; and how it is shown.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::excerpt::{self, MARK};
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

/// So many mistakes are shown; who has made more mends these first.
const MAX_SHOWN: usize = 20;
/// Places of one mistake.
const MAX_LABELS: usize = 10;

/// Diagnostics as rustc shows its own: message, file, line, column, the lines, help. Of many, the first, and how many
/// more there are.
#[must_use]
pub fn render(files: &[SourceFile], diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        text.push_str(&without_marked(&renderer.render(&[group(files, diagnostic)])));
        text.push_str("\n\n");
    }
    let more = diagnostics.len().saturating_sub(MAX_SHOWN);
    if more > 0 {
        let level = if diagnostics.iter().all(|one| one.code.is_warning()) { "warning" } else { "error" };
        let words = if more == 1 { "mistake is" } else { "mistakes are" };
        text.extend([level, ": ", &more.to_string(), " more ", words, " not shown\n\n"]);
    }
    text
}

/// Without the line and column that the renderer counted behind a mark.
fn without_marked(rendered: &str) -> String {
    let mut parts = rendered.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()))
}

fn group<'a>(files: &'a [SourceFile], diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = if diagnostic.code.is_warning() { Level::WARNING } else { Level::ERROR };
    let title = level.primary_title(line(&diagnostic.message)).id(diagnostic.code.name());
    let mut group = Group::with_title(title);
    let mut left: Vec<&Label> = diagnostic.labels.iter().take(MAX_LABELS).collect();
    while let Some(number) = left.first().map(|label| label.place.file()) {
        let (labels, others): (Vec<&Label>, _) = left.into_iter().partition(|l| l.place.file() == number);
        left = others;
        let Some(file) = files.get(number) else { continue };
        let places: Vec<_> = labels.iter().map(|label| label.place.span()).collect();
        for excerpt in excerpt::excerpts(&file.text, &places) {
            let path = match excerpt.origin {
                Some((line, column)) => format!("{}:{line}:{column}{MARK}", printable(&file.name)),
                None => printable(&file.name).into_owned(),
            };
            let mut snippet = Snippet::source(excerpt.text).line_start(excerpt.line).path(path);
            for (index, place) in excerpt.places {
                let Label { text, .. } = labels[index];
                let is_first =
                    diagnostic.labels.first().is_some_and(|first| std::ptr::eq(first, labels[index]));
                let kind = if is_first { AnnotationKind::Primary } else { AnnotationKind::Context };
                let annotation = kind.span(place);
                snippet = snippet.annotation(if text.is_empty() {
                    annotation
                } else {
                    annotation.label(line(text))
                });
            }
            group = group.element(snippet);
        }
    }
    group.elements(diagnostic.help.iter().map(|help| Level::HELP.message(line(help))))
}

/// A text of a message, in one line of sensible length.
fn line(text: &str) -> String {
    printable(&excerpt::shortened(text)).replace(MARK, "\u{fffd}")
}
