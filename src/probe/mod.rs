//! One question a file: a probe picks the answer for a key at a moment. It measures and never judges.

mod address;
mod alternative;
mod api_server;
mod api_server_certificate;
mod apparmor;
mod binary;
mod certificate;
mod certificates;
mod cgroup;
mod cluster_ca;
mod cmdline;
mod cmdline_source;
mod cni;
mod cni_leftovers;
mod conntrack;
mod containerd;
mod cpu;
mod cri;
mod crio;
mod crio_finding;
mod directory;
mod file;
mod filesystem;
mod host_entry;
mod hostname;
mod image_policy;
mod iptables;
mod join_token;
mod kernel;
mod kernel_config;
mod kernel_modules_package;
mod kernel_option;
mod key;
mod kubeadm;
mod kubeadm_finding;
mod kubeadm_property;
mod kubelet;
mod kubelet_finding;
mod kubelet_health;
mod kubelet_property;
mod kubernetes_repository;
mod loaded_filter;
mod local_address;
mod lost_host_entries;
mod machine_id;
mod memory;
mod module;
mod modules_load;
mod mount;
mod name_service;
mod network;
mod networkd;
mod next_hostname;
mod nm_device;
mod node_ip;
mod os;
mod package;
mod port;
mod product_uuid;
mod program;
mod proxied;
mod proxy;
mod registries;
mod resolver;
mod restarts;
mod route;
mod selinux;
mod service;
mod setting;
mod socket;
mod space;
mod static_pods;
mod swap;
mod sysctl;
mod systemd;
mod unit;
mod unit_file;
mod upgraded_control_plane;
mod upgraded_kubelet;
mod uplink;

pub use key::{Key, KeyKind, KeySyntax, KeyWords, SettingKey};

use crate::fact::{Fact, Moment, State};
use crate::subsystem::Subsystems;

/// A question that the program can ask of a host.
pub struct Probe {
    /// The word in rules, in `facts` and in the documentation.
    pub name: &'static str,
    /// One sentence: what it answers.
    pub summary: &'static str,
    /// Paragraphs for the reader: what it answers at each moment, its sources, when it says unknown.
    pub details: &'static str,
    /// What its key is.
    pub key: KeySyntax,
    /// The kind of its answer.
    pub answer: Shape,
    /// The moments that the question makes sense for.
    pub moments: &'static [Moment],
    /// Keys that `facts` asks when it is given none: typical ones; empty where listing makes no sense.
    pub examples: &'static [&'static str],
    /// Asks. The key has been made canonical by [`Probe::key`], and the moment is one of [`Probe::moments`].
    pub ask: fn(&Subsystems<'_>, &Key, Moment) -> Fact,
}

/// The kind of an answer. Declared once; used to refuse nonsense in rules, in the schema, in the docs and
/// in a test that every answer has its declared shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Yes or no.
    Bool,
    /// A whole number.
    Integer,
    /// An amount of memory or storage.
    Size,
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A version number inside a text.
    Version,
    /// An address or network.
    Network,
    /// Permission bits in octal, `0644`; `at-most` means that no other bit is set.
    Mode,
    /// A list of values of one kind.
    List(&'static Shape),
    /// Named attributes.
    Record(&'static [Attribute]),
    /// Whatever a configuration file holds under the key.
    Any,
}

/// A named part of a record. It is declared once: a record is made of its declarations ([`Attribute::is`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The word in JSON, which never changes.
    pub name: &'static str,
    /// The word in rules; as `name`, unless that is an old spelling, which rules may use as well.
    pub word: &'static str,
    /// The kind of its value.
    pub shape: Shape,
    /// One sentence: what it says.
    pub summary: &'static str,
    /// What follows `is` or `is not`, where true or false alone reads badly: `network-ready`.
    pub phrase: Option<&'static str>,
}

impl Attribute {
    /// An attribute of one spelling.
    #[must_use]
    pub const fn new(name: &'static str, shape: Shape, summary: &'static str) -> Self {
        Attribute { name, word: name, shape, summary, phrase: None }
    }

    /// With another word in rules.
    #[must_use]
    pub const fn spelt(self, word: &'static str) -> Self {
        Attribute { word, ..self }
    }

    /// With words for what it says if it is true.
    #[must_use]
    pub const fn phrase(self, phrase: &'static str) -> Self {
        Attribute { phrase: Some(phrase), ..self }
    }

    /// Whether rules may call it so.
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        self.word == word || self.name == word
    }

    /// What follows `is` or `are` of what has this attribute, or has it not: `network-ready`, `not held`.
    #[must_use]
    pub fn says(&self, flag: bool) -> String {
        let phrase = self.phrase.unwrap_or(self.name);
        if flag { phrase.to_owned() } else { format!("not {phrase}") }
    }

    /// This attribute in a record.
    #[must_use]
    pub fn is(&self, state: impl Into<State>) -> (&'static str, State) {
        (self.name, state.into())
    }
}

