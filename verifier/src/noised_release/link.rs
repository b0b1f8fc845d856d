//! The link: that the first two columns of a circuit's proof hold the committed counts and seeds.
//!
//! halo2 commits to them as A_0 = sum of c_k V_k and A_1 = sum of b_k V_k, each with its random last rows and
//! its blind. With powers of a challenge x, all commitments add up to the sum of
//! (x^k c_k + x^(m+k) b_k) V_k and a multiple of W. One linear proof shows the three points at once, with the same c_k and
//! b_k. So each commitment holds its own cell's number, and no count stands for a seed.

use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::pasta::group::Curve;
use halo2_proofs::pasta::{EqAffine, Fp};

use super::NoisedReleaseStatement;
use super::generators::{RANDOM_ROWS, random_row_generators};
use crate::cohort::Transcript;
use crate::cohort::linear::{Base, LinearStatement, PointTerm, Secret};
use crate::release::generators::count_generators;

/// Equations between points: two columns, and the commitments' sum.
pub const EQUATIONS: usize = 3;

/// How many secrets a link has for so many cells.
///
/// Their order is: counts, seeds, the first column's random rows and blind, those of the second, the sum of all
/// weighted salts.
#[must_use]
pub const fn secrets(cells: usize) -> usize {
    2 * cells + 2 * (RANDOM_ROWS + 1) + 1
}

/// Powers of a challenge by which commitments to counts, and then those to seeds, are added up. The
/// transcript has absorbed the statement and the circuit's proof.
#[must_use]
pub fn weights(transcript: &mut Transcript, cells: usize) -> Vec<Fp> {
    let x = transcript.challenge(b"cells");
    std::iter::successors(Some(Fp::one()), |power| Some(power * x))
        .take(2 * cells)
        .collect()
}

/// What the link shows, with a challenge of this transcript.
///
/// # Panics
/// When there are more than 64 cells, or not one commitment to a count and one to a seed for each: a statement
/// with an instance has both.
#[must_use]
pub fn statement(
    transcript: &mut Transcript,
    columns: [EqAffine; 2],
    release: &NoisedReleaseStatement,
) -> LinearStatement {
    let weights = weights(transcript, release.commitments.len());
    weighted(&weights, columns, release)
}

/// What the link shows, with these weights, two for each cell.
///
/// # Panics
/// When there are more than 64 cells, or not one commitment to a count and one to a seed for each: a statement
/// with an instance has both.
#[must_use]
pub fn weighted(
    weights: &[Fp],
    columns: [EqAffine; 2],
    release: &NoisedReleaseStatement,
) -> LinearStatement {
    let cells = weights.len() / 2;
    let mut link = LinearStatement::default();
    let numbers = [link.several(cells), link.several(cells)];
    let blinds = [link.several(RANDOM_ROWS + 1), link.several(RANDOM_ROWS + 1)];
    let salts = link.secret();
    let generators = count_generators();
    let bases = |link: &mut LinearStatement, points: &[EqAffine]| -> Vec<Base> {
        points.iter().map(|point| link.base(*point)).collect()
    };
    let values = bases(&mut link, &generators.values[..cells]);
    let mut tail = bases(&mut link, random_row_generators());
    let blinding = link.base(generators.blinding);
    tail.push(blinding);
    let names = [
        "the counts are those of the first column",
        "the seeds are those of the second column",
    ];
    for k in 0..2 {
        let held = numbers[k].iter().chain(&blinds[k]).copied();
        let terms: Vec<(Secret, Base)> = held.zip(values.iter().chain(&tail).copied()).collect();
        link.point(names[k], columns[k], &terms);
    }
    let by_weight = numbers.concat().into_iter().zip(weights);
    let cell_bases = values.iter().chain(&values);
    let mut terms: Vec<PointTerm> = by_weight
        .zip(cell_bases)
        .map(|((secret, weight), base)| PointTerm {
            coefficient: *weight,
            secret,
            base: *base,
        })
        .collect();
    terms.push(PointTerm {
        coefficient: Fp::one(),
        secret: salts,
        base: blinding,
    });
    let committed = [release.commitments.as_slice(), &release.seeds].concat();
    let sum = best_multiexp(weights, &committed).to_affine();
    link.sum("counts and seeds are the committed ones", sum, terms);
    link
}
