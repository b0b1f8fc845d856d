//! The compiled query: 16 criteria in groups, its packing into words, and its digest.
//!
//! Spec: docs/spec/query.md, section "Compiled form".

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::field::{Fr, element_type};
use crate::poseidon::{self, Domain};
use crate::profile::Edition;
use crate::row::{FIELDS, Row};

/// Criteria in a compiled query, unused ones included.
pub const CRITERIA: usize = 16;
/// Length of the cycle on which intervals lie.
pub const CYCLE: u32 = 1 << 17;
/// Added to a field's number, or to a difference, to place it on the cycle: 1 to 131,071.
pub const DIFFERENCE_OFFSET: u32 = 1 << 16;
/// Bits of one packed criterion.
pub const WORD_BITS: u32 = 54;
/// Criteria packed into one field element.
const CRITERIA_PER_WORD: usize = 4;
/// Field elements of the packed criteria.
pub const WORDS: usize = CRITERIA / CRITERIA_PER_WORD;

element_type! {
    /// A compiled query's identity: Poseidon over its packed criteria and its edition.
    QueryDigest
}

/// One criterion: is a field's number, or its difference with the field of the criterion
/// before, inside an interval?
///
/// The number's place on the cycle is `field [- previous field] + 65,536`, so 1 to 131,071.
/// The interval runs from `start` over `length` further places, round the end of the cycle if
/// need be; so "outside an interval" is an interval too.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    BorshSerialize,
    BorshDeserialize,
)]
pub struct Criterion {
    /// Position in the row, 0 to 63.
    pub field: u8,
    /// Whether the field of the criterion before is subtracted. Never in the first criterion.
    pub minus_previous: bool,
    /// First place of the interval, below [`CYCLE`].
    pub start: u32,
    /// Places after the first, below [`CYCLE`].
    pub length: u32,
    /// The answer when the field (or, in a difference, either field) is 0.
    pub if_none: bool,
    /// Whether a group begins here. Always in the first criterion.
    pub opens_group: bool,
    /// In the last criterion of a group: how many of the group must hold; 0 elsewhere.
    pub at_least: u8,
}

impl Criterion {
    /// A criterion that never holds: place 0 is no number's place. It carries a field for the
    /// difference in the criterion after it.
    #[must_use]
    pub const fn carrier(field: u8, opens_group: bool) -> Self {
        Self {
            field,
            minus_previous: false,
            start: 0,
            length: 0,
            if_none: false,
            opens_group,
            at_least: 0,
        }
    }

    /// An unused criterion: a group of its own, of which none must hold.
    #[must_use]
    pub const fn unused() -> Self {
        Self::carrier(0, true)
    }

    /// Whether the criterion holds of a row, given the field number of the criterion before.
    #[must_use]
    pub fn holds(&self, row: &Row, previous: u16) -> bool {
        let value = row.values()[usize::from(self.field)];
        let (subtracted, recorded) = if self.minus_previous {
            (previous, value != 0 && previous != 0)
        } else {
            (0, value != 0)
        };
        if !recorded {
            return self.if_none;
        }
        let place = u32::from(value) + DIFFERENCE_OFFSET - u32::from(subtracted);
        (place + CYCLE - self.start) % CYCLE <= self.length
    }

    /// The criterion as a number of 54 bits:
    /// start (20 bits), length (20), field (6), minus-previous, if-none, opens-group, at-least (5).
    const fn packed(&self) -> u64 {
        self.start as u64
            | (self.length as u64) << 20
            | (self.field as u64) << 40
            | (self.minus_previous as u64) << 46
            | (self.if_none as u64) << 47
            | (self.opens_group as u64) << 48
            | (self.at_least as u64) << 49
    }
}

/// Why criteria are not a compiled query.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("criterion {criterion} of the compiled query is malformed: {problem}")]
pub struct CompiledError {
    criterion: usize,
    problem: &'static str,
}

/// A well-formed compiled query. Only such a query has a digest, so whoever recomputes a digest
/// knows that the criteria behind it are canonical.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, BorshSerialize)]
pub struct CompiledQuery {
    edition: Edition,
    criteria: [Criterion; CRITERIA],
}

