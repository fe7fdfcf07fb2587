//! The options of CRI-O: where they stand in its files, what they hold, and the flags and environment variables that beat the
//! files (crio(8), crio.conf(5); `pkg/config/config.go` and `internal/criocli/criocli.go` of CRI-O 1.19 to 1.37).

use crate::component::go_decoder::{self, Field, Type};

/// One option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionSpec {
    /// Dotted, without the leading `crio.`.
    pub(crate) key: &'static str,
    pub(crate) kind: Type,
    /// Without dashes; empty if there is none.
    pub(crate) flag: &'static str,
    /// Empty if there is none.
    pub(crate) variable: &'static str,
}

const fn text(key: &'static str, flag: &'static str, variable: &'static str) -> OptionSpec {
    OptionSpec { key, kind: Type::Text, flag, variable }
}
const fn yes(key: &'static str, flag: &'static str, variable: &'static str) -> OptionSpec {
    OptionSpec { key, kind: Type::Bool, flag, variable }
}
const fn number(key: &'static str, flag: &'static str, variable: &'static str) -> OptionSpec {
    OptionSpec { key, kind: Type::Integer, flag, variable }
}
const fn time(key: &'static str, flag: &'static str, variable: &'static str) -> OptionSpec {
    OptionSpec { key, kind: Type::Duration, flag, variable }
}
const fn list(key: &'static str, flag: &'static str, variable: &'static str) -> OptionSpec {
    OptionSpec { key, kind: Type::Texts, flag, variable }
}

