//! What a query means, written a second time and as plainly as possible: dates are dates,
//! quantities are decimals, and nothing knows of intervals, negation or compiled criteria.

use jiff::civil::{Date, date};
use rust_decimal::prelude::*;
use salus_protocol::profile::{Attribute, Encoding, Field, Kind, Profile};
use salus_protocol::query::Query;
use salus_protocol::query::ast::{
    Amount, Bound, CalendarUnit, Criterion, Direction, Group, Need, Sense, Test,
};
use salus_protocol::row::Row;

/// What a field of a row says.
#[derive(Clone, Copy)]
struct Said<'a> {
    field: &'a Field,
    number: u16,
}

/// Whether a row satisfies a query.
pub(crate) fn matches(query: &Query, profile: &Profile, row: &Row) -> bool {
    query
        .groups()
        .iter()
        .all(|group| satisfied(group, query, profile, row))
}

fn satisfied(group: &Group, query: &Query, profile: &Profile, row: &Row) -> bool {
    let index = query.index().date();
    let hold = group
        .criteria
        .iter()
        .filter(|c| holds(c, index, profile, row))
        .count();
    let enough = match group.need {
        Need::All => hold == group.criteria.len(),
        Need::Any => hold > 0,
        Need::AtLeast(n) => hold >= usize::from(n),
    };
    match group.sense {
        Sense::Include => enough,
        Sense::Exclude => !enough,
    }
}

fn said<'a>(name: &str, profile: &'a Profile, row: &Row) -> Said<'a> {
    let by_name = profile.fields().iter().position(|f| f.name == name);
    let birth = || {
        profile
            .fields()
            .iter()
            .position(|f| f.attribute == Some(Attribute::BirthDate))
    };
    let position = by_name.or_else(birth).unwrap();
    Said {
        field: &profile.fields()[position],
        number: row.values()[position],
    }
}

/// Whether a criterion holds of a row.
fn holds(criterion: &Criterion, index: Date, profile: &Profile, row: &Row) -> bool {
    let this = said(&criterion.field, profile, row);
    let none = this.number == 0;
    match &criterion.test {
        Test::Recorded => !none,
        Test::NoneRecorded => none,
        Test::OneOf(values) => one_of(this, values),
        Test::NotOneOf(values) => match this.field.encoding {
            Encoding::Flag => none_of_flag(this, values),
            _ if none => this.field.kind == Kind::Event,
            _ => !one_of(this, values),
        },
        Test::Value { is, unit } => value(this, is, unit.as_deref(), index, profile),
        Test::Date(is) => !none && bounded(&day(this.number), is, |day| day.date()),
        Test::BeforeIndex { is, unit } => !none && before_index(day(this.number), is, *unit, index),
        Test::Difference {
            is,
            unit,
            direction,
            than,
        } => {
            let than = said(than, profile, row);
            !none
                && than.number != 0
                && difference(this, than, is, unit.as_deref(), *direction, profile)
        }
    }
}

fn one_of(this: Said<'_>, values: &[String]) -> bool {
    let name = match (&this.field.encoding, this.number) {
        (Encoding::Flag, 1) => "yes",
        (Encoding::Flag, 0) if this.field.kind == Kind::Event => "no",
        (Encoding::Code(list), number) if number > 0 => list
            .get(usize::from(number) - 1)
            .map_or("", |v| v.name.as_str()),
        _ => "",
    };
    values.iter().any(|v| v == name)
}

/// A flag says yes, no or (unknown) neither, so "not yes" is "no" and "not no" is "yes".
fn none_of_flag(this: Said<'_>, values: &[String]) -> bool {
    let left: Vec<String> = ["yes", "no"]
        .iter()
        .filter(|answer| !values.iter().any(|v| v == *answer))
        .map(|&answer| answer.to_owned())
        .collect();
    one_of(this, &left)
}

fn day(number: u16) -> Date {
    date(1880, 1, 1)
        .checked_add(jiff::Span::new().days(i64::from(number)))
        .unwrap()
}

fn bounded<T, U: PartialOrd>(value: &U, is: &Bound<T>, of: impl Fn(&T) -> U) -> bool {
    match is {
        Bound::Between(low, high) => of(low) <= *value && *value <= of(high),
        Bound::AtLeast(low) => *value >= of(low),
        Bound::AtMost(high) => *value <= of(high),
        Bound::Above(low) => *value > of(low),
        Bound::Below(high) => *value < of(high),
        Bound::Equal(other) => *value == of(other),
    }
}

fn factor_and_offset(this: Said<'_>, unit: Option<&str>, profile: &Profile) -> (Decimal, Decimal) {
    let concept = this
        .field
        .concept
        .as_ref()
        .and_then(|name| profile.concept(name));
    let unit = unit.and_then(|name| concept?.units.iter().find(|u| u.unit == name));
    unit.map_or((Decimal::ONE, Decimal::ZERO), |u| (u.factor, u.offset))
}

