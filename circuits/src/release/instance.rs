//! What is public of a release, as the circuit reads it.

use halo2_proofs::pasta::Fp;
use salus_protocol::release::{DisclosurePolicy, MAX_CELLS, Released, Shape, TableError};
use thiserror::Error;

/// The instance's columns, of which each has a row for each cell, and one more.
pub(super) const COLUMNS: usize = 5;

/// Why values can't have been released.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum InstanceError {
    /// No table is like that.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No count is released as this value.
    #[error("cell {cell} shows {found}: the policy releases no count as that")]
    NeverReleased {
        /// Which cell, from 0.
        cell: usize,
        /// The value found.
        found: u32,
    },
    /// An empty part is shown beside suppressed ones.
    #[error("cell {cell} shows an empty part, and other parts are suppressed: it has to be too")]
    EmptyPartShown {
        /// Which cell, from 0.
        cell: usize,
    },
}

/// The public side of one release: what the circuit has to hold of each count.
///
/// A cell is *plain* (its count lies in an interval), *hidden* (a suppressed part: up to the
/// policy's limit, or the threshold) or *beside* (a part that is shown where others are hidden: in an interval, and above
/// the threshold).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    lowest: Vec<u32>,
    highest: Vec<u32>,
    hidden: Vec<bool>,
    beside: Vec<bool>,
    /// 1 for each part and -1 for the total of a partition; else 0.
    sign: Vec<i8>,
}

impl Instance {
    /// What these released values say under this policy.
    ///
    /// # Errors
    /// [`InstanceError`] when no table is released as these values.
    pub fn new(
        policy: DisclosurePolicy,
        shape: Shape,
        released: &[Released],
    ) -> Result<Self, InstanceError> {
        policy.check()?;
        shape.check_cells(released.len())?;
        let small = u32::from(policy.suppress_up_to);
        let rows = MAX_CELLS + 1;
        let mut instance = Self {
            lowest: vec![0; rows],
            highest: vec![0; rows],
            hidden: vec![false; rows],
            beside: vec![false; rows],
            sign: vec![0; rows],
        };
        let is_part = |cell| shape == Shape::Partition && cell > 0;
        let hides =
            (0..released.len()).any(|cell| is_part(cell) && released[cell] == Released::Suppressed);
        for (cell, &value) in released.iter().enumerate() {
            let (lowest, highest) = match value {
                Released::Suppressed => (u32::from(!is_part(cell)), small),
                Released::Count(0) if hides && is_part(cell) => {
                    return Err(InstanceError::EmptyPartShown { cell });
                }
                Released::Count(found) => policy
                    .counts_behind(found)
                    .ok_or(InstanceError::NeverReleased { cell, found })?
                    .into_inner(),
            };
            (instance.lowest[cell], instance.highest[cell]) = (lowest, highest);
            if is_part(cell) {
                instance.hidden[cell] = value == Released::Suppressed;
                instance.beside[cell] = hides && value != Released::Suppressed;
            }
            instance.sign[cell] = match (shape, cell) {
                (Shape::Partition, 0) => -1,
                (Shape::Partition, _) => 1,
                _ => 0,
            };
        }
        // The last row has no cell: the lowest threshold, whether parts are hidden, and others shown.
        instance.lowest[MAX_CELLS] = small + 1;
        instance.hidden[MAX_CELLS] = hides;
        instance.beside[MAX_CELLS] = instance.beside[..MAX_CELLS].contains(&true);
        Ok(instance)
    }

    /// The columns, in their order: lowest, highest, hidden, beside, sign.
    #[must_use]
    pub fn columns(&self) -> [Vec<Fp>; COLUMNS] {
        let number = |&n: &u32| Fp::from(u64::from(n));
        let flag = |&b: &bool| Fp::from(u64::from(b));
        let sign = |&s: &i8| match s {
            0 => Fp::zero(),
            1.. => Fp::one(),
            _ => -Fp::one(),
        };
        [
            self.lowest.iter().map(number).collect(),
            self.highest.iter().map(number).collect(),
            self.hidden.iter().map(flag).collect(),
            self.beside.iter().map(flag).collect(),
            self.sign.iter().map(sign).collect(),
        ]
    }

    pub(super) fn is_hidden(&self, cell: usize) -> bool {
        self.hidden[cell]
    }

    pub(super) fn is_beside(&self, cell: usize) -> bool {
        self.beside[cell]
    }

    pub(super) fn interval(&self, cell: usize) -> (u32, u32) {
        (self.lowest[cell], self.highest[cell])
    }

    pub(super) fn sign(&self, cell: usize) -> i8 {
        self.sign[cell]
    }
}
