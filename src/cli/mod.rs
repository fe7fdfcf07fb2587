//! The command line: arguments, and one arm a command.

mod arguments;
mod check;
mod coverage;
mod error;
mod explain;
mod facts;
mod kubeadm;
mod lint;
mod list;
mod load;
mod output;
mod repeated;
mod replace_file;
mod runtime;
mod schema;
mod source;
mod table;
mod target_version;
mod terminal;
mod user_file;
mod waivers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use self::output::{Destination, FormatArgument};
use crate::fact::Moment;
use crate::report::Report;
use crate::report::render::FORMATS;
pub use crate::report::render::v1::report_schema;
use crate::rule::Severity;
pub use arguments::arguments;
pub use error::{Failure, exit};
pub use facts::schema as facts_schema;

/// Checks a Linux host that is about to become a Kubernetes node: now, and after the next reboot.
///
/// Without a command, `check` runs. Nothing on the host is changed, and no other program is run.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 ready · 1 a rule failed · 2 bad usage or input, nothing was checked · \
3 nothing failed, but a rule can't be checked (without root, say)"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: CheckArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a host by rules (the default).
    Check(CheckArguments),
    /// Show the collected facts and where they come from.
    Facts(FactsArguments),
    /// Show the rules, profiles and variables.
    List(ListArguments),
    /// Explain rules and show their results on this host.
    Explain(ExplainArguments),
    /// Check rule files and waiver files for mistakes.
    Lint(LintArguments),
    /// Print a JSON Schema, for editors that complete and check TOML.
    Schema(SchemaArguments),
    /// Print completions for a shell.
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    rules: RulesArguments,
    /// Show what other tools check, and which rules answer each check, or why none does.
    #[arg(long)]
    covers: bool,
    /// The output format, and a file to write it to instead of standard output; may be repeated.
    #[arg(long, value_name = "NAME[=FILE]", default_value = "table", value_parser = output::formats(list::FORMATS))]
    format: Vec<FormatArgument<list::Catalogue>>,
}

#[derive(Debug, Args)]
struct ExplainArguments {
    /// Rules, by id, tag or check of another tool (Swap, kubeadm:Swap).
    #[arg(value_name = "RULE", required = true)]
    words: Vec<String>,
    #[command(flatten)]
    source: SourceArguments,
    /// The profiles whose variables apply, with commas or repeated [default: node, or kubeadm-join with --kubeadm-join].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    profile: Vec<String>,
    /// Add rules from a file or directory.
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Set a variable of the rules; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// The output format, and a file to write it to instead of standard output; may be repeated.
    #[arg(long, value_name = "NAME[=FILE]", default_value = "table", value_parser = output::formats(explain::FORMATS))]
    format: Vec<FormatArgument<explain::Explained>>,
}

