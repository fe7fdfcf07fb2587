//! `--kubeadm-config`, `--kubeadm-join`: reads what the user will give kubeadm, tells its mistakes, which profile it is
//! for, and what it says about the rules' variables.

use super::error::Failure;
use super::{SourceArguments, load, terminal, user_file};
use crate::engine::VariableOverride;
use crate::kubeadm::{ConfigWarning, File, Kubeadm, Target, syntax};
use crate::rule::{Code, Diagnostic, Place, SourceFile, diagnostic};

/// What the user will give kubeadm; which documents of a file count is known when the command is.
pub(super) enum Given {
    Nothing,
    Command(Kubeadm),
    File(SourceFile, File),
}

/// Reads it, if the user names it.
pub(super) fn read(arguments: &SourceArguments) -> Result<Given, Failure> {
    if let Some(command) = &arguments.kubeadm_join {
        let refused = |wrong: ConfigWarning| {
            let failure = Failure::input(format!("--kubeadm-join: {}", wrong.message));
            wrong.help.into_iter().fold(failure, Failure::hint)
        };
        return Kubeadm::join_command(command).map(Given::Command).map_err(refused);
    }
    let Some(path) = arguments.kubeadm_config.as_deref() else { return Ok(Given::Nothing) };
    let file = user_file::read_one("the configuration of kubeadm", path)?;
    match File::read(&file.name, &file.text) {
        Ok(cut) => Ok(Given::File(file, cut)),
        Err(remarks) => Err(Failure::Rules(render(file, &remarks, Code::KubeadmConfig))),
    }
}

impl Given {
    /// The profile of the command that it is for.
    pub(super) fn profile(&self) -> Option<&'static str> {
        let target = match self {
            Given::Nothing => None,
            Given::Command(_) => Some(Target::Join),
            Given::File(_, file) => file.target(),
        };
        target.map(Target::profile)
    }

    /// Judges it for the command that the profiles are for. What kubeadm would warn about goes to standard error.
    pub(super) fn judge(self, profiles: &[String], is_explicit: bool) -> Result<Option<Kubeadm>, Failure> {
        let (source, file) = match self {
            Given::Nothing => return Ok(None),
            Given::Command(kubeadm) => {
                for remark in &kubeadm.remarks {
                    terminal::complain_line(&format!("warning: --kubeadm-join: {}", remark.message));
                }
                return Ok(Some(kubeadm));
            }
            Given::File(source, file) => (source, file),
        };
        let targets = file.targets();
        if let ([first, second, ..], false) = (&targets[..], is_explicit) {
            let message = format!(
                "{} is for `kubeadm {}` and for `kubeadm {}`: it is checked for {}; `--profile {}` checks it for {}",
                source.name,
                first.command(),
                second.command(),
                first.command(),
                second.profile(),
                second.command(),
            );
            let note = Diagnostic::new(Code::KubeadmUnfit, message);
            terminal::complain_rendered(&diagnostic::render(&[], &[note], load::colors()));
        }
        // Parts of other components only: neither command takes it, and nobody says which one is meant.
        let is_part = !is_explicit && file.target().is_none();
        let command = target(profiles).or(is_part.then_some(Target::Init));
        match file.judge(command) {
            Ok(kubeadm) => {
                if !kubeadm.remarks.is_empty() {
                    terminal::complain_rendered(&render(source, &kubeadm.remarks, Code::KubeadmIgnores));
                }
                Ok(Some(kubeadm))
            }
            Err(remarks) => Err(Failure::Rules(render(source, &remarks, Code::KubeadmConfig))),
        }
    }
}

/// The command of kubeadm that the profiles are for, if they are for one.
fn target(profiles: &[String]) -> Option<Target> {
    let names = |target: Target| profiles.iter().any(|profile| profile == target.profile());
    match (names(Target::Init), names(Target::Join), names(Target::Upgrade)) {
        (true, false, false) => Some(Target::Init),
        (false, true, false) => Some(Target::Join),
        (false, false, true) => Some(Target::Upgrade),
        _ => None,
    }
}

/// The variables that the configuration sets, for the command of kubeadm that the profiles are for. The endpoint of a
/// file, which is asked over the network, is set on this very machine, or where the user names the profile.
pub(super) fn variables(
    kubeadm: Option<&Kubeadm>,
    profiles: &[String],
    source: &SourceArguments,
    is_explicit: bool,
) -> Vec<VariableOverride> {
    let target = target(profiles);
    let mut settings = kubeadm.map_or_else(Vec::new, |kubeadm| kubeadm.settings(target));
    let asks = is_explicit || source.is_this_machine() || source.kubeadm_join.is_some();
    if target == Some(Target::Join) && !asks {
        settings.retain(|setting| setting.name != "endpoint");
        let why = "this is no running machine (`--profile kubeadm-join` judges what a recording says of it)";
        terminal::complain_line(&format!("note: the API server to join is not asked: {why}"));
    }
    let given = settings.into_iter().map(|setting| VariableOverride {
        name: setting.name.to_owned(),
        value: setting.value,
        origin: setting.origin,
    });
    given.collect()
}

fn render(file: SourceFile, remarks: &[ConfigWarning], code: Code) -> String {
    // The lines that are shown may hold tokens.
    let file = SourceFile::given(file.name, syntax::masked(&file.text));
    let ends = file.text.match_indices('\n').map(|(newline, _)| newline + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
    let diagnostics: Vec<Diagnostic> = remarks
        .iter()
        .map(|remark| {
            let place = Place::new(0, &span(&file.text, &starts, remark));
            Diagnostic::at(&place, code, remark.message.clone()).help(remark.help.clone())
        })
        .collect();
    diagnostic::render(&[file], &diagnostics, load::colors())
}

/// The bytes of the remark's word in its line; of the line without its margins if it is not there.
fn span(text: &str, starts: &[usize], remark: &ConfigWarning) -> std::ops::Range<usize> {
    let index = (remark.line as usize).saturating_sub(1);
    let start = starts.get(index).copied().unwrap_or(text.len());
    let line = text[start..].split_inclusive('\n').next().unwrap_or_default();
    let word = if remark.word.is_empty() { line.trim() } else { remark.word.as_str() };
    let (at, length) = match line.find(word) {
        Some(at) => (at, word.len()),
        None => (line.len() - line.trim_start().len(), line.trim().len()),
    };
    start + at..start + at + length
}
