//! Distances between two fields, in one direction or either way.
//!
//! There is no calendar between two dates of a row, only a number of days: a month counts
//! 30.4375 days and a year 365.25, and parts of a day are dropped.

use rust_decimal::Decimal;

use super::date::{calendar_unit, whole};
use super::number::{Ends, Exact, check_order, converted, grid, rounded, unit_of};
use super::{Numbers, Place, Refusal, holds, mismatch};
use crate::profile::Encoding;
use crate::query::ast::{Amount, Bound, CalendarUnit, Direction};
use crate::query::error::{Caution, Problem};
use crate::query::interval::Interval;
use crate::query::place::Part;

/// The largest distance between two numbers of a row, neither of which is 0.
const FARTHEST: i32 = u16::MAX as i32 - 1;

/// Equally spaced distances: the distance `origin + step * n` is `n` numbers of a row, counted
/// the way of the direction.
struct Spacing {
    bound: Bound<Exact>,
    origin: Exact,
    step: Exact,
}

/// The distance of `place` from `than` against a bound. Unrecorded on either side satisfies
/// nothing.
pub(super) fn distance(
    place: Place<'_>,
    than: Place<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
    direction: Direction,
) -> Result<Numbers, Refusal> {
    if place.position == than.position {
        return Err(incomparable(place, than, "they are the same field"));
    }
    if let Some(negative) = is.values().find(|a| **a < Amount::ZERO) {
        let amount = negative.to_string();
        return Err((Part::Low, Problem::Negative { amount }));
    }
    let spacing = spacing(place, than, is, unit, direction)?;
    let grid = grid(is, &spacing.bound, spacing.origin, spacing.step)?;
    let mut ends = Ends::from(&grid.bound);
    // A distance lies on the side that its direction names; "of" is either side.
    if ends.low.is_none() {
        ends.low = match (direction, ends.high) {
            (Direction::Of, Some((high, included))) => Some((-high, included)),
            _ => Some((0, true)),
        };
    }
    let domain = -FARTHEST..=FARTHEST;
    let Some((low, high)) = grid.within(&domain, &ends) else {
        let reason = "no two numbers of these fields lie that far apart".to_owned();
        return Err((Part::Low, Problem::NeverHolds { reason }));
    };
    let set = match direction {
        Direction::After | Direction::Above | Direction::Of => Interval::of(low, high),
        Direction::Before | Direction::Below => Interval::of(-high, -low),
    };
    let mut numbers = Numbers::of(vec![set], false);
    if (low, high) == (-FARTHEST, FARTHEST) {
        numbers.cautions.push((Part::Low, Caution::AlwaysHolds));
    }
    Ok(numbers)
}

fn spacing(
    place: Place<'_>,
    than: Place<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
    direction: Direction,
) -> Result<Spacing, Refusal> {
    let dated = matches!(direction, Direction::Before | Direction::After);
    let one = Exact::from(Decimal::ONE);
    let zero = Exact::from(Decimal::ZERO);
    match (&place.field.encoding, &than.field.encoding) {
        (Encoding::Date, Encoding::Date) if dated || direction == Direction::Of => {
            let bound = days(place, is, unit)?;
            let (origin, step) = (zero, one);
            Ok(Spacing {
                bound,
                origin,
                step,
            })
        }
        (Encoding::Date, Encoding::Date) => {
            Err(mismatch(place.field, "above or below another date"))
        }
        (Encoding::Quantity { .. } | Encoding::Count, _) if dated => {
            Err(mismatch(place.field, "before or after another field"))
        }
        (Encoding::Count, Encoding::Count) => {
            if let Some(unit) = unit {
                let (field, unit) = (place.field.name.clone(), unit.to_owned());
                return Err((Part::Unit, Problem::NoUnit { field, unit }));
            }
            check_order(is)?;
            Ok(Spacing {
                bound: converted(is, Decimal::ONE, Decimal::ZERO)?,
                origin: zero,
                step: one,
            })
        }
        (Encoding::Quantity { .. }, Encoding::Quantity { .. }) => {
            quantities(place, than, is, unit, direction)
        }
        _ => {
            let reason = match holds(place.field) == holds(than.field) {
                true => "such fields have no distance",
                false => "they hold different kinds of thing",
            };
            Err(incomparable(place, than, reason))
        }
    }
}

fn quantities(
    place: Place<'_>,
    than: Place<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
    direction: Direction,
) -> Result<Spacing, Refusal> {
    let (
        Encoding::Quantity {
            unit: own,
            origin,
            step,
        },
        Encoding::Quantity {
            unit: other,
            origin: other_origin,
            step: other_step,
        },
    ) = (&place.field.encoding, &than.field.encoding)
    else {
        return Err(incomparable(place, than, "they are not both quantities"));
    };
    if own != other {
        return Err(incomparable(place, than, "they have different units"));
    }
    if step != other_step {
        return Err(incomparable(
            place,
            than,
            "they are held in different steps",
        ));
    }
    check_order(is)?;
    let no_number = unit.is_none() && is.values().all(|a| *a == Amount::ZERO);
    let mut unit = match no_number {
        true => unit_of(place, Some(own))?,
        false => unit_of(place, unit)?,
    };
    if unit_of(than, Some(&unit.unit)).is_ok_and(|u| u.factor != unit.factor) {
        let reason = "they convert this unit differently";
        return Err(incomparable(place, than, reason));
    }
    // An offset between scales, as from °F to °C, is no part of a distance.
    unit.offset = Decimal::ZERO;
    let bound = converted(is, unit.factor, unit.offset)?;
    let zero = Exact::from(Decimal::ZERO);
    let bound = rounded(is, bound, &unit, zero, (*step).into())?;
    let (from, to) = match direction {
        Direction::Before | Direction::Below => (origin, other_origin),
        _ => (other_origin, origin),
    };
    let apart = Exact::from(*to).converted(Decimal::ONE.into(), (-*from).into());
    let origin =
        apart.ok_or_else(|| incomparable(place, than, "their origins lie too far apart"))?;
    Ok(Spacing {
        bound,
        origin,
        step: (*step).into(),
    })
}

/// The bound in days.
fn days(place: Place<'_>, is: &Bound<Amount>, unit: Option<&str>) -> Result<Bound<Exact>, Refusal> {
    let no_number = unit.is_none() && is.values().all(|a| *a == Amount::ZERO);
    let unit = if no_number {
        CalendarUnit::Days
    } else {
        calendar_unit(&place.field.name, unit)?
    };
    let is = whole(is, unit)?;
    is.try_map(|n| Ok(Decimal::from(days_in(*n, unit)).into()))
}

/// Days in so many units, parts of a day dropped.
pub(crate) fn days_in(n: u32, unit: CalendarUnit) -> u64 {
    let n = u64::from(n);
    match unit {
        CalendarUnit::Days => n,
        CalendarUnit::Weeks => n * 7,
        // 30.4375 days, a twelfth of a year
        CalendarUnit::Months => n * 487 / 16,
        // 365.25 days
        CalendarUnit::Years => n * 1461 / 4,
    }
}

fn incomparable(place: Place<'_>, than: Place<'_>, reason: &'static str) -> Refusal {
    let problem = Problem::Incomparable {
        field: place.field.name.clone(),
        than: than.field.name.clone(),
        reason,
    };
    (Part::Whole, problem)
}
