//! What is public of a noised release, as the circuit reads it.

use halo2_proofs::pasta::Fp;
use salus_protocol::noise::{Epsilon, UNIFORM_BOUND, noisy_counts_behind};
use salus_protocol::release::{DisclosurePolicy, MAX_CELLS, Released, Shape, TableError};
use thiserror::Error;

/// The instance's columns, of which each has a row for each cell.
pub(super) const COLUMNS: usize = 5;

/// Why values can't have been released.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum InstanceError {
    /// No table is like that.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Each cell has one offset.
    #[error("{offsets} offsets for {cells} cells: each cell needs one")]
    Offsets {
        /// The number of released values.
        cells: usize,
        /// The number of offsets.
        offsets: usize,
    },
    /// An offset is too large.
    #[error("the offset of cell {cell} is {found}: offsets are below 2^54")]
    OffsetTooLarge {
        /// Which cell, from 0.
        cell: usize,
        /// The offset found.
        found: u64,
    },
    /// No noisy count is released as this value.
    #[error("cell {cell} shows {found:?}: the policy releases no noisy count as that")]
    NeverReleased {
        /// Which cell, from 0.
        cell: usize,
        /// The value found.
        found: Released,
    },
}

/// The public side of one noised release: of each cell its offset, and the interval of its noisy count. Rows
/// beyond the table are unused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    epsilon: Epsilon,
    offsets: Vec<u64>,
    lowest: Vec<i64>,
    highest: Vec<i64>,
}

impl Instance {
    /// What these released values say under this policy.
    ///
    /// # Errors
    /// [`InstanceError`] when no table is released as these values with such offsets.
    pub fn new(
        policy: DisclosurePolicy,
        shape: Shape,
        epsilon: Epsilon,
        offsets: &[u64],
        released: &[Released],
    ) -> Result<Self, InstanceError> {
        policy.check()?;
        let cells = released.len();
        shape.check_cells(cells)?;
        if offsets.len() != cells {
            let offsets = offsets.len();
            return Err(InstanceError::Offsets { cells, offsets });
        }
        if let Some(cell) = offsets.iter().position(|&o| o >= UNIFORM_BOUND) {
            let found = offsets[cell];
            return Err(InstanceError::OffsetTooLarge { cell, found });
        }
        let (mut lowest, mut highest) = (Vec::new(), Vec::new());
        for (cell, &found) in released.iter().enumerate() {
            let behind = noisy_counts_behind(policy, found)
                .ok_or(InstanceError::NeverReleased { cell, found })?;
            lowest.push(*behind.start());
            highest.push(*behind.end());
        }
        Ok(Self {
            epsilon,
            offsets: offsets.to_vec(),
            lowest,
            highest,
        })
    }

    /// The columns, in their order: offset, tag, lowest, highest, unused.
    #[must_use]
    pub fn columns(&self) -> [Vec<Fp>; COLUMNS] {
        let rows = |value: &dyn Fn(usize) -> Fp| (0..MAX_CELLS).map(value).collect();
        [
            rows(&|row| Fp::from(self.offset(row))),
            rows(&|row| Fp::from(self.tag(row))),
            rows(&|row| signed(self.interval(row).0)),
            rows(&|row| signed(self.interval(row).1)),
            rows(&|row| Fp::from(u64::from(!self.is_used(row)))),
        ]
    }

    /// Whether the row holds a cell.
    pub(super) fn is_used(&self, row: usize) -> bool {
        row < self.offsets.len()
    }

    /// Which table the row's noise is from: its epsilon in tenths, or 0 for no noise.
    fn tag(&self, row: usize) -> u64 {
        if self.is_used(row) {
            self.epsilon.tenths().into()
        } else {
            0
        }
    }

    pub(super) fn epsilon(&self) -> Epsilon {
        self.epsilon
    }

    pub(super) fn offset(&self, row: usize) -> u64 {
        self.offsets.get(row).copied().unwrap_or(0)
    }

    pub(super) fn interval(&self, row: usize) -> (i64, i64) {
        let at = |column: &[i64]| column.get(row).copied().unwrap_or(0);
        (at(&self.lowest), at(&self.highest))
    }
}

/// A number of either sign as a field element.
pub(super) fn signed(number: i64) -> Fp {
    let size = Fp::from(number.unsigned_abs());
    if number < 0 { -size } else { size }
}
