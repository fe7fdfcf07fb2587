//! What a message shows of a file: the lines around a mistake, and of a long line the part around it. So a message
//! costs what it shows, however large the file is.

use std::ops::Range;

use crate::fact::is_dangerous;

/// Places so many lines apart are shown one after the other, not with the lines between them.
const MAX_LINES: usize = 50;
/// Bytes on either side of a place; a terminal shows fewer.
const MARGIN: usize = 300;
/// Stands behind a path with its line and column. The renderer counts columns in the text that it is given, which lacks
/// the beginning of a long line.
pub(super) const MARK: char = '\u{e000}';
/// Characters of a message, which may quote a name of any length.
const MAX_MESSAGE: usize = 600;

/// Lines of a file with the places in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The lines. Characters that a terminal obeys are replaced, one by one.
    pub(super) text: String,
    /// The number of the first line.
    pub(super) line: usize,
    /// Which of the places it shows, and where they are in its text; never none.
    pub(super) places: Vec<(usize, Range<usize>)>,
    /// Line and column of its first place, if they can't be counted in the text.
    pub(super) origin: Option<(usize, usize)>,
}

/// What to show of places in a text. The first place comes first, with those that are near it.
pub(super) fn excerpts(text: &str, places: &[Range<usize>]) -> Vec<Excerpt> {
    let places: Vec<Range<usize>> = places.iter().map(|place| inside(text, place)).collect();
    let mut left: Vec<usize> = (0..places.len()).collect();
    let mut excerpts = Vec::new();
    while let Some(first) = left.first().copied() {
        let (near, far) = left.into_iter().partition(|other| is_near(text, &places[first], &places[*other]));
        left = far;
        excerpts.push(excerpt(text, &places, &near));
    }
    excerpts
}

/// A place that lies inside the text and on character boundaries, whatever a parser said; of many lines, the first.
fn inside(text: &str, place: &Range<usize>) -> Range<usize> {
    let start = floor(text, place.start);
    let end = floor(text, place.end).max(start);
    let is_long = text[start..end].bytes().filter(|byte| *byte == b'\n').nth(MAX_LINES).is_some();
    start..if is_long { line_end(text, start) } else { end }
}

/// The last boundary between characters that isn't behind an index.
fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

fn is_near(text: &str, a: &Range<usize>, b: &Range<usize>) -> bool {
    let between = a.start.min(b.start)..a.start.max(b.start);
    text[between].bytes().filter(|byte| *byte == b'\n').nth(MAX_LINES).is_none()
}

