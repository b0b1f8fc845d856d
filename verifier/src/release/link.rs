//! The link: that the first column of a circuit's proof holds the committed counts.
//!
//! halo2 commits to the column as A = sum of c_k V_k + its random last rows + blind W. With powers of
//! a challenge x, the commitments add up to B = sum of x^k c_k V_k + s W. One Schnorr proof shows
//! A and B at once, with the same c_k. So each commitment holds its own cell's count.

use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::pasta::group::{Curve, GroupEncoding};
use halo2_proofs::pasta::{Eq as Vesta, EqAffine, Fp};
use merlin::Transcript;
use thiserror::Error;

use super::generators::{RANDOM_ROWS, count_generators};
use super::scalar;

/// Secrets besides the counts: the column's random rows and its blind, and the sum of the
/// commitments' salts.
pub const OTHER_SECRETS: usize = RANDOM_ROWS + 2;

/// Why the link does not hold.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// The circuit's proof does not begin with a commitment.
    #[error("the circuit's proof does not begin with a point of Vesta")]
    Column,
    /// The link is for another number of cells.
    #[error("the link has {found} answers, and {cells} cells need {needed}")]
    Cells {
        /// The number of cells.
        cells: usize,
        /// How many answers they need.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// The circuit's counts are not the committed ones.
    #[error("the circuit's proof is about other counts than the committed ones")]
    OtherCounts,
}

/// A link: two announcements, and an answer for each secret.
///
/// The secrets' order is: counts, random rows, the column's blind, the salts' sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Images of the masks, in the order column, commitments.
    pub announcements: [EqAffine; 2],
    /// Mask plus challenge times secret.
    pub answers: Vec<Fp>,
}

/// Powers of the challenge by which the commitments are added up.
#[must_use]
pub fn weights(transcript: &mut Transcript, cells: usize) -> Vec<Fp> {
    let x = scalar(transcript, b"cells");
    std::iter::successors(Some(Fp::one()), |power| Some(power * x))
        .take(cells)
        .collect()
}

/// The challenge, after the announcements.
#[must_use]
pub fn challenge(transcript: &mut Transcript, announcements: &[EqAffine; 2]) -> Fp {
    for announcement in announcements {
        transcript.append_message(b"announcement", &announcement.to_bytes());
    }
    scalar(transcript, b"link")
}

/// Where the linear map takes secrets: the column, and the sum of the commitments.
///
/// # Panics
/// When there are not [`OTHER_SECRETS`] more secrets than weights, or more than 64 weights.
#[must_use]
pub fn images(weights: &[Fp], secrets: &[Fp]) -> [Vesta; 2] {
    let cells = weights.len();
    assert_eq!(
        secrets.len(),
        cells + OTHER_SECRETS,
        "one secret for each generator"
    );
    let generators = count_generators();
    let (column, salt) = secrets.split_at(secrets.len() - 1);
    let values = &generators.values[..cells];
    let blinding = [generators.blinding];
    let weighted = secrets[..cells]
        .iter()
        .zip(weights)
        .map(|(count, weight)| count * weight);
    let weighted: Vec<_> = weighted.chain(salt.iter().copied()).collect();
    [
        best_multiexp(
            column,
            &[values, &generators.random_rows, &blinding].concat(),
        ),
        best_multiexp(&weighted, &[values, &blinding].concat()),
    ]
}

/// Verifies a link. The transcript has absorbed the statement and the circuit's proof.
///
/// # Errors
/// [`LinkError`] when it is for another number of cells, or does not hold.
pub(super) fn verify(
    transcript: &mut Transcript,
    column: EqAffine,
    commitments: &[EqAffine],
    link: &Link,
) -> Result<(), LinkError> {
    let cells = commitments.len();
    let (needed, found) = (cells + OTHER_SECRETS, link.answers.len());
    if needed != found {
        return Err(LinkError::Cells {
            cells,
            needed,
            found,
        });
    }
    let weights = weights(transcript, cells);
    let e = challenge(transcript, &link.announcements);
    let targets = [Vesta::from(column), best_multiexp(&weights, commitments)];
    for ((image, announced), target) in images(&weights, &link.answers)
        .into_iter()
        .zip(link.announcements)
        .zip(targets)
    {
        if image.to_affine() != (target * e + announced).to_affine() {
            return Err(LinkError::OtherCounts);
        }
    }
    Ok(())
}
