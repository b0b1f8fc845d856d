//! A custodian's dataset of two pages on an embedded ledger, a study, and one proven answer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::key::PublicKey;
use salus_ledger::state::{CohortStatement, Event, Rejection, State, cohort_proof_bytes};
use salus_ledger::transaction::*;
use salus_protocol::cohort::{Band, Layout, PAGE, Stratifier, Table};
use salus_protocol::consent::{Consent, Grant, Permission, Terms};
use salus_protocol::field::Fr;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::profile::{Edition, Profile};
use salus_protocol::query::Query;
use salus_protocol::record::{RecordCommitment, Salt};
use salus_protocol::release::Released;
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_prover::cohort::{Counted, PublishedPage, Subject, TallyPage, publish};
use salus_prover::release::prove_release;

use crate::power::Disk;
use crate::world::*;

pub(crate) const SMALL: &str = r#"
name = "small"
version = "1.0.0"
title = "A small profile"
field = [
    { name = "birth", label = "Date of birth", kind = "measurement", attribute = "birth-date", encoding = "date" },
    { name = "sex", label = "Administrative sex", kind = "measurement", attribute = "sex", encoding = { code = [
        { name = "female", label = "Female", codes = ["sex:female"] },
        { name = "male", label = "Male", codes = ["sex:male"] },
        { name = "other", label = "Other", codes = ["sex:other"] },
    ] } },
]
"#;

pub(crate) const EVERYONE: &str =
    "cohort \"Anyone\" at 2020-01-01\ninclude all\n  birth recorded\n";
/// One condition more than [`EVERYONE`].
pub(crate) const WOMEN: &str =
    "cohort \"Women\" at 2020-01-01\ninclude all\n  birth recorded\n  sex is female\n";
/// About another field than [`EVERYONE`].
pub(crate) const MEN: &str = "cohort \"Men\" at 2020-01-01\ninclude all\n  sex is male\n";

/// People with consent; the rest of the dataset has none.
const CONSENTING: usize = 60;

pub(crate) struct Scene {
    pub(crate) disk: Disk,
    pub(crate) ledger: Ledger,
    /// Before the answer entered.
    pub(crate) state: State,
    /// Before the second page was published.
    pub(crate) half: State,
    pub(crate) study: StudyId,
    pub(crate) statement: CohortStatement,
    pub(crate) tally: Counted,
    pub(crate) answer: SubmitCohort,
    /// Publications and the answer's proofs, by digest.
    pub(crate) attached: BTreeMap<AttachmentDigest, Vec<u8>>,
    pub(crate) published: Vec<PublishedPage>,
    /// The openings of all slots.
    pub(crate) people: Vec<Subject>,
    pub(crate) event: Event,
}

pub(crate) static SCENE: LazyLock<Scene> = LazyLock::new(Scene::new);

pub(crate) fn small() -> Profile {
    Profile::from_toml(SMALL).unwrap()
}

pub(crate) fn edition() -> Edition {
    Edition::of(&small().hash(), day("2020-01-01"))
}

pub(crate) fn study_of(text: &str) -> OpenStudy {
    let compiled = Query::parse(text).unwrap().compile(&small()).unwrap();
    OpenStudy {
        query_text: text.to_owned(),
        profile: small().hash(),
        query: compiled.query,
        ..open_study()
    }
}

/// By sex: female, male, and the rest.
pub(crate) fn by_sex() -> Table {
    let band = |number| Band {
        low: number,
        high: number,
    };
    Table::Strata(vec![Stratifier {
        field: 1,
        bands: vec![band(1), band(2)],
    }])
}

pub(crate) fn issuer_key() -> PublicKey {
    PublicKey::of(&issuer())
}

/// 25 women, 20 men and 7 others who count; 4 without a date of birth, and 4 who do not want to
/// be counted; and many without consent.
fn person(number: usize) -> Subject {
    let mut values = [0u16; FIELDS];
    values[0] = if (52..56).contains(&number) {
        0
    } else {
        30_000
    };
    values[1] = match number {
        0..25 => 1,
        25..45 => 2,
        _ => 3,
    };
    let consent = (number < CONSENTING).then(|| {
        let consent = consent_of(number);
        (consent.row(), consent.row_salt.clone())
    });
    Subject {
        record: Some((Row::new(values), RowSalt::random().unwrap())),
        consent,
    }
}

