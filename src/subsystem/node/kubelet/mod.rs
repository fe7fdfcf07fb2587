//! The kubelet's configuration: defaults, the file of `--config`, drop-ins of `--config-dir`, then the flags of its unit.
//!
//! `/var/lib/kubelet/instance-config.yaml` is none of it: kubeadm keeps it and lays it over config.yaml when it writes that
//! file (`applyKubeletConfigPatchFromFile` in cmd/kubeadm/app/phases/kubelet/config.go); the kubelet never opens it.

mod config;
mod defaults;
mod drivers;
mod environment;
mod eviction;
mod files;
pub mod findings;
mod flags;
pub mod given;
mod layers;
mod machine;
mod removed;
mod resolver;
mod running;
pub mod upgraded;
mod user_namespaces;
mod values;

use std::cell::OnceCell;

use crate::component::kubelet::fields;
use crate::fact::{Confidence, Fact, Moment, Origin, State, Value, Version};
use crate::host::Files;
use crate::parse::document::Content;
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::cri::Candidates;
use crate::subsystem::systemd::exec_context::{ExecContext, absolute};
use config::{Config, Reader};
use defaults::Context;
use findings::{Ask, Question};
use flags::CommandLine;
use layers::Effective;
use running::Process;

/// Where kubeadm writes the configuration.
const CONFIG: &str = "/var/lib/kubelet/config.yaml";

/// The kubelet's configuration at the next boot.
#[derive(Debug, Default)]
pub struct Kubelet {
    installed: bool,
    /// Why it may be installed all the same.
    unsure: Option<String>,
    launch: ExecContext,
    line: CommandLine,
    config: Config,
    /// The minor version of 1.x, where the installed version is known.
    minor: Option<u64>,
    /// What could not be read and may tell the version.
    unread: Option<String>,
    /// The sockets at which its runtime may listen.
    candidates: OnceCell<Candidates>,
    /// The kubelet that runs, if one does.
    now: OnceCell<Result<Option<RunningKubelet>, String>>,
}

/// The kubelet that runs.
#[derive(Debug)]
struct RunningKubelet {
    process: Process,
    /// What it is told, if that is something else than its unit says.
    kubelet: Option<Box<Kubelet>>,
}