/// Where the line of a place begins.
fn line_start(text: &str, place: usize) -> usize {
    text[..place].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line of a place ends, its newline left out.
fn line_end(text: &str, place: usize) -> usize {
    text[place..].find('\n').map_or(text.len(), |length| place + length)
}

fn excerpt(text: &str, places: &[Range<usize>], shown: &[usize]) -> Excerpt {
    let first = &places[shown[0]];
    let start = shown.iter().map(|index| places[*index].start).min().unwrap_or(first.start);
    let end = shown.iter().map(|index| places[*index].end).max().unwrap_or(first.end);
    let start = line_start(text, start);
    let lines = text[..start].bytes().filter(|byte| *byte == b'\n').count();
    let mut excerpt = Excerpt { text: String::new(), line: lines + 1, places: Vec::new(), origin: None };
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut at = start;
    for (index, line) in text[start..line_end(text, end)].split('\n').enumerate() {
        if index > 0 {
            excerpt.text.push('\n');
        }
        let of_line = at..at + line.len();
        let starts_here = |index: &&usize| (of_line.start..=of_line.end).contains(&places[**index].start);
        let anchor = shown.iter().find(starts_here).map(|index| places[*index].start);
        let part = window(text, &of_line, anchor.unwrap_or(at));
        if part.start > of_line.start && anchor == Some(first.start) {
            let column = text[of_line.start..first.start].chars().count();
            excerpt.origin = Some((excerpt.line + index, column + 1));
        }
        let base = excerpt.text.len();
        let moved =
            |place: usize| base + harmless(&text[part.start..place.clamp(part.start, part.end)]).len();
        for index in shown.iter().filter(starts_here) {
            if (part.start..=part.end).contains(&places[*index].start) {
                open.push((*index, moved(places[*index].start)));
            }
        }
        open.retain(|(index, start)| {
            let is_over = places[*index].end <= of_line.end;
            if is_over {
                excerpt.places.push((*index, *start..moved(places[*index].end).max(*start)));
            }
            !is_over
        });
        excerpt.text.push_str(&harmless(&text[part]));
        at = of_line.end + 1;
    }
    let end = excerpt.text.len();
    excerpt.places.extend(open.into_iter().map(|(index, start)| (index, start..end)));
    excerpt.places.sort_by_key(|(index, _)| *index);
    excerpt
}

/// The part of a line that is shown: all of a short one, else what is around a place.
fn window(text: &str, line: &Range<usize>, place: usize) -> Range<usize> {
    if line.len() <= 2 * MARGIN {
        return line.clone();
    }
    let start = floor(text, place.saturating_sub(MARGIN)).max(line.start);
    start..floor(text, place + MARGIN).min(line.end)
}

/// The text, with a stand-in for each character that a terminal obeys. The library that draws the lines replaces those
/// of ASCII itself.
fn harmless(text: &str) -> String {
    text.chars()
        .map(
            |c| if c == MARK || (is_dangerous(c) && !c.is_ascii()) { char::REPLACEMENT_CHARACTER } else { c },
        )
        .collect()
}

/// A message of sensible length: of a long one the beginning and the end.
pub(super) fn shortened(message: &str) -> String {
    let length = message.chars().count();
    if length <= MAX_MESSAGE {
        return message.to_owned();
    }
    let beginning: String = message.chars().take(MAX_MESSAGE / 2).collect();
    let end: String = message.chars().skip(length - MAX_MESSAGE / 2).collect();
    format!("{beginning} ... {end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_as_small_as_what_it_shows() {
        let long_line = "x".repeat(1 << 20);
        let many_lines = "a = 1\n".repeat(100_000);
        for text in [&long_line, &many_lines] {
            for place in [0..1, 400_000..400_002, text.len() - 1..text.len(), 10..text.len(), 7..usize::MAX] {
                let shown = excerpts(text, &[place.clone(), 0..2, 500_000..500_001]);
                let size: usize = shown.iter().map(|excerpt| excerpt.text.len()).sum();
                assert!(size <= 3 * MAX_LINES * 2 * MARGIN, "{place:?}: {size}");
                let places: usize = shown.iter().map(|excerpt| excerpt.places.len()).sum();
                assert!(places > 0 && shown[0].places[0].0 == 0, "{place:?}: the first place comes first");
            }
        }
    }

    #[test]
    fn places_move_along_with_their_text() {
        let text = "first\nse\u{9b}co\u{2028}nd\nthird\n".to_owned() + &"é".repeat(1000) + "HERE";
        let second = text.find("co").unwrap();
        let here = text.find("HERE").unwrap();
        let [near] = &excerpts(&text, &[second..second + 2, 0..5])[..] else { panic!("one is enough") };
        assert_eq!((near.text.as_str(), near.line), ("first\nse\u{fffd}co\u{fffd}nd", 1));
        assert_eq!(&near.text[near.places[0].1.clone()], "co");
        assert_eq!(&near.text[near.places[1].1.clone()], "first");
        let far = &excerpts(&text, std::slice::from_ref(&(here..here + 4)))[0];
        assert_eq!((far.line, far.origin), (4, Some((4, 1001))));
        assert_eq!(&far.text[far.places[0].1.clone()], "HERE");
    }

    #[test]
    fn what_a_parser_says_about_places_is_not_believed() {
        for place in [1..2, 3..3, 100..200, 0..100] {
            assert_eq!(excerpts("éé\n", std::slice::from_ref(&place)).len(), 1, "{place:?}");
            assert_eq!(excerpts("", std::slice::from_ref(&place)).len(), 1, "{place:?}");
        }
    }

    #[test]
    fn a_long_message_keeps_its_beginning_and_its_end() {
        let message = shortened(&format!("a rule has no key `{}`, so it is refused", "k".repeat(1 << 20)));
        assert!(message.starts_with("a rule has no key `kkk") && message.ends_with("`, so it is refused"));
        assert!(message.len() < MAX_MESSAGE + 10);
    }
}
