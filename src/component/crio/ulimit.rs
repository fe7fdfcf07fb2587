//! Limits as CRI-O's `default_ulimits` takes them (`docker/go-units`): `nofile=1024:2048`.

const NAMES: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Whether a text is a limit: a known name, a soft value and perhaps a hard one that isn't below it; -1 is no limit.
pub(super) fn is_ulimit(text: &str) -> bool {
    let Some((name, values)) = text.split_once('=') else { return false };
    let number = |text: &str| text.parse::<i64>().ok();
    let mut values = values.split(':').map(number);
    let (soft, hard) = match (values.next(), values.next(), values.next()) {
        (Some(Some(soft)), None, None) => (soft, soft),
        (Some(Some(soft)), Some(Some(hard)), None) => (soft, hard),
        _ => return false,
    };
    NAMES.contains(&name) && (hard == -1 || (soft != -1 && soft <= hard))
}

#[cfg(test)]
mod tests {
    use super::is_ulimit;

    #[test]
    fn limits_are_taken_as_go_units_takes_them() {
        for good in ["nofile=5", "nofile=2:5", "core=-1", "core=-1:-1", "nproc=5:-1", "nice=+5", "nofile=0:0"]
        {
            assert!(is_ulimit(good), "{good}");
        }
        for bad in [
            "",
            "nofile",
            "nofile=",
            "nope=1:2",
            "nofile=max",
            "nofile=5:2",
            "nofile=-1:5",
            "nofile=1:2:3",
            "nofile= 5",
            "NOFILE=5",
            "nofile=1.5",
            "nofile=99999999999999999999",
            "nofile:5",
        ] {
            assert!(!is_ulimit(bad), "{bad}");
        }
    }
}
