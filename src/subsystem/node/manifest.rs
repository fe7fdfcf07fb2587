//! One manifest of a static pod: its name, its containers, and what keeps a program of the control plane from starting.

use crate::component::control_plane;
use crate::component::kubeadm::mount_table::FILES;
use crate::fact::{Origin, Reason, State, Value, Version};
use crate::host::{Files, HostPath, Kind, Read};
use crate::parse::document::{Content, Node};
use crate::subsystem::early_boot::is_below_memory;

/// More volumes has no static pod.
const MAX_VOLUMES: usize = 64;

/// A static pod, as the kubelet's directory has it.
pub(super) struct Manifest {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) containers: Vec<String>,
    /// The image of its first container.
    image: Option<String>,
    /// The command and arguments of all containers, with their lines.
    pub(super) arguments: Vec<(Option<u32>, String)>,
    volumes: Vec<Volume>,
    /// Where the containers see volumes: the volume's name, and the path inside.
    mounts: Vec<(String, String)>,
}

/// A directory or file of the host that the pod sees.
struct Volume {
    name: String,
    path: String,
    /// `type` of `hostPath`: what must be there already.
    kind: Option<String>,
    line: Option<u32>,
}

impl Manifest {
    /// None if the file is of another kind.
    pub(super) fn of(path: &str, node: &Node) -> Result<Option<Self>, String> {
        if text(node, "kind").ok_or("says no kind")? != "Pod" {
            return Ok(None);
        }
        let name = text(node, "metadata.name").ok_or("a pod without a name")?;
        let Some(items) = list(node, "spec.containers") else {
            return Err("a pod without containers".into());
        };
        let containers = items.iter().filter_map(|item| text(item, "name")).collect();
        let lists = items.iter().flat_map(|item| [list(item, "command"), list(item, "args")]).flatten();
        let word = |word: &Node| match &word.content {
            Content::Text(text) => Some((word.line, text.clone())),
            _ => None,
        };
        let mounts = items.iter().filter_map(|item| list(item, "volumeMounts")).flatten();
        let mounts = mounts.filter_map(|mount| Some((text(mount, "name")?, text(mount, "mountPath")?)));
        Ok(Some(Manifest {
            path: path.to_owned(),
            name,
            namespace: text(node, "metadata.namespace").unwrap_or_else(|| "default".into()),
            containers,
            image: items.first().and_then(|item| text(item, "image")),
            arguments: lists.flatten().filter_map(word).collect(),
            volumes: list(node, "spec.volumes").into_iter().flatten().filter_map(Volume::of).collect(),
            mounts: mounts.collect(),
        }))
    }

    /// The version in the tag of its image: `registry.k8s.io/kube-apiserver:v1.34.1`; none if it has none or another tag.
    pub(super) fn version(&self) -> Option<String> {
        let version = self.tag()?.strip_prefix('v')?;
        Version::parse(version).is_some().then(|| version.to_owned())
    }

    /// The tag of its image.
    pub(super) fn tag(&self) -> Option<&str> {
        let image = self.image.as_deref()?.split('@').next()?;
        image.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'))
    }

    /// The minor version of Kubernetes 1.x that its image has.
    pub(super) fn minor(&self) -> Option<u64> {
        let version = Version::parse(&self.version()?)?;
        (version.number(0) == 1).then(|| version.number(1))
    }

