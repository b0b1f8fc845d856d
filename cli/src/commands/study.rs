//! `salus study`: what is asked, for what, under whose approval.

mod inbox;

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use salus_ledger::engine::Ledger;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Standing, State, StudyState};
use salus_ledger::transaction::{Noise, Policy};
use salus_protocol::day::Day;
use salus_protocol::noise::Epsilon;
use salus_protocol::nullifier::StudyId;
use salus_protocol::purpose::Purpose;
use serde::Serialize;

use super::Context;
use super::party::checked_title;
use super::purpose::PurposeArgs;
use super::query::read_query;
use crate::failure::Failure;
use crate::home::{Access, Home, Name, Role, Sponsor, StudyName};
use crate::output::{Report, counted, table};
use crate::path::answer::{Answer, submit_answers};
use crate::path::study::{CheckedStudy, Terms, approve, ask, close, open};
pub(crate) use inbox::{Inbox, read_inbox};

/// Studies: opened by a sponsor, approved by ethics boards, answered by patients.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  salus study open diabetes.salus --name t2d --sponsor lab --purpose DS:type-2-diabetes \\
      --institution \"University Hospital\" --region eea --board ethics --expires 2027-12-31
  salus study approve t2d --board ethics
  salus study list
  salus study show t2d
  salus study inbox t2d
  salus study close t2d")]