pub(crate) fn consent_of(number: usize) -> Consent {
    let terms = Terms::none().permit(Permission::HealthResearch);
    Consent {
        terms: if number < 56 {
            terms.grant(Grant::Counted)
        } else {
            terms.grant(Grant::Contacted)
        },
        from: day("2020-01-01"),
        until: day("2030-01-01"),
        institution: None,
        project: None,
        salt: Salt::random().unwrap(),
        row_salt: RowSalt::random().unwrap(),
    }
}

pub(crate) fn commit(number: u32, row: RowCommitment) -> CommitRecord {
    CommitRecord {
        row,
        edition: edition(),
        ..commit_record(number)
    }
}

impl Scene {
    fn new() -> Self {
        let disk = Disk::default();
        let ledger = Ledger::create_on(disk.clone(), &genesis(true), &checkpoint()).unwrap();
        let id = ledger.state().unwrap().id();
        let people: Vec<Subject> = (0..=PAGE).map(person).collect();
        batch(&ledger, setup(id));
        batch(&ledger, commits(&people, &id));
        batch(&ledger, grants(&people, &id));
        let study = open(&ledger, study_of(EVERYONE));
        let layout = Layout::of_profile(&small());
        let mut attached = BTreeMap::new();
        let mut published = Vec::new();
        let mut half = None;
        for (number, people) in (0u32..).zip(people.chunks(PAGE)) {
            half = Some(ledger.state().unwrap().clone());
            let page = ledger
                .state()
                .unwrap()
                .page(&issuer_key(), &edition(), number);
            let page = publish(&page.unwrap(), people, &layout).unwrap();
            let bytes = page.publication.to_bytes();
            let publication = PublishPage::of(edition(), number, &page.publication);
            attached.insert(publication.publication, bytes.clone());
            let envelope = Envelope::sign(publication, &id, &issuer());
            let submission = Submission::with(envelope, Attachment::Publication(bytes));
            ledger.submit(submission).unwrap().unwrap();
            published.push(page);
        }
        let state = ledger.state().unwrap().clone();
        let statement = state
            .cohort_statement(&study, &issuer_key(), &by_sex())
            .unwrap();
        let tally = count(&statement, &published, &people);
        let (answer, proof) = release_of(&statement, &tally);
        attached.insert(answer.proof, proof.clone());
        let envelope = Envelope::sign(answer.clone(), &id, &issuer());
        let submission = Submission::with(envelope, Attachment::CohortProof(proof));
        let event = ledger.submit(submission).unwrap().unwrap().event;
        Self {
            disk,
            ledger,
            state,
            half: half.unwrap(),
            study,
            statement,
            tally,
            answer,
            attached,
            published,
            people,
            event,
        }
    }

    pub(crate) fn id(&self) -> LedgerId {
        self.state.id()
    }

    /// Applies the answer, or a changed one, to a state.
    pub(crate) fn apply(&self, state: &State, answer: SubmitCohort) -> Result<Event, Rejection> {
        self.apply_with(state, answer, &self.attached)
    }

    pub(crate) fn apply_with(
        &self,
        state: &State,
        transaction: impl Into<Transaction>,
        attached: &BTreeMap<AttachmentDigest, Vec<u8>>,
    ) -> Result<Event, Rejection> {
        let envelope = Envelope::sign(transaction, &self.id(), &issuer());
        let mut after = state.clone();
        let result = after.apply_with(&envelope, attached);
        assert!(
            result.is_ok() || after == *state,
            "a refused transaction changed the state"
        );
        result
    }

    /// What the statement, or a changed one, makes of an answer.
    pub(crate) fn verify(
        &self,
        statement: &CohortStatement,
        answer: &SubmitCohort,
        proof: &[u8],
    ) -> Result<(), Rejection> {
        let pages = self.published.iter();
        let publications: Vec<_> = pages.map(|p| &p.publication).collect();
        statement.verify(&publications, &answer.counts, &answer.released, proof)
    }

    /// The state after the answer.
    pub(crate) fn answered(&self) -> State {
        self.ledger.state().unwrap().clone()
    }
}

