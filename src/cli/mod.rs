//! The command line: arguments, and one arm a command.

mod check;
mod error;
mod explain;
mod facts;
mod kubeadm;
mod lint;
mod list;
mod listing;
mod parity;
mod quotes;
mod rules;
mod schema;
mod source;
mod terminal;
mod waivers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::fact::Moment;
pub use crate::report::render::report_schema;
use crate::rule::Severity;
pub use error::{Failure, exit};
pub use facts::schema as facts_schema;
pub use quotes::arguments;

/// Judges a Linux host that is about to become a Kubernetes node: now, and after the next reboot.
///
/// Without a command, `check` runs. Nothing on the host is changed, and no other program is run.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 110)]
#[command(after_help = "Exit codes: 0 ready · 1 a rule failed · 2 bad usage or input, nothing was judged · \
3 nothing failed, but something can't be known (no root rights, say)")]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: CheckArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge a host by rules (the default).
    Check(CheckArguments),
    /// Print what the program sees, and why, without judging.
    Facts(FactsArguments),
    /// Show the rules, profiles and variables.
    List(ListArguments),
    /// Tell all about one rule, and what it comes to on this host.
    Explain(ExplainArguments),
    /// Look for mistakes in rule files and waiver files.
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
    /// Show what other tools check, and which rules answer it, or why none does.
    #[arg(long)]
    covers: bool,
    /// The output format.
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    format: String,
}

#[derive(Debug, Args)]
struct ExplainArguments {
    /// The id of the rule.
    rule: String,
    #[command(flatten)]
    source: SourceArguments,
    /// The profiles whose variables count, with commas or repeated [default: node, or kubeadm-join with --kubeadm-join].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    profile: Vec<String>,
    /// Add rules from a file or directory.
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Set a variable of the rules; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    variables: Vec<String>,
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
    /// What is described.
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
    /// Judge a directory that holds a root filesystem, instead of this machine.
    #[arg(long, value_name = "DIR", conflicts_with = "recording")]
    root: Option<PathBuf>,
    /// Judge a recording: a directory with root/ and live/.
    #[arg(long, value_name = "PATH")]
    recording: Option<PathBuf>,
    /// The file that kubeadm will be given with `--config`: it is checked, and sets the variables of the rules.
    #[arg(long, value_name = "FILE")]
    kubeadm_config: Option<PathBuf>,
    /// The `kubeadm join` command that will be run, in single quotes: it is checked, sets variables, and selects the profile
    /// kubeadm-join where none is named, with which its cluster is asked over the network.
    #[arg(long, value_name = "COMMAND", conflicts_with = "kubeadm_config")]
    kubeadm_join: Option<String>,
    /// The moments to ask about.
    #[arg(long, value_enum, default_value_t = Moments::Both, hide_default_value = true)]
    moment: Moments,
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
            Moments::Boot => &[Moment::Boot],
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
    /// The output format.
    #[arg(long, default_value = "table", value_parser = source::format_names())]
    format: String,
    /// Write the report to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The least severity that makes the host not ready.
    #[arg(long, value_enum, default_value_t = FailOn::Error, hide_default_value = true)]
    fail_on: FailOn,
    /// Also show what passed or was skipped.
    #[arg(long)]
    all: bool,
    /// Accept the failures that a file (or the files of a directory) names, each for a reason, by an owner, until a day;
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
    /// Select the rules of profiles, with commas or repeated [default: node, or kubeadm-join with --kubeadm-join; `list`
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
    /// The output format.
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    format: String,
}

/// Runs a command.
///
/// # Errors
/// If nothing could be judged; [`exit`] tells it to the user.
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
    terminal::write(None, &out)?;
    Ok(ExitCode::SUCCESS)
}