pub(crate) enum StudyCommand {
    /// Open a study: put its query, purpose and terms on the ledger.
    Open(OpenArgs),
    /// Approve a study for an ethics board. A study takes answers once enough boards have.
    Approve(ApproveArgs),
    /// List the ledger's studies.
    List,
    /// Show a study.
    Show(StudyArgs),
    /// Submit answers that `salus prove --out` wrote.
    Submit(SubmitArgs),
    /// Open the contacts of volunteers (needs the sponsor's inbox secret).
    Inbox(StudyArgs),
    /// End a study before it expires.
    Close(StudyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// The query, as text or as JSON; `-` reads standard input.
    query: PathBuf,
    /// A short name for the study in this state directory.
    #[arg(long)]
    name: Name,
    /// The sponsor's name here; its keys are made if there are none.
    #[arg(long, value_name = "NAME")]
    sponsor: Name,
    /// The study's title. Default: the query's.
    #[arg(long)]
    title: Option<String>,
    /// The profile: a shipped one's name or a file. Default: the one that the query names, else
    /// cardiometabolic.
    #[arg(long, short)]
    profile: Option<String>,
    /// A board that may approve the study: its name here, or its public key.
    #[arg(long = "board", value_name = "BOARD", required = true)]
    boards: Vec<String>,
    /// How many boards must approve.
    #[arg(long, default_value_t = 1)]
    approvals: u8,
    /// The last day on which answers enter.
    #[arg(long, value_name = "DATE")]
    expires: Day,
    /// How many heights old the registry root of an answer may be.
    #[arg(long, default_value_t = 100, value_name = "HEIGHTS")]
    freshness: u64,
    /// A custodian whose count is released only in sum with those of the others named like this:
    /// its name here, or its public key. Name two or more, or none: then each answers for itself.
    #[arg(long = "together", value_name = "ISSUER")]
    together: Vec<String>,
    /// Counts from 1 to this are not released; 10 at least.
    #[arg(long, value_name = "COUNT", default_value_t = Policy::STANDARD.suppress_up_to)]
    suppress_up_to: u16,
    /// Other counts are rounded to multiples of this; 5 at least.
    #[arg(long, value_name = "STEP", default_value_t = Policy::STANDARD.round_to)]
    round_to: u16,
    /// Add noise to each released count: discrete Laplace noise of this epsilon, 0.1, 0.5 or 1. A
    /// smaller epsilon hides single people better.
    #[arg(long, value_name = "EPSILON")]
    epsilon: Option<Epsilon>,
    /// The most epsilon that the study's tables may cost each dataset: a count costs its epsilon,
    /// strata twice that, an attrition table that of each of its cells.
    #[arg(long, value_name = "EPSILON", value_parser = parse_tenths, default_value = "2")]
    epsilon_budget: u16,
    #[command(flatten)]
    purpose: PurposeArgs,
}

fn parse_tenths(text: &str) -> Result<u16, String> {
    let number: Option<Decimal> = text.parse().ok();
    let tenths = number.and_then(|number| number.checked_mul(Decimal::TEN));
    tenths
        .filter(Decimal::is_integer)
        .and_then(|tenths| tenths.to_u16())
        .filter(|tenths| *tenths > 0)
        .ok_or_else(|| "a budget is a multiple of 0.1, such as 2 or 0.5".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// A study: its short name, its id, or the first digits of its id.
    study: String,
    /// The board's name here.
    #[arg(long, value_name = "NAME")]
    board: Name,
}

#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    /// A study: its short name, its id, or the first digits of its id.
    study: String,
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// Files of answers.
    #[arg(required = true)]
    answers: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Shown {
    id: StudyId,
    name: Option<String>,
    title: String,
    standing: Standing,
    query: String,
    query_digest: String,
    profile: String,
    index_day: Day,
    purpose: Purpose,
    expires: Day,
    freshness: u64,
    policy: Policy,
    sponsor: PublicKey,
    boards: Vec<Board>,
    /// The custodians that are counted together, if any.
    together: Vec<String>,
    /// Noise in each released count, its budget in tenths of epsilon.
    noise: Option<Noise>,
    approvals_needed: u8,
    answers: usize,
    cohort_answers: usize,
}

#[derive(Debug, Serialize)]
struct Board {
    key: PublicKey,
    title: Option<String>,
    approved: bool,
}

impl Shown {
    fn of(home: &Home, state: &State, study: &StudyState) -> Result<Self, Failure> {
        let opened = &study.opened;
        let names = home.study_names()?;
        let boards = opened.boards.iter().map(|key| Board {
            key: *key,
            title: state.boards().get(key).map(|party| party.name.to_string()),
            approved: study.approvals.contains_key(key),
        });
        Ok(Self {
            id: study.id,
            name: names
                .into_iter()
                .find(|(_, named)| named.id == study.id)
                .map(|(name, _)| name),
            title: opened.title.to_string(),
            standing: state.standing(study),
            query: opened.query_text.clone(),
            query_digest: study.query.to_string(),
            profile: opened.profile.to_string(),
            index_day: opened.index_day,
            purpose: opened.purpose.clone(),
            expires: opened.expires,
            freshness: opened.freshness,
            policy: opened.policy,
            sponsor: opened.sponsor,
            boards: boards.collect(),
            noise: opened.noise,
            together: opened
                .together
                .iter()
                .map(|key| state.issuer_name(key))
                .collect(),
            approvals_needed: opened.approvals_needed,
            answers: study.answers.len(),
            cohort_answers: study.cohort_answers.len(),
        })
    }
}

impl Report for Shown {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "study     {}", self.id)?;
        if let Some(name) = &self.name {
            writeln!(out, "name      {name}")?;
        }
        writeln!(out, "title     {}", self.title)?;
        writeln!(
            out,
            "standing  {}, until {}, {}, {}",
            self.standing.word(),
            self.expires,
            counted(self.answers, "answer", "answers"),
            counted(self.cohort_answers, "cohort answer", "cohort answers")
        )?;
        writeln!(out, "run by    {}", self.purpose.institution.name())?;
        for board in &self.boards {
            let title = board.title.clone();
            writeln!(
                out,
                "board     {}: {}",
                title.unwrap_or_else(|| board.key.to_string()),
                if board.approved {
                    "approved"
                } else {
                    "has not approved"
                }
            )?;
        }
        if !self.together.is_empty() {
            writeln!(out, "counts    the sum of {}", self.together.join(", "))?;
        }
        if let Some(noise) = &self.noise {
            let budget = Decimal::new(noise.budget.into(), 1).normalize();
            writeln!(
                out,
                "noise     epsilon {} a count, {budget} in all",
                noise.epsilon
            )?;
        }
        writeln!(out, "query     {} (digest)", self.query_digest)?;
        for line in self.query.trim_end().lines() {
            writeln!(out, "  | {line}")?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct List(Vec<Shown>);

impl Report for List {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut lines = table(&["ID", "NAME", "STANDING", "ANSWERS", "EXPIRES", "TITLE"]);
        for study in &self.0 {
            lines.add_row([
                &study.id.to_string()[..12],
                study.name.as_deref().unwrap_or("-"),
                study.standing.word(),
                &study.answers.to_string(),
                &study.expires.to_string(),
                &study.title,
            ]);
        }
        writeln!(out, "{lines}")
    }
}

#[derive(Debug, Serialize)]
struct Submitted {
    study: StudyId,
    answers: usize,
}

impl Report for Submitted {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{} entered",
            counted(self.answers, "answer", "answers")
        )
    }
}

