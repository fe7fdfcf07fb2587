//! `/proc/PID/mountinfo`: the mounts that a process sees (`proc_pid_mountinfo(5)`).

use std::borrow::Cow;

use super::fstab::unescape;

/// A mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount<'t> {
    /// Its number.
    pub id: u32,
    /// The number of the mount that it lies on.
    pub parent: u32,
    /// Where it is mounted.
    pub point: Cow<'t, str>,
    /// What holds for this mount alone: `rw,noexec,relatime`.
    pub options: &'t str,
    /// `shared:N`, `master:N`, ... separated by blanks.
    pub propagation: &'t str,
    /// The type of the file system.
    pub kind: &'t str,
    /// The device, or any text.
    pub source: Cow<'t, str>,
    /// What holds for the file system: `rw,errors=remount-ro`.
    pub super_options: &'t str,
}

/// The mounts in order. Lines that are none are passed over.
pub fn parse(text: &str) -> impl Iterator<Item = Mount<'_>> {
    text.lines().filter_map(mount)
}

/// The mounts on a path and on the directories above it, in order. A node has hundreds of others, one or more a pod,
/// which are passed over by a look at their fifth field.
#[must_use]
pub fn above<'t>(text: &'t str, path: &str) -> Vec<Mount<'t>> {
    let is_on_the_way = |line: &&str| {
        line.split(' ').nth(4).is_some_and(|point| point.contains('\\') || is_above(point, path))
    };
    text.lines().filter(is_on_the_way).filter_map(mount).collect()
}

fn mount(line: &str) -> Option<Mount<'_>> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.splitn(7, ' ');
    let (id, parent) = (before.next()?.parse().ok()?, before.next()?.parse().ok()?);
    let point = plain(before.nth(2)?);
    let (options, propagation) = (before.next()?, before.next().unwrap_or_default());
    let mut after = after.splitn(3, ' ');
    let (kind, source) = (after.next()?, plain(after.next()?));
    Some(Mount { id, parent, point, options, propagation, kind, source, super_options: after.next()? })
}

fn plain(field: &str) -> Cow<'_, str> {
    if field.contains('\\') { unescape(field).into() } else { field.into() }
}

/// The mount that a path without links is on: from the first root, through what is mounted on the way, as the
/// kernel walks. What a later mount on a directory above hides is not seen.
#[must_use]
pub fn of_path<'m, 't>(mounts: &'m [Mount<'t>], path: &str) -> Option<&'m Mount<'t>> {
    let above = |mount: &&Mount<'_>| is_above(&mount.point, path);
    let mut at = mounts.iter().filter(above).find(|mount| {
        mount.point == "/" && !mounts.iter().any(|other| other.id == mount.parent && other.id != mount.id)
    })?;
    // Each step goes to another mount; more steps than mounts are a circle that no kernel makes.
    for _ in 0..mounts.len() {
        let on_it = |mount: &&Mount<'_>| mount.parent == at.id && mount.id != at.id;
        let deeper = |mount: &&Mount<'_>| mount.point.len() >= at.point.len();
        let next = mounts.iter().filter(above).filter(on_it).filter(deeper);
        match next.min_by_key(|mount| mount.point.len()) {
            Some(mount) => at = mount,
            None => return Some(at),
        }
    }
    None
}

/// Whether a path is a directory or lies below it.
#[must_use]
pub fn is_above(directory: &str, path: &str) -> bool {
    directory == "/"
        || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
        23 22 8:2 / /var rw,noexec shared:2 - xfs /dev/sdb1 rw\n\
        24 23 0:40 / /var/lib/with\\040blank rw master:3 propagate_from:2 - nfs4 host:/x rw\n\
        garbage\n\
        25 22 8:3 /sub /srv rw - btrfs /dev/sdc rw\n";

    fn on(text: &str, path: &str) -> Option<(String, u32)> {
        let all: Vec<Mount<'_>> = parse(text).collect();
        let above = above(text, path);
        assert_eq!(of_path(&all, path), of_path(&above, path), "{path}");
        of_path(&above, path).map(|mount| (mount.point.to_string(), mount.id))
    }

    #[test]
    fn a_line_has_its_fields_with_or_without_propagation() {
        let mounts: Vec<Mount<'_>> = parse(TABLE).collect();
        assert_eq!(mounts.len(), 4);
        assert_eq!((mounts[0].options, mounts[0].super_options), ("rw,relatime", "rw,errors=remount-ro"));
        assert_eq!(
            (&*mounts[2].point, mounts[2].propagation),
            ("/var/lib/with blank", "master:3 propagate_from:2")
        );
        assert_eq!((mounts[3].propagation, mounts[3].kind, &*mounts[3].source), ("", "btrfs", "/dev/sdc"));
    }

    #[test]
    fn a_path_is_on_the_nearest_mount_above() {
        for (path, point) in [
            ("/", "/"),
            ("/etc", "/"),
            ("/var", "/var"),
            ("/var/lib/kubelet", "/var"),
            ("/variable", "/"),
            ("/var/lib/with blank/x", "/var/lib/with blank"),
        ] {
            assert_eq!(on(TABLE, path).map(|(point, _)| point).as_deref(), Some(point), "{path}");
        }
    }

    #[test]
    fn the_last_of_several_on_one_place_is_on_top_and_hides_what_is_below() {
        let table = "1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /var/lib rw - ext4 b rw\n3 1 8:3 / /var rw - ext4 c rw\n\
             4 3 8:4 / /var rw - ext4 d rw\n";
        assert_eq!(on(table, "/var/lib/x"), Some(("/var".into(), 4)));
        assert_eq!(on(table, "/usr"), Some(("/".into(), 1)));
        assert_eq!(on("", "/"), None);
        assert_eq!(on("1 2 8:1 / / rw - a b rw\n2 1 8:1 / / rw - a b rw\n", "/x"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed(text in "[ -~\n]{0,300}", path in "(/[a-c]{0,2}){1,4}") {
            let mounts: Vec<Mount<'_>> = parse(&text).collect();
            prop_assert!(of_path(&mounts, &path).is_none_or(|mount| is_above(&mount.point, &path)));
            prop_assert!(above(&text, &path).len() <= mounts.len());
        }

        #[test]
        fn a_mount_that_is_found_is_above_the_path(
            parents in proptest::collection::vec((0u32..8, "(/[ab]){0,3}"), 0..8),
            path in "(/[ab]){1,4}",
        ) {
            let line = |(id, (parent, point)): (usize, &(u32, String))| {
                format!("{} {parent} 8:1 / {} rw - ext4 x rw\n", id + 1, if point.is_empty() { "/" } else { point })
            };
            let text: String = parents.iter().enumerate().map(line).collect();
            let mounts: Vec<Mount<'_>> = parse(&text).collect();
            prop_assert!(of_path(&mounts, &path).is_none_or(|mount| is_above(&mount.point, &path)));
        }
    }
}
