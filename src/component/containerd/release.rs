//! Releases of containerd by their major and minor number; none stands for one that isn't known.

use crate::fact::Version;

/// A major and a minor number.
pub(super) type Minor = (u64, u64);

/// No release is before the first or after the last.
pub(super) const FIRST: Minor = (0, 0);
pub(super) const LAST: Minor = (u64::MAX, 0);

pub(super) fn minor(release: &Version) -> Minor {
    (release.number(0), release.number(1))
}

/// Whether it is known to be of 1.x.
pub(crate) fn is_before_2(release: Option<&Version>) -> bool {
    release.is_some_and(|release| release.number(0) < 2)
}

/// Whether it may be this one or a later one.
pub(super) fn may_be_since(release: Option<&Version>, since: Minor) -> bool {
    release.is_none_or(|release| minor(release) >= since)
}
