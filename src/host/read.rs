//! What came of reading something of a host. An error is never absence: three kinds, and each has to be handled.

use super::error::{HostError, HostErrorKind};
use crate::fact::{Knowledge, Reason};

/// What came of reading something of a host. There is no way to drop one of the three by accident: no `ok()`, no `is_ok()`,
/// no default.
#[must_use = "what is hidden must make unknown what it could decide"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read<T> {
    /// It is there.
    There(T),
    /// It is certainly not there; this is the path, or the name of the interface, that leads to nothing.
    Missing(String),
    /// It may be there: it could not be read, and this is why.
    Hidden(HostError),
}

impl<T> Read<T> {
    /// The same with another value, which is made of this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Read<U> {
        match self {
            Read::There(value) => Read::There(make(value)),
            Read::Missing(path) => Read::Missing(path),
            Read::Hidden(error) => Read::Hidden(error),
        }
    }

    /// The same without taking it: of what is remembered.
    pub fn as_ref(&self) -> Read<&T> {
        match self {
            Read::There(value) => Read::There(value),
            Read::Missing(path) => Read::Missing(path.clone()),
            Read::Hidden(error) => Read::Hidden(error.clone()),
        }
    }

    /// What is read next, if this is there.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Read<U>) -> Read<U> {
        match self {
            Read::There(value) => next(value),
            Read::Missing(path) => Read::Missing(path),
            Read::Hidden(error) => Read::Hidden(error),
        }
    }

    /// What is there, or nothing; what is hidden is handed on with `?`.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn found(self) -> Result<Option<T>, HostError> {
        match self {
            Read::There(value) => Ok(Some(value)),
            Read::Missing(_) => Ok(None),
            Read::Hidden(error) => Err(error),
        }
    }

    /// What is there, or nothing; what is hidden is kept among what could not be read.
    pub fn or_hidden<H: From<HostError>>(self, hidden: &mut Vec<H>) -> Option<T> {
        match self {
            Read::There(value) => Some(value),
            Read::Missing(_) => None,
            Read::Hidden(error) => {
                hidden.push(error.into());
                None
            }
        }
    }

    /// As an answer: missing is absent, hidden is unknown.
    pub fn known(self) -> Knowledge<T> {
        match self {
            Read::There(value) => Knowledge::Known(value),
            Read::Missing(_) => Knowledge::Absent,
            Read::Hidden(error) => Knowledge::Unknown(Reason::from(error)),
        }
    }

    /// What is there; that it is missing is no knowledge where every system has it, or where it was seen before.
    ///
    /// # Errors
    /// Why it is not known: it is missing, or can't be read.
    pub fn required(self) -> Result<T, Reason> {
        match self {
            Read::There(value) => Ok(value),
            Read::Missing(path) => Err(HostError { path, kind: HostErrorKind::NotFound }.into()),
            Read::Hidden(error) => Err(error.into()),
        }
    }
}

impl<T> From<Result<T, HostError>> for Read<T> {
    fn from(result: Result<T, HostError>) -> Self {
        match result {
            Ok(value) => Read::There(value),
            Err(error) if error.is_not_found() => Read::Missing(error.path),
            Err(error) => Read::Hidden(error),
        }
    }
}
