//! The query as data: what text and JSON both stand for.
//!
//! Lives here: groups, criteria and tests as they are asked. Never here: profiles and numbers
//! of a row (see `resolve`) or the compiled form (see `compiled`).

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::Problem;
use crate::day::Day;

/// Whether a group's criteria are asked for or kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sense {
    /// Patients of whom it holds match.
    Include,
    /// Patients of whom it holds do not match.
    Exclude,
}

/// How many criteria of a group it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Every one.
    All,
    /// One or more.
    Any,
    /// This many or more.
    AtLeast(u8),
}

/// Criteria that stand together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Include or exclude.
    pub sense: Sense,
    /// How many of the criteria it takes.
    pub need: Need,
    /// The criteria; at least one.
    pub criteria: Vec<Criterion>,
}

/// A field and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// The field's name in the profile, or `age`.
    pub field: String,
    /// What is asked.
    pub test: Test,
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Test {
    /// There is something on record.
    Recorded,
    /// There is nothing on record.
    NoneRecorded,
    /// The coded value, or the flag, is one of these.
    OneOf(Vec<String>),
    /// The coded value, or the flag, is none of these.
    NotOneOf(Vec<String>),
    /// The number, or the age at the index day, lies within a bound.
    Value {
        /// The bound.
        is: Bound<Amount>,
        /// The unit of the bound, as the profile writes it; for ages `years`, `months`, ...
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// The date lies within a bound: `at-least` is "on or after", `above` is "after".
    Date(Bound<Day>),
    /// The time from the date to the index day, by the calendar, lies within a bound.
    BeforeIndex {
        /// The bound, in whole units.
        is: Bound<Amount>,
        /// The unit of the bound.
        unit: CalendarUnit,
    },
    /// The distance to another field, in one direction, lies within a bound.
    Difference {
        /// The bound; never negative.
        is: Bound<Amount>,
        /// The unit of the bound; may be left out where every bound is 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// Which way the distance is counted.
        direction: Direction,
        /// The other field.
        than: String,
    },
}

/// A bound on something ordered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound<T> {
    /// From the first to the second, both included.
    Between(T, T),
    /// This or more.
    AtLeast(T),
    /// This or less.
    AtMost(T),
    /// More than this.
    Above(T),
    /// Less than this.
    Below(T),
    /// This exactly.
    Equal(T),
}

impl<T> Bound<T> {
    /// The same bound on other things.
    pub(crate) fn try_map<U, E>(
        &self,
        mut f: impl FnMut(&T) -> Result<U, E>,
    ) -> Result<Bound<U>, E> {
        Ok(match self {
            Self::Between(low, high) => Bound::Between(f(low)?, f(high)?),
            Self::AtLeast(low) => Bound::AtLeast(f(low)?),
            Self::AtMost(high) => Bound::AtMost(f(high)?),
            Self::Above(low) => Bound::Above(f(low)?),
            Self::Below(high) => Bound::Below(f(high)?),
            Self::Equal(value) => Bound::Equal(f(value)?),
        })
    }

    /// The values that the bound names, lowest first.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        let (first, second) = match self {
            Self::Between(low, high) => (low, Some(high)),
            Self::AtLeast(one)
            | Self::AtMost(one)
            | Self::Above(one)
            | Self::Below(one)
            | Self::Equal(one) => (one, None),
        };
        std::iter::once(first).chain(second)
    }
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalendarUnit {
    /// Days.
    Days,
    /// Seven days.
    Weeks,
    /// Calendar months.
    Months,
    /// Calendar years.
    Years,
}

impl CalendarUnit {
    /// Every unit, by its name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("days", Self::Days),
        ("weeks", Self::Weeks),
        ("months", Self::Months),
        ("years", Self::Years),
    ];

    /// The unit of this name, singular or plural.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find_map(|(plural, unit)| {
            let same = name.eq_ignore_ascii_case(plural)
                || name.eq_ignore_ascii_case(plural.trim_end_matches('s'));
            same.then_some(*unit)
        })
    }

    /// The name, in the plural.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, unit)| *unit == self)
            .map_or("days", |(name, _)| name)
    }
}

/// Which way a difference is counted, from the other field to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// This date is the earlier one.
    Before,
    /// This date is the later one.
    After,
    /// This number is the larger one.
    Above,
    /// This number is the smaller one.
    Below,
    /// Either way.
    Of,
}

/// A decimal number as a query writes it: digits, perhaps a minus sign and a decimal point.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(Decimal);

impl Amount {
    /// Longest text of an amount.
    pub const LONGEST: usize = 20;

    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// The number.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }

    /// The number, if it is whole, not negative and below 2^32.
    #[must_use]
    pub fn whole(self) -> Option<u32> {
        use rust_decimal::prelude::ToPrimitive;
        self.0.is_integer().then(|| self.0.to_u32()).flatten()
    }
}

impl From<u32> for Amount {
    fn from(whole: u32) -> Self {
        Self(Decimal::from(whole))
    }
}

impl std::str::FromStr for Amount {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let error = || Problem::NotANumber {
            text: text.chars().take(40).collect(),
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let plain = match unsigned.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(unsigned),
        };
        if !plain || text.len() > Self::LONGEST {
            return Err(error());
        }
        let mut number = Decimal::from_str_exact(text).map_err(|_| error())?;
        if number.is_zero() {
            number.set_sign_positive(true);
        }
        Ok(Self(number))
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Amount({self})")
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(AmountVisitor)
    }
}

/// Reads `"7.0"`, `7` and `7.5`; a JSON number is taken by its shortest decimal text.
struct AmountVisitor;

impl serde::de::Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number such as 7 or \"7.0\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Amount, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Amount, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Amount, E> {
        self.visit_str(&number.to_string())
    }
}
