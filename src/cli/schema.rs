//! `schema`: JSON Schemas, for editors and readers of reports.

use std::process::ExitCode;

use super::error::Failure;
use super::{SchemaArguments, SchemaOf, terminal};
use crate::engine::schema;

pub(super) fn run(arguments: &SchemaArguments) -> Result<ExitCode, Failure> {
    let schema = match arguments.of {
        SchemaOf::Rule => schema::rules(),
        SchemaOf::Waivers => schema::waivers(),
        SchemaOf::Report => crate::report::render::v1::report_schema(),
        SchemaOf::Facts => super::facts::schema(),
    };
    terminal::write(format!("{schema:#}\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
