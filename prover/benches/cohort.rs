//! Cohort answers: publishing a page, tallying, releasing and verifying, beside a plain count.
//!
//! `SALUS_BENCH_PATIENTS` sets the size of the dataset (16,384 by default).
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use salus_protocol::cohort::{Layout, PAGE, Plan, Question, Table, relation};
use salus_protocol::consent::{Grant, Permission, Terms};
use salus_protocol::day::Day;
use salus_protocol::field::Fr;
use salus_protocol::profile::Edition;
use salus_protocol::purpose::Masks;
use salus_protocol::query::{CompiledQuery, Criterion as QueryCriterion, DIFFERENCE_OFFSET};
use salus_protocol::release::{DisclosurePolicy, Shape};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_prover::cohort::{PublishedPage, Subject, TallyInput, TallyPage, publish, tally};
use salus_prover::release::prove_release;
use salus_verifier::cohort::publication::{Page, Publication, Slot};
use salus_verifier::cohort::tally::TallyStatement;

const CRITERIA: usize = 8;

struct Dataset {
    layout: Layout,
    pages: Vec<(Page, Vec<Subject>, PublishedPage)>,
}

/// Eight fields of this highest number; everyone consents.
fn dataset(patients: usize, highest: u16) -> Dataset {
    let mut fields = [0; FIELDS];
    fields[..CRITERIA].fill(highest);
    let layout = Layout::new(fields);
    let slots: Vec<usize> = (0..patients).collect();
    let pages = slots
        .chunks(PAGE)
        .map(|slots| {
            let subjects: Vec<Subject> = slots.par_iter().map(|i| subject(*i, highest)).collect();
            let page = Page {
                context: [0; 32],
                slots: subjects.par_iter().map(slot).collect(),
            };
            let published = publish(&page, &subjects, &layout).unwrap();
            (page, subjects, published)
        })
        .collect();
    Dataset { layout, pages }
}

fn subject(seed: usize, highest: u16) -> Subject {
    let mut random = ChaCha20Rng::seed_from_u64(seed as u64);
    let mut values = [0; FIELDS];
    for value in &mut values[..CRITERIA] {
        *value = (random.next_u32() % (u32::from(highest) + 1)) as u16;
    }
    let terms = Terms::none()
        .permit(Permission::GeneralResearch)
        .grant(Grant::Counted);
    let mut consent = [0; FIELDS];
    for (i, value) in consent[..4].iter_mut().enumerate() {
        *value = (terms.bits() >> (16 * i)) as u16;
    }
    consent[5] = u16::MAX;
    Subject {
        record: Some((Row::new(values), RowSalt::random().unwrap())),
        consent: Some((Row::new(consent), RowSalt::random().unwrap())),
    }
}

fn slot(subject: &Subject) -> Slot {
    Slot {
        record: (subject.record.as_ref()).map(|(r, salt)| RowCommitment::of_record(r, salt)),
        consent: (subject.consent.as_ref()).map(|(r, salt)| RowCommitment::of_consent(r, salt)),
    }
}

/// Eight intervals, each of nearly all numbers.
fn question(highest: u16) -> Question {
    let criteria: Vec<QueryCriterion> = (0..CRITERIA as u8)
        .map(|field| QueryCriterion {
            field,
            minus_previous: false,
            start: DIFFERENCE_OFFSET + u32::from(highest / 20),
            length: u32::from(highest - highest / 10),
            if_none: false,
            opens_group: true,
            at_least: 1,
        })
        .collect();
    Question {
        query: CompiledQuery::new(Edition::new(Fr::from(1u64)), &criteria).unwrap(),
        masks: Masks {
            covering: 1,
            denying: 0,
            required: 0,
        },
        day: Day::from_number(40_000).unwrap(),
        table: Table::Count,
    }
}

fn cohort(c: &mut Criterion) {
    let patients = std::env::var("SALUS_BENCH_PATIENTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(16_384);
    for highest in [250u16, 65_000] {
        let bits = u16::BITS - highest.leading_zeros();
        let mut group = c.benchmark_group(format!("cohort/{patients} patients/{bits} bits"));
        group.sample_size(10);
        let dataset = dataset(patients, highest);
        let (page, subjects, _) = &dataset.pages[0];
        group.bench_function("publish a page of 8 fields", |b| {
            b.iter(|| publish(page, subjects, &dataset.layout).unwrap());
        });
        let publication = &dataset.pages[0].2.publication;
        group.bench_function("verify a publication", |b| {
            b.iter(|| publication.verify(page).unwrap());
        });
        measure(&mut group, &dataset, &question(highest));
        group.finish();
    }
}

fn measure(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    dataset: &Dataset,
    question: &Question,
) {
    let plan = Plan::new(&dataset.layout, question).unwrap();
    let pages: Vec<TallyPage<'_>> = dataset
        .pages
        .iter()
        .map(|(_, subjects, published)| TallyPage {
            publication: &published.publication,
            seed: &published.seed,
            subjects,
        })
        .collect();
    let input = TallyInput {
        context: [1; 32],
        plan: &plan,
        pages: &pages,
    };
    let rows: Vec<(&Row, &Row)> = dataset
        .pages
        .iter()
        .flat_map(|(_, subjects, _)| subjects)
        .filter_map(|s| s.record.as_ref().zip(s.consent.as_ref()))
        .map(|(record, consent)| (&record.0, &consent.0))
        .collect();
    group.bench_function("plain count", |b| {
        b.iter(|| relation::counts(question, black_box(&rows).iter().copied()).unwrap());
    });
    group.bench_function("tally", |b| b.iter(|| tally(&input).unwrap()));
    let made = tally(&input).unwrap();
    let publications: Vec<&Publication> = pages.iter().map(|page| page.publication).collect();
    let statement = TallyStatement {
        context: [1; 32],
        plan: &plan,
        pages: &publications,
        counts: &made.counts,
    };
    println!("tally: {} bytes", made.proof.to_bytes().len());
    group.bench_function("verify a tally", |b| {
        b.iter(|| made.proof.verify(&statement).unwrap());
    });
    let policy = DisclosurePolicy::STANDARD;
    group.bench_function("release", |b| {
        b.iter(|| prove_release([1; 32], policy, Shape::Single, &made.openings).unwrap());
    });
}

criterion_group!(benches, cohort);
criterion_main!(benches);
