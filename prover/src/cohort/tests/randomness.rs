//! What proofs look like: nothing twice, and nothing but noise.

use std::collections::HashSet;

use pasta_curves::group::GroupEncoding;
use pasta_curves::group::ff::PrimeField;
use pasta_curves::{EqAffine, Fp};
use salus_protocol::cohort::Table;
use salus_verifier::cohort::publication::PublicationProof;
use salus_verifier::cohort::tally::TallyProof;

use crate::cohort::publication::{PublishedPage, Subject, publish};
use crate::cohort::tally::{Tally, TallyInput, TallyPage, tally};
use crate::cohort::tests::scene;

/// Tallies whose bytes are counted.
const TALLIES: usize = 6;

/// Chi-square with 255 degrees of freedom is above this with a probability below 10^-10.
const THRESHOLD: f64 = 430.0;

/// A proof's parts, by kind.
struct Parts {
    points: Vec<EqAffine>,
    /// The sumcheck's messages.
    messages: Vec<Fp>,
    /// What openings and linear proofs answer.
    answers: Vec<Fp>,
}

impl Parts {
    fn of_tally(proof: &TallyProof) -> Self {
        let (sumcheck, opening, linear) = (&proof.sumcheck, &proof.opening, &proof.linear);
        let mut points = vec![sumcheck.mask, opening.vector_mask, opening.value_mask];
        points.extend(proof.auxiliaries.iter().flatten());
        points.extend(
            proof
                .factors
                .iter()
                .chain(&proof.pairs)
                .chain(&proof.outers),
        );
        points.extend(opening.foldings.iter().flatten().chain(&linear.point_masks));
        let mut answers = vec![
            opening.value,
            opening.vector_blinding,
            opening.value_blinding,
        ];
        answers.extend(opening.folded.iter().chain(&linear.scalar_masks));
        answers.extend(&linear.answers);
        let mut messages = vec![sumcheck.sum];
        messages.extend(sumcheck.rounds.iter().flatten());
        Self {
            points,
            messages,
            answers,
        }
    }

    fn of_publication(proof: &PublicationProof) -> Self {
        let (sumcheck, opening, linear) = (&proof.sumcheck, &proof.opening, &proof.linear);
        let mut points = vec![sumcheck.mask, opening.vector_mask, opening.value_mask];
        points.extend([proof.symbol, proof.square, proof.number]);
        points.extend(opening.foldings.iter().flatten().chain(&linear.point_masks));
        let mut answers = vec![
            opening.value,
            opening.vector_blinding,
            opening.value_blinding,
        ];
        answers.extend(opening.folded.iter().chain(&linear.scalar_masks));
        answers.extend(&linear.answers);
        let mut messages = vec![sumcheck.sum];
        messages.extend(sumcheck.rounds.iter().flatten());
        Self {
            points,
            messages,
            answers,
        }
    }

    /// The encodings of everything, which must not occur twice.
    fn encodings(&self) -> Vec<[u8; 32]> {
        let scalars = self.messages.iter().chain(&self.answers);
        let points = self.points.iter().map(GroupEncoding::to_bytes);
        points.chain(scalars.map(PrimeField::to_repr)).collect()
    }
}

fn published() -> (Vec<Subject>, PublishedPage) {
    let subjects = scene::subjects(9);
    let page = publish(&scene::page(&subjects), &subjects, &scene::layout()).unwrap();
    (subjects, page)
}

fn tallies(count: usize) -> Vec<Tally> {
    let (subjects, page) = published();
    let plan = scene::plan(Table::Attrition);
    let input = TallyInput {
        context: [7; 32],
        plan: &plan,
        pages: &[TallyPage {
            publication: &page.publication,
            seed: &page.seed,
            subjects: &subjects,
        }],
    };
    (0..count).map(|_| tally(&input).unwrap()).collect()
}

fn all_differ(encodings: &[[u8; 32]]) -> bool {
    let distinct: HashSet<_> = encodings.iter().collect();
    distinct.len() == encodings.len()
}

#[test]
fn two_tallies_of_one_question_share_nothing() {
    let mut encodings = Vec::new();
    for tally in tallies(2) {
        encodings.extend(Parts::of_tally(&tally.proof).encodings());
        encodings.extend(tally.counts.iter().map(GroupEncoding::to_bytes));
    }
    assert!(all_differ(&encodings));
    encodings.push(encodings[3]);
    assert!(!all_differ(&encodings));
}

#[test]
fn two_publications_of_one_page_share_nothing() {
    let subjects = scene::subjects(9);
    let page = scene::page(&subjects);
    let mut encodings = Vec::new();
    for _ in 0..2 {
        let published = publish(&page, &subjects, &scene::layout()).unwrap();
        let publication = &published.publication;
        encodings.extend(Parts::of_publication(&publication.proof).encodings());
        encodings.extend(publication.columns.iter().map(GroupEncoding::to_bytes));
    }
    assert!(all_differ(&encodings));
}

/// How far the bytes are from every byte being as frequent as any other.
fn chi_square(encodings: &[[u8; 32]]) -> f64 {
    let mut counts = [0u32; 256];
    // Moduli are barely above 2^254, so all bytes but the highest are uniform.
    for byte in encodings.iter().flat_map(|bytes| &bytes[..31]) {
        counts[usize::from(*byte)] += 1;
    }
    let total: u32 = counts.iter().sum();
    let expected = f64::from(total) / 256.0;
    let square = |count: &u32| (f64::from(*count) - expected).powi(2) / expected;
    counts.iter().map(square).sum()
}

#[test]
fn tallies_look_like_noise() {
    let (mut points, mut messages, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for tally in tallies(TALLIES) {
        let parts = Parts::of_tally(&tally.proof);
        points.extend(parts.points.iter().map(GroupEncoding::to_bytes));
        messages.extend(parts.messages.iter().map(PrimeField::to_repr));
        answers.extend(parts.answers.iter().map(PrimeField::to_repr));
    }
    for encodings in [&points, &messages, &answers] {
        // Some 30 of each byte are expected at least.
        assert!(encodings.len() * 31 > 30 * 256);
        assert!(chi_square(encodings) < THRESHOLD);
    }
    // The measure sees what is no noise: numbers of 64 bits, or one answer in fifty that is 0.
    let small: Vec<[u8; 32]> = (0..500u64)
        .map(|i| Fp::from(i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_repr())
        .collect();
    assert!(chi_square(&small) > THRESHOLD);
    answers.iter_mut().step_by(50).for_each(|a| *a = [0; 32]);
    assert!(chi_square(&answers) > THRESHOLD);
}
