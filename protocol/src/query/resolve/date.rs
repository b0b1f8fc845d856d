//! Dates: on the calendar, before the index day, and ages. All calendar-exact.

use jiff::Span;

use super::{Numbers, Place, Refusal, mismatch};
use crate::day::Day;
use crate::profile::Encoding;
use crate::query::ast::{Amount, Bound, CalendarUnit};
use crate::query::error::{Caution, Problem};
use crate::query::interval::Interval;
use crate::query::place::Part;
use crate::query::suggest;

/// A date against dates.
pub(super) fn on_calendar(
    place: Place<'_>,
    bound: &Bound<Day>,
    index: Day,
) -> Result<Numbers, Refusal> {
    if !matches!(place.field.encoding, Encoding::Date) {
        return Err(mismatch(place.field, "compared with a date"));
    }
    let number = |day: &Day| i32::from(day.number());
    let (low, high) = match bound {
        Bound::Between(low, high) if low > high => {
            let (low, high) = (low.to_string(), high.to_string());
            return Err((Part::Low, Problem::Reversed { low, high }));
        }
        Bound::Between(low, high) => (number(low), number(high)),
        Bound::AtLeast(low) => (number(low), i32::from(u16::MAX)),
        Bound::AtMost(high) => (1, number(high)),
        Bound::Above(low) => (number(low) + 1, i32::from(u16::MAX)),
        Bound::Below(high) => (1, number(high) - 1),
        Bound::Equal(day) => (number(day), number(day)),
    };
    let mut numbers = days(low, high, index)?;
    if low > i32::from(index.number()) {
        let index = index.to_string();
        numbers.cautions = vec![(Part::Low, Caution::AfterIndex { index })];
    }
    Ok(numbers)
}

/// The days `low` to `high`, as far as the calendar goes.
fn days(low: i32, high: i32, index: Day) -> Result<Numbers, Refusal> {
    let (low, high) = (low.max(1), high.min(i32::from(u16::MAX)));
    if low > high {
        let reason = format!(
            "no day of the calendar, which runs from {} to {}, lies there",
            Day::FIRST,
            Day::LAST
        );
        return Err((Part::Low, Problem::NeverHolds { reason }));
    }
    let mut numbers = Numbers::of(vec![Interval::of(low, high)], false);
    if low == 1 && high >= i32::from(index.number()) {
        numbers.cautions.push((Part::Low, Caution::AlwaysHolds));
    }
    Ok(numbers)
}

/// A date against a time before the index day.
pub(super) fn before_index(
    place: Place<'_>,
    is: &Bound<Amount>,
    unit: CalendarUnit,
    index: Day,
) -> Result<Numbers, Refusal> {
    if !matches!(place.field.encoding, Encoding::Date) {
        return Err(mismatch(place.field, "placed before the index day"));
    }
    let is = whole(is, unit)?;
    let day = |n: &u32| day_before(index, *n, unit);
    let today = i32::from(index.number());
    let (low, high) = match &is {
        Bound::Between(near, far) => (day(far), day(near)),
        Bound::AtLeast(n) => (1, day(n)),
        Bound::AtMost(n) => (day(n), today),
        Bound::Above(n) => (1, day(n) - 1),
        Bound::Below(n) => (day(n) + 1, today),
        Bound::Equal(n) => (day(n), day(n)),
    };
    days(low, high, index)
}

/// The age at the index day, in completed years (months, weeks, days), against a bound.
///
/// Somebody has completed n years on a day if they were born on or before that day n years
/// earlier, so a person born on 29 February completes years on 1 March where there is no such day.
pub(super) fn age(
    place: Place<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
    index: Day,
) -> Result<Numbers, Refusal> {
    let unit = calendar_unit(&place.field.name, unit)?;
    let is = whole(is, unit)?;
    let born = |n: u32| day_before(index, n, unit);
    let today = i32::from(index.number());
    let younger = |n: u32| born(n.saturating_add(1)) + 1;
    let (low, high) = match is {
        Bound::Between(least, most) => (younger(most), born(least)),
        Bound::AtLeast(n) => (1, born(n)),
        Bound::AtMost(n) => (younger(n), today),
        Bound::Above(n) => (1, born(n.saturating_add(1))),
        Bound::Below(n) => (born(n) + 1, today),
        Bound::Equal(n) => (younger(n), born(n)),
    };
    days(low, high, index)
}

/// The unit of an age or of a distance in time.
pub(super) fn calendar_unit(field: &str, unit: Option<&str>) -> Result<CalendarUnit, Refusal> {
    let names = CalendarUnit::ALL.map(|(name, _)| name);
    let accepted = || names.iter().rev().map(|&n| n.to_owned()).collect();
    let field = field.to_owned();
    let Some(unit) = unit else {
        let accepted = accepted();
        return Err((Part::Low, Problem::MissingUnit { field, accepted }));
    };
    CalendarUnit::from_name(unit).ok_or_else(|| {
        let problem = Problem::UnknownUnit {
            unit: unit.to_owned(),
            field,
            accepted: accepted(),
            near: suggest::nearest(unit, names),
        };
        (Part::Unit, problem)
    })
}

/// The bound in whole units of the calendar.
pub(super) fn whole(is: &Bound<Amount>, unit: CalendarUnit) -> Result<Bound<u32>, Refusal> {
    let mut part = Part::Low;
    let is = is.try_map(|amount| {
        let whole = amount.whole().ok_or_else(|| {
            let (amount, unit) = (amount.to_string(), unit.name().to_owned());
            (part, Problem::NotWhole { amount, unit })
        })?;
        part = Part::High;
        Ok(whole)
    })?;
    match is {
        Bound::Between(low, high) if low > high => {
            let (low, high) = (low.to_string(), high.to_string());
            Err((Part::Low, Problem::Reversed { low, high }))
        }
        is => Ok(is),
    }
}

/// The number of the day so long before the index day by the calendar; 0 for every day before
/// the calendar begins. A month or year without that day of the month ends the sooner.
fn day_before(index: Day, n: u32, unit: CalendarUnit) -> i32 {
    let n = i64::from(n);
    let span = match unit {
        CalendarUnit::Days => Span::new().try_days(n),
        CalendarUnit::Weeks => Span::new().try_weeks(n),
        CalendarUnit::Months => Span::new().try_months(n),
        CalendarUnit::Years => Span::new().try_years(n),
    };
    // jiff's spans and calendar reach some ten thousand years back, far beyond day 1.
    span.and_then(|span| index.date().checked_sub(span))
        .ok()
        .and_then(|date| Day::from_date(date).ok())
        .map_or(0, |day| i32::from(day.number()))
}
