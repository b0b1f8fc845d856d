//! Rows: 64 unsigned 16-bit numbers, one per field of a profile. 0 is "none recorded".

use zeroize::Zeroize;

use crate::field::Fr;

/// Number of fields in a row.
pub const FIELDS: usize = 64;
/// Fields packed into one block.
pub const FIELDS_PER_BLOCK: usize = 4;
/// Blocks in a row.
pub const BLOCKS: usize = FIELDS / FIELDS_PER_BLOCK;

/// One row. Held by subject and custodian only; Debug shows nothing of it.
#[derive(Clone, PartialEq, Eq, Zeroize)]
pub struct Row([u16; FIELDS]);

impl Row {
    /// A row of these values, in the profile's order; unused fields are 0.
    #[must_use]
    pub const fn new(values: [u16; FIELDS]) -> Self {
        Self(values)
    }

    /// The values, in the profile's order.
    #[must_use]
    pub const fn values(&self) -> &[u16; FIELDS] {
        &self.0
    }

    /// The row as 16 blocks of 64 bits: field `4b + k` stands at bit `16k` of block `b`.
    #[must_use]
    pub fn blocks(&self) -> [Fr; BLOCKS] {
        std::array::from_fn(|block| {
            let packed = (0..FIELDS_PER_BLOCK).rev().fold(0u64, |packed, k| {
                (packed << 16) | u64::from(self.0[FIELDS_PER_BLOCK * block + k])
            });
            Fr::from(packed)
        })
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row(redacted)")
    }
}

impl serde::Serialize for Row {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Row {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let values = Vec::<u16>::deserialize(d)?;
        let found = values.len();
        let values = values.try_into().map_err(|_| {
            serde::de::Error::custom(format!("a row has {FIELDS} numbers, found {found}"))
        })?;
        Ok(Self(values))
    }
}
