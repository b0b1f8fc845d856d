//! Days: the only measure of time in the protocol.
//!
//! A day is the number of days since 1880-01-01, in 16 bits, so the calendar runs from
//! 1880-01-02 (day 1; day 0 is "none recorded") to 2059-06-06. No clock lives here.

use borsh::{BorshDeserialize, BorshSerialize};
use jiff::civil::Date;
use jiff::{Span, Unit};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Why a date is not a [`Day`].
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum DayError {
    /// Before 1880-01-02 or after 2059-06-06.
    #[error("{date} is outside the calendar of Salus, 1880-01-02 to 2059-06-06")]
    OutOfRange {
        /// The date as given.
        date: String,
    },
    /// Not a date of the form YYYY-MM-DD.
    #[error("{text:?} is not a date: write it as YYYY-MM-DD, for example 2020-01-31")]
    NotADate {
        /// The text as given.
        text: String,
    },
}

/// A calendar day: days since 1880-01-01, never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Day(u16);

impl Day {
    /// 1880-01-02.
    pub const FIRST: Self = Self(1);
    /// 2059-06-06.
    pub const LAST: Self = Self(u16::MAX);

    const EPOCH: Date = jiff::civil::date(1880, 1, 1);

    /// The day with this number; `None` for 0, which means "none recorded".
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        if number == 0 {
            None
        } else {
            Some(Self(number))
        }
    }

    /// Days since 1880-01-01.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The day of a calendar date.
    ///
    /// # Errors
    /// [`DayError::OutOfRange`] outside 1880-01-02 to 2059-06-06.
    pub fn from_date(date: Date) -> Result<Self, DayError> {
        let out_of_range = || DayError::OutOfRange {
            date: date.to_string(),
        };
        let days = Self::EPOCH
            .until((Unit::Day, date))
            .map_err(|_| out_of_range())?
            .get_days();
        u16::try_from(days)
            .ok()
            .and_then(Self::from_number)
            .ok_or_else(out_of_range)
    }

    /// The calendar date of this day.
    #[must_use]
    pub fn date(self) -> Date {
        // 65,535 days after 1880 is far inside jiff's range.
        Self::EPOCH
            .checked_add(Span::new().days(i64::from(self.0)))
            .unwrap_or(Self::EPOCH)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl std::fmt::Debug for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Day({self})")
    }
}

impl std::str::FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        let not_a_date = || DayError::NotADate {
            text: text.chars().take(40).collect(),
        };
        // jiff reads more forms than this one; a date has one form here.
        if text.len() != 10 || text.bytes().any(|b| !b.is_ascii_digit() && b != b'-') {
            return Err(not_a_date());
        }
        Self::from_date(text.parse().map_err(|_| not_a_date())?)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl BorshDeserialize for Day {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        Self::from_number(u16::deserialize_reader(reader)?)
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "day 0 is no day"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_calendar_has_two_ends() {
        assert_eq!("1880-01-02".parse::<Day>().unwrap(), Day::FIRST);
        assert_eq!("2059-06-06".parse::<Day>().unwrap(), Day::LAST);
        assert!("1880-01-01".parse::<Day>().is_err());
        assert!("2059-06-07".parse::<Day>().is_err());
    }

    #[test]
    fn every_day_round_trips() {
        for number in 1..=u16::MAX {
            let day = Day::from_number(number).unwrap();
            assert_eq!(day.to_string().parse::<Day>().unwrap(), day);
        }
    }

    #[test]
    fn a_date_has_one_form() {
        for text in [
            "2020-1-1",
            "20200101",
            "2020-01-01T00:00",
            "+2020-01-01",
            "2020-02-30",
            "",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
