//! seccomp profiles as CRI-O decodes them when it starts (`go.podman.io/common/pkg/seccomp`): JSON of the right types. What the
//! profile says is looked at when a container starts.

use crate::component::go_decoder::{self, Field, Format, Type};

const FIELDS: &[Field] = &[
    ("", "defaultAction", Type::Text),
    ("", "defaultErrno", Type::Text),
    ("", "architectures", Type::Texts),
    ("", "archMap", Type::Tables("archMap")),
    ("", "syscalls", Type::Tables("syscalls")),
    ("", "flags", Type::Texts),
    ("", "listenerPath", Type::Text),
    ("", "listenerMetadata", Type::Text),
    ("archMap", "architecture", Type::Text),
    ("archMap", "subArchitectures", Type::Texts),
    ("syscalls", "name", Type::Text),
    ("syscalls", "names", Type::Texts),
    ("syscalls", "action", Type::Text),
    ("syscalls", "comment", Type::Text),
];

fn schema(table: &str, key: &str) -> Option<(&'static str, Type)> {
    go_decoder::find(FIELDS, table, key)
}

/// What is wrong with a profile, if anything is.
pub(crate) fn wrong(bytes: &[u8]) -> Option<String> {
    let json = match serde_json::from_str::<serde_json::Value>(&String::from_utf8_lossy(bytes)) {
        Ok(json) => json,
        Err(error) => return Some(format!("the seccomp profile isn't JSON: {error}")),
    };
    // `null` is as good as an empty profile.
    if json.is_null() {
        return None;
    }
    let (_, mistyped) = go_decoder::decode(go_decoder::from_json(json), "", schema, Format::Json);
    let first = mistyped.into_iter().next()?;
    Some(if first.key.is_empty() {
        "the seccomp profile isn't a JSON object".into()
    } else {
        format!("the seccomp profile is malformed: {}", first.what)
    })
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn profiles_are_json_of_the_right_types() {
        for good in [
            "{}",
            "null",
            "{\"defaultAction\": \"NOPE\"}",
            "{\"syscalls\": [{\"names\": [\"a\"], \"args\": [{\"value\": 18446744073709551615}]}]}",
            "{\"SysCalls\": null, \"strange\": 5}",
        ] {
            assert_eq!(wrong(good.as_bytes()), None, "{good}");
        }
        for bad in [
            "",
            "x",
            "[]",
            "5",
            "{",
            "{\"defaultAction\": 5}",
            "{\"syscalls\": {}}",
            "{\"syscalls\": [{\"names\": \"a\"}]}",
            "{} {}",
        ] {
            assert!(wrong(bad.as_bytes()).is_some(), "{bad}");
        }
    }
}