fn value(
    this: Said<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
    index: Date,
    profile: &Profile,
) -> bool {
    match &this.field.encoding {
        Encoding::Date => {
            let born = day(this.number);
            this.number != 0
                && born <= index
                && bounded(&age(born, index, unit.unwrap()), is, |n| n.decimal())
        }
        Encoding::Count => {
            let known = this.number != 0 || this.field.kind == Kind::Event;
            known && bounded(&Decimal::from(this.number), is, |n| n.decimal())
        }
        Encoding::Quantity { origin, step, .. } => {
            let (factor, offset) = factor_and_offset(this, unit, profile);
            let held = *origin + *step * (Decimal::from(this.number) - Decimal::ONE);
            let converted = |n: &Amount| {
                let own = n.decimal() * factor + offset;
                if factor == Decimal::ONE && offset.is_zero() {
                    return own;
                }
                let steps = ((own - *origin) / *step)
                    .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
                *origin + *step * steps
            };
            this.number != 0 && bounded(&held, is, converted)
        }
        _ => unreachable!(),
    }
}

/// Completed years, months, weeks or days.
fn age(born: Date, index: Date, unit: &str) -> Decimal {
    let days = born.until((jiff::Unit::Day, index)).unwrap().get_days();
    let months = 12 * i64::from(index.year() - born.year()) + i64::from(index.month())
        - i64::from(born.month())
        - i64::from(index.day() < born.day());
    Decimal::from(match unit.trim_end_matches('s') {
        "year" => months.div_euclid(12),
        "month" => months,
        "week" => i64::from(days.div_euclid(7)),
        "day" => i64::from(days),
        other => unreachable!("{other}"),
    })
}

/// The day so long before, by the calendar; in a month that is too short, its last day.
fn earlier(index: Date, n: u32, unit: CalendarUnit) -> Date {
    let days = |n: i64| {
        let span = jiff::Span::new().try_days(n);
        span.ok()
            .and_then(|s| index.checked_sub(s).ok())
            .unwrap_or(Date::MIN)
    };
    let months = |n: i64| {
        let month = 12 * i64::from(index.year()) + i64::from(index.month()) - 1 - n;
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let Ok(year) = i16::try_from(year) else {
            return Date::MIN;
        };
        (28..=31)
            .rev()
            .filter(|d| *d <= index.day().max(28))
            .chain([index.day()])
            .filter(|d| *d <= index.day())
            .find_map(|d| Date::new(year, i8::try_from(month).unwrap(), d).ok())
            .unwrap_or(Date::MIN)
    };
    let n = i64::from(n);
    match unit {
        CalendarUnit::Days => days(n),
        CalendarUnit::Weeks => days(7 * n),
        CalendarUnit::Months => months(n),
        CalendarUnit::Years => months(12 * n),
    }
}

fn before_index(on: Date, is: &Bound<Amount>, unit: CalendarUnit, index: Date) -> bool {
    let back = |n: &Amount| earlier(index, n.whole().unwrap(), unit);
    match is {
        Bound::Between(near, far) => back(far) <= on && on <= back(near),
        Bound::AtLeast(n) => on <= back(n),
        Bound::AtMost(n) => back(n) <= on && on <= index,
        Bound::Above(n) => on < back(n),
        Bound::Below(n) => back(n) < on && on <= index,
        Bound::Equal(n) => on == back(n),
    }
}

fn difference(
    this: Said<'_>,
    than: Said<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
    direction: Direction,
    profile: &Profile,
) -> bool {
    let held = |said: Said<'_>| match &said.field.encoding {
        Encoding::Quantity { origin, step, .. } => {
            *origin + *step * (Decimal::from(said.number) - Decimal::ONE)
        }
        _ => Decimal::from(said.number),
    };
    let apart = held(this) - held(than);
    let distance = match direction {
        Direction::After | Direction::Above => apart,
        Direction::Before | Direction::Below => -apart,
        Direction::Of => apart.abs(),
    };
    let limit = |n: &Amount| match (&this.field.encoding, unit.map(|u| u.trim_end_matches('s'))) {
        (Encoding::Date, Some("week")) => n.decimal() * Decimal::from(7),
        (Encoding::Date, Some("month")) => (n.decimal() * Decimal::new(304_375, 4)).floor(),
        (Encoding::Date, Some("year")) => (n.decimal() * Decimal::new(36_525, 2)).floor(),
        (Encoding::Quantity { step, .. }, unit) => {
            let (factor, _) = factor_and_offset(this, unit, profile);
            let own = n.decimal() * factor;
            if factor == Decimal::ONE {
                return own;
            }
            let strategy = RoundingStrategy::MidpointAwayFromZero;
            (own / *step).round_dp_with_strategy(0, strategy) * *step
        }
        _ => n.decimal(),
    };
    let upper_only = matches!(is, Bound::AtMost(_) | Bound::Below(_));
    bounded(&distance, is, limit) && !(upper_only && distance < Decimal::ZERO)
}
