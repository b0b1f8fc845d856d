//! A ledger under a folder of its own: generated patients who all consent, a study that all of them
//! match, and the answers of some, made beforehand.

use hyper::body::Bytes;
use salus_datasets::derivation::{PatientRow, derive};
use salus_datasets::fhir::consent::Wish;
use salus_datasets::fhir::{Limits, import};
use salus_datasets::generator::{GeneratorOptions, write_folder};
use salus_ledger::engine::Ledger;
use salus_ledger::transaction::{
    AdvanceDay, Envelope, LedgerName, Policy, SubmitEligibility, Title,
};
use salus_protocol::consent::{Grant, Permission, Region, Terms as ConsentTerms};
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};
use salus_protocol::statement::Statement;
use salus_verifier::{KeyPolicy, Proof, TrustedKey};

use super::super::broken;
use super::stop::Stop;
use crate::commands::{Context, key, party::register};
use crate::failure::Failure;
use crate::home::{Home, Issuer, Name, Role};
use crate::path::answer::{Answer, Question, ready_many};
use crate::path::consent::{Granting, grant};
use crate::path::prover::Prover;
use crate::path::study::{Asked, CheckedStudy, Terms, approve, ask, open};
use crate::path::{record, submit};

/// Everyone with a date of birth matches: what an answer costs does not depend on the query.
const QUERY: &str = "cohort \"Everyone\" using cardiometabolic at 2025-01-01\n\
                     include all\n  age at least 0 years\n";

/// How much of everything there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) patients: usize,
    /// Of how many there is an answer; fewer than there are patients.
    pub(super) answers: usize,
}

/// What the loads need of the ledger, which is closed again.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) study: StudyId,
    /// The log's size.
    pub(super) entries: u64,
    pub(super) records: usize,
    pub(super) key: TrustedKey,
    /// What the answers show, and their proofs, for the bare verifier.
    pub(super) proofs: Vec<(Statement, Proof)>,
    /// The answers as signed transactions, each of another patient.
    pub(super) answers: Vec<Bytes>,
    /// An answer of one more patient with another's proof. All is right but the proof, so it costs a
    /// verification each time, and never enters.
    pub(super) forged: Bytes,
}

impl Scene {
    /// Makes all of it in a new home.
    pub(super) fn make(
        context: &Context,
        home: &Home,
        extent: Extent,
        stop: &Stop,
    ) -> Result<Self, Failure> {
        let asked = ask("the measurement's query", QUERY, None)?;
        let (ledger, mut hospital) = found(home, &asked)?;
        let rows = rows(&asked, extent.patients)?;
        stop.check()?;
        let bar = context.output.bar("committing records", rows.len());
        let (profile, at) = (&asked.profile.profile, asked.query.index());
        record::issue(home, &ledger, &mut hospital, profile, at, &rows, || {
            bar.inc(1);
        })?;
        bar.finish_and_clear();
        stop.check()?;
        let names: Vec<Name> = rows
            .iter()
            .map(|row| row.patient.parse().map_err(broken))
            .collect::<Result<_, _>>()?;
        consent(home, &ledger, &names)?;
        stop.check()?;
        let study = study(home, &ledger, &asked)?;
        let answers = prove(context, home, &ledger, study, &names[..=extent.answers])?;
        stop.check()?;
        Self::of(home, &ledger, study, &answers)
    }

    /// The last answer's patient is the one whose proof is another's.
    fn of(
        home: &Home,
        ledger: &Ledger,
        study: StudyId,
        answers: &[Answer],
    ) -> Result<Self, Failure> {
        let few = || broken("fewer patients have an answer than must");
        let (kept_back, answers) = answers.split_last().ok_or_else(few)?;
        let another = answers.first().ok_or_else(few)?;
        let state = ledger.state()?;
        let forged = SubmitEligibility {
            study,
            key: kept_back.key,
            statement: kept_back.statement,
            proof: another.proof.to_bytes(),
        };
        let key = home.verifying_key()?;
        Ok(Self {
            study,
            entries: state.entries(),
            records: state.records().len(),
            key: key.trusted(KeyPolicy::AllowInsecureDevelopmentKeys)?,
            proofs: answers
                .iter()
                .map(|answer| (answer.statement, answer.proof.clone()))
                .collect(),
            answers: answers
                .iter()
                .map(|answer| Ok(answer.submission(ledger)?.envelope.to_bytes().into()))
                .collect::<Result<_, Failure>>()?,
            forged: Envelope::sign_once(forged, &state.id())?.to_bytes().into(),
        })
    }
}

