//! What `/proc` says of one process: its command line, and when it was started (`proc_pid_stat(5)`).

use super::lines;

/// Ticks in a second, as the kernel shows times to programs: `USER_HZ`, 100 on every architecture that Kubernetes runs on.
const TICKS: u64 = 100;

/// The words of `/proc/PID/cmdline`; none for a process of the kernel, or one that has ended.
#[must_use]
pub fn command_line(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Seconds between the start of the machine and that of the process: field 22 of `/proc/PID/stat`. The name of the program,
/// in parentheses, may hold anything.
#[must_use]
pub fn started(stat: &[u8]) -> Option<u64> {
    let name = memchr::memrchr(b')', stat)?;
    let behind = std::str::from_utf8(stat.get(name + 1..)?).ok()?;
    // The first field behind the name is the third one.
    let ticks: u64 = behind.split_ascii_whitespace().nth(22 - 3)?.parse().ok()?;
    Some(ticks / TICKS)
}

/// When the machine was started, in seconds since 1970: `btime` of `/proc/stat`.
#[must_use]
pub fn boot_time(stat: &[u8]) -> Option<u64> {
    lines(stat).find_map(|(_, line)| line.strip_prefix("btime ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STAT: &[u8] = b"1 (a) b) R 0 1 1 0 -1 4194560 21 0 0 0 17 20 0 0 20 0 1 0 4242 22 7\n";

    #[test]
    fn the_start_is_counted_behind_the_last_parenthesis() {
        assert_eq!(started(STAT), Some(42));
        assert_eq!(started(b"1 (a) R 0"), None);
        assert_eq!(started(b"nonsense"), None);
    }

    #[test]
    fn the_start_of_the_machine_has_a_line_of_its_own() {
        assert_eq!(boot_time(b"cpu  1 2 3\nbtime 1790000000\nprocesses 5\n"), Some(1_790_000_000));
        assert_eq!(boot_time(b"btime soon\n"), None);
    }

    #[test]
    fn words_end_with_a_zero() {
        assert_eq!(
            command_line(b"/usr/bin/kubelet\0--config=/a b\0--x=\0"),
            ["/usr/bin/kubelet", "--config=/a b", "--x="]
        );
        assert_eq!(command_line(b"a\0\0"), ["a", ""]);
        assert!(command_line(b"").is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes: Vec<u8>) {
            let words = command_line(&bytes);
            prop_assert!(words.len() <= bytes.len());
            prop_assert!(started(&bytes).is_none_or(|seconds| seconds <= u64::MAX / TICKS));
            prop_assert!(boot_time(&bytes).is_none_or(|_| bytes.len() > 6));
        }
    }
}
