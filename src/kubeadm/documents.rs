//! The documents of the file, cut as kubeadm cuts it: each has a group, a version and a kind, and no kind twice.

use super::ConfigWarning;
use crate::parse::document::{Content, Node};
use crate::parse::go_yaml;

/// More documents than any configuration has.
const MAX_DOCUMENTS: usize = 64;

/// One document as it is written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub group: String,
    pub version: String,
    /// The line of `apiVersion`.
    pub api_line: u32,
    pub kind: String,
    /// The line of `kind`.
    pub line: u32,
    pub root: Node,
    /// Keys that are written twice in one table.
    pub twice: Vec<(String, u32)>,
}

impl Written {
    /// `kubeadm.k8s.io/v1beta4`
    pub(super) fn api(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }
}

/// Cuts and reads the file.
///
/// # Errors
/// What makes kubeadm refuse it before it looks at any kind.
pub(super) fn read(text: &str) -> Result<Vec<Written>, Vec<ConfigWarning>> {
    let parts = cut(text).map_err(|mistake| vec![mistake])?;
    if parts.len() > MAX_DOCUMENTS {
        return Err(vec![remark(1, "", format!("the file has more than {MAX_DOCUMENTS} documents"))]);
    }
    let mut documents: Vec<Written> = Vec::new();
    let mut mistakes = Vec::new();
    for (before, part) in parts {
        match document(part, before) {
            Ok(document) => match documents.iter().find(|earlier| earlier.kind == document.kind) {
                Some(earlier) => mistakes.push(ConfigWarning {
                    line: document.line,
                    message: format!("a second {}; the first one is on line {}", document.kind, earlier.line),
                    help: Some("kubeadm refuses a kind given twice".into()),
                    word: document.kind,
                }),
                None => documents.push(document),
            },
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(documents) } else { Err(mistakes) }
}

/// The parts of the file, each with the number of lines before it (k8s.io/apimachinery, `NewYAMLReader`): a line
/// `---` ends a part if there is one; without one before it, it belongs to the part that it begins.
fn cut(text: &str) -> Result<Vec<(u32, &str)>, ConfigWarning> {
    let mut parts = Vec::new();
    let (mut start, mut before, mut at) = (0, 0, 0);
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let begin = at;
        at += line.len();
        let Some(rest) = line.strip_prefix("---").map(str::trim) else { continue };
        if !rest.is_empty() && !rest.starts_with('#') {
            let mut mistake =
                remark(number, "", "text follows `---` in the line that separates two documents".into());
            mistake.help = Some("put it on a line of its own".into());
            return Err(mistake);
        }
        if begin > start {
            parts.push((before, &text[start..begin]));
            (start, before) = (at, number);
        }
    }
    if start < text.len() {
        parts.push((before, &text[start..]));
    }
    Ok(parts)
}

/// The first line, counted from 0, from a line on that begins with spaces and a tab.
fn tab_after(part: &str, from: u32) -> Option<u32> {
    let is_tabbed = |line: &str| line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty();
    let found = part.lines().skip(from as usize).position(is_tabbed)?;
    u32::try_from(found).ok().map(|index| from + index)
}

fn document(part: &str, before: u32) -> Result<Written, ConfigWarning> {
    let first = before + 1;
    let go_yaml::Document { root, twice } = go_yaml::parse(part, before).map_err(|error| {
        let message = error.message.lines().next().unwrap_or_default().to_owned();
        let line = error.line.unwrap_or(first);
        // The reader names the line on which the value before the tab began.
        let (line, help) = match tab_after(part, line.saturating_sub(first)) {
            Some(index) if message.contains("tab") => {
                (first + index, Some("indent with spaces, not with tabs".into()))
            }
            _ => (line, None),
        };
        ConfigWarning { help, ..remark(line, "", format!("this is not YAML: {message}")) }
    })?;
    if root.content == Content::Null {
        let mut mistake = remark(
            first,
            "",
            "this document is empty: kubeadm refuses one without apiVersion and kind, even if it has only comments".into(),
        );
        mistake.help = Some("remove it, or the line `---` that separates it".into());
        return Err(mistake);
    }
    let (Some((api, api_line)), Some((kind, line))) =
        (top_text(&root, "apiVersion"), top_text(&root, "kind"))
    else {
        return Err(lacking(first, "the document that begins here lacks apiVersion or kind"));
    };
    let group = api.split_once('/').filter(|(group, version)| !group.is_empty() && !version.is_empty());
    let Some((group, version)) = group.filter(|(_, version)| !version.contains('/')) else {
        return Err(lacking(api_line, &format!("apiVersion `{api}` is not of the form group/version")));
    };
    let (group, version) = (group.to_owned(), version.to_owned());
    Ok(Written { group, version, api_line, kind, line, root, twice })
}

