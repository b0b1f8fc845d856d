//! `salus consent export`: a wallet's consents as FHIR Consents.

use std::io;
use std::path::PathBuf;

use clap::Args;
use salus_datasets::fhir::consent::{ExportError, Version, Wish, export};
use salus_protocol::registry::RecordIndex;
use serde::Serialize;
use serde_json::Value;

use super::nothing;
use crate::commands::Context;
use crate::failure::Failure;
use crate::home::{Access, Name, write_atomically};
use crate::output::{Report, counted};
use crate::path::consent::standing_wishes;

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Whose.
    #[arg(long, value_name = "NAME")]
    wallet: Name,
    /// Only the consent of this record, by its number in the registry. Needed where the consents of
    /// a wallet's records differ.
    #[arg(long, value_name = "NUMBER")]
    record: Option<RecordIndex>,
    /// The version of FHIR: r4 or r5.
    #[arg(long, value_name = "VERSION")]
    fhir: Version,
    /// The file to write, readable by its owner only. Without it the Bundle goes to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The Bundle itself: the same for people and for programs.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Printed(Value);

impl Report for Printed {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{:#}", self.0)
    }
}

#[derive(Debug, Serialize)]
struct Exported {
    wallet: String,
    file: PathBuf,
    consents: usize,
}

impl Report for Exported {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{}: {} of {}",
            self.file.display(),
            counted(self.consents, "consent", "consents"),
            self.wallet
        )
    }
}

pub(super) fn run(context: &Context, args: &ExportArgs) -> Result<(), Failure> {
    let wallet = context.home.wallet(&args.wallet)?;
    let mut standing = {
        let ledger = context.home.ledger(Access::Read)?;
        standing_wishes(&*ledger.state()?, &wallet)
    };
    standing.retain(|(index, _)| args.record.is_none_or(|only| only == *index));
    let wishes = alike(&args.wallet, &standing)?;
    if wishes.is_empty() {
        return Err(nothing(&args.wallet, "no consent in force"));
    }
    let bundle = export(args.wallet.as_str(), wishes, args.fhir).map_err(refused)?;
    let Some(file) = &args.out else {
        return context.output.show(&Printed(bundle));
    };
    write_atomically(file, format!("{bundle:#}\n").as_bytes(), true)?;
    context.output.show(&Exported {
        wallet: args.wallet.to_string(),
        file: file.clone(),
        consents: wishes.len(),
    })
}

/// The wish that all records have, as a list of one; of several that differ a reader could not tell
/// which counts, as a wallet does not know when they were given.
fn alike<'a>(wallet: &Name, standing: &'a [(RecordIndex, Wish)]) -> Result<&'a [Wish], Failure> {
    let Some((_, first)) = standing.first() else {
        return Ok(&[]);
    };
    if standing.iter().all(|(_, wish)| wish == first) {
        return Ok(std::slice::from_ref(first));
    }
    let records: Vec<String> = standing
        .iter()
        .map(|(index, _)| index.to_string())
        .collect();
    Err(Failure::NotPermitted {
        message: format!("the consents of wallet {wallet} differ from record to record"),
        help: format!(
            "export them apart: --record with each of {}",
            records.join(", ")
        ),
    })
}

fn refused(error: ExportError) -> Failure {
    Failure::NotPermitted {
        message: error.to_string(),
        help: "a wallet's name is the patient's id in FHIR; `salus wallet show` shows its consents"
            .to_owned(),
    }
}
