//! Questions: what a study asks of a dataset, and the table in which it wants the answer.

use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::day::Day;
use crate::purpose::Masks;
use crate::query::CompiledQuery;
use crate::release::Shape;
use crate::row::FIELDS;

/// Most cells in an answer, the total included.
pub const CELLS: usize = 64;
/// Most fields by which a table divides.
const STRATIFIERS: usize = 2;

/// What is asked of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Question {
    /// Who is sought.
    pub query: CompiledQuery,
    /// Which permissions cover the study's purpose and which modifiers deny it. A count asks for
    /// the grant *be counted* alone, whatever grants the purpose requires.
    pub masks: Masks,
    /// The ledger's day, on which consents must be valid.
    pub day: Day,
    /// The shape of the answer.
    pub table: Table,
}

/// The shape of an answer. The first cell is always the total.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Table {
    /// The total alone.
    Count,
    /// Also: everyone whose consent covers the study, then those of them who meet the first group
    /// of the query, the first two groups, and so on.
    Attrition,
    /// Also: the total, divided by bands of one field or by pairs of bands of two. A pair's first
    /// band varies slowest; the last band of each is the remainder.
    Strata(Vec<Stratifier>),
}

/// A field and the bands of its numbers; what lies in none is the remainder.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Stratifier {
    /// Position in the row, 0 to 63.
    pub field: u8,
    /// The bands: ascending, disjoint, at least one.
    pub bands: Vec<Band>,
}

/// A run of numbers, both ends included. 0 is none recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Band {
    /// The lowest.
    pub low: u16,
    /// The highest.
    pub high: u16,
}

/// Why a table cannot be answered.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum QuestionError {
    /// No field, or more than two.
    #[error("a table divides by one or two fields, this one by {found}")]
    Stratifiers {
        /// How many there are.
        found: usize,
    },
    /// A field that no row has.
    #[error("a table divides by field {field}; fields are numbered 0 to 63")]
    Field {
        /// The field.
        field: u8,
    },
    /// Bands that are empty or out of order.
    #[error("the bands of field {field} must be one or more, ascend and not overlap")]
    Bands {
        /// The field.
        field: u8,
    },
    /// More cells than an answer holds.
    #[error("the table has {found} cells, the total included; an answer holds at most {CELLS}")]
    Cells {
        /// How many there are.
        found: usize,
    },
}

impl Question {
    /// SHA-256 of the question's canonical bytes, in its own domain.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let bytes = borsh::to_vec(self).expect("writing to memory does not fail");
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/question\0");
        hasher.update(bytes);
        hasher.finalize().into()
    }

    /// How many cells the answer has, the total included.
    ///
    /// # Errors
    /// [`QuestionError`] for a table that has no answer.
    pub fn cells(&self) -> Result<usize, QuestionError> {
        let cells = match &self.table {
            Table::Count => 1,
            Table::Attrition => {
                let groups = self.query.criteria().iter().filter(|c| c.at_least != 0);
                2 + groups.count()
            }
            Table::Strata(stratifiers) => {
                let found = stratifiers.len();
                if found == 0 || found > STRATIFIERS {
                    return Err(QuestionError::Stratifiers { found });
                }
                stratifiers.iter().try_for_each(Stratifier::check)?;
                let pairs: usize = stratifiers.iter().map(|s| s.bands.len() + 1).product();
                1 + pairs
            }
        };
        if cells > CELLS {
            return Err(QuestionError::Cells { found: cells });
        }
        Ok(cells)
    }
}

impl Table {
    /// What the table's cells are to each other when they are released.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        match self {
            Self::Count => Shape::Single,
            Self::Attrition => Shape::Attrition,
            Self::Strata(_) => Shape::Partition,
        }
    }
}

impl Stratifier {
    /// The band that a number lies in; the number of bands where it lies in none.
    #[must_use]
    pub fn band(&self, number: u16) -> usize {
        let inside = |band: &Band| band.low <= number && number <= band.high;
        self.bands
            .iter()
            .position(inside)
            .unwrap_or(self.bands.len())
    }

    fn check(&self) -> Result<(), QuestionError> {
        let field = self.field;
        if usize::from(field) >= FIELDS {
            return Err(QuestionError::Field { field });
        }
        let ordered = self.bands.iter().all(|band| band.low <= band.high)
            && self.bands.windows(2).all(|pair| pair[0].high < pair[1].low);
        if self.bands.is_empty() || !ordered {
            return Err(QuestionError::Bands { field });
        }
        Ok(())
    }
}