impl Kubelet {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let files = subsystems.host().files();
        let launch = ExecContext::read(subsystems, "kubelet.service");
        let signs = ["/usr/bin/kubelet", "/usr/local/bin/kubelet", "/usr/sbin/kubelet", CONFIG];
        let is_named = launch.exists || !launch.files.is_empty();
        let there = if is_named { Ok(true) } else { files.any_is_there(signs) };
        let unsure = there.as_ref().err().map(ToString::to_string);
        let installed = there.unwrap_or(false);
        let (minor, unread) = if installed { minor(subsystems) } else { (None, None) };
        let mut kubelet = Kubelet {
            installed,
            unsure,
            line: CommandLine::parse(launch.words.get(1..).unwrap_or_default()),
            minor,
            unread,
            launch,
            config: Config::default(),
            candidates: OnceCell::new(),
            now: OnceCell::new(),
        };
        if installed {
            kubelet.read(files);
        }
        kubelet
    }

    fn read(&mut self, files: &Files) {
        let drop_ins = self.line.drop_ins();
        let reader = &Reader { files, minor: self.minor, has_drop_ins: drop_ins.is_some() };
        // A unit that names no file has the kubelet read none; without a unit there is nothing but the habit of kubeadm.
        let named = self.line.last("config").map(|flag| (flag.origin.clone(), flag.value.clone()));
        let is_started = self.launch.exists && !self.launch.words.is_empty();
        match &named {
            Some((_, path)) if path.is_empty() => {}
            Some((flag, path)) => self.config.main(reader, Some(flag), &absolute(path)),
            None if is_started => {}
            None => self.config.main(reader, None, CONFIG),
        }
        if let Some(flag) = drop_ins {
            const ALPHA: &str = "KUBELET_CONFIG_DROPIN_DIR_ALPHA";
            if matches!(self.minor, Some(28 | 29)) && !self.launch.environment.contains_key(ALPHA) {
                let wrong = format!("--config-dir needs {ALPHA} in the environment before 1.30");
                self.config.errors.push((flag.origin.clone(), wrong));
            }
            self.config.drop_ins(reader, &flag.origin, &absolute(&flag.value));
        }
        if self.is_configured() {
            self.config.add_thresholds(self.minor);
        }
        if let Some((origin, word)) = &self.line.stray {
            self.config.errors.push((origin.clone(), format!("unknown command {word}")));
        }
        self.config.errors.extend(self.line.refused());
    }

    /// The kubelet that runs: with its own flags, and the files as they are now.
    fn running(&self, subsystems: &Subsystems<'_>) -> Result<Option<&RunningKubelet>, &str> {
        let found = || {
            let Some(running) = subsystems.host().running() else { return Ok(None) };
            let Some(process) = running::find(running)? else { return Ok(None) };
            let words = |words: &[(Origin, String)]| -> Vec<String> {
                words.iter().skip(1).map(|(_, word)| word.clone()).collect()
            };
            let is_as_told = words(&process.words) == words(&self.launch.words);
            let kubelet =
                (!is_as_told).then(|| Box::new(self.with_words(subsystems, &process.words, self.minor)));
            Ok(Some(RunningKubelet { process, kubelet }))
        };
        self.now.get_or_init(found).as_ref().map(Option::as_ref).map_err(String::as_str)
    }

    /// The same kubelet, started with a command line, and of a minor version.
    fn with_words(
        &self,
        subsystems: &Subsystems<'_>,
        words: &[(Origin, String)],
        minor: Option<u64>,
    ) -> Self {
        let launch = ExecContext {
            exists: true,
            words: words.to_vec(),
            environment: self.launch.environment.clone(),
            files: self.launch.files.clone(),
            gaps: Vec::new(),
        };
        let mut kubelet = Kubelet {
            installed: true,
            line: CommandLine::parse(words.get(1..).unwrap_or_default()),
            minor,
            unread: self.unread.clone(),
            launch,
            ..Kubelet::default()
        };
        kubelet.read(subsystems.host().files());
        kubelet
    }

    /// What is known about a key at a moment: a dotted field, or a question that was asked like one before it had a probe.
    pub fn value(&self, subsystems: &Subsystems<'_>, key: &str, moment: Moment) -> Fact {
        match findings::of_key(key) {
            Some(question) => self.ask(subsystems, question, moment),
            // A short name for a field, from before fields had dots.
            None if key == "swapBehavior" => self.value(subsystems, "memorySwap.swapBehavior", moment),
            None => self.of_configuration(subsystems, moment, |kubelet| kubelet.field(key)),
        }
    }

    /// The answer to a question at a moment.
    pub fn ask(&self, subsystems: &Subsystems<'_>, question: &Question, moment: Moment) -> Fact {
        match question.ask {
            Ask::Configuration(ask) => {
                self.of_configuration(subsystems, moment, |kubelet| ask(kubelet, subsystems, moment))
            }
            Ask::Process(ask) => match self.found_running(subsystems, moment) {
                Err(reason) => Fact::unknown(reason),
                Ok(None) => Fact::absent().note("no kubelet was found running"),
                Ok(Some(found)) => ask(self, found, subsystems),
            },
        }
    }

    /// The kubelet that runs; none at the next boot.
    fn found_running(
        &self,
        subsystems: &Subsystems<'_>,
        moment: Moment,
    ) -> Result<Option<&RunningKubelet>, &str> {
        if moment == Moment::Now && self.installed { self.running(subsystems) } else { Ok(None) }
    }

    /// What the configuration says: with the flags of the kubelet that runs, if one does and now is asked about.
    fn of_configuration(
        &self,
        subsystems: &Subsystems<'_>,
        moment: Moment,
        ask: impl Fn(&Kubelet) -> Fact,
    ) -> Fact {
        let answer = |kubelet: &Kubelet| kubelet.unreadable().unwrap_or_else(|| ask(kubelet));
        match self.found_running(subsystems, moment).unwrap_or(None) {
            Some(RunningKubelet { process, kubelet }) => {
                answer(kubelet.as_deref().unwrap_or(self)).at_most(Confidence::High).note(format!(
                    "with the flags of the running process {}, and files as they are now",
                    process.pid
                ))
            }
            None if moment == Moment::Now && self.installed => {
                answer(self).at_most(Confidence::High).note("from files; the running program was not asked")
            }
            None => answer(self),
        }
    }

    /// The sockets at which the node's runtime may listen.
    pub fn candidates(&self, subsystems: &Subsystems<'_>) -> &Candidates {
        self.candidates.get_or_init(|| {
            let listen = subsystems.crio().at_boot(subsystems, "api.listen");
            Candidates::of(self.at_boot("containerRuntimeEndpoint"), &listen)
        })
    }

    /// The effective value of a field at the next boot.
    #[must_use]
    pub fn at_boot(&self, key: &str) -> Fact {
        self.unreadable().unwrap_or_else(|| self.field(key))
    }

    /// Whether the kubelet, once started, may set kernel variables: unless `protectKernelDefaults` forbids it, or it exits
    /// before, as it does until kubeadm has written its configuration.
    #[must_use]
    pub fn may_set_variables(&self) -> bool {
        let protects = || self.at_boot("protectKernelDefaults").state == State::from(true);
        // A file that can't be read may be one that the kubelet starts with.
        let may_start = self.is_configured() || !self.config.gaps.is_empty();
        may_start && self.config.errors.is_empty() && !protects()
    }

    /// The answer to every question, if there is nothing to ask about or too little could be read.
    fn unreadable(&self) -> Option<Fact> {
        if !self.installed {
            let note = "the kubelet is not installed: no program, no unit, no configuration";
            let absent = || Fact::absent().note(note);
            return Some(self.unsure.as_ref().map_or_else(absent, |why| Fact::unknown(why.as_str())));
        }
        if let Some(gap) = self.launch.gaps.first().or(self.config.gaps.first()) {
            return Some(Fact::unknown(gap.reason.clone()));
        }
        let (origin, program) = self.launch.words.first()?;
        let name = program.rsplit('/').next().unwrap_or(program);
        (name.trim_start_matches(['-', '@', ':', '+', '!']) != "kubelet").then(|| {
            Fact::unknown(format!("{origin} starts {program}, whose way to the kubelet is not followed"))
        })
    }

    fn field(&self, key: &str) -> Fact {
        if let Some((origin, wrong)) = self.config.errors.first() {
            return Fact::unknown(format!("the kubelet will not start: {origin}: {wrong}"));
        }
        let fact = match key {
            // Flags without a field.
            "hostnameOverride" => self.flag("hostname-override"),
            "nodeIP" => self.flag("node-ip"),
            _ => None,
        };
        let fact = fact.unwrap_or_else(|| self.merged(key));
        self.config.notes.iter().fold(fact, Fact::note)
    }

    /// A field as files and flags set it; absent where its default counts.
    fn set(&self, key: &str) -> Fact {
        let sets = Effective::of(key, &self.config.documents, &self.line.settings());
        match (sets.unknown, sets.value) {
            (None, None) => Fact::absent().note("neither a file nor a flag sets it"),
            _ => self.field(key),
        }
    }

    fn flag(&self, name: &str) -> Option<Fact> {
        let mut flags = self.line.all(name);
        let last = flags.next_back()?;
        let mut fact = Fact::new(last.value.as_str()).because(last.origin.clone());
        fact.overruled = flags.map(|flag| flag.origin.clone()).collect();
        Some(fact)
    }

    fn merged(&self, key: &str) -> Fact {
        let effective = Effective::of(key, &self.config.documents, &self.line.settings());
        if key == "nodeStatusReportFrequency" && effective.value.is_none() && effective.unknown.is_none() {
            return self.report_frequency();
        }
        let mut fact = match (effective.unknown, effective.value.map(|node| node.state())) {
            (Some(reason), _) => Fact::unknown(reason),
            // An empty text is no text, but for the resolver's file, where it means none.
            (None, Some(State::Known(Value::Text(text)))) if text.is_empty() && key != "resolvConf" => {
                defaults::of(key, self.context())
            }
            (None, Some(State::Known(value))) => {
                Fact::new(State::Known(value)).because_all(effective.because)
            }
            (None, Some(State::Absent | State::Unknown(_)) | None) => self.unset(key),
        };
        fact.overruled = effective.overruled;
        fact
    }

    /// What applies where nothing sets a field.
    fn unset(&self, key: &str) -> Fact {
        // Several pulls at a time are not serialized (`SetDefaults_KubeletConfiguration`).
        if key == "serializeImagePulls" {
            let pulls = Effective::of("maxParallelImagePulls", &self.config.documents, &[]);
            if pulls.value.is_some_and(|node| matches!(node.content, Content::Integer(pulls) if pulls >= 2)) {
                return Fact::new(false)
                    .because_all(pulls.because)
                    .note("not set; maxParallelImagePulls is above 1");
            }
        }
        defaults::of(key, self.context())
    }

    /// The default of `nodeStatusReportFrequency`, which is made up once after the main file and once after drop-ins: what
    /// `nodeStatusUpdateFrequency` is by then, else 5 minutes.
    fn report_frequency(&self) -> Fact {
        const REPORT: &str = "nodeStatusReportFrequency";
        const UPDATE: &str = "nodeStatusUpdateFrequency";
        let documents = &self.config.documents;
        let is_main = |document: &&config::Document| {
            document.path().is_some() && document.path() == self.config.file.as_deref()
        };
        let main = documents.iter().find(is_main);
        let of_main = main.and_then(|main| main.node.at(UPDATE)).filter(|node| node.content != Content::Null);
        let taken_back =
            documents.iter().filter(|document| !is_main(document)).any(|d| d.node.at(REPORT).is_some());
        if of_main.is_none() && !taken_back {
            return defaults::of(REPORT, self.context());
        }
        let update = Effective::of(
            UPDATE,
            if taken_back { documents } else { main.map_or(&[], std::slice::from_ref) },
            &[],
        );
        match update.value {
            Some(node) => Fact::new(node.state()).because_all(update.because),
            None => defaults::of(UPDATE, self.context()),
        }
        .note("not set: as nodeStatusUpdateFrequency")
    }

    fn context(&self) -> Context<'_> {
        Context {
            configured: self.is_configured(),
            has_config: self.config.file.is_some() || self.line.drop_ins().is_some(),
            minor: self.minor,
            unread: self.unread.as_deref(),
        }
    }

    /// Whether the file that the kubelet is to read is there; before kubeadm has run, it isn't.
    fn is_configured(&self) -> bool {
        self.config.file.is_none() || self.config.there
    }

    fn config_file(&self) -> Fact {
        let origin = self.line.last("config").map(|flag| flag.origin.clone());
        let fact = match &self.config.file {
            Some(file) if self.config.there => Fact::new(file.as_str()),
            Some(file) => Fact::absent().note(format!("{file} is not there; kubeadm writes it")),
            None => Fact::absent().note("the unit names no file"),
        };
        fact.because_all(origin)
    }
}

/// The fields that there are where a key is none of them: for "did you mean".
#[must_use]
pub fn unknown_key(key: &str) -> Option<Vec<String>> {
    // Flags without a field, and a short name.
    const MORE: [&str; 3] = ["hostnameOverride", "nodeIP", "swapBehavior"];
    if MORE.contains(&key) { None } else { fields::unknown(key) }
}

/// The minor version of an installed kubelet 1.x; else what could not be read and may tell it.
fn minor(subsystems: &Subsystems<'_>) -> (Option<u64>, Option<String>) {
    // The program itself tells in a few reads; the package database is large.
    let (programs, packages) = (subsystems.programs(), subsystems.packages());
    let told = programs.version(subsystems, "kubelet").or_else(|| packages.version(subsystems, "kubelet"));
    let version = told.as_deref().and_then(Version::parse).filter(|version| version.number(0) == 1);
    let unread = || programs.unread(subsystems, "kubelet").or_else(|| packages.unread(subsystems));
    (version.as_ref().map(|version| version.number(1)), if told.is_none() { unread() } else { None })
}
