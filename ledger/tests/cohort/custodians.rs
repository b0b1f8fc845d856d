//! Custodians with datasets of their own, who tally and release in two steps.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use pasta_curves::Fp;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Event, State, TalliesStatement, tally_proof_bytes};
use salus_ledger::transaction::*;
use salus_protocol::cohort::{Layout, PAGE, Table};
use salus_protocol::nullifier::StudyId;
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_prover::cohort::{
    PublishedPage, ShareSecret, Subject, TallyOpenings, add_up, count_part, join, publish,
};
use salus_prover::noised_release::{SeedOpening, prove_noised_release, prove_seeds};
use salus_prover::release::prove_release;

use crate::scene::*;
use crate::world::*;

/// Attachments by digest.
pub(crate) type Attachments = BTreeMap<AttachmentDigest, Vec<u8>>;

/// The first record of the second hospital has the index after those of the first.
const FIRST: u32 = PAGE as u32 + 1;

/// One custodian's side of the answer.
pub(crate) struct Side {
    pub(crate) key: SigningKey,
    pub(crate) openings: TallyOpenings,
    pub(crate) secret: ShareSecret,
    pub(crate) transaction: SubmitTally,
}

/// Six women and three men, all to be counted.
pub(crate) fn second_people() -> Vec<Subject> {
    let person = |number: usize| {
        let mut values = [0u16; FIELDS];
        (values[0], values[1]) = (30_000, if number < 6 { 1 } else { 2 });
        let consent = consent_of(number);
        Subject {
            record: Some((Row::new(values), RowSalt::random().unwrap())),
            consent: Some((consent.row(), consent.row_salt.clone())),
        }
    };
    (0..9).map(person).collect()
}

/// The state after one transaction with its attachment.
pub(crate) fn entered(
    state: &State,
    transaction: impl Into<Transaction>,
    key: &SigningKey,
    attached: &Attachments,
) -> (State, Event) {
    let mut state = state.clone();
    let envelope = Envelope::sign(transaction, &state.id(), key);
    let event = state.apply_with(&envelope, attached).unwrap();
    (state, event)
}

/// The second hospital and its people, committed, consenting and published.
pub(crate) fn with_second(
    mut state: State,
    people: &[Subject],
    attached: &mut Attachments,
) -> (State, PublishedPage) {
    let (name, key) = (
        Title::new("Rural Hospital").unwrap(),
        PublicKey::of(&stranger()),
    );
    state = after(&state, RegisterIssuer { name, key }, &governance());
    for (index, person) in (FIRST..).zip(people) {
        let (row, salt) = person.record.as_ref().unwrap();
        let commit = commit(index, RowCommitment::of_record(row, salt));
        state = after(&state, commit, &stranger());
        let (row, salt) = person.consent.as_ref().unwrap();
        let grant = GrantConsent {
            index,
            sequence: 0,
            consent: consent(u64::from(index)),
            row: RowCommitment::of_consent(row, salt),
        };
        state = after(&state, grant, &subject(index));
    }
    let page = state.page(&key, &edition(), 0).unwrap();
    let page = publish(&page, people, &Layout::of_profile(&small())).unwrap();
    let transaction = PublishPage::of(edition(), 0, &page.publication);
    attached.insert(transaction.publication, page.publication.to_bytes());
    (entered(&state, transaction, &stranger(), attached).0, page)
}

/// Counts for a table, in two parts where there are two pages.
pub(crate) fn side(
    state: &State,
    study: StudyId,
    table: &Table,
    key: SigningKey,
    (published, people): (&[PublishedPage], &[Subject]),
    attached: &mut Attachments,
) -> Side {
    let statement = state
        .cohort_statement(&study, &PublicKey::of(&key), table)
        .unwrap();
    let pages = opened(published, people);
    let parts = pages.iter().enumerate().map(|(first, page)| {
        let page = std::slice::from_ref(page);
        count_part(&statement.context, &statement.plan, first, page).unwrap()
    });
    let counted = join(pages.len(), parts.collect()).unwrap();
    let secret = ShareSecret::random().unwrap();
    let noised = state.study(&study).unwrap().opened.noise.is_some();
    let cells = if noised { counted.counts.len() } else { 0 };
    let seeds: Vec<_> = (0..cells).map(|_| SeedOpening::draw().unwrap()).collect();
    let seed_proof = noised.then(|| prove_seeds(&statement.context, &seeds).unwrap());
    let proof = tally_proof_bytes(&counted.proof, seed_proof.as_ref());
    let counts = counted.counts.iter().copied().map(CellCommitment::new);
    let seed =
        |(cell, seed): (usize, &SeedOpening)| CellCommitment::new(seed.commitment(cell).unwrap());
    let transaction = statement.tally(
        counts.collect(),
        seeds.iter().enumerate().map(seed).collect(),
        *secret.key().as_bytes(),
        &proof,
    );
    attached.insert(transaction.proof, proof);
    let openings = TallyOpenings {
        counts: counted.openings,
        seeds,
    };
    Side {
        key,
        openings,
        secret,
        transaction,
    }
}

/// What the combiner learns: the sums of all openings, from shares.
pub(crate) fn combined(statement: &TalliesStatement, sides: &[Side]) -> TallyOpenings {
    let keys: Vec<_> = sides.iter().map(|side| side.secret.key()).collect();
    let masked: Vec<Vec<Fp>> = sides
        .iter()
        .map(|side| {
            let numbers = side.openings.numbers();
            side.secret.mask(&statement.context, &keys, &numbers)
        })
        .collect::<Result<_, _>>()
        .unwrap();
    let sums = add_up(masked[0].len(), &masked).unwrap();
    let seeds = statement.noise.as_ref().map_or(&[][..], |n| &n.seeds);
    TallyOpenings::of_sums(&statement.counts, seeds, &sums).unwrap()
}

/// The release of openings, proven whatever they are.
pub(crate) fn released_of(
    statement: &TalliesStatement,
    openings: &TallyOpenings,
) -> (ReleaseCohort, Vec<u8>) {
    let (context, policy, shape) = (statement.context, statement.policy, statement.shape);
    let (released, proof) = match &statement.noise {
        None => {
            let made = prove_release(context, policy, shape, &openings.counts);
            let (released, proof) = made.unwrap();
            (released, proof.to_bytes())
        }
        Some(noise) => {
            let (counts, seeds) = (&openings.counts, &openings.seeds);
            let (epsilon, offsets) = (noise.epsilon, &noise.offsets);
            let made =
                prove_noised_release(context, policy, shape, epsilon, offsets, counts, seeds);
            let (released, proof) = made.unwrap();
            (released, proof.to_bytes())
        }
    };
    (statement.transaction(released, &proof), proof)
}
