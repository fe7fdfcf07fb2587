//! Whether `/usr` is merged: asked by all who would otherwise look at one directory under two names.

use super::files::Files;
use super::read::Read;
use super::tree::Kind;

impl Files {
    /// Whether `/lib` is a link, as it is to `/usr/lib` on every distribution with a merged `/usr`. If it can't be looked at,
    /// it is taken for a directory: looking into it fails then, and tells why.
    #[must_use]
    pub fn has_merged_usr(&self) -> bool {
        match self.lstat("/lib") {
            Read::There(lib) => lib.kind == Kind::Link,
            // Looking below it fails, too, and tells why.
            Read::Missing(_) | Read::Hidden(_) => false,
        }
    }

    /// The directories without those that are another name of one among them.
    pub fn distinct<'d, T: AsRef<str>>(
        &self,
        directories: impl IntoIterator<Item = T> + 'd,
    ) -> impl Iterator<Item = T> + 'd {
        let is_merged = self.has_merged_usr();
        directories.into_iter().filter(move |path| !(is_merged && path.as_ref().starts_with("/lib/")))
    }
}