/// All probes, sorted by name.
pub static PROBES: &[&Probe] = &[
    &address::PROBE,
    &alternative::PROBE,
    &api_server::PROBE,
    &api_server_certificate::PROBE,
    &apparmor::PROBE,
    &binary::PROBE,
    &certificate::PROBE,
    &certificates::PROBE,
    &cgroup::PROBE,
    &cluster_ca::PROBE,
    &cmdline::PROBE,
    &cmdline_source::PROBE,
    &cni::PROBE,
    &cni_leftovers::PROBE,
    &conntrack::PROBE,
    &containerd::PROBE,
    &cpu::PROBE,
    &cri::PROBE,
    &crio::PROBE,
    &crio_finding::PROBE,
    &directory::PROBE,
    &setting::ENV,
    &file::PROBE,
    &filesystem::PROBE,
    &host_entry::PROBE,
    &hostname::PROBE,
    &image_policy::PROBE,
    &setting::INI,
    &iptables::PROBE,
    &join_token::PROBE,
    &kernel::PROBE,
    &kernel_config::PROBE,
    &kernel_modules_package::PROBE,
    &kernel_option::PROBE,
    &kubeadm::PROBE,
    &kubeadm_finding::PROBE,
    &kubeadm_property::PROBE,
    &kubelet::PROBE,
    &kubelet_finding::PROBE,
    &kubelet_health::PROBE,
    &kubelet_property::PROBE,
    &kubernetes_repository::PROBE,
    &loaded_filter::PROBE,
    &local_address::PROBE,
    &lost_host_entries::PROBE,
    &machine_id::PROBE,
    &memory::PROBE,
    &module::PROBE,
    &modules_load::PROBE,
    &mount::PROBE,
    &name_service::PROBE,
    &network::PROBE,
    &networkd::PROBE,
    &next_hostname::PROBE,
    &nm_device::PROBE,
    &node_ip::PROBE,
    &os::PROBE,
    &package::PROBE,
    &port::PROBE,
    &product_uuid::PROBE,
    &program::PROBE,
    &proxied::PROBE,
    &proxy::PROBE,
    &registries::PROBE,
    &resolver::PROBE,
    &restarts::PROBE,
    &route::PROBE,
    &selinux::PROBE,
    &service::PROBE,
    &socket::PROBE,
    &space::PROBE,
    &static_pods::PROBE,
    &swap::PROBE,
    &sysctl::PROBE,
    &systemd::PROBE,
    &setting::TOML,
    &upgraded_control_plane::PROBE,
    &upgraded_kubelet::PROBE,
    &uplink::PROBE,
    &unit::PROBE,
    &unit_file::PROBE,
    &setting::YAML,
];

/// Probes whose names in JSON are old ones, and their words in rules and in `facts`, where both may be used.
const RENAMED: &[(&str, &str)] = &[
    ("proxied", "proxied-by"),
    ("proxy", "proxy-settings"),
    ("restarts", "service-restarts"),
    ("space", "disk-space"),
    ("unit", "unit-setting"),
    ("uplink", "default-route"),
];

impl Probe {
    /// The word in rules: the name, unless that is an old one.
    #[must_use]
    pub fn word(&self) -> &'static str {
        RENAMED.iter().find(|(name, _)| *name == self.name).map_or(self.name, |(_, word)| word)
    }

    /// The moments that the question about a key makes sense for.
    #[must_use]
    pub fn moments_of(&self, key: &Key) -> &'static [Moment] {
        match self.key {
            KeySyntax::Word(words) => words.find(key.as_str()).map_or(self.moments, |word| word.moments),
            _ => self.moments,
        }
    }
}

/// The probe of a name, or of its word in rules.
#[must_use]
pub fn find(name: &str) -> Option<&'static Probe> {
    PROBES.iter().copied().find(|probe| probe.name == name || probe.word() == name)
}

/// Tells the parts of the system what they will be asked about, so that all that hangs can be asked at once.
pub(crate) fn prepare<'q>(
    subsystems: &Subsystems<'_>,
    questions: impl Iterator<Item = (&'static Probe, &'q Key)>,
) {
    let sockets = questions.filter(|(probe, _)| probe.name == cri::PROBE.name);
    cri::prepare(subsystems, sockets.map(|(_, key)| key));
}

/// Both moments: what most probes answer.
pub(crate) const BOTH: &[Moment] = &[Moment::Now, Moment::NextBoot];
/// The next boot only.
pub(crate) const BOOT: &[Moment] = &[Moment::NextBoot];
/// The running system only.
pub(crate) const NOW: &[Moment] = &[Moment::Now];

#[cfg(test)]
mod tests {
    use super::*;

    /// A new one: does it read well?
    #[test]
    fn every_attribute_that_is_true_or_false_reads_well() {
        let mut sentences = Vec::new();
        for probe in PROBES {
            let Shape::Record(attributes) = probe.answer else { continue };
            for attribute in attributes.iter().filter(|attribute| attribute.shape == Shape::Bool) {
                sentences.push(format!("{} is {}", probe.name, attribute.says(false)));
            }
        }
        insta::assert_snapshot!(sentences.join("\n"));
    }
}
