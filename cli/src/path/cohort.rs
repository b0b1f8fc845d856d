//! Cohort answers: a custodian publishes its dataset page by page, and counts over it.

use std::collections::BTreeMap;

use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::state::{CohortStatement, Rejection, State, cohort_proof_bytes};
use salus_ledger::transaction::{AttachmentDigest, Envelope, PublishPage, SubmitCohort};
use salus_protocol::cohort::{Layout, Question, Table, relation};
use salus_protocol::consent::{Consent, ConsentCommitment};
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Edition;
use salus_protocol::record::{Record, RecordCommitment};
use salus_protocol::registry::RecordIndex;
use salus_protocol::release::Released;
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::RowSalt;
use salus_prover::cohort::{
    PublishError, Subject, TallyInput, TallyInputError, TallyPage, publish as publish_page, tally,
};
use salus_prover::release::{ProveReleaseError, prove_release};
use salus_verifier::cohort::publication::Publication;

use super::study::CheckedStudy;
use super::submit;
use crate::failure::Failure;
use crate::home::{Home, Issuer};

/// The openings behind a ledger's commitments, as far as a custodian has them.
pub(crate) struct Openings<'a> {
    records: BTreeMap<RecordCommitment, &'a Record>,
    consents: BTreeMap<ConsentCommitment, Consent>,
}

impl<'a> Openings<'a> {
    /// Those of an issuer's records, and of the consents in the wallets of its home.
    pub(crate) fn of(home: &Home, issuer: &'a Issuer) -> Result<Self, Failure> {
        let records = issuer.records.iter().map(|issued| &issued.record);
        let mut consents = BTreeMap::new();
        for name in home.wallet_names()? {
            for holding in home.wallet(&name)?.holdings {
                let own = holding.consents.into_iter();
                consents.extend(own.map(|consent| (consent.commitment(), consent)));
            }
        }
        Ok(Self {
            records: records
                .map(|record| (record.commitment(), record))
                .collect(),
            consents,
        })
    }

    /// What is behind a slot. A missing opening is named: nobody may be left out.
    fn subject(&self, state: &State, index: RecordIndex) -> Result<Subject, Failure> {
        let missing = |what: &str| Failure::NotPermitted {
            message: format!("the opening of the {what} of record {index} is not here"),
            help: "a count leaves nobody out, so every opening is needed: put the wallet's copy \
                   into this home, or erase the record"
                .to_owned(),
        };
        let known = state.record(index);
        let record = match known.and_then(|known| known.faces) {
            None => None,
            Some(faces) => {
                let record = self.records.get(&faces.record);
                let record = record.ok_or_else(|| missing("record"))?;
                Some((record.row.clone(), record.row_salt.clone()))
            }
        };
        let consent = match known.and_then(|known| known.consent) {
            None => None,
            Some((commitment, _)) => {
                let consent = self.consents.get(&commitment);
                let consent = consent.ok_or_else(|| missing("consent"))?;
                Some((consent.row(), consent.row_salt.clone()))
            }
        };
        Ok(Subject { record, consent })
    }

    fn page(
        &self,
        state: &State,
        issuer: &Issuer,
        edition: &Edition,
        number: u32,
    ) -> Result<Vec<Subject>, Failure> {
        let dataset = state.dataset(&issuer.key.public(), edition);
        let records = dataset.and_then(|dataset| dataset.page_records(number));
        let slots = records.unwrap_or_default().iter();
        slots.map(|index| self.subject(state, *index)).collect()
    }
}

/// What publishing did.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub(crate) records: usize,
    pub(crate) pages: u32,
    /// Pages that were current and stay as they are.
    pub(crate) current: u32,
    pub(crate) columns: u32,
    pub(crate) bytes: usize,
}

/// Publishes the pages of a dataset that have changed since they were last published; with
/// `again`, all of them.
pub(crate) fn publish(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    edition: Edition,
    layout: &Layout,
    again: bool,
    step: impl Fn(),
) -> Result<Published, Failure> {
    let key = issuer.key.public();
    let openings = Openings::of(home, issuer)?;
    let mut done = Published {
        columns: layout.columns(),
        ..Published::default()
    };
    let pages = {
        let state = ledger.state()?;
        let dataset = state.dataset(&key, &edition);
        let dataset = dataset.ok_or(Rejection::DatasetEmpty {
            issuer: key,
            edition,
        })?;
        done.records = dataset.records().len();
        dataset.pages()
    };
    for number in (0u32..).take(pages) {
        done.pages += 1;
        let (page, subjects) = {
            let state = ledger.state()?;
            if !again && stands(home, &state, issuer, &edition, number, layout) {
                done.current += 1;
                step();
                continue;
            }
            let page = state
                .page(&key, &edition, number)
                .ok_or(Rejection::PageUnpublished { page: number })?;
            (page, openings.page(&state, issuer, &edition, number)?)
        };
        let made = publish_page(&page, &subjects, layout)?;
        let bytes = made.publication.to_bytes();
        done.bytes += bytes.len();
        home.put_seed(issuer, &AttachmentDigest::of(&bytes), &made.seed)?;
        let transaction = PublishPage::of(edition, number, &made.publication);
        let envelope = Envelope::sign(transaction, &ledger.state()?.id(), issuer.key.key());
        submit(
            ledger,
            Submission::with(envelope, Attachment::Publication(bytes)),
        )?;
        step();
    }
    forget(home, ledger, issuer)?;
    Ok(done)
}

