//! Calls of swapon(8) in a line of shell or an `ExecStart=`, as far as the text tells.

use crate::parse::shell_line;

/// What one call turns on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    /// Every swap of fstab that is not `noauto`.
    pub(super) all: bool,
    /// Devices as fstab would write them.
    pub(super) devices: Vec<String>,
}

/// The calls in a line; `command -v swapon`, `swapon --show` and text that is only printed are none.
pub(super) fn calls(line: &str) -> Vec<Call> {
    let commands = shell_line::all_commands(line);
    let called = commands.iter().filter_map(shell_line::Command::program);
    called.filter(|(name, _)| *name == "swapon").filter_map(|(_, words)| call(words)).collect()
}

/// What the words behind `swapon` ask for; none if they only ask what is on.
fn call(words: &[String]) -> Option<Call> {
    let mut call = Call::default();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let (option, value) =
            word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        let value = |words: &mut dyn Iterator<Item = &str>| {
            value.map(str::to_owned).or_else(|| words.next().map(str::to_owned)).unwrap_or_default()
        };
        match option {
            "--all" => call.all = true,
            "--show" | "--summary" | "--help" | "--version" => return None,
            "--priority" | "--options" => drop(value(&mut words)),
            "--label" => call.devices.push(format!("LABEL={}", value(&mut words))),
            "--uuid" => call.devices.push(format!("UUID={}", value(&mut words))),
            _ if option.starts_with("--") => {}
            _ if word.len() > 1 && word.starts_with('-') => short(&word[1..], &mut words, &mut call)?,
            _ => call.devices.push(word.to_owned()),
        }
    }
    (call.all || !call.devices.is_empty()).then_some(call)
}

/// A cluster of short options; a letter that takes a value takes the rest of the word or the next word. None
/// if the call only asks.
fn short<'w>(letters: &str, words: &mut impl Iterator<Item = &'w str>, call: &mut Call) -> Option<()> {
    for (at, letter) in letters.char_indices() {
        let rest = &letters[at + letter.len_utf8()..];
        let mut value = || match rest {
            "" => words.next().unwrap_or_default().to_owned(),
            rest => rest.to_owned(),
        };
        match letter {
            'a' => call.all = true,
            's' | 'h' | 'V' => return None,
            'L' => call.devices.push(format!("LABEL={}", value())),
            'U' => call.devices.push(format!("UUID={}", value())),
            'p' | 'o' => drop(value()),
            _ => continue,
        }
        if matches!(letter, 'L' | 'U' | 'p' | 'o') {
            break;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn calls_are_found_where_a_command_stands() {
        for (line, all, devices) in [
            ("/sbin/swapon /dev/vdb7", false, vec!["/dev/vdb7"]),
            ("-/sbin/swapon -p 5 /dev/vdb7", false, vec!["/dev/vdb7"]),
            ("swapon -p10 --discard=once /a /b", false, vec!["/a", "/b"]),
            ("if ! swapon --priority=3 -L data; then true; fi", false, vec!["LABEL=data"]),
            ("[ -f /x ] && swapon \"$SWAP\" 2>/dev/null", false, vec!["$SWAP"]),
            ("mkswap /x;swapon /x&", false, vec!["/x"]),
            ("/bin/sh -c 'sleep 5; /sbin/swapon -a'", true, vec![]),
            ("sudo -n swapon -ae", true, vec![]),
            ("A=b timeout 5 swapon -U 12-34", false, vec!["UUID=12-34"]),
            ("x=$(swapon /y > /dev/null)", false, vec!["/y"]),
        ] {
            let found = calls(line);
            assert_eq!(found.len(), 1, "{line}: {found:?}");
            assert_eq!(
                (found[0].all, &found[0].devices),
                (all, &devices.iter().map(ToString::to_string).collect()),
                "{line}"
            );
        }
    }

    #[test]
    fn questions_comments_and_texts_are_no_calls() {
        for line in [
            "command -v swapon >/dev/null",
            "if [ -x /sbin/swapon ]; then",
            "swapon --show=NAME",
            "swapon -s",
            "swapon",
            "swapoff -a # swapon /dev/sda2",
            "echo \"run swapon /dev/sda2\"",
            "/usr/sbin/dphys-swapfile swapon",
            "which swapon",
        ] {
            assert_eq!(calls(line), [], "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_searched(line in ".{0,80}") {
            for call in calls(&line) {
                prop_assert!(call.all || !call.devices.is_empty());
            }
        }

        #[test]
        fn a_plain_call_is_always_found(device in "/[a-z0-9/]{1,20}", before in "[a-z ]{0,10}") {
            let found = calls(&format!("{before}; swapon {device}"));
            prop_assert_eq!(&found.last().expect("a call").devices, &vec![device]);
        }
    }
}
