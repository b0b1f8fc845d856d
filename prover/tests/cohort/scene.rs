//! A dataset of random records and consents, and questions about it.

use pasta_curves::EqAffine;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use salus_protocol::cohort::{Layout, PAGE, Plan, Question, Table};
use salus_protocol::consent::{Grant, Permission, Terms};
use salus_protocol::field::Fr;
use salus_protocol::profile::Edition;
use salus_protocol::purpose::Masks;
use salus_protocol::query::{CompiledQuery, Criterion, DIFFERENCE_OFFSET};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_prover::cohort::{PublishedPage, Subject, Tally, TallyInput, TallyPage, publish, tally};
use salus_verifier::cohort::publication::{Page, Publication, Slot};
use salus_verifier::cohort::tally::{TallyError, TallyProof, TallyStatement};

/// Context of every tally here.
pub(crate) const CONTEXT: [u8; 32] = [7; 32];

pub(crate) struct Scene {
    pub(crate) layout: Layout,
    pub(crate) pages: Vec<Page>,
    pub(crate) subjects: Vec<Vec<Subject>>,
    pub(crate) published: Vec<PublishedPage>,
}

/// Highest numbers: a flag, a small and a full one-digit field, two-digit fields.
pub(crate) fn layout() -> Layout {
    let mut highest = [0; FIELDS];
    highest[..5].copy_from_slice(&[1, 120, 511, 3_000, u16::MAX]);
    Layout::new(highest)
}

pub(crate) fn random_row(random: &mut ChaCha20Rng) -> Row {
    let mut values = [0; FIELDS];
    for (value, highest) in values.iter_mut().zip(layout().highest()) {
        let any = (random.next_u32() % (u32::from(*highest) + 1)) as u16;
        *value = if random.next_u32().is_multiple_of(5) {
            0
        } else {
            any
        };
    }
    Row::new(values)
}

/// A consent's row: mostly granted and in force, each part missing now and then.
pub(crate) fn random_consent(random: &mut ChaCha20Rng) -> Row {
    let mut rarely = |one_in: u32| random.next_u32().is_multiple_of(one_in);
    let mut terms = Terms::none();
    if !rarely(6) {
        terms = terms.permit(Permission::GeneralResearch);
    }
    if !rarely(2) {
        terms = terms.permit(Permission::HealthResearch);
    }
    if !rarely(8) {
        terms = terms.grant(Grant::Counted);
    }
    let mut bits = terms.bits();
    if rarely(7) {
        bits |= 1 << 30;
    }
    if rarely(9) {
        bits |= 1 << 51;
    }
    let mut values = [0; FIELDS];
    for (i, value) in values.iter_mut().enumerate().take(4) {
        *value = (bits >> (16 * i)) as u16;
    }
    values[4] = if rarely(6) { 60_000 } else { 40_000 };
    values[5] = if rarely(6) { 45_000 } else { 65_000 };
    values[9] = 4_711;
    Row::new(values)
}

impl Scene {
    /// A dataset of so many slots, over as many pages as they need.
    pub(crate) fn new(slots: usize, seed: u64) -> Self {
        Self::in_pages(slots, PAGE, seed)
    }

    /// The same with pages of fewer slots: nothing is recorded in the rest of them.
    pub(crate) fn in_pages(slots: usize, page_slots: usize, seed: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let all: Vec<Subject> = (0..slots).map(|_| subject(&mut random)).collect();
        let subjects: Vec<Vec<Subject>> = all.chunks(page_slots).map(<[Subject]>::to_vec).collect();
        let pages: Vec<Page> = (0u8..)
            .zip(&subjects)
            .map(|(number, subjects)| page(number, subjects))
            .collect();
        let layout = layout();
        let published = pages
            .iter()
            .zip(&subjects)
            .map(|(page, subjects)| publish(page, subjects, &layout).unwrap())
            .collect();
        Self {
            layout,
            pages,
            subjects,
            published,
        }
    }