fn lacking(line: u32, message: &str) -> ConfigWarning {
    let mut mistake = remark(line, "", message.to_owned());
    mistake.help =
        Some("for example `apiVersion: kubeadm.k8s.io/v1beta4` and `kind: InitConfiguration`".into());
    mistake
}

/// The text of a key at the top. Its letters may be of any case: JSON's decoder, which looks for these two keys first,
/// folds them; the last of several counts.
fn top_text(root: &Node, key: &str) -> Option<(String, u32)> {
    let Content::Table(table) = &root.content else { return None };
    let (_, node) = table.iter().rfind(|(name, _)| name.eq_ignore_ascii_case(key))?;
    match &node.content {
        Content::Text(text) if !text.is_empty() => Some((text.clone(), node.line.unwrap_or(1))),
        _ => None,
    }
}

pub(super) fn remark(line: u32, word: &str, message: String) -> ConfigWarning {
    ConfigWarning { line, word: word.to_owned(), message, help: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "apiVersion: a.io/v1\nkind: A\n";
    const B: &str = "apiVersion: a.io/v1\nkind: B\n";

    fn kinds(text: &str) -> Vec<(String, u32)> {
        read(text).unwrap().into_iter().map(|document| (document.kind, document.line)).collect()
    }

    #[test]
    fn separators_are_those_that_kubeadm_takes() {
        let both = |first: u32, second: u32| vec![("A".to_owned(), first), ("B".to_owned(), second)];
        for (text, expected) in [
            (format!("{A}---\n{B}"), both(2, 5)),
            (format!("---\n{A}---\n---\n{B}---\n"), both(3, 7)),
            (format!("--- # first\n{A}---   \n{B}"), both(3, 6)),
            (format!("# top\n{A}...\n---\n\u{feff}{B}"), both(3, 7)),
            (format!("{A}---\r\n{B}"), both(2, 5)),
        ] {
            assert_eq!(kinds(&text), expected, "{text:?}");
        }
        assert_eq!(kinds(""), []);
        // Indented it separates nothing.
        assert_eq!(kinds(&format!("{A} ---\n{B}")), [("B".to_owned(), 5)]);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for (text, line, said) in [
            (format!("# c\n---\n{A}"), 1, "is empty"),
            (format!("\n---\n{A}"), 1, "is empty"),
            (format!("{A}---\n# c\n"), 4, "is empty"),
            (format!("{A}---\n---\n"), 4, "is empty"),
            (format!("{A}---\nnull\n"), 4, "is empty"),
            (format!("{A}---\n- x\n"), 4, "lacks"),
            (format!("{A}---\nkind: B\n"), 4, "lacks"),
            (format!("{A}--- !x\n{B}"), 3, "text follows"),
            (format!("{A}----\n{B}"), 3, "text follows"),
            (format!("{A}---\n{A}"), 5, "a second A"),
            ("apiVersion: v1\nkind: ConfigMap\n".to_owned(), 1, "group/version"),
            ("apiVersion: a.io/v1/\nkind: A\n".to_owned(), 1, "group/version"),
        ] {
            let mistakes = read(&text).unwrap_err();
            assert!(mistakes[0].message.contains(said) && mistakes[0].line == line, "{text:?}: {mistakes:?}");
        }
    }

    #[test]
    fn documents_are_cut_and_keep_their_lines() {
        let cut = cut("a: 1\n--- # second\nb: 2\nb: 3\n---\n").unwrap();
        assert_eq!(cut, [(0, "a: 1\n"), (2, "b: 2\nb: 3\n")]);
        let second = go_yaml::parse(cut[1].1, cut[1].0).unwrap();
        assert_eq!(second.root.at("b").unwrap().line, Some(4));
        assert_eq!(second.twice, [("b".to_owned(), 4)]);
        assert_eq!(go_yaml::parse(cut[0].1, cut[0].0).unwrap().twice, []);
    }
}