/// All options of the newest version, and those of older ones that are gone.
pub(crate) const OPTIONS: &[OptionSpec] = &[
    text("clean_shutdown_file", "clean-shutdown-file", "CONTAINER_CLEAN_SHUTDOWN_FILE"),
    yes("file_locking", "", ""),
    text("file_locking_path", "", ""),
    text("imagestore", "imagestore", "CONTAINER_IMAGESTORE"),
    yes("internal_repair", "internal-repair", "CONTAINER_INTERNAL_REPAIR"),
    yes("internal_wipe", "internal-wipe", "CONTAINER_INTERNAL_WIPE"),
    text("log_dir", "log-dir", "CONTAINER_LOG_DIR"),
    text("root", "root", "CONTAINER_ROOT"),
    text("runroot", "runroot", "CONTAINER_RUNROOT"),
    text("storage_driver", "storage-driver", "CONTAINER_STORAGE_DRIVER"),
    list("storage_option", "storage-opt", "CONTAINER_STORAGE_OPT"),
    text("version_file", "version-file", "CONTAINER_VERSION_FILE"),
    text("version_file_persist", "version-file-persist", "CONTAINER_VERSION_FILE_PERSIST"),
    number("api.grpc_max_recv_msg_size", "grpc-max-recv-msg-size", "CONTAINER_GRPC_MAX_RECV_MSG_SIZE"),
    number("api.grpc_max_send_msg_size", "grpc-max-send-msg-size", "CONTAINER_GRPC_MAX_SEND_MSG_SIZE"),
    list("api.host_ip", "", ""),
    text("api.listen", "listen", "CONTAINER_LISTEN"),
    text("api.stream_address", "stream-address", "CONTAINER_STREAM_ADDRESS"),
    yes("api.stream_enable_tls", "stream-enable-tls", "CONTAINER_ENABLE_TLS"),
    text("api.stream_idle_timeout", "stream-idle-timeout", "STREAM_IDLE_TIMEOUT"),
    text("api.stream_port", "stream-port", "CONTAINER_STREAM_PORT"),
    text("api.stream_tls_ca", "stream-tls-ca", "CONTAINER_TLS_CA"),
    text("api.stream_tls_cert", "stream-tls-cert", "CONTAINER_TLS_CERT"),
    text("api.stream_tls_key", "stream-tls-key", "CONTAINER_TLS_KEY"),
    list("api.tls_cipher_suites", "tls-cipher-suites", "CONTAINER_TLS_CIPHER_SUITES"),
    text("api.tls_min_version", "tls-min-version", "CONTAINER_TLS_MIN_VERSION"),
    text(
        "checkpoint_restore.container_level_enabled",
        "checkpoint-restore-container-level-enabled",
        "CONTAINER_CHECKPOINT_RESTORE_CONTAINER_LEVEL_ENABLED",
    ),
    list(
        "runtime.absent_mount_sources_to_reject",
        "absent-mount-sources-to-reject",
        "CONTAINER_ABSENT_MOUNT_SOURCES_TO_REJECT",
    ),
    yes(
        "runtime.add_inheritable_capabilities",
        "add-inheritable-capabilities",
        "CONTAINER_ADD_INHERITABLE_CAPABILITIES",
    ),
    list("runtime.additional_artifact_stores", "additional-artifact-stores", ""),
    list("runtime.additional_devices", "additional-devices", "CONTAINER_ADDITIONAL_DEVICES"),
    list("runtime.allowed_devices", "allowed-devices", "CONTAINER_ALLOWED_DEVICES"),
    text("runtime.apparmor_profile", "apparmor-profile", "CONTAINER_APPARMOR_PROFILE"),
    text("runtime.bind_mount_prefix", "bind-mount-prefix", "CONTAINER_BIND_MOUNT_PREFIX"),
    text("runtime.blockio_config_file", "blockio-config-file", ""),
    yes("runtime.blockio_reload", "blockio-reload", ""),
    list("runtime.cdi_spec_dirs", "cdi-spec-dirs", "CONTAINER_CDI_SPEC_DIRS"),
    text("runtime.cgroup_manager", "cgroup-manager", "CONTAINER_CGROUP_MANAGER"),
    text("runtime.conmon", "conmon", "CONTAINER_CONMON"),
    text("runtime.conmon_cgroup", "conmon-cgroup", "CONTAINER_CONMON_CGROUP"),
    list("runtime.conmon_env", "conmon-env", "CONTAINER_CONMON_ENV"),
    text("runtime.container_attach_socket_dir", "container-attach-socket-dir", "CONTAINER_ATTACH_SOCKET_DIR"),
    text("runtime.container_exits_dir", "container-exits-dir", "CONTAINER_EXITS_DIR"),
    number("runtime.ctr_stop_timeout", "ctr-stop-timeout", "CONTAINER_STOP_TIMEOUT"),
    text("runtime.decryption_keys_path", "decryption-keys-path", ""),
    list("runtime.default_capabilities", "default-capabilities", "CONTAINER_DEFAULT_CAPABILITIES"),
    list("runtime.default_env", "default-env", "CONTAINER_DEFAULT_ENV"),
    list("runtime.default_mounts", "", ""),
    text("runtime.default_mounts_file", "default-mounts-file", "CONTAINER_DEFAULT_MOUNTS_FILE"),
    text("runtime.default_runtime", "default-runtime", "CONTAINER_DEFAULT_RUNTIME"),
    list("runtime.default_sysctls", "default-sysctls", "CONTAINER_DEFAULT_SYSCTLS"),
    list("runtime.default_ulimits", "default-ulimits", "CONTAINER_DEFAULT_ULIMITS"),
    yes("runtime.device_ownership_from_security_context", "device-ownership-from-security-context", ""),
    yes("runtime.disable_hostport_mapping", "disable-hostport-mapping", "DISABLE_HOSTPORT_MAPPING"),
    yes("runtime.drop_infra_ctr", "drop-infra-ctr", "CONTAINER_DROP_INFRA_CTR"),
    yes("runtime.enable_criu_support", "enable-criu-support", "CONTAINER_ENABLE_CRIU_SUPPORT"),
    yes("runtime.enable_pod_events", "enable-pod-events", "ENABLE_POD_EVENTS"),
    text("runtime.gid_mappings", "gid-mappings", "CONTAINER_GID_MAPPINGS"),
    list("runtime.hooks_dir", "hooks-dir", "CONTAINER_HOOKS_DIR"),
    yes(
        "runtime.hostnetwork_disable_selinux",
        "hostnetwork-disable-selinux",
        "CONTAINER_HOSTNETWORK_DISABLE_SELINUX",
    ),
    text("runtime.infra_ctr_cpuset", "infra-ctr-cpuset", "CONTAINER_INFRA_CTR_CPUSET"),
    text("runtime.irqbalance_config_file", "irqbalance-config-file", ""),
    text("runtime.irqbalance_config_restore_file", "irqbalance-config-restore-file", ""),
    text("runtime.log_filter", "log-filter", "CONTAINER_LOG_FILTER"),
    text("runtime.log_level", "log-level", "CONTAINER_LOG_LEVEL"),
    number("runtime.log_size_max", "log-size-max", "CONTAINER_LOG_SIZE_MAX"),
    yes("runtime.log_to_journald", "log-journald", "CONTAINER_LOG_JOURNALD"),
    yes("runtime.manage_network_ns_lifecycle", "", ""),
    yes("runtime.manage_ns_lifecycle", "", ""),
    number("runtime.min_injected_gomaxprocs", "min-injected-gomaxprocs", "CONTAINER_INJECT_GOMAXPROCS"),
    number("runtime.minimum_mappable_gid", "minimum-mappable-gid", "CONTAINER_MINIMUM_MAPPABLE_GID"),
    number("runtime.minimum_mappable_uid", "minimum-mappable-uid", "CONTAINER_MINIMUM_MAPPABLE_UID"),
    text("runtime.namespaces_dir", "namespaces-dir", "CONTAINER_NAMESPACES_DIR"),
    yes("runtime.no_pivot", "no-pivot", "CONTAINER_NO_PIVOT"),
    number("runtime.pids_limit", "pids-limit", "CONTAINER_PIDS_LIMIT"),
    text("runtime.pinns_path", "pinns-path", "CONTAINER_PINNS_PATH"),
    text(
        "runtime.privileged_seccomp_profile",
        "privileged-seccomp-profile",
        "CONTAINER_PRIVILEGED_SECCOMP_PROFILE",
    ),
    text("runtime.rdt_config_file", "rdt-config-file", ""),
    yes("runtime.read_only", "read-only", "CONTAINER_READ_ONLY"),
    text("runtime.seccomp_profile", "seccomp-profile", "CONTAINER_SECCOMP_PROFILE"),
    yes("runtime.seccomp_use_default_when_empty", "", ""),
    yes("runtime.selinux", "selinux", "CONTAINER_SELINUX"),
    text("runtime.separate_pull_cgroup", "separate-pull-cgroup", "PULL_IN_A_CGROUP"),
    text("runtime.shared_cpuset", "shared-cpuset", "CONTAINER_SHARED_CPUSET"),
    text("runtime.timezone", "timezone", "CONTAINER_TIME_ZONE"),
    text("runtime.uid_mappings", "uid-mappings", "CONTAINER_UID_MAPPINGS"),
    // Some documentation has it there; CRI-O reads it in [crio.runtime].
    list("image.additional_artifact_stores", "", ""),
    yes("image.auto_reload_registries", "auto-reload-registries", "AUTO_RELOAD_REGISTRIES"),
    text("image.big_files_temporary_dir", "big-files-temporary-dir", "CONTAINER_BIG_FILES_TEMPORARY_DIR"),
    text("image.default_transport", "default-transport", "CONTAINER_DEFAULT_TRANSPORT"),
    text("image.global_auth_file", "global-auth-file", "CONTAINER_GLOBAL_AUTH_FILE"),
    text("image.image_volumes", "image-volumes", "CONTAINER_IMAGE_VOLUMES"),
    list("image.insecure_registries", "insecure-registry", "CONTAINER_INSECURE_REGISTRY"),
    text("image.namespaced_auth_dir", "namespaced-auth-dir", "CONTAINER_NAMESPACED_AUTH_DIR"),
    yes("image.oci_artifact_mount_support", "oci-artifact-mount-support", "CONTAINER_OCI_ARTIFACT_SUPPORT"),
    text("image.pause_command", "pause-command", "CONTAINER_PAUSE_COMMAND"),
    text("image.pause_image", "pause-image", "CONTAINER_PAUSE_IMAGE"),
    text("image.pause_image_auth_file", "pause-image-auth-file", "CONTAINER_PAUSE_IMAGE_AUTH_FILE"),
    list("image.pinned_images", "pinned-images", "CONTAINER_PINNED_IMAGES"),
    time("image.pull_progress_timeout", "pull-progress-timeout", "CONTAINER_PULL_PROGRESS_TIMEOUT"),
    list("image.registries", "", ""),
    text("image.short_name_mode", "short-name-mode", "CONTAINER_SHORT_NAME_MODE"),
    text("image.signature_policy", "signature-policy", "CONTAINER_SIGNATURE_POLICY"),
    text("image.signature_policy_dir", "signature-policy-dir", "CONTAINER_SIGNATURE_POLICY_DIR"),
    text("network.cni_default_network", "cni-default-network", "CONTAINER_CNI_DEFAULT_NETWORK"),
    time("network.cni_status_grace_period", "cni-status-grace-period", "CNI_STATUS_GRACE_PERIOD"),
    text("network.network_dir", "cni-config-dir", "CONTAINER_CNI_CONFIG_DIR"),
    text("network.plugin_dir", "", ""),
    list("network.plugin_dirs", "cni-plugin-dir", "CONTAINER_CNI_PLUGIN_DIR"),
    yes("metrics.enable_metrics", "enable-metrics", "CONTAINER_ENABLE_METRICS"),
    text("metrics.metrics_cert", "metrics-cert", "CONTAINER_METRICS_CERT"),
    list("metrics.metrics_collectors", "metrics-collectors", "CONTAINER_METRICS_COLLECTORS"),
    text("metrics.metrics_host", "metrics-host", "CONTAINER_METRICS_HOST"),
    text("metrics.metrics_key", "metrics-key", "CONTAINER_METRICS_KEY"),
    number("metrics.metrics_port", "metrics-port", "CONTAINER_METRICS_PORT"),
    text("metrics.metrics_socket", "metrics-socket", "CONTAINER_METRICS_SOCKET"),
    yes("tracing.enable_tracing", "enable-tracing", "CONTAINER_ENABLE_TRACING"),
    text("tracing.tracing_endpoint", "tracing-endpoint", "CONTAINER_TRACING_ENDPOINT"),
    number(
        "tracing.tracing_sampling_rate_per_million",
        "tracing-sampling-rate-per-million",
        "CONTAINER_TRACING_SAMPLING_RATE_PER_MILLION",
    ),
    number("stats.collection_period", "collection-period", "COLLECTION_PERIOD"),
    list("stats.included_pod_metrics", "included-pod-metrics", "CONTAINER_INCLUDED_POD_METRCIS"),
    number("stats.stats_collection_period", "stats-collection-period", "CONTAINER_STATS_COLLECTION_PERIOD"),
    yes("nri.enable_nri", "enable-nri", ""),
    yes("nri.nri_disable_connections", "nri-disable-connections", ""),
    text("nri.nri_listen", "nri-listen", ""),
    text("nri.nri_plugin_config_dir", "nri-plugin-config-dir", ""),
    text("nri.nri_plugin_dir", "nri-plugin-dir", ""),
    time("nri.nri_plugin_registration_timeout", "nri-plugin-registration-timeout", ""),
    time("nri.nri_plugin_request_timeout", "nri-plugin-request-timeout", ""),
];