    pub(crate) fn plan(&self, question: &Question) -> Plan {
        Plan::new(&self.layout, question).unwrap()
    }

    /// The pages with what is behind them.
    pub(crate) fn opened(&self) -> Vec<TallyPage<'_>> {
        self.published
            .iter()
            .zip(&self.subjects)
            .map(|(published, subjects)| TallyPage {
                publication: &published.publication,
                seed: &published.seed,
                subjects,
            })
            .collect()
    }

    pub(crate) fn tally(&self, plan: &Plan) -> Tally {
        tally(&TallyInput {
            context: CONTEXT,
            plan,
            pages: &self.opened(),
        })
        .unwrap()
    }

    pub(crate) fn publications(&self) -> Vec<&Publication> {
        let pages = self.published.iter();
        pages.map(|p| &p.publication).collect()
    }

    pub(crate) fn verify(&self, plan: &Plan, tally: &Tally) -> Result<(), TallyError> {
        self.verify_proof(plan, &tally.counts, &tally.proof)
    }

    pub(crate) fn verify_proof(
        &self,
        plan: &Plan,
        counts: &[EqAffine],
        proof: &TallyProof,
    ) -> Result<(), TallyError> {
        proof.verify(&TallyStatement {
            context: CONTEXT,
            plan,
            pages: &self.publications(),
            counts,
        })
    }

    /// The counts, by the native relation.
    pub(crate) fn expected(&self, question: &Question) -> Vec<u64> {
        let empty = Row::new([0; FIELDS]);
        let row = |opening: &Option<(Row, RowSalt)>| {
            opening
                .as_ref()
                .map_or(empty.clone(), |(row, _)| row.clone())
        };
        let slots: Vec<(Row, Row)> = self
            .subjects
            .iter()
            .flatten()
            .map(|s| (row(&s.record), row(&s.consent)))
            .collect();
        salus_protocol::cohort::relation::counts(question, slots.iter().map(|(a, b)| (a, b)))
            .unwrap()
    }
}

fn subject(random: &mut ChaCha20Rng) -> Subject {
    let mut opening = |one_in: u32, row: fn(&mut ChaCha20Rng) -> Row| {
        let present = !random.next_u32().is_multiple_of(one_in);
        present.then(|| (row(random), RowSalt::random().unwrap()))
    };
    let record = opening(20, random_row);
    let consent = opening(8, random_consent).filter(|_| record.is_some());
    Subject { record, consent }
}

pub(crate) fn page(number: u8, subjects: &[Subject]) -> Page {
    let slot = |subject: &Subject| Slot {
        record: (subject.record.as_ref()).map(|(row, salt)| RowCommitment::of_record(row, salt)),
        consent: (subject.consent.as_ref()).map(|(row, salt)| RowCommitment::of_consent(row, salt)),
    };
    Page {
        context: [number; 32],
        slots: subjects.iter().map(slot).collect(),
    }
}

/// A criterion: a field's number from `low` to `high`.
pub(crate) fn between(field: u8, low: u16, high: u16) -> Criterion {
    Criterion {
        field,
        minus_previous: false,
        start: u32::from(low) + DIFFERENCE_OFFSET,
        length: u32::from(high - low),
        if_none: false,
        opens_group: true,
        at_least: 1,
    }
}

pub(crate) fn question(criteria: &[Criterion], table: Table) -> Question {
    let edition = Edition::new(Fr::from(5u64));
    Question {
        query: CompiledQuery::new(edition, criteria).unwrap(),
        masks: Masks {
            covering: 0b11,
            denying: 0b1100,
            required: 0,
        },
        day: salus_protocol::day::Day::from_number(50_000).unwrap(),
        table,
    }
}

/// Everyone whose number in a one-digit and a two-digit field lies in a range.
pub(crate) fn plain() -> Question {
    question(
        &[between(1, 18, 75), between(4, 5_000, 50_000)],
        Table::Count,
    )
}
