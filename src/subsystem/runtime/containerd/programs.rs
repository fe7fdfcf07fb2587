//! The programs that containerd starts for a pod of its default runtime: the shim, and the OCI runtime.

use crate::component::containerd::default_runtime;
use crate::fact::{Knowledge, Origin, Reason, State, Value};
use crate::host::Files;
use crate::parse::document::Node;
use crate::parse::systemd::DEFAULT_PATH;
use crate::subsystem::systemd::exec_context::ExecContext;

/// The runtime of pods where the configuration says nothing else.
const SHIM: &str = "io.containerd.runc.v2";

/// What the default runtime is started with, by the tables that count, the last of which wins.
struct Runtime {
    kind: String,
    /// A shim that isn't searched for.
    shim: Option<(String, Option<Origin>)>,
    /// The program that the shim calls.
    binary: Option<(String, Option<Origin>)>,
}

/// Programs that aren't there, with the places that name them.
pub(super) fn missing(
    files: &Files,
    launch: &ExecContext,
    tables: &[(&str, &Node)],
) -> (Knowledge<Vec<String>>, Vec<Origin>) {
    let runtime = runtime(tables);
    // Other shims have runtimes of their own, which aren't known here.
    let binary = (runtime.kind == SHIM).then(|| runtime.binary.unwrap_or_else(|| ("runc".to_owned(), None)));
    let shim = runtime.shim.or_else(|| shim_name(&runtime.kind).map(|name| (name, None)));
    let mut found = Vec::new();
    let mut gap: Option<Reason> = None;
    for ((program, place), what) in [shim, binary]
        .into_iter()
        .zip(["the shim", "the OCI runtime"])
        .filter_map(|(program, what)| Some((program?, what)))
    {
        match is_there(files, launch, &program) {
            Ok(true) => {}
            Ok(false) => {
                let text = format!("{program}: {what} of containerd's default runtime");
                found.push((place.unwrap_or_else(|| Origin::file(&program).says("is not there")), text));
            }
            Err(reason) => {
                gap.get_or_insert(reason);
            }
        }
    }
    let (places, texts): (Vec<Origin>, Vec<String>) = found.into_iter().unzip();
    match gap {
        Some(reason) if texts.is_empty() => (Knowledge::unknown(reason), places),
        _ => (Knowledge::Known(texts), places),
    }
}

fn runtime(tables: &[(&str, &Node)]) -> Runtime {
    let mut runtime = Runtime { kind: SHIM.to_owned(), shim: None, binary: None };
    for (path, table) in tables {
        let key = format!("containerd.runtimes.{}", default_runtime(table));
        let Some(set) = table.at(&key) else { continue };
        let text = |key: &str| match set.at(key) {
            Some(node) => match node.state() {
                State::Known(Value::Text(text)) if !text.is_empty() => {
                    Some((text, Some(Origin::at(path, node.line))))
                }
                _ => None,
            },
            None => None,
        };
        if let Some((kind, _)) = text("runtime_type") {
            runtime.kind = kind;
        }
        runtime.shim = text("runtime_path").or(runtime.shim);
        runtime.binary = text("options.BinaryName").or(runtime.binary);
    }
    runtime
}

/// `io.containerd.runc.v2` has the shim containerd-shim-runc-v2; a path is one by itself.
fn shim_name(kind: &str) -> Option<String> {
    if kind.starts_with('/') {
        return Some(kind.to_owned());
    }
    let (rest, version) = kind.rsplit_once('.')?;
    let (_, name) = rest.rsplit_once('.')?;
    Some(format!("containerd-shim-{name}-{version}"))
}

/// Whether containerd finds a program: by its path, in its search path, beside itself.
fn is_there(files: &Files, launch: &ExecContext, program: &str) -> Result<bool, Reason> {
    if program.starts_with('/') {
        return files.any_is_there([program]).map_err(Reason::from);
    }
    let own =
        launch.words.first().and_then(|(_, word)| word.rsplit_once('/')).map(|(directory, _)| directory);
    let path = launch.environment.get("PATH").map(|(_, path)| path.split(':').collect::<Vec<_>>());
    let search = path.unwrap_or_else(|| DEFAULT_PATH.to_vec());
    let candidates = search.into_iter().chain(own).map(|directory| format!("{directory}/{program}"));
    files.any_is_there(candidates.collect::<Vec<_>>()).map_err(Reason::from)
}

#[cfg(test)]
mod tests {
    use super::shim_name;

    #[test]
    fn shims_are_named_after_the_type_of_the_runtime() {
        assert_eq!(shim_name("io.containerd.runc.v2").as_deref(), Some("containerd-shim-runc-v2"));
        assert_eq!(shim_name("io.containerd.kata-qemu.v2").as_deref(), Some("containerd-shim-kata-qemu-v2"));
        assert_eq!(shim_name("/opt/shim").as_deref(), Some("/opt/shim"));
        assert_eq!(shim_name("runc"), None);
    }
}