/// The state after another transaction.
pub(crate) fn after(
    state: &State,
    transaction: impl Into<Transaction>,
    signer: &ed25519_dalek::SigningKey,
) -> State {
    let mut state = state.clone();
    let envelope = Envelope::sign(transaction, &state.id(), signer);
    if state.needs_new_height(envelope.transaction()) {
        state.seal().unwrap();
    }
    state.apply(&envelope).unwrap();
    state
}

/// The state after another study was opened and approved, and its id.
pub(crate) fn with_study(state: &State, study: OpenStudy) -> (State, StudyId) {
    let mut state = state.clone();
    let envelope = Envelope::sign(study, &state.id(), &sponsor());
    let Event::StudyOpened { study } = state.apply(&envelope).unwrap() else {
        panic!()
    };
    (after(&state, ApproveStudy { study }, &board(0)), study)
}

fn batch(ledger: &Ledger, envelopes: Vec<Envelope>) {
    let submissions: Vec<_> = envelopes.into_iter().map(Submission::from).collect();
    let batch = ledger.submit_many(&submissions).unwrap();
    for outcome in batch.outcomes {
        outcome.unwrap();
    }
}

fn commits(people: &[Subject], id: &LedgerId) -> Vec<Envelope> {
    let commit = |(number, person): (u32, &Subject)| {
        let (row, salt) = person.record.as_ref().unwrap();
        let commit = commit(number, RowCommitment::of_record(row, salt));
        Envelope::sign(commit, id, &issuer())
    };
    (0..).zip(people).map(commit).collect()
}

fn grants(people: &[Subject], id: &LedgerId) -> Vec<Envelope> {
    let grant = |(index, person): (u32, &Subject)| {
        let (row, salt) = person.consent.as_ref()?;
        let grant = GrantConsent {
            index,
            sequence: 0,
            consent: consent(u64::from(index)),
            row: RowCommitment::of_consent(row, salt),
        };
        Some(Envelope::sign(grant, id, &subject(index)))
    };
    (0..).zip(people).filter_map(grant).collect()
}

fn open(ledger: &Ledger, study: OpenStudy) -> StudyId {
    let id = ledger.state().unwrap().id();
    let open = Envelope::sign(study, &id, &sponsor());
    let open = Submission::with(open, Attachment::Profile(SMALL.to_owned()));
    let Event::StudyOpened { study } = ledger.submit(open).unwrap().unwrap().event else {
        panic!()
    };
    batch(
        ledger,
        vec![Envelope::sign(ApproveStudy { study }, &id, &board(0))],
    );
    study
}

/// The pages of a dataset, with what is behind them.
pub(crate) fn opened<'a>(
    published: &'a [PublishedPage],
    people: &'a [Subject],
) -> Vec<TallyPage<'a>> {
    published
        .iter()
        .zip(people.chunks(PAGE))
        .map(|(page, subjects)| TallyPage {
            publication: &page.publication,
            seed: &page.seed,
            subjects,
        })
        .collect()
}

/// Counts what a statement asks.
pub(crate) fn count(
    statement: &CohortStatement,
    published: &[PublishedPage],
    people: &[Subject],
) -> Counted {
    let pages = opened(published, people);
    salus_prover::cohort::count(&statement.context, &statement.plan, &pages).unwrap()
}

/// The answer that a count gives under a statement's policy, and its proofs.
pub(crate) fn release_of(
    statement: &CohortStatement,
    counted: &Counted,
) -> (SubmitCohort, Vec<u8>) {
    let (released, release) = prove_release(
        statement.context,
        statement.policy,
        statement.shape,
        &counted.openings,
    )
    .unwrap();
    let proof = cohort_proof_bytes(&counted.proof, &release);
    (
        statement.transaction(&counted.counts, released, &proof),
        proof,
    )
}

/// What the scene's answer releases: 52 people, of whom 25 women; the 20 men hide the 7 others.
pub(crate) fn released() -> Vec<Released> {
    vec![
        Released::Count(50),
        Released::Count(25),
        Released::Suppressed,
        Released::Suppressed,
    ]
}

pub(crate) fn other_record(number: u64) -> RecordCommitment {
    RecordCommitment::new(Fr::from(9_000_000 + number))
}
