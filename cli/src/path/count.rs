//! Counts over a custodian's dataset, in parts if asked, and the answers that it gives alone.

use std::ops::Range;

use salus_ledger::engine::{Attachment, Ledger, Receipt, Submission};
use salus_ledger::state::{CohortStatement, Rejection, cohort_proof_bytes};
use salus_ledger::transaction::Envelope;
use salus_protocol::cohort::{Question, Table, relation};
use salus_protocol::nullifier::StudyId;
use salus_protocol::release::Released;
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::RowSalt;
use salus_prover::cohort::{
    Counted, CountedPart, JoinError, PageSeed, Subject, TallyInputError, TallyPage, count_part,
    join,
};
use salus_prover::release::{ProveReleaseError, prove_release};
use salus_verifier::cohort::publication::Publication;

use super::cohort::Openings;
use super::study::CheckedStudy;
use super::submit;
use crate::failure::Failure;
use crate::home::{Home, Issuer, PartsFolder};
use crate::output::counted;

/// All that a count needs, so that the ledger need not be open meanwhile.
pub(crate) struct Counting {
    pub(crate) statement: CohortStatement,
    published: Vec<(Publication, PageSeed)>,
    subjects: Vec<Vec<Subject>>,
}

/// An answer that entered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) study: StudyId,
    pub(crate) released: Vec<Released>,
    pub(crate) records: usize,
    pub(crate) proof_bytes: usize,
    pub(crate) entry: u64,
}

impl Counting {
    /// Reads what a table's count over the issuer's dataset needs.
    pub(crate) fn read(
        home: &Home,
        ledger: &Ledger,
        issuer: &Issuer,
        study: &CheckedStudy,
        table: &Table,
    ) -> Result<Self, Failure> {
        let id = study.study().id;
        let edition = study.study().opened.query.edition();
        let openings = Openings::of(home, issuer)?;
        let (statement, subjects) = {
            let state = ledger.state()?;
            let statement = state.cohort_statement(&id, &issuer.key.public(), table)?;
            let subjects = (0u32..)
                .take(statement.pages.len())
                .map(|number| openings.page(&state, issuer, &edition, number))
                .collect::<Result<Vec<_>, _>>()?;
            (statement, subjects)
        };
        let mut published = Vec::with_capacity(statement.pages.len());
        for digest in &statement.pages {
            let bytes = ledger.proof_attachment(digest)?;
            let publication =
                Publication::from_bytes(&bytes).map_err(|error| Failure::Invalid {
                    message: format!("publication {digest}: {error}"),
                    help: "the ledger's file was altered: restore it from a copy".to_owned(),
                })?;
            published.push((publication, home.seed(issuer, digest)?));
        }
        Ok(Self {
            statement,
            published,
            subjects,
        })
    }

    /// Slots of the dataset.
    pub(crate) fn records(&self) -> usize {
        self.subjects.iter().map(Vec::len).sum()
    }

    /// Pages of the dataset.
    pub(crate) fn pages(&self) -> usize {
        self.published.len()
    }

    /// The runs of pages that so many parts count.
    pub(crate) fn runs(&self, parts: usize) -> Result<Vec<Range<usize>>, Failure> {
        let pages = self.published.len();
        if parts == 0 || parts > pages {
            return Err(Failure::usage(
                format!(
                    "the dataset has {}: {parts} parts can't be made of it",
                    counted(pages, "page", "pages")
                ),
                "a part counts whole pages: ask for fewer parts",
            ));
        }
        let at = |part: usize| part * pages / parts;
        Ok((0..parts).map(|part| at(part)..at(part + 1)).collect())
    }

    /// Where parts of this answer are kept.
    fn kept_under(&self) -> PartsFolder {
        PartsFolder::of(self.statement.question.day, &self.statement.context)
    }

    /// Counts a run of pages, unless this home keeps its count already; keeps it until the answer
    /// is in.
    pub(crate) fn part(
        &self,
        home: &Home,
        issuer: &Issuer,
        run: Range<usize>,
    ) -> Result<CountedPart, Failure> {
        let (under, plan) = (self.kept_under(), &self.statement.plan);
        let total = self.published.len();
        let kept = home.part(issuer, &under, &run, |bytes| {
            CountedPart::from_bytes(bytes, plan, total)
        })?;
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let part = self.prove(run.clone())?;
        home.put_part(issuer, &under, &run, &part.reveal())?;
        Ok(part)
    }