pub(crate) fn run(context: &Context, command: &StudyCommand) -> Result<(), Failure> {
    match command {
        StudyCommand::Open(args) => run_open(context, args),
        StudyCommand::Approve(args) => {
            let board = context.home.party(Role::Board, &args.board)?;
            let ledger = context.home.ledger(Access::Write)?;
            let id = context.home.find_study(&*ledger.state()?, &args.study)?.id;
            approve(&ledger, &board.key, &CheckedStudy::read(&ledger, id)?)?;
            show(context, &ledger, id)
        }
        StudyCommand::List => {
            let ledger = context.home.ledger(Access::Read)?;
            let state = ledger.state()?;
            let studies = state.studies().values();
            let shown: Result<Vec<_>, _> = studies
                .map(|study| Shown::of(&context.home, &state, study))
                .collect();
            context.output.show(&List(shown?))
        }
        StudyCommand::Show(args) => {
            let ledger = context.home.ledger(Access::Read)?;
            let id = context.home.find_study(&*ledger.state()?, &args.study)?.id;
            show(context, &ledger, id)
        }
        StudyCommand::Submit(args) => submit(context, args),
        StudyCommand::Inbox(args) => {
            let ledger = context.home.ledger(Access::Read)?;
            let id = context.home.find_study(&*ledger.state()?, &args.study)?.id;
            let sponsor = sponsor_of(&context.home, id)?;
            context.home.fetch_contacts(&ledger, &id, &sponsor)?;
            context.output.show(&read_inbox(&ledger, &sponsor, &id)?)
        }
        StudyCommand::Close(args) => {
            let ledger = context.home.ledger(Access::Write)?;
            let id = context.home.find_study(&*ledger.state()?, &args.study)?.id;
            let sponsor = sponsor_of(&context.home, id)?;
            close(&ledger, &sponsor.key, id)?;
            show(context, &ledger, id)
        }
    }
}

fn show(context: &Context, ledger: &Ledger, id: StudyId) -> Result<(), Failure> {
    let state = ledger.state()?;
    match state.study(&id) {
        Some(study) => context
            .output
            .show(&Shown::of(&context.home, &state, study)?),
        None => Ok(()),
    }
}

/// The sponsor of a study, if it is of this home.
fn sponsor_of(home: &Home, id: StudyId) -> Result<Sponsor, Failure> {
    let names = home.study_names()?;
    let named = names.into_iter().find(|(_, study)| study.id == id);
    let (_, study) = named.ok_or_else(|| Failure::NotPermitted {
        message: format!(
            "the sponsor of study {id} is not in {}",
            home.root().display()
        ),
        help: "use the state directory in which the study was opened".to_owned(),
    })?;
    home.sponsor(&study.sponsor)
}

fn run_open(context: &Context, args: &OpenArgs) -> Result<(), Failure> {
    let home = &context.home;
    if home.study_name(args.name.as_str())?.is_some() {
        return Err(Failure::usage(
            format!("there already is a study named {}", args.name),
            "choose another --name",
        ));
    }
    let (name, text) = read_query(&args.query)?;
    let asked = ask(&name, &text, args.profile.as_deref())?;
    let title = args.title.as_deref().unwrap_or(asked.query.title());
    let title = checked_title(title)?;
    let ledger = home.ledger(Access::Write)?;
    let boards = args
        .boards
        .iter()
        .map(|board| home.party_key(Role::Board, board))
        .collect::<Result<_, _>>()?;
    let together = args
        .together
        .iter()
        .map(|issuer| home.party_key(Role::Issuer, issuer))
        .collect::<Result<_, _>>()?;
    let terms = Terms {
        title,
        purpose: args.purpose.purpose(),
        expires: args.expires,
        freshness: args.freshness,
        policy: Policy {
            suppress_up_to: args.suppress_up_to,
            round_to: args.round_to,
        },
        boards,
        approvals_needed: args.approvals,
        together,
        noise: args.epsilon.map(|epsilon| Noise {
            epsilon,
            budget: args.epsilon_budget,
        }),
    };
    let sponsor = home.sponsor_or_new(&args.sponsor)?;
    let id = open(&ledger, &sponsor, &asked, terms)?;
    let named = StudyName {
        id,
        sponsor: args.sponsor.clone(),
    };
    home.put_study_name(&args.name, &named)?;
    show(context, &ledger, id)
}

fn submit(context: &Context, args: &SubmitArgs) -> Result<(), Failure> {
    let ledger = context.home.ledger(Access::Write)?;
    let mut answers = Vec::new();
    for file in &args.answers {
        answers.push(Answer::read(file)?);
    }
    for outcome in submit_answers(&ledger, &answers)? {
        outcome?;
    }
    context.output.show(&Submitted {
        study: answers[0].study,
        answers: answers.len(),
    })
}
