//! Paths as Go's `path/filepath` cleans them, by their text alone.

/// An absolute path without `.`, `..`, doubled slashes and one at its end; a relative one begins at the root directory.
#[must_use]
pub fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn paths_are_cleaned_by_their_text() {
        for (path, expected) in [
            ("/a/b", "/a/b"),
            ("/a//b/", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/../a", "/a"),
            ("a", "/a"),
            ("/", "/"),
            ("", "/"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }
}
