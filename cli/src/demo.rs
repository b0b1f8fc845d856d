//! `salus demo`: the whole path on generated patients, and a report of it.

mod cast;
mod refusal;
mod report;
pub(crate) mod stage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use salus_datasets::derivation::{Derivation, derive};
use salus_datasets::fhir::{Import, Limits, import};
use salus_datasets::generator::{GeneratorOptions, write_folder};
use salus_ledger::engine::Ledger;
use salus_protocol::nullifier::StudyId;
use salus_verifier::{KeyPolicy, verify, verify_batch};

use crate::commands::{Context, audit, key, study};
use crate::failure::Failure;
use crate::home::{Home, write_atomically};
use crate::output::{Output, counted, duration};
use crate::path::answer::{Answer, Question, submit_answers};
use crate::path::prover::Prover;
use crate::path::study::{Asked, CheckedStudy, ask};
use cast::Cast;
use report::{DemoReport, Timing, Verifying};

/// The study's query, as a file that the demo leaves behind.
const QUERY: &str = include_str!("../examples/type-2-diabetes.salus");
const MARKER: &str = ".salus-demo";

/// Run the whole path on generated patients: from a hospital's export to verified answers.
///
/// Generates patients, derives and signs their records, commits them, takes their consents, opens
/// and approves a study, proves, submits and verifies, exports an audit bundle, and verifies it
/// again in a separate process that has nothing but the file. Everything stays in one folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus demo
  salus demo --patients 1000 --seed 7 --dir /tmp/demo
  salus --home salus-demo/home study show demo      look around afterwards")]
pub(crate) struct DemoArgs {
    /// How many patients to generate.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(12..=100_000))]
    patients: u32,
    /// The seed of the generated patients.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where everything goes. An earlier demo there is replaced.
    #[arg(long, default_value = "salus-demo")]
    dir: PathBuf,
    /// Keep an earlier demo: fail if there is one.
    #[arg(long)]
    keep: bool,
}

/// Says what is being done, and how long it took.
struct Steps {
    output: Output,
    number: usize,
    timings: Vec<Timing>,
}

impl Steps {
    fn take<T>(
        &mut self,
        what: &str,
        step: impl FnOnce() -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        let spinner = self.output.spinner(what);
        let taken = self.take_alone(what, step);
        spinner.finish_and_clear();
        taken
    }

    /// Without a spinner, for a step that shows how far it is.
    fn take_alone<T>(
        &mut self,
        what: &str,
        step: impl FnOnce() -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        let started = Instant::now();
        let (value, outcome) = step()?;
        let took = started.elapsed();
        self.number += 1;
        self.output.note(&format!(
            "{:>3}. {what:<22} {outcome} ({})",
            self.number,
            duration(took)
        ));
        self.timings.push(Timing {
            step: what.to_owned(),
            seconds: took.as_secs_f64(),
        });
        Ok(value)
    }
}

/// Runs the demo.
pub(crate) fn run(context: &Context, args: &DemoArgs) -> Result<(), Failure> {
    let started = Instant::now();
    prepare_folder(args)?;
    let home = Home::new(args.dir.join("home"));
    let mut steps = Steps {
        output: context.output,
        number: 0,
        timings: Vec::new(),
    };
    let query = args.dir.join("study.salus");
    write_atomically(&query, QUERY.as_bytes(), false)?;
    let asked = ask("study.salus", QUERY, None)?;

    let (import, derivation) = dataset(&mut steps, args, &asked)?;
    let (ledger, mut cast) = Cast::assemble(&mut steps, &home, &asked)?;
    cast.issue(&mut steps, &home, &ledger, &asked, &derivation)?;
    cast.consent(&mut steps, &home, &ledger, &asked, &import, &derivation)?;
    let id = cast.open_study(&mut steps, &home, &ledger, &asked)?;
    let answered = answer(&mut steps, &home, &ledger, &mut cast, id)?;
    let cohort = cast.count(&mut steps, &home, &ledger, &asked, id)?;
    let refusals = steps.take("what is refused", || {
        let refusals = refusal::try_all(&home, &ledger, &cast, &answered)?;
        let count = refusals.len();
        Ok((refusals, format!("{count} attempts, all refused")))
    })?;
    let bundle = args.dir.join("study.bundle.json");
    let audit = audit_apart(&mut steps, &ledger, id, &bundle)?;
    let inbox = steps.take("open the inbox", || {
        let inbox = study::read_inbox(&ledger, &cast.sponsor, &id)?;
        let volunteers = inbox.volunteers.len();
        Ok((
            inbox,
            format!("{} opened", counted(volunteers, "contact", "contacts")),
        ))
    })?;
    let report = DemoReport::new(report::Parts {
        dir: &args.dir,
        patients: args.patients as usize,
        cast: &cast,
        answered: &answered,
        counted: cohort,
        refusals,
        audit,
        inbox,
        timings: steps.timings,
        seconds: started.elapsed().as_secs_f64(),
    });
    context.output.show(&report)
}

/// An empty folder for the demo. Only what an earlier demo left is ever removed.
fn prepare_folder(args: &DemoArgs) -> Result<(), Failure> {
    let dir = &args.dir;
    let marker = dir.join(MARKER);
    let empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(Failure::file("list", dir)(error)),
    };
    if !empty && (args.keep || !marker.exists()) {
        return Err(Failure::Exists {
            what: if marker.exists() {
                "an earlier demo"
            } else {
                "something that is no demo"
            },
            path: dir.clone(),
            help: "name another folder with --dir".to_owned(),
        });
    }
    if !empty {
        fs::remove_dir_all(dir).map_err(Failure::file("remove", dir))?;
    }
    write_atomically(&marker, b"made by `salus demo`; it may be removed\n", false)
}