/// Options that CRI-O no longer has: it ignores them, whatever they hold.
const GONE: &[&str] = &[
    "api.host_ip",
    "file_locking",
    "file_locking_path",
    "image.additional_artifact_stores",
    "image.registries",
    "runtime.default_mounts",
    "runtime.manage_network_ns_lifecycle",
    "runtime.manage_ns_lifecycle",
    "runtime.seccomp_use_default_when_empty",
];

/// A second name of a variable, which counts where the first isn't set: that one is misspelt.
const ALSO: &[(&str, &str)] = &[("CONTAINER_INCLUDED_POD_METRCIS", "CONTAINER_INCLUDED_POD_METRICS")];

/// Tables of [`OPTIONS`].
const TABLES: &[&str] =
    &["api", "checkpoint_restore", "image", "metrics", "network", "nri", "runtime", "stats", "tracing"];

/// Fields of tables with names of their own: `crio.runtime.runtimes.NAME`, `crio.runtime.workloads.NAME`,
/// and `crio.nri.default_validator` (since 1.34).
const FIELDS: &[Field] = &[
    ("handler", "allowed_annotations", Type::Texts),
    ("handler", "container_create_timeout", Type::Integer),
    ("handler", "container_min_memory", Type::Text),
    ("handler", "default_annotations", Type::TextMap),
    ("handler", "exec_cpu_affinity", Type::Text),
    ("handler", "inherit_default_runtime", Type::Bool),
    ("handler", "monitor_cgroup", Type::Text),
    ("handler", "monitor_env", Type::Texts),
    ("handler", "monitor_exec_cgroup", Type::Text),
    ("handler", "monitor_path", Type::Text),
    ("handler", "no_sync_log", Type::Bool),
    ("handler", "platform_runtime_paths", Type::TextMap),
    ("handler", "privileged_without_host_devices", Type::Bool),
    ("handler", "runtime_config_path", Type::Text),
    ("handler", "runtime_path", Type::Text),
    ("handler", "runtime_pull_image", Type::Bool),
    ("handler", "runtime_root", Type::Text),
    ("handler", "runtime_type", Type::Text),
    ("handler", "seccomp_profile", Type::Text),
    ("handler", "stream_websockets", Type::Bool),
    ("workload", "activation_annotation", Type::Text),
    ("workload", "allowed_annotations", Type::Texts),
    ("workload", "annotation_prefix", Type::Text),
    ("workload", "resources", Type::Table("resources")),
    ("validator", "nri_enable_default_validator", Type::Bool),
    ("validator", "nri_validator_reject_custom_seccomp_adjustment", Type::Bool),
    ("validator", "nri_validator_reject_namespace_adjustment", Type::Bool),
    ("validator", "nri_validator_reject_oci_hook_adjustment", Type::Bool),
    ("validator", "nri_validator_reject_runtime_default_seccomp_adjustment", Type::Bool),
    ("validator", "nri_validator_reject_unconfined_seccomp_adjustment", Type::Bool),
    ("validator", "nri_validator_required_plugins", Type::Texts),
    ("validator", "nri_validator_tolerate_missing_plugins_annotation", Type::Text),
    ("resources", "cpulimit", Type::Integer),
    ("resources", "cpuperiod", Type::Integer),
    ("resources", "cpuquota", Type::Integer),
    ("resources", "cpuset", Type::Text),
    ("resources", "cpushares", Type::Integer),
];