/// A ledger with a day, a hospital, an ethics board and a key made for the measurement.
fn found(home: &Home, asked: &Asked) -> Result<(Ledger, Issuer), Failure> {
    let name = LedgerName::new("salus-bench").map_err(broken)?;
    let ledger = home.found_ledger(name, true)?;
    let id = ledger.state()?.id();
    let operator = home.operator()?;
    let day = AdvanceDay::drawn(asked.query.index())?;
    submit(&ledger, Envelope::sign(day, &id, operator.key.key()))?;
    let hospital = named("hospital")?;
    register(home, &ledger, Role::Issuer, &hospital, "Hospital")?;
    register(
        home,
        &ledger,
        Role::Board,
        &named("ethics")?,
        "Ethics Board",
    )?;
    key::set_up(home)?;
    key::accept(home, &ledger, &home.verifying_key()?)?;
    let hospital = home.issuer(&hospital)?;
    Ok((ledger, hospital))
}

/// So many patients who match.
fn rows(asked: &Asked, patients: usize) -> Result<Vec<PatientRow>, Failure> {
    let folder = tempfile::tempdir()?;
    let twice = u32::try_from(patients).map_err(broken)?.saturating_mul(2);
    let options = GeneratorOptions {
        patients: twice,
        at: asked.query.index().date(),
        ..GeneratorOptions::default()
    };
    write_folder(&options, folder.path(), false)?;
    let import = import(folder.path(), &Limits::default())?;
    let derivation = derive(&asked.profile.profile, &import, asked.query.index())?;
    let mut rows = derivation.rows;
    rows.retain(|row| asked.compiled.query.matches(&row.row));
    rows.truncate(patients);
    if rows.len() < patients {
        return Err(broken("fewer patients match than must"));
    }
    Ok(rows)
}

fn consent(home: &Home, ledger: &Ledger, names: &[Name]) -> Result<(), Failure> {
    let wish = Wish {
        terms: ConsentTerms::none()
            .permit(Permission::GeneralResearch)
            .grant(Grant::Contacted),
        from: Day::FIRST,
        until: Day::LAST,
        institution: None,
        project: None,
    };
    let grantings = names.iter().map(|name| {
        Ok(Granting {
            wallet: home.wallet(name)?,
            wish: wish.clone(),
        })
    });
    let grantings = grantings.collect::<Result<_, Failure>>()?;
    grant(home, ledger, grantings, || ())?;
    Ok(())
}

/// An approved study that asks for everyone.
fn study(home: &Home, ledger: &Ledger, asked: &Asked) -> Result<StudyId, Failure> {
    let board = home.find_party(Role::Board, &named("ethics")?)?;
    let board = board.ok_or_else(|| broken("the board is gone"))?;
    let sponsor = home.sponsor_or_new(&named("lab")?)?;
    let terms = Terms {
        title: Title::new(asked.query.title()).map_err(broken)?,
        purpose: Purpose {
            publishes: true,
            ethics_approval: true,
            ..Purpose::undeclared(
                Research::Health,
                Ask::Contact,
                Institution::new("Hospital").map_err(broken)?,
                Region::NorthAmerica,
            )
        },
        expires: Day::LAST,
        freshness: 100,
        policy: Policy::STANDARD,
        boards: vec![board.key.public()],
        approvals_needed: 1,
        together: Vec::new(),
        noise: None,
    };
    let id = open(ledger, &sponsor, asked, terms)?;
    approve(ledger, &board.key, &CheckedStudy::read(ledger, id)?)?;
    Ok(id)
}

fn prove(
    context: &Context,
    home: &Home,
    ledger: &Ledger,
    study: StudyId,
    names: &[Name],
) -> Result<Vec<Answer>, Failure> {
    let question = Question::of(ledger, &CheckedStudy::read(ledger, study)?)?;
    let wallets = names.iter().map(|name| home.wallet(name));
    let wallets = wallets.collect::<Result<Vec<_>, _>>()?;
    let ready = ready_many(ledger, &question, &wallets, |_| None)?;
    let ready = ready.into_iter().collect::<Result<Vec<_>, _>>()?;
    let bar = context.output.bar("proving", ready.len());
    let prover = Prover::of(home, ready.len() > 8)?;
    let answers = prover.answers(&question, ready, || bar.inc(1))?;
    bar.finish_and_clear();
    Ok(answers)
}

fn named(text: &str) -> Result<Name, Failure> {
    text.parse().map_err(broken)
}
