//! Layouts: which columns of bits hold the numbers of a dataset's records and consents.
//!
//! Columns are numbered from 0: those of the record's fields in ascending order, then those of
//! the consent. Spec: docs/spec/cohort.md, section "Columns".

use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::profile::{Encoding, Field, Profile, Select};
use crate::row::{FIELDS, Row};

/// Fields of a consent's row that have columns: terms in 0 to 3, first and last day in 4 and 5.
pub const CONSENT_FIELDS: usize = 6;
/// Highest number of a field that is written as one digit.
const ONE_DIGIT: u16 = 511;
/// Steps of a two-digit field's lower digit.
const RADIX: u32 = 256;
/// Highest count of days that a layout foresees by itself: daily for some 45 years.
const MANY_DAYS: u16 = 16_384;

/// A number that a layout cannot hold.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum LayoutError {
    /// A record's number.
    #[error(
        "field {field} of a record holds {number}, but the layout of its dataset ends at {highest}; publish the dataset anew with a wider layout"
    )]
    Record {
        /// Position in the row.
        field: u8,
        /// The number found.
        number: u16,
        /// The highest number that fits.
        highest: u16,
    },
    /// Bits of a consent's row that no consent has.
    #[error("field {field} of a consent's row holds {number}, which no consent has")]
    Consent {
        /// Position in the consent's row.
        field: u8,
        /// The number found.
        number: u16,
    },
}

/// Which columns the pages of a dataset have: a function of the highest number of each field.
#[derive(Debug, Clone)]
pub struct Layout {
    highest: [u16; FIELDS],
    records: Vec<Place>,
    consents: Vec<Place>,
    digits: Vec<Digit>,
    /// For each column, the digit that it stands in and its place in the chain, from 1.
    steps: Vec<Step>,
}

/// Where a column stands.
#[derive(Debug, Clone, Copy)]
struct Step {
    digit: u32,
    step: u16,
}

/// How a field's number stands in the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The number is always 0.
    Absent,
    /// One digit, by its number; its symbol is the field's number.
    One(u32),
    /// Two digits: with number - 1 = 256 h + l, the symbols are h + 1 and l + 1, or both 0.
    Two {
        /// The digit of h.
        high: u32,
        /// The digit of l.
        low: u32,
    },
    /// One digit for each bit, lowest first; its symbol is the bit.
    Bits(Vec<u32>),
}

/// A chain of columns, each 1 only where the one before is. In every slot it has one *symbol*:
/// how many of its columns are 1 there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digit {
    /// The columns, first to last.
    pub columns: Vec<u32>,
}

/// A column and what it adds to a number where it is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// The column.
    pub column: u32,
    /// What it adds.
    pub weight: u32,
}

/// A field's number as a sum of weighted columns.
pub type NumberForm = Vec<Weight>;

impl Layout {
    /// The layout in which field i holds numbers up to `highest[i]`.
    #[must_use]
    pub fn new(highest: [u16; FIELDS]) -> Self {
        let mut layout = Self {
            highest,
            records: Vec::with_capacity(FIELDS),
            consents: Vec::with_capacity(CONSENT_FIELDS),
            digits: Vec::new(),
            steps: Vec::new(),
        };
        for n in highest {
            let place = layout.field(n);
            layout.records.push(place);
        }
        for bits in [16, 16, 16, 5] {
            let bits = (0..bits).map(|_| layout.chain(1)).collect();
            layout.consents.push(Place::Bits(bits));
        }
        for _ in 0..2 {
            let place = layout.field(u16::MAX);
            layout.consents.push(place);
        }
        layout
    }

    /// A layout that holds whatever records of a profile can sensibly hold: all values of a code
    /// list, quantities up to the plausible, counts up to the days counted over, all dates.
    #[must_use]
    pub fn of_profile(profile: &Profile) -> Self {
        let mut highest = [0; FIELDS];
        for (slot, field) in highest.iter_mut().zip(profile.fields()) {
            *slot = highest_of(profile, field);
        }
        Self::new(highest)
    }

    fn field(&mut self, highest: u16) -> Place {
        match highest {
            0 => Place::Absent,
            1..=ONE_DIGIT => Place::One(self.chain(highest)),
            _ => {
                let highest_h = (highest - 1) / RADIX as u16;
                let high = self.chain(1 + highest_h);
                let recorded = self.digits[high as usize].columns[0];
                // Both digits begin with the same column, so both have a value or neither.
                let low = self.chain_from(vec![recorded], RADIX as u16 - 1);
                Place::Two { high, low }
            }
        }
    }

    fn chain(&mut self, length: u16) -> u32 {
        self.chain_from(Vec::new(), length)
    }

    /// Adds a digit of the columns given and so many new ones.
    fn chain_from(&mut self, mut columns: Vec<u32>, length: u16) -> u32 {
        let digit = self.digits.len() as u32;
        for _ in 0..length {
            columns.push(self.columns());
            let step = columns.len() as u16;
            self.steps.push(Step { digit, step });
        }
        self.digits.push(Digit { columns });
        digit
    }

    /// The highest number of each of a record's fields.
    #[must_use]
    pub const fn highest(&self) -> &[u16; FIELDS] {
        &self.highest
    }

