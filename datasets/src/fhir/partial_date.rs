//! FHIR dates, which may be only a year or a month, as the span of days that they cover.

use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error as _};
use thiserror::Error;

/// A FHIR `date`, `dateTime` or `instant`: the days that it may mean.
///
/// A year covers its first to its last day, a month likewise; a full date covers itself. A dateTime
/// with a zone falls on the day **as written, in its own offset**: `2020-01-01T00:30:00+02:00` is
/// 2020-01-01, though it was still 2019 in Greenwich. A clinician reads the written day, and it does
/// not move when the same export is read elsewhere.
///
/// Dates order by earliest day, then latest day, then written time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    earliest: Date,
    latest: Date,
    second: Option<u32>,
}

/// How much of a date was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Only a year.
    Year,
    /// A year and a month.
    Month,
    /// A full date, with or without a time.
    Day,
}

/// The text is no FHIR date.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is no FHIR date: expected YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone"
)]
pub struct PartialDateError {
    /// The start of the text as given.
    pub text: String,
}

impl PartialDate {
    /// The single day `date`.
    #[must_use]
    pub const fn of_day(date: Date) -> Self {
        Self {
            earliest: date,
            latest: date,
            second: None,
        }
    }

    /// Reads a FHIR `date`, `dateTime` or `instant`.
    ///
    /// Seconds and zone may be missing, as some servers write them so.
    ///
    /// # Errors
    /// [`PartialDateError`] for anything else, for days that do not exist and for the year 0.
    pub fn parse(text: &str) -> Result<Self, PartialDateError> {
        read(text.trim()).ok_or_else(|| PartialDateError {
            text: text.chars().take(40).collect(),
        })
    }

    /// The first day that this may mean.
    #[must_use]
    pub const fn earliest(&self) -> Date {
        self.earliest
    }

    /// The last day that this may mean.
    #[must_use]
    pub const fn latest(&self) -> Date {
        self.latest
    }

    /// The day, where it is known exactly.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        (self.earliest == self.latest).then_some(self.earliest)
    }

    /// The written time of day in seconds, where there is one. It orders events of one day.
    #[must_use]
    pub const fn second_of_day(&self) -> Option<u32> {
        self.second
    }

    /// How much of the date was written.
    #[must_use]
    pub fn precision(&self) -> Precision {
        if self.earliest == self.latest {
            Precision::Day
        } else if self.earliest.month() == self.latest.month() {
            Precision::Month
        } else {
            Precision::Year
        }
    }
}

impl std::fmt::Display for PartialDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month) = (self.earliest.year(), self.earliest.month());
        match self.precision() {
            Precision::Year => write!(f, "{year:04}"),
            Precision::Month => write!(f, "{year:04}-{month:02}"),
            Precision::Day => write!(f, "{}", self.earliest),
        }
    }
}

impl std::str::FromStr for PartialDate {
    type Err = PartialDateError;

    fn from_str(text: &str) -> Result<Self, PartialDateError> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

fn read(text: &str) -> Option<PartialDate> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let year = i16::try_from(digits(day.get(..4)?)?)
        .ok()
        .filter(|year| *year > 0)?;
    let rest = day.get(4..)?;
    if rest.is_empty() {
        let span = PartialDate {
            earliest: Date::new(year, 1, 1).ok()?,
            latest: Date::new(year, 12, 31).ok()?,
            second: None,
        };
        return time.is_none().then_some(span);
    }
    let month = two_digits(rest.strip_prefix('-')?)?;
    let rest = rest.get(3..)?;
    if rest.is_empty() {
        let earliest = Date::new(year, month, 1).ok()?;
        let span = PartialDate {
            earliest,
            latest: earliest.last_of_month(),
            second: None,
        };
        return time.is_none().then_some(span);
    }
    let rest = rest.strip_prefix('-')?;
    let date = Date::new(year, month, two_digits(rest)?).ok()?;
    if rest.len() != 2 {
        return None;
    }
    let second = match time {
        Some(time) => Some(second_of_day(time)?),
        None => None,
    };
    Some(PartialDate {
        earliest: date,
        latest: date,
        second,
    })
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`, then nothing, `Z` or an offset.
fn second_of_day(text: &str) -> Option<u32> {
    let zone = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (time, zone) = text.split_at_checked(zone)?;
    let zoned = match zone.as_bytes() {
        [] | [b'Z'] => true,
        [b'+' | b'-', ..] => {
            clock(zone.get(1..)?).is_some_and(|seconds| zone.len() == 6 && seconds <= 14 * 3600)
        }
        _ => false,
    };
    zoned.then(|| clock(time)).flatten()
}

fn clock(text: &str) -> Option<u32> {
    let mut parts = text.splitn(3, ':');
    let hour = part(parts.next()?)?;
    let minute = part(parts.next()?)?;
    let second = match parts.next() {
        None => 0,
        Some(second) => {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, "0"));
            digits(fraction)?;
            part(whole)?
        }
    };
    // 60 is a leap second; 24:00 is no FHIR time.
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

fn part(text: &str) -> Option<u32> {
    if text.len() == 2 { digits(text) } else { None }
}

fn two_digits(text: &str) -> Option<i8> {
    i8::try_from(digits(text.get(..2)?)?).ok()
}

/// Plain ASCII digits only; of a long fraction the value does not matter.
fn digits(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_partial_date_covers_its_days() {
        for (text, earliest, latest, precision) in [
            (
                "1956",
                date(1956, 1, 1),
                date(1956, 12, 31),
                Precision::Year,
            ),
            (
                "2020-02",
                date(2020, 2, 1),
                date(2020, 2, 29),
                Precision::Month,
            ),
            (
                "2020-02-29",
                date(2020, 2, 29),
                date(2020, 2, 29),
                Precision::Day,
            ),
        ] {
            let read = PartialDate::parse(text).unwrap();
            assert_eq!(
                (read.earliest(), read.latest(), read.precision()),
                (earliest, latest, precision)
            );
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn a_zoned_time_falls_on_the_day_as_written() {
        for text in [
            "2020-01-01T00:30:00+02:00",
            "2020-01-01T23:59:59-11:00",
            "2020-01-01T12:00:00.123Z",
            "2020-01-01T12:00",
        ] {
            assert_eq!(
                PartialDate::parse(text).unwrap().day(),
                Some(date(2020, 1, 1)),
                "{text}"
            );
        }
        assert_eq!(
            PartialDate::parse("2020-01-01T00:30:05+02:00")
                .unwrap()
                .second_of_day(),
            Some(1805)
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "0000",
            "20",
            "2020-13",
            "2020-02-30",
            "2020-2-3",
            "2020-02-03T",
            "2020-02-03T25:00:00Z",
            "2020-02-03T10:00:00+99:00",
            "2020T10:00",
            "2020-02-03 10:00",
            "2020-02-034",
            "²020",
            "2020-02-03T10:00:00Zz",
            "2020-02-03T10:00:00.",
            "+020-01-01",
            "yesterday",
        ] {
            assert!(PartialDate::parse(text).is_err(), "{text}");
        }
    }
}
