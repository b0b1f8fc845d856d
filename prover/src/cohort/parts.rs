//! Counts a dataset in parts, each by any worker, and joins them.
//! Spec: docs/spec/cohort.md, section "Parts".

use pasta_curves::group::ff::PrimeField;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use salus_protocol::cohort::Plan;
use salus_verifier::cohort::EncodingError;
use salus_verifier::cohort::encoding::Reader;
use salus_verifier::cohort::parts::{Part, PartsProof, part_context};
use thiserror::Error;
use zeroize::Zeroizing;

use super::columns::normalized;
use super::tally::{TallyInput, TallyInputError, TallyPage, tally};
use crate::release::CountOpening;

/// A run of pages, counted. Holds openings of counts: it stays with the custodian.
#[derive(Debug, Clone)]
pub struct CountedPart {
    first: usize,
    part: Part,
    openings: Vec<CountOpening>,
}

/// A whole dataset, counted: what is published of it, and the openings that a release needs.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Commitments to the cells' counts.
    pub counts: Vec<EqAffine>,
    /// That they are the question's counts.
    pub proof: PartsProof,
    /// What they open to: stays with the custodian.
    pub openings: Vec<CountOpening>,
}

/// Why parts don't make up a dataset.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum JoinError {
    /// No part counts a page.
    #[error("page {page} is counted in no part")]
    Missing {
        /// The page.
        page: usize,
    },
    /// Two parts count a page.
    #[error("page {page} is counted in two parts")]
    Twice {
        /// The page.
        page: usize,
    },
    /// A part counts what the dataset does not have.
    #[error("a part counts page {page}, and the dataset has {pages}")]
    Beyond {
        /// The page.
        page: usize,
        /// Pages of the dataset.
        pages: usize,
    },
    /// Parts of tables with different numbers of cells.
    #[error("the parts are of different tables")]
    Table,
}

/// Why bytes are not a part that was kept.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum KeptPartError {
    /// Not the bytes of one.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The openings are others than those of its commitments.
    #[error("its openings are not those of its commitments")]
    Opening,
}

/// Counts a run of a dataset's pages, from page `first`, for the answer of this context, and proves
/// the counts. The pages must be published ones with their very openings.
///
/// # Errors
/// [`TallyInputError`].
pub fn count_part(
    context: &[u8; 32],
    plan: &Plan,
    first: usize,
    pages: &[TallyPage<'_>],
) -> Result<CountedPart, TallyInputError> {
    let made = tally(&TallyInput {
        context: part_context(context, first, pages.len()),
        plan,
        pages,
    })?;
    let part = Part {
        pages: pages.len(),
        counts: made.counts,
        tally: made.proof,
    };
    Ok(CountedPart {
        first,
        part,
        openings: made.openings,
    })
}

/// Joins the parts of a dataset, in any order.
///
/// # Errors
/// [`JoinError`] when pages are missing or counted twice.
pub fn join(pages: usize, mut parts: Vec<CountedPart>) -> Result<Counted, JoinError> {
    parts.sort_by_key(|part| part.first);
    let mut next = 0;
    for part in &parts {
        match part.first {
            first if first > next => return Err(JoinError::Missing { page: next }),
            first if first < next => return Err(JoinError::Twice { page: first }),
            _ => next += part.part.pages,
        }
        if next > pages {
            return Err(JoinError::Beyond { page: pages, pages });
        }
    }
    if next < pages {
        return Err(JoinError::Missing { page: next });
    }
    let cells = parts.first().map_or(0, |part| part.openings.len());
    if parts.iter().any(|part| part.openings.len() != cells) {
        return Err(JoinError::Table);
    }
    let sum =
        |cell: usize| -> Vesta { parts.iter().map(|p| Vesta::from(p.part.counts[cell])).sum() };
    let counts: Vec<Vesta> = (0..cells).map(sum).collect();
    let openings = (0..cells)
        .map(|cell| CountOpening {
            count: (parts.iter()).fold(0, |sum: u64, part| {
                sum.saturating_add(part.openings[cell].count)
            }),
            blinding: parts.iter().map(|part| part.openings[cell].blinding).sum(),
        })
        .collect();
    Ok(Counted {
        counts: normalized(&counts),
        proof: PartsProof(parts.into_iter().map(|part| part.part).collect()),
        openings,
    })
}

/// Counts a whole dataset in one part.
///
/// # Errors
/// [`TallyInputError`].
pub fn count(
    context: &[u8; 32],
    plan: &Plan,
    pages: &[TallyPage<'_>],
) -> Result<Counted, TallyInputError> {
    let part = count_part(context, plan, 0, pages)?;
    Ok(Counted {
        counts: part.part.counts.clone(),
        openings: part.openings.clone(),
        proof: PartsProof(vec![part.part]),
    })
}

impl CountedPart {
    /// The first page that it counts, and how many.
    #[must_use]
    pub const fn pages(&self) -> (usize, usize) {
        (self.first, self.part.pages)
    }

    /// The bytes to keep until the parts are joined: as secret as the counts.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new((self.first as u32).to_le_bytes().to_vec());
        for opening in &self.openings {
            bytes.extend(opening.count.to_le_bytes());
            bytes.extend(opening.blinding.to_repr());
        }
        self.part.write(&mut bytes);
        bytes
    }

    /// Reads a part that was kept, of a dataset of so many pages.
    ///
    /// # Errors
    /// [`KeptPartError`] for anything but what [`Self::reveal`] gives. The proof is not verified.
    pub fn from_bytes(bytes: &[u8], plan: &Plan, pages: usize) -> Result<Self, KeptPartError> {
        let mut reader = Reader::new(bytes);
        let first = u32::from_le_bytes(reader.array("part's first page")?) as usize;
        let opening = |_| -> Result<CountOpening, EncodingError> {
            let count = u64::from_le_bytes(reader.array("part's opening")?);
            let blinding: Fp = reader.scalar("part's opening")?;
            Ok(CountOpening { count, blinding })
        };
        let openings: Vec<CountOpening> = (0..plan.cells.len())
            .map(opening)
            .collect::<Result<_, _>>()?;
        let part = Part::read(&mut reader, plan, pages)?;
        reader.finish()?;
        let opens = |(cell, opening): (usize, &CountOpening)| {
            opening.commitment(cell) == part.counts.get(cell).copied()
        };
        if !openings.iter().enumerate().all(opens) {
            return Err(KeptPartError::Opening);
        }
        Ok(Self {
            first,
            part,
            openings,
        })
    }
}
