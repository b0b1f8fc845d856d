//! Parts: a dataset counted in runs of pages, each with a tally of its own, that add up.
//! Spec: docs/spec/cohort.md, section "Parts".

use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine};
use salus_protocol::cohort::Plan;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::encoding::{self, EncodingError, Reader};
use super::publication::Publication;
use super::tally::{MOST_PAGES, TallyError, TallyProof, TallyStatement};

/// A run of pages, and its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// How many pages; they follow those of the part before.
    pub pages: usize,
    /// Commitments to the counts over these pages.
    pub counts: Vec<EqAffine>,
    /// That they are the question's counts.
    pub tally: TallyProof,
}

/// A proof that commitments hold a question's counts over a whole dataset: its parts, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsProof(pub Vec<Part>);

/// What is asked of a whole dataset, and the commitments that answer it.
#[derive(Debug, Clone, Copy)]
pub struct PartsStatement<'a> {
    /// Ledger, issuer, study, question and dataset, as whoever asks encodes them.
    pub context: [u8; 32],
    /// The question as polynomials.
    pub plan: &'a Plan,
    /// The publications of all the dataset's pages, in order.
    pub pages: &'a [&'a Publication],
    /// Commitments to the cells' counts.
    pub counts: &'a [EqAffine],
}

/// Why a dataset's count does not verify.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PartsError {
    /// Pages are missing or counted twice.
    #[error("the parts cover {found} pages, and the dataset has {expected}")]
    Pages {
        /// Pages in all parts.
        found: usize,
        /// Pages of the dataset.
        expected: usize,
    },
    /// The parts' counts are not those of the answer.
    #[error("the parts' counts don't add up to the count of cell {cell}")]
    Sum {
        /// Which cell, from 0.
        cell: usize,
    },
    /// A part has another number of cells than the answer.
    #[error("part {part} has {found} cells, and the answer has {expected}")]
    Cells {
        /// Which part, from 0.
        part: usize,
        /// Cells found.
        found: usize,
        /// Cells of the answer.
        expected: usize,
    },
    /// A part's tally fails.
    #[error("part {part}: {problem}")]
    Tally {
        /// Which part, from 0.
        part: usize,
        /// What is wrong.
        problem: TallyError,
    },
}

/// The context of a part's tally: that of the answer, and which pages it counts.
#[must_use]
pub fn part_context(context: &[u8; 32], first: usize, pages: usize) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/cohort-part\0");
    hasher.update(context);
    hasher.update((first as u64).to_le_bytes());
    hasher.update((pages as u64).to_le_bytes());
    hasher.finalize().into()
}

impl PartsProof {
    /// Verifies every part, and that they make up the whole.
    ///
    /// # Errors
    /// [`PartsError`] says what is not shown.
    pub fn verify(&self, statement: &PartsStatement<'_>) -> Result<(), PartsError> {
        self.check_shape(statement)?;
        for (cell, count) in statement.counts.iter().enumerate() {
            let sum: Vesta = self
                .0
                .iter()
                .map(|part| Vesta::from(part.counts[cell]))
                .sum();
            if sum.to_affine() != *count {
                return Err(PartsError::Sum { cell });
            }
        }
        let mut rest = statement.pages;
        for (number, part) in self.0.iter().enumerate() {
            let first = statement.pages.len() - rest.len();
            let (pages, later) = rest.split_at(part.pages);
            rest = later;
            let tally = TallyStatement {
                context: part_context(&statement.context, first, part.pages),
                plan: statement.plan,
                pages,
                counts: &part.counts,
            };
            part.tally
                .verify(&tally)
                .map_err(|problem| PartsError::Tally {
                    part: number,
                    problem,
                })?;
        }
        Ok(())
    }

    fn check_shape(&self, statement: &PartsStatement<'_>) -> Result<(), PartsError> {
        let found = self
            .0
            .iter()
            .fold(0, |sum: usize, p| sum.saturating_add(p.pages));
        let expected = statement.pages.len();
        if found != expected || self.0.iter().any(|part| part.pages == 0) {
            return Err(PartsError::Pages { found, expected });
        }
        let expected = statement.counts.len();
        let odd = self.0.iter().position(|p| p.counts.len() != expected);
        odd.map_or(Ok(()), |part| {
            let found = self.0[part].counts.len();
            Err(PartsError::Cells {
                part,
                found,
                expected,
            })
        })
    }

    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.0.len() as u32).to_le_bytes().to_vec();
        for part in &self.0 {
            part.write(&mut bytes);
        }
        bytes
    }

    /// Reads a proof of a question over a dataset of at most so many pages, from the front of some
    /// bytes.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn read(reader: &mut Reader<'_>, plan: &Plan, pages: usize) -> Result<Self, EncodingError> {
        let what = "number of parts";
        let parts = u32::from_le_bytes(reader.array(what)?) as usize;
        if parts > pages.min(MOST_PAGES) {
            return Err(EncodingError::Short { what });
        }
        let parts = (0..parts).map(|_| Part::read(reader, plan, pages));
        Ok(Self(parts.collect::<Result<_, _>>()?))
    }
}

impl Part {
    /// Appends the canonical bytes.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.pages as u32).to_le_bytes());
        for count in &self.counts {
            encoding::write_point(bytes, count);
        }
        bytes.extend(self.tally.to_bytes());
    }

    /// Reads a part of at most so many pages from the front of some bytes.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn read(
        reader: &mut Reader<'_>,
        plan: &Plan,
        at_most: usize,
    ) -> Result<Self, EncodingError> {
        let what = "part's pages";
        let pages = u32::from_le_bytes(reader.array(what)?) as usize;
        if pages > at_most.min(MOST_PAGES) {
            return Err(EncodingError::Short { what });
        }
        Ok(Self {
            pages,
            counts: reader.points("part's counts", plan.cells.len())?,
            tally: TallyProof::read(reader, plan, pages)?,
        })
    }
}
