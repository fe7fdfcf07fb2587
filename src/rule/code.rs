//! Every mistake that the tool may report about rules, with its description.

/// What kind of mistake a diagnostic is about. The words are never reused for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The text is not TOML.
    Syntax,
    /// A table has a key that nobody reads.
    UnknownKey,
    /// A table lacks a key that it must have.
    MissingKey,
    /// A value has another type than its key takes.
    WrongType,
    /// A word is none of those allowed at this place.
    UnknownWord,
    /// A name is not kebab-case.
    BadName,
    /// A rule, profile or variable is defined twice in one group of files.
    Duplicate,
    /// `all`, `any` or `not` has neighbours, or nothing inside.
    BadLogic,
    /// A condition asks no probe that exists.
    UnknownProbe,
    /// A condition asks more than one probe.
    SeveralProbes,
    /// A probe can't be asked about this key.
    BadProbeKey,
    /// An entry of a condition is neither matcher nor attribute.
    UnknownEntry,
    /// A condition asks and compares nothing.
    NothingCompared,
    /// A matcher can't compare values of this kind.
    WrongMatcher,
    /// A value can't be compared with what the probe answers.
    WrongOperand,
    /// A variable is used that nobody declares.
    UnknownVariable,
    /// A value doesn't fit the type of its variable.
    BadVariableValue,
    /// A profile is named that nobody declares.
    UnknownProfile,
    /// A rule is named that doesn't exist.
    UnknownRule,
    /// Rules need each other in a circle.
    NeedsCircle,
    /// No moment is left at which a rule could be judged.
    NoMoment,
    /// A selection on the command line selects nothing.
    EmptySelection,
    /// The file of `--kubeadm-config` can't be understood.
    KubeadmConfig,
    /// Lint: a rule lacks a text that its readers need.
    MissingText,
    /// Lint: an id or title is not written like the others.
    Style,
    /// Lint: an entry of `covers` is not `tool:check`.
    BadCovers,
    /// Lint: a placeholder in a fix stands for nothing, or nothing stands for it.
    Placeholder,
    /// Lint: no rule belongs to a profile.
    UnreachableProfile,
    /// Lint: nothing uses a variable.
    UnusedVariable,
    /// `--kubeadm-config`: kubeadm warns about it, and ignores it.
    KubeadmIgnores,
    /// `--kubeadm-config`: it is for another command of kubeadm, too.
    KubeadmUnfit,
    /// A waiver changed nothing.
    UnusedWaiver,
    /// The day of a waiver is over.
    ExpiredWaiver,
    /// `--ignore-preflight-errors` names no check.
    UnknownCheck,
    /// Lint: a word is written as it was in earlier versions.
    OldSpelling,
    /// Lint: no known version of a program has a configuration key.
    UnknownSetting,
}

impl Code {
    /// All codes, in the order of the documentation.
    pub const ALL: [Code; 36] = [
        Code::Syntax,
        Code::UnknownKey,
        Code::MissingKey,
        Code::WrongType,
        Code::UnknownWord,
        Code::BadName,
        Code::Duplicate,
        Code::BadLogic,
        Code::UnknownProbe,
        Code::SeveralProbes,
        Code::BadProbeKey,
        Code::UnknownEntry,
        Code::NothingCompared,
        Code::WrongMatcher,
        Code::WrongOperand,
        Code::UnknownVariable,
        Code::BadVariableValue,
        Code::UnknownProfile,
        Code::UnknownRule,
        Code::NeedsCircle,
        Code::NoMoment,
        Code::EmptySelection,
        Code::KubeadmConfig,
        Code::MissingText,
        Code::Style,
        Code::BadCovers,
        Code::Placeholder,
        Code::UnreachableProfile,
        Code::UnusedVariable,
        Code::KubeadmIgnores,
        Code::KubeadmUnfit,
        Code::UnusedWaiver,
        Code::ExpiredWaiver,
        Code::UnknownCheck,
        Code::OldSpelling,
        Code::UnknownSetting,
    ];