impl CompiledQuery {
    /// Checks up to 16 criteria and fills the rest with unused ones.
    ///
    /// # Errors
    /// [`CompiledError`] names the first malformed criterion.
    pub fn new(edition: Edition, used: &[Criterion]) -> Result<Self, CompiledError> {
        let mut criteria = [Criterion::unused(); CRITERIA];
        let error = |criterion, problem| Err(CompiledError { criterion, problem });
        if used.len() > CRITERIA {
            return error(CRITERIA, "there are more than 16 criteria");
        }
        criteria[..used.len()].copy_from_slice(used);
        for (i, criterion) in criteria.iter().enumerate() {
            if let Some(problem) = problem(&criteria, i) {
                return error(i, problem);
            }
            debug_assert!(criterion.packed() < 1 << WORD_BITS);
        }
        Ok(Self { edition, criteria })
    }

    /// The edition asked about.
    #[must_use]
    pub const fn edition(&self) -> Edition {
        self.edition
    }

    /// All 16 criteria.
    #[must_use]
    pub const fn criteria(&self) -> &[Criterion; CRITERIA] {
        &self.criteria
    }

    /// Whether every group has as many criteria that hold as it asks for.
    #[must_use]
    pub fn matches(&self, row: &Row) -> bool {
        let (mut previous, mut count) = (0u16, 0u8);
        self.criteria.iter().all(|criterion| {
            if criterion.opens_group {
                count = 0;
            }
            count += u8::from(criterion.holds(row, previous));
            previous = row.values()[usize::from(criterion.field)];
            count >= criterion.at_least
        })
    }

    /// The packed criteria: criterion `4w + k` stands at bit `54k` of word `w`.
    #[must_use]
    pub fn words(&self) -> [Fr; WORDS] {
        let radix = Fr::from(1u64 << WORD_BITS);
        std::array::from_fn(|word| {
            self.criteria[CRITERIA_PER_WORD * word..][..CRITERIA_PER_WORD]
                .iter()
                .rev()
                .fold(Fr::from(0u64), |packed, c| {
                    packed * radix + Fr::from(c.packed())
                })
        })
    }

    /// The query's identity.
    #[must_use]
    pub fn digest(&self) -> QueryDigest {
        let [a, b, c, d] = self.words();
        QueryDigest::new(poseidon::hash(
            Domain::Query,
            &[a, b, c, d, self.edition.element()],
        ))
    }
}

impl BorshDeserialize for CompiledQuery {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let edition = Edition::deserialize_reader(reader)?;
        let criteria = <[Criterion; CRITERIA]>::deserialize_reader(reader)?;
        Self::new(edition, &criteria)
            .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
    }
}

impl<'de> Deserialize<'de> for CompiledQuery {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            edition: Edition,
            criteria: [Criterion; CRITERIA],
        }
        let fields = <Fields as Deserialize>::deserialize(d)?;
        Self::new(fields.edition, &fields.criteria).map_err(serde::de::Error::custom)
    }
}

/// What is malformed in criterion `i`, if anything.
fn problem(criteria: &[Criterion; CRITERIA], i: usize) -> Option<&'static str> {
    let criterion = &criteria[i];
    if usize::from(criterion.field) >= FIELDS {
        return Some("its field is not below 64");
    }
    if criterion.start >= CYCLE || criterion.length >= CYCLE {
        return Some("its interval does not lie on the cycle");
    }
    if i == 0 && (criterion.minus_previous || !criterion.opens_group) {
        return Some("the first criterion opens a group and subtracts nothing");
    }
    let last_of_group = criteria.get(i + 1).is_none_or(|next| next.opens_group);
    if !last_of_group && criterion.at_least != 0 {
        return Some("only the last criterion of a group says how many must hold");
    }
    let size = 1 + criteria[..=i]
        .iter()
        .rev()
        .take_while(|c| !c.opens_group)
        .count();
    if usize::from(criterion.at_least) > size {
        return Some("its group asks for more criteria than it has");
    }
    if last_of_group && criterion.at_least == 0 && *criterion != Criterion::unused() {
        return Some("its group asks for none of its criteria");
    }
    None
}