    fn prove(&self, run: Range<usize>) -> Result<CountedPart, Failure> {
        let behind = self.published.iter().zip(&self.subjects);
        let pages: Vec<TallyPage<'_>> = behind
            .skip(run.start)
            .take(run.len())
            .map(|((publication, seed), subjects)| TallyPage {
                publication,
                seed,
                subjects,
            })
            .collect();
        let (context, plan) = (&self.statement.context, &self.statement.plan);
        Ok(count_part(context, plan, run.start, &pages)?)
    }

    /// Counts the whole dataset in so many parts. `step` is told of each, and a failure of it stops
    /// there: the parts are kept.
    pub(crate) fn count(
        &self,
        home: &Home,
        issuer: &Issuer,
        parts: usize,
        step: impl Fn() -> Result<(), Failure>,
    ) -> Result<Counted, Failure> {
        let runs = self.runs(parts)?;
        let part = |run: Range<usize>| {
            let part = self.part(home, issuer, run)?;
            step()?;
            Ok::<_, Failure>(part)
        };
        let parts = runs.into_iter().map(part).collect::<Result<Vec<_>, _>>()?;
        Ok(join(self.published.len(), parts)?)
    }
}

/// Hands in what was made of a count, and destroys its parts: they are of no more use, either
/// because it is in, or because its proof is refused.
pub(super) fn submit_proof(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    counting: &Counting,
    envelope: Envelope,
    proof: Vec<u8>,
) -> Result<Receipt, Failure> {
    let submission = Submission::with(envelope, Attachment::CohortProof(proof));
    let receipt = submit(ledger, submission);
    if matches!(
        receipt,
        Ok(_) | Err(Failure::Rejected(Rejection::Proof { .. }))
    ) {
        home.drop_parts_of(issuer, &counting.kept_under())?;
    }
    receipt
}

/// Counts in so many parts, proves, releases and submits an answer of one custodian.
pub(crate) fn answer(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    counting: &Counting,
    parts: usize,
    step: impl Fn() -> Result<(), Failure>,
) -> Result<Answered, Failure> {
    super::cohort::forget(home, ledger, issuer)?;
    let statement = &counting.statement;
    let counted = counting.count(home, issuer, parts, step)?;
    let (released, release) = prove_release(
        statement.context,
        statement.policy,
        statement.shape,
        &counted.openings,
    )?;
    let proof = cohort_proof_bytes(&counted.proof, &release);
    let transaction = statement.transaction(&counted.counts, released.clone(), &proof);
    let envelope = Envelope::sign(transaction, &ledger.state()?.id(), issuer.key.key());
    let proof_bytes = proof.len();
    let receipt = submit_proof(home, ledger, issuer, counting, envelope, proof)?;
    Ok(Answered {
        study: statement.study,
        released,
        records: counting.records(),
        proof_bytes,
        entry: receipt.entry,
    })
}

/// The exact counts of a table, from the openings: what only the custodian may know.
pub(crate) fn exact(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    study: &CheckedStudy,
    table: &Table,
) -> Result<Vec<u64>, Failure> {
    let opened = &study.study().opened;
    let edition = opened.query.edition();
    let openings = Openings::of(home, issuer)?;
    let state = ledger.state()?;
    let question = Question {
        query: opened.query.clone(),
        masks: opened.purpose.masks(),
        day: state.day().ok_or(Rejection::NoDay)?,
        table: table.clone(),
    };
    let dataset = state.dataset(&issuer.key.public(), &edition);
    let records = dataset.map_or(&[][..], |dataset| dataset.records());
    let empty = Row::new([0; FIELDS]);
    let row = |opening: Option<(Row, RowSalt)>| opening.map_or(empty.clone(), |(row, _)| row);
    let slots = records
        .iter()
        .map(|index| {
            let subject = openings.subject(&state, *index)?;
            Ok((row(subject.record), row(subject.consent)))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let counts = relation::counts(&question, slots.iter().map(|(a, b)| (a, b)));
    counts.map_err(|error| Failure::usage(error.to_string(), "ask for another table"))
}

impl From<TallyInputError> for Failure {
    fn from(error: TallyInputError) -> Self {
        match error {
            TallyInputError::Randomness(error) => error.into(),
            other => Self::Invalid {
                message: other.to_string(),
                help: "`salus cohort publish --again` publishes the dataset anew".to_owned(),
            },
        }
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        Self::Invalid {
            message: error.to_string(),
            help: "`salus cohort part` counts the part that is missing".to_owned(),
        }
    }
}

impl From<ProveReleaseError> for Failure {
    fn from(error: ProveReleaseError) -> Self {
        match error {
            ProveReleaseError::Randomness(error) => error.into(),
            other => Self::defect(&other),
        }
    }
}