/// Tables whose keys are names or belong to others.
pub(crate) const OPEN: &[&str] = &["runtime.workloads", "nri.default_validator"];

/// The option of a key.
pub(crate) fn option(key: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.key == key)
}

/// Whether a key is that of a table with options.
pub(crate) fn is_table(key: &str) -> bool {
    let is_below =
        |option: &OptionSpec| option.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
    OPTIONS.iter().any(is_below)
}

/// The variables of an option, the first that is set counts.
pub(crate) fn variables(option: &OptionSpec) -> impl Iterator<Item = &'static str> {
    let first = Some(option.variable).filter(|name| !name.is_empty());
    let also = first.and_then(|first| ALSO.iter().find(|(name, _)| *name == first));
    first.into_iter().chain(also.map(|(_, name)| *name))
}

/// Whether a handler's table has a field; what CRI-O only writes there counts too.
pub(crate) fn is_handler_field(name: &str) -> bool {
    name == "disallowed_annotations" || go_decoder::find(FIELDS, "handler", name).is_some()
}

/// The schema of CRI-O's files.
pub(crate) fn schema(table: &str, key: &str) -> Option<(&'static str, Type)> {
    let folded = |name: &str| name.eq_ignore_ascii_case(key);
    match table {
        "" => folded("crio").then_some(("crio", Type::Table("crio"))),
        "runtime" if folded("runtimes") => Some(("runtimes", Type::TableMap("handler"))),
        "runtime" if folded("workloads") => Some(("workloads", Type::TableMap("workload"))),
        "nri" if folded("default_validator") => Some(("default_validator", Type::Table("validator"))),
        "handler" | "workload" | "resources" | "validator" => go_decoder::find(FIELDS, table, key),
        _ => {
            let of_table = |option: &&OptionSpec| {
                let name = match option.key.split_once('.') {
                    Some((of, name)) => (of == table).then_some(name),
                    None => (table == "crio").then_some(option.key),
                };
                name.is_some_and(folded) && !GONE.contains(&option.key)
            };
            let name = |key: &'static str| key.split_once('.').map_or(key, |(_, name)| name);
            let found = OPTIONS.iter().find(of_table).map(|option| (name(option.key), option.kind));
            let is_table = || TABLES.iter().find(|name| folded(name) && table == "crio");
            found.or_else(|| is_table().map(|name| (*name, Type::Table(name))))
        }
    }
}

