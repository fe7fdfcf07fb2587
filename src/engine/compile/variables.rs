//! The values that variables have in a run: default, then profile, then a file, then what the user sets.

use foldhash::HashMap;

use super::kind::Kind;
use super::literal::{self, Misfit};
use crate::fact::{Origin, Value};
use crate::rule::{
    Code, Diagnostic, Place, Profile, RuleSet, Spanned, TomlValue, Variable, VariableKind, suggestion,
};

/// A value that a file gives a variable; the command line wins against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableOverride {
    /// The variable.
    pub name: String,
    /// The value, written as on the command line.
    pub value: String,
    /// The place that says so.
    pub origin: Origin,
}

/// A variable with its value; none if it is not set.
pub(super) struct Setting<'r> {
    pub(super) variable: &'r Variable,
    pub(super) value: Option<Value>,
    /// The place that set it, if a file did.
    pub(super) origin: Option<Origin>,
    /// Whether it has the value that it has if nobody sets it.
    pub(super) is_default: bool,
}

impl Setting<'_> {
    fn set(&mut self, value: Value, origin: Option<Origin>) {
        (self.value, self.origin, self.is_default) = (Some(value), origin, false);
    }
}

/// All variables by name.
pub(super) type Settings<'r> = HashMap<&'r str, Setting<'r>>;

/// Settles every variable. Profiles come in the order in which later ones win.
pub(super) fn settle<'r>(
    rules: &'r RuleSet,
    profiles: &[&'r Profile],
    given: &[VariableOverride],
    set: &[(String, String)],
    mistakes: &mut Vec<Diagnostic>,
) -> Settings<'r> {
    let mut settings: Settings<'r> = HashMap::default();
    for variable in &rules.variables {
        let value = variable.default.as_ref().and_then(|default| written(variable, default, mistakes));
        settings.insert(&variable.name.value, Setting { variable, value, origin: None, is_default: true });
    }
    // The values of all profiles are checked, those of the selected ones are used.
    for profile in &rules.profiles {
        for (name, datum) in &profile.variables {
            match settings.get(name.value.as_str()) {
                Some(setting) => drop(written(setting.variable, datum, mistakes)),
                None => mistakes.push(unknown(&name.value, Some(&name.place), rules)),
            }
        }
    }
    for (name, datum) in profiles.iter().flat_map(|profile| &profile.variables) {
        if let Some(setting) = settings.get_mut(name.value.as_str()) {
            setting.value = written(setting.variable, datum, &mut Vec::new());
            setting.is_default = false;
        }
    }
    for VariableOverride { name, value, origin } in given {
        // A set of rules of one's own may declare fewer variables.
        let Some(setting) = settings.get_mut(name.as_str()) else { continue };
        match literal::typed(&setting.variable.kind, value) {
            Ok(value) => setting.set(value, Some(origin.clone())),
            Err(misfit) => {
                let message = format!("{origin}: {}", misfit.message);
                mistakes.push(wrong(setting.variable, None, Misfit { message, ..misfit }));
            }
        }
    }
    for (name, text) in set {
        match settings.get_mut(name.as_str()) {
            Some(setting) => match literal::typed(&setting.variable.kind, text) {
                Ok(value) => setting.set(value, None),
                Err(misfit) => mistakes.push(wrong(setting.variable, None, misfit)),
            },
            None => mistakes.push(unknown(name, None, rules)),
        }
    }
    settings
}

/// A use of a variable that nobody declares.
pub(super) fn unknown(name: &str, place: Option<&Place>, rules: &RuleSet) -> Diagnostic {
    let known = rules.variables.iter().map(|variable| variable.name.value.as_str());
    let message = format!("there is no variable `{name}`");
    let diagnostic = match place {
        Some(place) => Diagnostic::at(place, Code::UnknownVariable, message),
        None => Diagnostic::new(Code::UnknownVariable, message),
    };
    diagnostic.help(suggestion::help(name, known))
}

fn written(variable: &Variable, datum: &Spanned<TomlValue>, mistakes: &mut Vec<Diagnostic>) -> Option<Value> {
    let value = match (&variable.kind, &datum.value) {
        (VariableKind::Networks, TomlValue::Text(text)) => literal::typed(&variable.kind, text),
        _ => literal::value(&Kind::from(&variable.kind), &datum.value),
    };
    value.map_err(|misfit| mistakes.push(wrong(variable, Some(&datum.place), misfit))).ok()
}

fn wrong(variable: &Variable, place: Option<&Place>, misfit: Misfit) -> Diagnostic {
    let message = format!("variable `{}`: {}", variable.name.value, misfit.message);
    let diagnostic = match place {
        Some(place) => Diagnostic::at(place, Code::BadVariableValue, message),
        None => Diagnostic::new(Code::BadVariableValue, message),
    };
    diagnostic.label(&variable.name.place, "declared here").help(misfit.help)
}