    /// The word in square brackets: `error[unknown-probe]`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Code::Syntax => "syntax",
            Code::UnknownKey => "unknown-key",
            Code::MissingKey => "missing-key",
            Code::WrongType => "wrong-type",
            Code::UnknownWord => "unknown-word",
            Code::BadName => "bad-name",
            Code::Duplicate => "duplicate",
            Code::BadLogic => "bad-logic",
            Code::UnknownProbe => "unknown-probe",
            Code::SeveralProbes => "several-probes",
            Code::BadProbeKey => "bad-probe-key",
            Code::UnknownEntry => "unknown-entry",
            Code::NothingCompared => "nothing-compared",
            Code::WrongMatcher => "wrong-matcher",
            Code::WrongOperand => "wrong-operand",
            Code::UnknownVariable => "unknown-variable",
            Code::BadVariableValue => "bad-variable-value",
            Code::UnknownProfile => "unknown-profile",
            Code::UnknownRule => "unknown-rule",
            Code::NeedsCircle => "needs-circle",
            Code::NoMoment => "no-moment",
            Code::EmptySelection => "empty-selection",
            Code::KubeadmConfig => "kubeadm-config",
            Code::MissingText => "missing-text",
            Code::Style => "style",
            Code::BadCovers => "bad-covers",
            Code::Placeholder => "placeholder",
            Code::UnreachableProfile => "unreachable-profile",
            Code::UnusedVariable => "unused-variable",
            Code::KubeadmIgnores => "kubeadm-ignores",
            Code::KubeadmUnfit => "kubeadm-unfit",
            Code::UnusedWaiver => "unused-waiver",
            Code::ExpiredWaiver => "expired-waiver",
            Code::UnknownCheck => "unknown-check",
            Code::OldSpelling => "old-spelling",
            Code::UnknownSetting => "unknown-setting",
        }
    }

    /// One sentence for the documentation.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Code::Syntax => "The text is not TOML.",
            Code::UnknownKey => "A table has a key that nobody reads.",
            Code::MissingKey => "A table lacks a key that it must have.",
            Code::WrongType => "A value has another type than its key takes.",
            Code::UnknownWord => "A word is none of those allowed at this place.",
            Code::BadName => "A name is not kebab-case: lower-case letters, digits and single dashes.",
            Code::Duplicate => {
                "A rule, profile or variable is defined twice among the built-in files, or twice among the given ones."
            }
            Code::BadLogic => "`all`, `any` or `not` has neighbours in its table, or nothing inside.",
            Code::UnknownProbe => "A condition asks no probe that exists.",
            Code::SeveralProbes => "A condition asks more than one probe.",
            Code::BadProbeKey => "A probe can't be asked about this key.",
            Code::UnknownEntry => {
                "An entry of a condition is neither a matcher nor an attribute of its probe."
            }
            Code::NothingCompared => "A condition asks a probe and compares nothing.",
            Code::WrongMatcher => "A matcher can't compare values of this kind.",
            Code::WrongOperand => "A value can't be compared with what the probe answers.",
            Code::UnknownVariable => "A variable is used that no [vars] table declares.",
            Code::BadVariableValue => "A value doesn't fit the type of its variable.",
            Code::UnknownProfile => "A profile is named that no [profiles] table declares.",
            Code::UnknownRule => "A rule (or tag) is named that doesn't exist.",
            Code::NeedsCircle => "Rules need each other in a circle.",
            Code::NoMoment => "No moment is left at which all probes of a rule can answer.",
            Code::EmptySelection => "An option of the command line selects no rule.",
            Code::KubeadmConfig => "The file of `--kubeadm-config` is none that kubeadm would understand.",
            Code::MissingText => "A rule lacks a title, a why or a fix.",
            Code::Style => "An id or title is not written as readers expect it.",
            Code::Placeholder => {
                "A placeholder in a fix stands for nothing, or has no words for the case that nothing is known."
            }
            Code::BadCovers => "An entry of `covers` is not written `tool:check`.",
            Code::UnreachableProfile => "No rule belongs to a profile.",
            Code::UnusedVariable => "No rule uses a variable.",
            Code::KubeadmIgnores => "kubeadm would warn about a part of `--kubeadm-config`, and ignore it.",
            Code::KubeadmUnfit => {
                "`--kubeadm-config` is also for another command of kubeadm than it is checked for."
            }
            Code::UnusedWaiver => "Nothing that a waiver accepts came up in this run.",
            Code::ExpiredWaiver => "The last day of a waiver is over: it no longer counts.",
            Code::UnknownCheck => {
                "`--ignore-preflight-errors` names a check that neither kubeadm nor this program has."
            }
            Code::OldSpelling => "A rule uses the old spelling of a word. It means the same as the new one.",
            Code::UnknownSetting => {
                "A configuration key is asked for that no known version of the program has: misspelt, or newer."
            }
        }
    }

    /// Whether it is no more than a warning: the rules can be judged nevertheless.
    #[must_use]
    pub fn is_warning(self) -> bool {
        self >= Code::MissingText
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_own_name() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.is_sorted());
    }
}