/// The keys that CRI-O has, if this one is none of them: for "did you mean".
#[must_use]
pub fn unknown_key(key: &str) -> Option<Vec<String>> {
    let is_below =
        |table: &str| key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let known = match key.split('.').collect::<Vec<_>>().as_slice() {
        ["runtime", "runtimes"] | ["runtime", "runtimes", _] => true,
        ["runtime", "runtimes", _, field, ..] => is_handler_field(field),
        _ => option(key).is_some() || is_table(key) || OPEN.iter().any(|table| is_below(table)),
    };
    (!known).then(|| OPTIONS.iter().map(|option| option.key.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_found_in_its_table_in_any_letter_case() {
        for option in OPTIONS.iter().filter(|option| !GONE.contains(&option.key)) {
            let (table, name) = option.key.split_once('.').unwrap_or(("crio", option.key));
            assert_eq!(schema(table, &name.to_uppercase()), Some((name, option.kind)), "{}", option.key);
        }
        assert_eq!(schema("crio", "Runtime"), Some(("runtime", Type::Table("runtime"))));
        assert_eq!(schema("runtime", "CgroupManager"), None);
        assert_eq!(schema("runtime", "manage_ns_lifecycle"), None);
    }

    #[test]
    fn names_are_declared_once() {
        let unique =
            |names: Vec<&str>| names.iter().collect::<std::collections::BTreeSet<_>>().len() == names.len();
        assert!(unique(OPTIONS.iter().map(|option| option.key).collect()));
        let flags = OPTIONS.iter().map(|option| option.flag).filter(|flag| !flag.is_empty());
        assert!(unique(flags.collect()));
        let all = OPTIONS.iter().flat_map(variables);
        assert!(unique(all.collect()));
    }
}