    /// SHA-256 of the layout's canonical bytes, in its own domain.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/layout\0");
        for number in self.highest {
            hasher.update(number.to_le_bytes());
        }
        hasher.finalize().into()
    }

    /// How many columns a page has.
    #[must_use]
    pub fn columns(&self) -> u32 {
        self.steps.len() as u32
    }

    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &[Digit] {
        &self.digits
    }

    /// How each field of a record stands in the columns.
    #[must_use]
    pub fn records(&self) -> &[Place] {
        &self.records
    }

    /// How each of the first six fields of a consent's row stands in the columns.
    #[must_use]
    pub fn consents(&self) -> &[Place] {
        &self.consents
    }

    /// The numbers as sums of columns: those of the record's 64 fields, then those of the
    /// consent's first 6.
    #[must_use]
    pub fn numbers(&self) -> Vec<NumberForm> {
        let places = self.records.iter().chain(&self.consents);
        places.map(|place| self.number(place)).collect()
    }

    fn number(&self, place: &Place) -> NumberForm {
        let weighted = |column: &u32, weight| Weight {
            column: *column,
            weight,
        };
        let chain = |digit: u32| self.digits[digit as usize].columns.iter();
        match place {
            Place::Absent => Vec::new(),
            Place::One(digit) => chain(*digit).map(|c| weighted(c, 1)).collect(),
            Place::Two { high, low } => {
                let recorded = chain(*high).take(1).map(|c| weighted(c, 1));
                let high = chain(*high).skip(1).map(|c| weighted(c, RADIX));
                let low = chain(*low).skip(1).map(|c| weighted(c, 1));
                recorded.chain(high).chain(low).collect()
            }
            Place::Bits(bits) => (bits.iter().enumerate())
                .map(|(i, digit)| weighted(&self.digits[*digit as usize].columns[0], 1 << i))
                .collect(),
        }
    }

    /// Writes each digit's symbol in one slot; `symbols` has the length of [`Self::digits`].
    ///
    /// # Errors
    /// [`LayoutError`] names the first field whose number does not fit.
    ///
    /// # Panics
    /// Where `symbols` is shorter than [`Self::digits`].
    pub fn symbols(
        &self,
        record: &Row,
        consent: &Row,
        symbols: &mut [u16],
    ) -> Result<(), LayoutError> {
        for (field, (place, number)) in self.records.iter().zip(record.values()).enumerate() {
            let highest = self.highest[field];
            if *number > highest {
                return Err(LayoutError::Record {
                    field: field as u8,
                    number: *number,
                    highest,
                });
            }
            place.write(*number, symbols);
        }
        for (field, (place, number)) in self.consents.iter().zip(consent.values()).enumerate() {
            if !place.write(*number, symbols) {
                return Err(LayoutError::Consent {
                    field: field as u8,
                    number: *number,
                });
            }
        }
        Ok(())
    }

    /// The digit that a column stands in, and the lowest symbol at which it is 1. The column
    /// that two digits share is said to stand in the first of them.
    #[must_use]
    pub fn column(&self, column: u32) -> Option<(u32, u16)> {
        let step = self.steps.get(column as usize)?;
        Some((step.digit, step.step))
    }

    /// Whether a column is 1 in the slot that has these symbols.
    #[must_use]
    pub fn bit(&self, column: u32, symbols: &[u16]) -> bool {
        self.column(column)
            .is_some_and(|(digit, step)| symbols[digit as usize] >= step)
    }
}

impl Place {
    /// Writes a number's symbols; false where it has bits too many.
    fn write(&self, number: u16, symbols: &mut [u16]) -> bool {
        match self {
            Self::Absent => number == 0,
            Self::One(digit) => {
                symbols[*digit as usize] = number;
                true
            }
            Self::Two { high, low } => {
                let below = number.saturating_sub(1);
                let recorded = u16::from(number != 0);
                symbols[*high as usize] = (below >> 8) + recorded;
                symbols[*low as usize] = (below & 0xff) + recorded;
                true
            }
            Self::Bits(bits) => {
                for (i, digit) in bits.iter().enumerate() {
                    symbols[*digit as usize] = number >> i & 1;
                }
                u32::from(number) >> bits.len() == 0
            }
        }
    }
}

/// The highest number that a record of the profile sensibly holds in a field.
fn highest_of(profile: &Profile, field: &Field) -> u16 {
    match &field.encoding {
        Encoding::Flag => 1,
        Encoding::Code(values) => u16::try_from(values.len()).unwrap_or(u16::MAX),
        Encoding::Date => u16::MAX,
        Encoding::Count => match (field.select, field.within_days) {
            // One a day, the index day included.
            (Some(Select::Count), Some(days)) => days.saturating_add(1).min(MANY_DAYS),
            _ => MANY_DAYS,
        },
        quantity @ Encoding::Quantity { origin, .. } => {
            let concept = field.concept.as_deref().and_then(|c| profile.concept(c));
            let plausible = concept.and_then(|c| c.plausible.as_ref());
            match plausible {
                Some(range) if range.high < *origin => 0,
                Some(range) => quantity.encode_number(range.high).unwrap_or(u16::MAX),
                None => u16::MAX,
            }
        }
    }
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        self.highest == other.highest
    }
}

impl Eq for Layout {}

impl BorshSerialize for Layout {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.highest.serialize(writer)
    }
}

impl BorshDeserialize for Layout {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        Ok(Self::new(<[u16; FIELDS]>::deserialize_reader(reader)?))
    }
}
