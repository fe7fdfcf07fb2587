//! The rules that are part of the program, so that the binary works alone on a bare host.

use super::SourceFile;

/// One line a topic file of `rules/`.
const FILES: &[(&str, &str)] = &[
    ("host.toml", include_str!("../../rules/host.toml")),
    ("kernel.toml", include_str!("../../rules/kernel.toml")),
    ("kubelet.toml", include_str!("../../rules/kubelet.toml")),
    ("network.toml", include_str!("../../rules/network.toml")),
    ("profiles.toml", include_str!("../../rules/profiles.toml")),
    ("runtime.toml", include_str!("../../rules/runtime.toml")),
    ("swap.toml", include_str!("../../rules/swap.toml")),
];

/// The built-in rule files, in the order of the catalogue.
#[must_use]
pub fn sources() -> Vec<SourceFile> {
    FILES.iter().map(|(name, text)| SourceFile::built_in(name, text)).collect()
}
