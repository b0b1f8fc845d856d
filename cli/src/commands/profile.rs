//! `salus profile`: what fields a record can have.

use std::io;

use clap::Subcommand;
use salus_datasets::profiles;
use salus_protocol::profile::{Document, Encoding, Field, Kind};
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::output::{Report, table};
use crate::path;

/// The profiles that say what a record's fields mean.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus profile list
  salus profile show cardiometabolic
  salus profile check my-registry.toml")]
pub(crate) enum ProfileCommand {
    /// List the profiles that Salus ships.
    List,
    /// Show a profile's fields: the names that queries use.
    Show {
        /// The name of a shipped profile, or the path of a profile document.
        profile: String,
    },
    /// Check a profile document, and print its hash.
    Check {
        /// The path of a profile document in TOML.
        file: String,
    },
}

#[derive(Debug, Serialize)]
struct Summary {
    name: String,
    version: String,
    title: String,
    fields: usize,
    concepts: usize,
    hash: String,
}

impl Summary {
    fn of(source: &path::profile::Source) -> Self {
        let document = source.profile.document();
        Self {
            name: document.name.clone(),
            version: document.version.clone(),
            title: document.title.clone(),
            fields: document.fields.len(),
            concepts: document.concepts.len(),
            hash: source.profile.hash().to_string(),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct List(Vec<Summary>);

impl Report for List {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut lines = table(&["NAME", "VERSION", "FIELDS", "TITLE"]);
        for profile in &self.0 {
            lines.add_row([
                &profile.name,
                &profile.version,
                &profile.fields.to_string(),
                &profile.title,
            ]);
        }
        writeln!(out, "{lines}")
    }
}

#[derive(Debug, Serialize)]
struct Shown {
    hash: String,
    #[serde(flatten)]
    document: Document,
}

impl Report for Shown {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} {}: {}\nhash {}\n",
            self.document.name, self.document.version, self.document.title, self.hash
        )?;
        let mut lines = table(&["FIELD", "HOLDS", "MEANING"]);
        for field in &self.document.fields {
            lines.add_row([&field.name, &holds(field), &field.label]);
        }
        writeln!(out, "{lines}")
    }
}

/// What kind of value a field holds, in few words.
fn holds(field: &Field) -> String {
    let kind = match field.kind {
        Kind::Event => ", none on record counts as no",
        Kind::Measurement => "",
    };
    match &field.encoding {
        Encoding::Date => format!("a date{kind}"),
        Encoding::Quantity { unit, .. } => format!("a quantity in {unit}{kind}"),
        Encoding::Count => format!("a count{kind}"),
        Encoding::Flag => "whether there is any".to_owned(),
        Encoding::Code(values) => {
            let names: Vec<_> = values.iter().map(|value| value.name.as_str()).collect();
            format!("one of {}{kind}", names.join(", "))
        }
    }
}

#[derive(Debug, Serialize)]
struct Checked(Summary);

impl Report for Checked {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let Summary {
            name,
            version,
            fields,
            concepts,
            hash,
            ..
        } = &self.0;
        writeln!(
            out,
            "ok: {name} {version}, {fields} fields, {concepts} concepts\nhash {hash}"
        )
    }
}

pub(crate) fn run(context: &Context, command: &ProfileCommand) -> Result<(), Failure> {
    match command {
        ProfileCommand::List => {
            let mut summaries = Vec::new();
            for shipped in profiles::shipped() {
                summaries.push(Summary::of(&path::profile::find(shipped.name)?));
            }
            context.output.show(&List(summaries))
        }
        ProfileCommand::Show { profile } => {
            let source = path::profile::find(profile)?;
            context.output.show(&Shown {
                hash: source.profile.hash().to_string(),
                document: source.profile.document().clone(),
            })
        }
        ProfileCommand::Check { file } => {
            let source = path::profile::find(file)?;
            context.output.show(&Checked(Summary::of(&source)))
        }
    }
}