#[derive(Debug, Args)]
struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
struct LintArguments {
    /// Rule files and waiver files, or directories of them; the built-in rules if none.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct SchemaArguments {
    /// The files or document that it describes.
    #[arg(value_enum)]
    of: SchemaOf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemaOf {
    /// Rule files.
    Rule,
    /// Waiver files.
    Waivers,
    /// The report of `check --format json`.
    Report,
    /// The document of `facts --format json`.
    Facts,
}

/// Which host.
#[derive(Debug, Args)]
struct SourceArguments {
    /// Check a directory that holds a root filesystem, instead of this machine.
    #[arg(long, value_name = "DIR", conflicts_with = "recording")]
    root: Option<PathBuf>,
    /// Accept a directory without an os-release: what isn't there may be on another file system.
    #[arg(long, requires = "root")]
    root_partial: bool,
    /// Check a recording: a directory with root/ and live/.
    #[arg(long, value_name = "PATH")]
    recording: Option<PathBuf>,
    /// The file for `kubeadm --config`: it is checked, sets the variables of the rules, and selects the profile if you
    /// name none: kubeadm-upgrade for an `UpgradeConfiguration`, kubeadm-join for a `JoinConfiguration` alone, else
    /// kubeadm-init.
    #[arg(long, value_name = "FILE")]
    kubeadm_config: Option<PathBuf>,
    /// The `kubeadm join` command that you will run, in single quotes: it is checked, sets variables, and selects the
    /// profile kubeadm-join if you name none. This profile contacts the cluster over the network.
    #[arg(long, value_name = "COMMAND", conflicts_with = "kubeadm_config")]
    kubeadm_join: Option<String>,
    /// Check the running system, the next boot, or both.
    #[arg(long, value_enum, default_value_t = Moments::Both)]
    moment: Moments,
}

impl SourceArguments {
    fn is_this_machine(&self) -> bool {
        self.root.is_none() && self.recording.is_none()
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Moments {
    /// The running system.
    Now,
    /// After the next reboot.
    Boot,
    /// Both, as far as the host has them.
    Both,
}

impl Moments {
    fn list(self) -> &'static [Moment] {
        match self {
            Moments::Now => &[Moment::Now],
            Moments::Boot => &[Moment::NextBoot],
            Moments::Both => &Moment::ALL,
        }
    }
}

#[derive(Debug, Args)]
struct CheckArguments {
    #[command(flatten)]
    source: SourceArguments,
    #[command(flatten)]
    rules: RulesArguments,
    /// The output format, and a file to write it to instead of standard output; may be repeated: --format table --format
    /// json=report.json.
    #[arg(long, value_name = "NAME[=FILE]", default_value = "table", value_parser = output::formats(FORMATS))]
    format: Vec<FormatArgument<Report>>,
    /// Write the report to a file instead of standard output (`-`). The file is replaced as a whole and keeps its mode; a
    /// link there is followed if it belongs to you or root.
    #[arg(long, short, value_name = "FILE", value_parser = output::destination())]
    output: Option<Destination>,
    /// Fail on findings of this severity or higher.
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// Also show what passed or was skipped.
    #[arg(long)]
    all: bool,
    /// Accept the failures listed in a file (or the files of a directory), each with a reason, an owner and a last day;
    /// may be repeated.
    #[arg(long, value_name = "FILE")]
    waivers: Vec<PathBuf>,
    /// Accept the failures of these checks, by kubeadm's names, with commas; or `all`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    ignore_preflight_errors: Vec<String>,
}

/// Which rules, with which variables.
#[derive(Debug, Args)]
struct RulesArguments {
    /// Select the rules of profiles, with commas or repeated [default: node, or the one that --kubeadm-config or --kubeadm-join is for; `list`
    /// shows all].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    profile: Vec<String>,
    /// Add rules from a file or directory; a rule with the id of a built-in one replaces it.
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Only these rules, by id, tag or check of another tool (kubeadm:Swap), with commas or repeated.
    #[arg(long, value_name = "ID|TAG", value_delimiter = ',')]
    only: Vec<String>,
    /// Not these rules, by id, tag or check of another tool (kubeadm:Swap), with commas or repeated.
    #[arg(long, value_name = "ID|TAG", value_delimiter = ',')]
    skip: Vec<String>,
    /// Set a variable of the rules; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
        }
    }
}

#[derive(Debug, Args)]
struct FactsArguments {
    #[command(flatten)]
    source: SourceArguments,
    /// What to ask: a probe, or a probe and its key, `sysctl:net.ipv4.ip_forward`; everything if none.
    #[arg(value_name = "PROBE[:KEY]")]
    questions: Vec<String>,
    /// The output format, and a file to write it to instead of standard output; may be repeated.
    #[arg(long, value_name = "NAME[=FILE]", default_value = "table", value_parser = output::formats(facts::FORMATS))]
    format: Vec<FormatArgument<facts::Facts>>,
}

/// Runs a command.
///
/// # Errors
/// If nothing could be checked; [`exit`] reports it to the user.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.command {
        None => check::run(&arguments.check),
        Some(Command::Check(arguments)) => check::run(arguments),
        Some(Command::Facts(arguments)) => facts::run(arguments),
        Some(Command::Lint(arguments)) => lint::run(arguments),
        Some(Command::Schema(arguments)) => schema::run(arguments),
        Some(Command::List(arguments)) => list::run(arguments),
        Some(Command::Explain(arguments)) => explain::run(arguments),
        Some(Command::Completions(arguments)) => completions(arguments),
    }
}

fn completions(arguments: &CompletionsArguments) -> Result<ExitCode, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), env!("CARGO_PKG_NAME"), &mut out);
    terminal::write(&out)?;
    Ok(ExitCode::SUCCESS)
}