/// Destroys the seeds of the issuer's publications that are not current: nothing can be counted
/// over them any more, and a seed opens what was erased since.
pub(crate) fn forget(home: &Home, ledger: &Ledger, issuer: &Issuer) -> Result<(), Failure> {
    let key = issuer.key.public();
    let current: Vec<AttachmentDigest> = {
        let state = ledger.state()?;
        let own = state.datasets_of(&key);
        own.flat_map(|dataset| {
            let pages = (0u32..).take(dataset.pages());
            let current = pages.filter(|number| dataset.is_current(*number));
            current.filter_map(|number| dataset.published(number))
        })
        .map(|published| published.publication)
        .collect()
    };
    home.keep_seeds_of(issuer, &current)
}

/// Whether a page's publication is of the page as it is, in this layout, and this home's own.
fn stands(
    home: &Home,
    state: &State,
    issuer: &Issuer,
    edition: &Edition,
    number: u32,
    layout: &Layout,
) -> bool {
    state
        .dataset(&issuer.key.public(), edition)
        .filter(|dataset| dataset.is_current(number))
        .and_then(|dataset| dataset.published(number))
        .is_some_and(|published| {
            published.highest == *layout.highest() && home.has_seed(issuer, &published.publication)
        })
}

/// A cohort answer that entered.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) study: StudyId,
    pub(crate) released: Vec<Released>,
    pub(crate) records: usize,
    pub(crate) proof_bytes: usize,
    pub(crate) entry: u64,
}

/// Counts, proves and submits.
pub(crate) fn count(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    study: &CheckedStudy,
    table: &Table,
) -> Result<Counted, Failure> {
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
    let (transaction, proof) = prove(home, ledger, issuer, &statement, &subjects)?;
    let released = transaction.released.clone();
    let envelope = Envelope::sign(transaction, &ledger.state()?.id(), issuer.key.key());
    let proof_bytes = proof.len();
    let receipt = submit(
        ledger,
        Submission::with(envelope, Attachment::CohortProof(proof)),
    )?;
    Ok(Counted {
        study: id,
        released,
        records: subjects.iter().map(Vec::len).sum(),
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

/// Makes an answer: its transaction, and the proofs beside it.
fn prove(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    statement: &CohortStatement,
    subjects: &[Vec<Subject>],
) -> Result<(SubmitCohort, Vec<u8>), Failure> {
    let mut published = Vec::with_capacity(statement.pages.len());
    for digest in &statement.pages {
        let bytes = ledger.proof_attachment(digest)?;
        let publication = Publication::from_bytes(&bytes).map_err(|error| Failure::Invalid {
            message: format!("publication {digest}: {error}"),
            help: "the ledger's file was altered: restore it from a copy".to_owned(),
        })?;
        published.push((publication, home.seed(issuer, digest)?));
    }
    let pages: Vec<TallyPage<'_>> = published
        .iter()
        .zip(subjects)
        .map(|((publication, seed), subjects)| TallyPage {
            publication,
            seed,
            subjects,
        })
        .collect();
    let made = tally(&TallyInput {
        context: statement.context,
        plan: &statement.plan,
        pages: &pages,
    })?;
    let (released, release) = prove_release(
        statement.context,
        statement.policy,
        statement.shape,
        &made.openings,
    )?;
    let proof = cohort_proof_bytes(&made.proof, &release);
    let transaction = statement.transaction(&made.counts, released, &proof);
    Ok((transaction, proof))
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Randomness(error) => error.into(),
            other => Self::NotPermitted {
                message: format!("the page can't be published: {other}"),
                help: "`salus record amend` and the wallets' consents bring openings up to date"
                    .to_owned(),
            },
        }
    }
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

impl From<ProveReleaseError> for Failure {
    fn from(error: ProveReleaseError) -> Self {
        match error {
            ProveReleaseError::Randomness(error) => error.into(),
            other => Self::Invalid {
                message: other.to_string(),
                help: "please report this".to_owned(),
            },
        }
    }
}
