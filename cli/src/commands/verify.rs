//! `salus verify`: check one proof.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use salus_protocol::statement::Statement;
use salus_verifier::snarkjs::{self, SnarkjsError};
use salus_verifier::{KeyPolicy, Proof, Setup, verify};
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::home::keys::read_verifying_key;
use crate::home::write_atomically;
use crate::output::{Report, duration};
use crate::path::answer::Answer;

/// Verify the proof of an answer.
///
/// It shows that the statement holds of some committed record. Whether the root, the study and the
/// day are those of a ledger is what `salus audit verify` and the ledger check.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus verify answer.json --key eligibility.vk.json
  salus verify answer.json --allow-insecure-keys
  salus verify answer.json --allow-insecure-keys --export-snarkjs ./snarkjs
  salus verify answer.json --allow-insecure-keys --import-snarkjs ./snarkjs")]
pub(crate) struct VerifyArgs {
    /// The file that `salus prove --out` wrote.
    proof: PathBuf,
    /// The verifying key's file. Default: the state directory's.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Also trust keys of a development setup, whose maker can forge proofs.
    #[arg(long)]
    allow_insecure_keys: bool,
    /// Also write verification_key.json, proof.json and public.json for snarkjs.
    #[arg(long, value_name = "DIR")]
    export_snarkjs: Option<PathBuf>,
    /// Take the proof from DIR/proof.json and compare DIR/public.json with the statement.
    #[arg(long, value_name = "DIR")]
    import_snarkjs: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Verified {
    valid: bool,
    key: String,
    setup: Setup,
    statement: Statement,
    proof_bytes: usize,
    seconds: f64,
}

impl Report for Verified {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let took = duration(std::time::Duration::from_secs_f64(self.seconds));
        writeln!(out, "ok: the proof shows its statement ({took})")?;
        writeln!(out, "key        {}", self.key)?;
        if self.setup == Setup::InsecureDevelopment {
            writeln!(
                out,
                "           INSECURE development key: whoever made it can forge proofs"
            )?;
        }
        writeln!(out, "root       {}", self.statement.root)?;
        writeln!(out, "query      {}", self.statement.query)?;
        writeln!(out, "nullifier  {}", self.statement.nullifier)?;
        writeln!(out, "day        {}", self.statement.day)?;
        writeln!(
            out,
            "It follows from the committed records; it does not show that an issuer committed \
             the truth."
        )
    }
}

pub(crate) fn run(context: &Context, args: &VerifyArgs) -> Result<(), Failure> {
    let answer = Answer::read(&args.proof)?;
    let key = match &args.key {
        Some(file) => read_verifying_key(file)?,
        None => context.home.verifying_key()?,
    };
    let policy = if args.allow_insecure_keys {
        KeyPolicy::AllowInsecureDevelopmentKeys
    } else {
        KeyPolicy::CeremonyOnly
    };
    let trusted = key.trusted(policy)?;
    if answer.key != key.id() {
        return Err(Failure::Invalid {
            message: format!("the answer is for key {}, not {}", answer.key, key.id()),
            help: "give the right verifying key with --key".to_owned(),
        });
    }
    let proof = match &args.import_snarkjs {
        Some(folder) => read_snarkjs(folder, &answer.statement)?,
        None => answer.proof.clone(),
    };
    let started = Instant::now();
    let verified = verify(&trusted, &answer.statement, &proof)?;
    let seconds = started.elapsed().as_secs_f64();
    if let Some(folder) = &args.export_snarkjs {
        let files = [
            ("verification_key.json", snarkjs::write_key(&key)),
            ("proof.json", snarkjs::write_proof(&proof)),
            ("public.json", snarkjs::write_signals(verified.statement())),
        ];
        for (name, text) in files {
            write_atomically(&folder.join(name), text.as_bytes(), false)?;
        }
    }
    context.output.show(&Verified {
        valid: true,
        key: verified.key_id().to_string(),
        setup: key.setup(),
        statement: *verified.statement(),
        proof_bytes: proof.to_bytes().len(),
        seconds,
    })
}

fn read_snarkjs(folder: &Path, statement: &Statement) -> Result<Proof, Failure> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(Failure::file("read", path))
    };
    let refused = |name: &'static str| {
        move |error: SnarkjsError| Failure::Invalid {
            message: format!("{name}: {error}"),
            help: "snarkjs's own files are read, as --export-snarkjs writes them".to_owned(),
        }
    };
    let signals = snarkjs::read_signals(&read("public.json")?).map_err(refused("public.json"))?;
    if signals != statement.public_inputs() {
        return Err(Failure::Invalid {
            message: "public.json holds other public inputs than the answer's statement".to_owned(),
            help: "the two files must be of one answer".to_owned(),
        });
    }
    snarkjs::read_proof(&read("proof.json")?).map_err(refused("proof.json"))
}