fn dataset(
    steps: &mut Steps,
    args: &DemoArgs,
    asked: &Asked,
) -> Result<(Import, Derivation), Failure> {
    let folder = args.dir.join("patients");
    let at = asked.query.index();
    steps.take("generate", || {
        let options = GeneratorOptions {
            patients: args.patients,
            seed: args.seed,
            at: at.date(),
        };
        let made = write_folder(&options, &folder, false)?;
        let outcome = format!(
            "{} patients, {} FHIR resources",
            made.patients, made.resources
        );
        Ok(((), outcome))
    })?;
    let import = steps.take("import", || {
        let import = import(&folder, &Limits::default())?;
        let outcome = format!(
            "{} events, {} Consent resources",
            import.events.len(),
            import.consents.len()
        );
        Ok((import, outcome))
    })?;
    let derivation = steps.take("derive", || {
        let derivation = derive(&asked.profile.profile, &import, at)?;
        let outcome = format!(
            "{} rows of profile {} as of {at}",
            derivation.rows.len(),
            asked.profile.profile.name()
        );
        Ok((derivation, outcome))
    })?;
    Ok((import, derivation))
}

/// The study's answers, and what making and checking them took.
pub(crate) struct Answered {
    pub(crate) prover: Prover,
    pub(crate) question: Question,
    pub(crate) answers: Vec<Answer>,
    pub(crate) proving: Duration,
    pub(crate) verifying: Verifying,
}

fn answer(
    steps: &mut Steps,
    home: &Home,
    ledger: &Ledger,
    cast: &mut Cast,
    id: StudyId,
) -> Result<Answered, Failure> {
    let question = Question::of(ledger, &CheckedStudy::read(ledger, id)?)?;
    let ready = steps.take("find who is eligible", || {
        let ready = cast.ready(home, ledger, &question)?;
        let outcome = counted(cast.eligible(), "matches and consents", "match and consent");
        Ok((ready, outcome))
    })?;
    let prover = steps.take("read the proving key", || {
        let prover = Prover::of(home, ready.len() > 8)?;
        Ok((prover, "ready to prove".to_owned()))
    })?;
    let mut proving = Duration::ZERO;
    let answers = steps.take_alone("prove", || {
        let bar = Output::bar(cast.output, "proving", ready.len());
        let started = Instant::now();
        let answers = prover.answers(&question, ready, || bar.inc(1))?;
        proving = started.elapsed();
        bar.finish_and_clear();
        let outcome = format!(
            "{}, on all cores",
            counted(answers.len(), "proof", "proofs")
        );
        Ok((answers, outcome))
    })?;
    steps.take("submit", || {
        for outcome in submit_answers(ledger, &answers)? {
            outcome?;
        }
        Ok((
            (),
            format!(
                "{} entered the ledger",
                counted(answers.len(), "answer", "answers")
            ),
        ))
    })?;
    let verifying = steps.take("verify", || {
        let verifying = verify_again(home, &answers)?;
        Ok((verifying, "one by one and as a batch".to_owned()))
    })?;
    Ok(Answered {
        prover,
        question,
        answers,
        proving,
        verifying,
    })
}

/// Verifies the answers again: each alone, then all together.
fn verify_again(home: &Home, answers: &[Answer]) -> Result<Verifying, Failure> {
    let key = home
        .verifying_key()?
        .trusted(KeyPolicy::AllowInsecureDevelopmentKeys)?;
    let started = Instant::now();
    for answer in answers {
        verify(&key, &answer.statement, &answer.proof)?;
    }
    let single = started.elapsed();
    let pairs: Vec<_> = answers
        .iter()
        .map(|answer| (answer.statement, answer.proof.clone()))
        .collect();
    let started = Instant::now();
    verify_batch(&key, &pairs).map_err(|error| Failure::Invalid {
        message: error.to_string(),
        help: "run the demo again".to_owned(),
    })?;
    let count = u32::try_from(answers.len().max(1)).unwrap_or(u32::MAX);
    Ok(Verifying {
        one: single / count,
        batched: started.elapsed() / count,
    })
}

/// Exports the bundle, and verifies it in another process that has neither ledger nor keys.
fn audit_apart(
    steps: &mut Steps,
    ledger: &Ledger,
    id: StudyId,
    file: &Path,
) -> Result<serde_json::Value, Failure> {
    let ledger_id = ledger.state()?.id();
    steps.take("export", || {
        let text = audit::export(ledger, &id, true)?.to_json();
        write_atomically(file, text.as_bytes(), false)?;
        let outcome = format!("{} ({} KB)", file.display(), text.len().div_ceil(1000));
        Ok(((), outcome))
    })?;
    steps.take("verify the export", || {
        let away = tempfile::tempdir()?;
        let program = std::env::current_exe()?;
        let output = Command::new(program)
            .args(["--json", "--quiet", "--home"])
            .arg(away.path())
            .args(["audit", "verify"])
            .arg(fs::canonicalize(file).map_err(Failure::file("find", file))?)
            .args(["--ledger", &ledger_id.to_string(), "--allow-insecure-keys"])
            .current_dir(away.path())
            .env_clear()
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            return Err(Failure::Invalid {
                message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                help: "the bundle that was just exported does not verify: please report this"
                    .to_owned(),
            });
        }
        let report = serde_json::from_slice(&output.stdout).map_err(std::io::Error::from)?;
        Ok((report, "by another process, with the file alone".to_owned()))
    })
}

/// Makes the development key, unless the home has one.
fn set_up_key(home: &Home) -> Result<(), Failure> {
    if home.has_keys() {
        return Ok(());
    }
    key::set_up(home)
}
