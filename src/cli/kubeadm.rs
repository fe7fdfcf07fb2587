//! `--kubeadm-config`, `--kubeadm-join`: reads the file, tells its mistakes, and what it says about the rules' variables.

use super::error::Failure;
use super::{SourceArguments, rules, terminal, user_file};
use crate::engine::VariableOverride;
use crate::kubeadm::{ConfigWarning, Kubeadm, Target, syntax};
use crate::rule::{Code, Diagnostic, Place, SourceFile, diagnostic};

/// The configuration, if the user names one. What kubeadm would warn about goes to standard error.
pub(super) fn read(arguments: &SourceArguments) -> Result<Option<Kubeadm>, Failure> {
    if let Some(command) = &arguments.kubeadm_join {
        let refused = |wrong: ConfigWarning| {
            let failure = Failure::input(format!("--kubeadm-join: {}", wrong.message));
            wrong.help.into_iter().fold(failure, Failure::hint)
        };
        return Kubeadm::join_command(command).map(Some).map_err(refused);
    }
    let Some(path) = arguments.kubeadm_config.as_deref() else { return Ok(None) };
    let file = user_file::read_one("the configuration of kubeadm", path)?;
    match Kubeadm::read(&file.name, &file.text) {
        Ok(kubeadm) => {
            if !kubeadm.remarks.is_empty() {
                terminal::complain_rendered(&render(file, &kubeadm.remarks, Code::KubeadmIgnores));
            }
            Ok(Some(kubeadm))
        }
        Err(remarks) => Err(Failure::Rules(render(file, &remarks, Code::KubeadmConfig))),
    }
}

/// The variables that the configuration sets, for the command of kubeadm that the profiles are for. That it is none for
/// this command goes to standard error.
pub(super) fn given(kubeadm: Option<&Kubeadm>, profiles: &[String]) -> Vec<VariableOverride> {
    let names = |name: &str| profiles.iter().any(|profile| profile == name);
    let target = match (names("kubeadm-init"), names("kubeadm-join")) {
        (true, false) => Some(Target::Init),
        (false, true) => Some(Target::Join),
        _ => None,
    };
    if let Some(message) = target.and_then(|target| kubeadm?.rejects(target)) {
        let remark = Diagnostic::new(Code::KubeadmUnfit, message);
        terminal::complain_rendered(&diagnostic::render(&[], &[remark], rules::colors()));
    }
    let settings = kubeadm.map_or_else(Vec::new, |kubeadm| kubeadm.settings(target));
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
    diagnostic::render(&[file], &diagnostics, rules::colors())
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
