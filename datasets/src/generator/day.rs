//! Days as the generator counts them, and the ways in which exports write them.

use jiff::civil::{Date, date};
use jiff::{Span, Unit};

const EPOCH: Date = date(1880, 1, 1);

/// A day, counted from 1880-01-01.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i32);

impl Day {
    /// The day of a date.
    pub(super) fn of(date: Date) -> Self {
        Self(
            EPOCH
                .until((Unit::Day, date))
                .map_or(0, |span| span.get_days()),
        )
    }

    /// The date of the day.
    pub(super) fn date(self) -> Date {
        EPOCH
            .checked_add(Span::new().days(i64::from(self.0)))
            .unwrap_or(EPOCH)
    }

    /// So many days later.
    pub(super) const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// So many years later, of 365.25 days.
    pub(super) fn plus_years(self, years: f64) -> Self {
        Self(self.0 + (years * 365.25) as i32)
    }

    /// Years from an earlier day.
    pub(super) fn years_since(self, earlier: Self) -> f64 {
        f64::from(self.0 - earlier.0) / 365.25
    }
}