    /// What keeps it from starting: flags that its program doesn't have, files that aren't there. What can't be looked at is
    /// left in `gap`.
    pub(super) fn mistakes(&self, files: &Files, gap: &mut Option<Reason>) -> Vec<(Origin, String)> {
        let mut found = Vec::new();
        let minor = if self.name == "etcd" { None } else { self.minor() };
        for (line, argument) in &self.arguments {
            let Some(flag) = argument.strip_prefix("--") else { continue };
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            let place = || Origin::at(&self.path, *line);
            if let Some(mistake) = control_plane::flag_mistake(&self.name, name, value, minor) {
                found.push((place(), format!("{}: {mistake}", self.name)));
            }
            if self.name == "kube-apiserver" && FILES.contains(&name) && value.starts_with('/') {
                let what = self.missing_file(files, value, gap);
                found
                    .extend(what.map(|what| (place(), format!("{}: `--{name}`: {value} {what}", self.name))));
            }
        }
        for volume in self.volumes.iter().take(MAX_VOLUMES) {
            // A flag that names it has said so.
            let is_told = found.iter().any(|(_, what)| what.contains(&volume.path));
            if !is_told && volume.is_missing(files, gap) {
                let kind = volume.kind.as_deref().unwrap_or_default();
                let what = format!(
                    "{}: {} isn't there, which its volume {} needs (type: {kind})",
                    self.name, volume.path, volume.name
                );
                found.push((Origin::at(&self.path, volume.line), what));
            }
        }
        found
    }

    /// Why a program of the pod doesn't find a file.
    fn missing_file(&self, files: &Files, inside: &str, gap: &mut Option<Reason>) -> Option<&'static str> {
        let below = |(name, mount): &(String, String)| {
            let rest = inside.strip_prefix(mount.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| (mount.len(), name.clone(), rest.to_owned()))
        };
        let Some((_, name, rest)) = self.mounts.iter().filter_map(below).max() else {
            return Some("is in no volume of the pod: its program exits");
        };
        // Volumes of other kinds are the cluster's.
        let volume = self.volumes.iter().find(|volume| volume.name == name)?;
        let path = format!("{}{rest}", volume.path.trim_end_matches('/'));
        is_gone(files, &path, &[Kind::File], gap).then_some("isn't there: its program exits")
    }
}

impl Volume {
    fn of(node: &Node) -> Option<Self> {
        let path = node.at("hostPath.path")?;
        let Content::Text(text_of_path) = &path.content else { return None };
        Some(Volume {
            name: text(node, "name")?,
            path: text_of_path.clone(),
            kind: text(node, "hostPath.type"),
            line: path.line,
        })
    }

    /// Whether the kubelet refuses the pod because of it: types that end in `OrCreate` are made.
    fn is_missing(&self, files: &Files, gap: &mut Option<Reason>) -> bool {
        let kinds: &[Kind] = match self.kind.as_deref() {
            Some("File") => &[Kind::File],
            Some("Directory") => &[Kind::Directory],
            _ => return false,
        };
        self.path.starts_with('/') && is_gone(files, &self.path, kinds, gap)
    }
}

/// Whether nothing of these kinds is at a path; below a file system in memory nobody knows.
fn is_gone(files: &Files, path: &str, kinds: &[Kind], gap: &mut Option<Reason>) -> bool {
    if is_below_memory(&HostPath::new(path)) {
        return false;
    }
    match files.stat(path) {
        Read::There(metadata) => !kinds.contains(&metadata.kind),
        Read::Missing(_) => true,
        Read::Hidden(error) => {
            gap.get_or_insert(error.into());
            false
        }
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    match node.at(key).map(Node::state) {
        Some(State::Known(Value::Text(text))) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn list<'n>(node: &'n Node, key: &str) -> Option<&'n Vec<Node>> {
    match &node.at(key)?.content {
        Content::List(items) => Some(items),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::yaml;

    #[test]
    fn the_tag_of_an_image_is_its_version() {
        let version = |image: &str| {
            let text = format!(
                "kind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: \"{image}\"}}]}}\n"
            );
            Manifest::of("/a", &yaml::parse(text.as_bytes()).unwrap()).unwrap().unwrap().version()
        };
        assert_eq!(version("registry.k8s.io/kube-apiserver:v1.34.1").as_deref(), Some("1.34.1"));
        assert_eq!(version("r.example:5000/kube-apiserver:v1.34.1@sha256:ab").as_deref(), Some("1.34.1"));
        for none in
            ["r.example:5000/kube-apiserver", "kube-apiserver:latest", "kube-apiserver@sha256:ab", "a:v"]
        {
            assert_eq!(version(none), None, "{none}");
        }
    }
}
