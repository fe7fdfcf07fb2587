//! What is known of the programs of a node: the package that ships each, and where its sources keep the version.

/// Where a program's version is.
pub(super) struct Known {
    /// The name of the program.
    name: &'static str,
    /// Packages whose version is the program's own, besides one of the program's name.
    pub(super) packages: &'static [&'static str],
    /// Variables that its build sets with `-ldflags -X`, the version with or without a `v`.
    pub(super) variables: &'static [&'static str],
    /// Go modules whose version is the program's own.
    pub(super) modules: &'static [&'static str],
}

/// Kubernetes' own build sets the same in each of its copies (hack/lib/version.sh).
const KUBERNETES: &[&str] = &[
    "k8s.io/component-base/version.gitVersion",
    "k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion",
];
const CONTAINERD: &[&str] = &[
    "github.com/containerd/containerd/version.Version",
    "github.com/containerd/containerd/v2/version.Version",
];

impl Known {
    /// Whether it is built as Kubernetes' own programs are.
    pub(super) fn is_kubernetes(&self) -> bool {
        self.variables == KUBERNETES
    }
}

const fn kubernetes(name: &'static str, packages: &'static [&'static str]) -> Known {
    Known { name, packages, variables: KUBERNETES, modules: &["k8s.io/kubernetes"] }
}

const PROGRAMS: [Known; 8] = [
    kubernetes("kubeadm", &[]),
    // The package kubectl of Google's cloud tools has their version.
    kubernetes("kubectl", &["kubernetes-client"]),
    kubernetes("kubelet", &["kubernetes-node"]),
    // Its version is a constant, which no build sets.
    Known { name: "crio", packages: &["cri-o"], variables: &[], modules: &["github.com/cri-o/cri-o"] },
    Known {
        name: "containerd",
        packages: &["containerd.io"],
        variables: CONTAINERD,
        modules: &["github.com/containerd/containerd", "github.com/containerd/containerd/v2"],
    },
    Known {
        name: "runc",
        packages: &[],
        variables: &["main.version"],
        modules: &["github.com/opencontainers/runc"],
    },
    Known { name: "crun", packages: &[], variables: &[], modules: &[] },
    Known { name: "conmon", packages: &[], variables: &[], modules: &[] },
];

/// What is known of a program.
pub(super) fn program(name: &str) -> Option<&'static Known> {
    PROGRAMS.iter().find(|known| known.name == name)
}
