//! Quantities and counts. A field's number stands for the very value
//! `origin + step * (number - 1)`, and bounds are compared with that exactly.
//!
//! A bound in another unit is first converted and rounded to a step, as recorded values are at
//! import: so a value recorded as 53 mmol/mol satisfies "at least 53 mmol/mol".

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use super::{Numbers, Place, Refusal};
use crate::profile::{Encoding, Field, Kind, Unit};
use crate::query::ast::{Amount, Bound};
use crate::query::decompile::held;
use crate::query::error::{Caution, Problem};
use crate::query::interval::Interval;
use crate::query::parse::is_unit;
use crate::query::place::Part;
use crate::query::suggest;

/// A decimal number, without bound on its digits but that of 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact {
    mantissa: i128,
    scale: u32,
}

impl From<Decimal> for Exact {
    fn from(decimal: Decimal) -> Self {
        let decimal = decimal.normalize();
        Self {
            mantissa: decimal.mantissa(),
            scale: decimal.scale(),
        }
    }
}

impl Exact {
    /// The mantissa at a scale that is not smaller than the number's own; `None` when it has
    /// more digits than 110 bits hold. 65,535 times as much still fits 128 bits.
    fn at(self, scale: u32) -> Option<i128> {
        let factor = 10i128.checked_pow(scale.checked_sub(self.scale)?)?;
        let mantissa = self.mantissa.checked_mul(factor)?;
        (mantissa.unsigned_abs() < 1 << 110).then_some(mantissa)
    }

    /// The number times a factor, plus an offset.
    pub(super) fn converted(self, factor: Self, offset: Self) -> Option<Self> {
        let product = Self {
            mantissa: self.mantissa.checked_mul(factor.mantissa)?,
            scale: self.scale + factor.scale,
        };
        let (product, offset) = (product.cut(), offset.cut());
        let scale = product.scale.max(offset.scale);
        let mantissa = product.at(scale)?.checked_add(offset.at(scale)?)?;
        Some(Self { mantissa, scale })
    }

    /// The number rounded to 18 decimal places, half away from 0: a factor such as 5/9 has as
    /// many digits as its document chose to write, and they must not crowd out the others.
    fn cut(self) -> Self {
        const PLACES: u32 = 18;
        let Some(extra) = self.scale.checked_sub(PLACES) else {
            return self;
        };
        let mantissa = match 10i128.checked_pow(extra) {
            Some(unit) => {
                let (whole, rest) = (self.mantissa / unit, self.mantissa % unit);
                let up = rest.abs() >= unit - rest.abs();
                whole + i128::from(up) * self.mantissa.signum()
            }
            // Fewer than 39 digits, all of them beyond the 18th place.
            None => 0,
        };
        Self {
            mantissa,
            scale: PLACES,
        }
    }
}

impl Exact {
    /// The nearest of the values `origin + step * n`, half away from the origin: as values are
    /// encoded.
    pub(super) fn rounded(self, origin: Self, step: Self) -> Option<Self> {
        let scale = self.scale.max(origin.scale).max(step.scale);
        let (origin, step) = (origin.at(scale)?, step.at(scale)?);
        let above = self.at(scale)?.checked_sub(origin)?;
        let places = (2 * above.abs() + step) / (2 * step) * above.signum();
        let mantissa = origin + step * places;
        Some(Self { mantissa, scale })
    }
}

/// Where the values of a bound lie: the ends, and whether each is included.
pub(super) struct Ends {
    pub(super) low: Option<(i128, bool)>,
    pub(super) high: Option<(i128, bool)>,
}

impl From<&Bound<i128>> for Ends {
    fn from(bound: &Bound<i128>) -> Self {
        let (low, high) = match *bound {
            Bound::Between(low, high) => (Some((low, true)), Some((high, true))),
            Bound::AtLeast(low) => (Some((low, true)), None),
            Bound::AtMost(high) => (None, Some((high, true))),
            Bound::Above(low) => (Some((low, false)), None),
            Bound::Below(high) => (None, Some((high, false))),
            Bound::Equal(value) => (Some((value, true)), Some((value, true))),
        };
        Self { low, high }
    }
}

/// Equally spaced values and a bound on them, all in the same power of ten: the value at place
/// `n` is `origin + step * n`.
pub(super) struct Grid {
    pub(super) bound: Bound<i128>,
    pub(super) origin: i128,
    pub(super) step: i128,
}

impl Grid {
    /// `None` when the numbers have too many digits to be compared exactly.
    pub(super) fn new(bound: &Bound<Exact>, origin: Exact, step: Exact) -> Option<Self> {
        let scales = bound.values().map(|v| v.scale);
        let scale = scales.fold(origin.scale.max(step.scale), u32::max);
        Some(Self {
            bound: bound.try_map(|v| v.at(scale).ok_or(())).ok()?,
            origin: origin.at(scale)?,
            step: step.at(scale)?,
        })
    }

    fn value(&self, place: i32) -> i128 {
        self.origin + self.step * i128::from(place)
    }

    /// The first and the last place of a domain whose values lie between the ends.
    pub(super) fn within(&self, domain: &RangeInclusive<i32>, ends: &Ends) -> Option<(i32, i32)> {
        let first = first_where(domain, |n| match ends.low {
            Some((low, true)) => self.value(n) >= low,
            Some((low, false)) => self.value(n) > low,
            None => true,
        });
        let beyond = first_where(domain, |n| match ends.high {
            Some((high, true)) => self.value(n) > high,
            Some((high, false)) => self.value(n) >= high,
            None => false,
        });
        (first < beyond).then_some((first, beyond - 1))
    }

    /// Whether a value lies between two places of the domain.
    fn is_between_places(&self, value: i128, domain: &RangeInclusive<i32>) -> bool {
        (self.value(*domain.start())..self.value(*domain.end())).contains(&value)
            && (value - self.origin).rem_euclid(self.step) != 0
    }

    /// Why no place of the domain lies within the bound.
    fn never(&self, field: &Field, domain: &RangeInclusive<i32>) -> Problem {
        let name = &field.name;
        let shown = |code| field.encoding.display(code).unwrap_or_default();
        let steps = match &field.encoding {
            Encoding::Quantity { step, unit, .. } => {
                format!("steps of {}", with_unit(&step.normalize(), unit))
            }
            _ => "whole numbers".to_owned(),
        };
        let first = match (*domain.start(), &field.encoding) {
            (0, Encoding::Count) => "0".to_owned(),
            _ => shown(1),
        };
        let last = shown(u16::MAX);
        let reason =
            format!("{name:?} holds {first} to {last} in {steps}, and none of these is meant");
        Problem::NeverHolds { reason }
    }
}

/// The first number of the domain for which a growing condition holds; one past its end if none.
fn first_where(domain: &RangeInclusive<i32>, holds: impl Fn(i32) -> bool) -> i32 {
    let (mut low, mut high) = (*domain.start(), *domain.end() + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// `Reversed` where the first of two bounds is the larger.
pub(super) fn check_order(is: &Bound<Amount>) -> Result<(), Refusal> {
    match is {
        Bound::Between(low, high) if low > high => {
            let (low, high) = (low.to_string(), high.to_string());
            Err((Part::Low, Problem::Reversed { low, high }))
        }
        _ => Ok(()),
    }
}

/// The unit of this name among those that a field accepts.
pub(super) fn unit_of(place: Place<'_>, name: Option<&str>) -> Result<Unit, Refusal> {
    let Encoding::Quantity { unit: own, .. } = &place.field.encoding else {
        return Err(super::mismatch(place.field, "given a unit"));
    };
    let own_unit = Unit {
        unit: own.clone(),
        factor: Decimal::ONE,
        offset: Decimal::ZERO,
    };
    let concept = place.field.concept.as_deref();
    let others = concept
        .and_then(|name| place.profile.concept(name))
        .map_or(&[][..], |concept| &concept.units);
    let usable = |u: &&Unit| u.unit != *own && !u.unit.is_empty() && u.factor > Decimal::ZERO;
    let accepted: Vec<&Unit> = std::iter::once(&own_unit)
        .chain(others.iter().filter(usable))
        .collect();
    // Of units that mean the same, messages name the first.
    let names = || -> Vec<String> {
        let same = |a: &Unit, b: &Unit| (a.factor, a.offset) == (b.factor, b.offset);
        let firsts = accepted.iter().enumerate().filter(|(i, unit)| {
            is_unit(&unit.unit) && !accepted[..*i].iter().any(|before| same(before, unit))
        });
        firsts.map(|(_, unit)| unit.unit.clone()).collect()
    };
    let field = place.field.name.clone();
    let Some(name) = name else {
        return if own.is_empty() {
            Ok(own_unit)
        } else {
            let accepted = names();
            Err((Part::Low, Problem::MissingUnit { field, accepted }))
        };
    };
    if let Some(unit) = accepted.iter().find(|u| u.unit == name) {
        return Ok((*unit).clone());
    }
    let unit = name.to_owned();
    let accepted = names();
    let near = suggest::nearest(name, accepted.iter().map(String::as_str));
    let problem = if accepted.is_empty() {
        Problem::NoUnit { field, unit }
    } else {
        Problem::UnknownUnit {
            unit,
            field,
            accepted,
            near,
        }
    };
    Err((Part::Unit, problem))
}

/// A bound in the field's own unit; `Imprecise` where that takes too many digits.
pub(super) fn converted(
    is: &Bound<Amount>,
    factor: Decimal,
    offset: Decimal,
) -> Result<Bound<Exact>, Refusal> {
    let mut parts = [Part::Low, Part::High].into_iter();
    is.try_map(|amount| {
        let part = parts.next().unwrap_or(Part::Whole);
        Exact::from(amount.decimal())
            .converted(factor.into(), offset.into())
            .ok_or_else(|| imprecise(part, *amount))
    })
}

fn imprecise(part: Part, amount: Amount) -> Refusal {
    let amount = amount.to_string();
    (part, Problem::Imprecise { amount })
}

/// The bound laid on a grid; `Imprecise` where that takes too many digits.
pub(super) fn grid(
    is: &Bound<Amount>,
    bound: &Bound<Exact>,
    origin: Exact,
    step: Exact,
) -> Result<Grid, Refusal> {
    Grid::new(bound, origin, step).ok_or_else(|| {
        let first = is.values().next().copied().unwrap_or(Amount::ZERO);
        imprecise(Part::Low, first)
    })
}

/// A quantity against a bound, in any unit of its concept.
pub(super) fn quantity(
    place: Place<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
) -> Result<Numbers, Refusal> {
    let Encoding::Quantity { origin, step, .. } = &place.field.encoding else {
        return Err(super::mismatch(place.field, "compared with a quantity"));
    };
    check_order(is)?;
    let unit = unit_of(place, unit)?;
    let bound = converted(is, unit.factor, unit.offset)?;
    let asked = Grid::new(&bound, (*origin).into(), (*step).into());
    let bound = rounded(is, bound, &unit, (*origin).into(), (*step).into())?;
    let grid = grid(is, &bound, (*origin).into(), (*step).into())?;
    // The number 1 stands for the origin, the place 0 of the grid.
    let domain = 0..=i32::from(u16::MAX) - 1;
    let Some((low, high)) = grid.within(&domain, &Ends::from(&grid.bound)) else {
        return Err((Part::Low, grid.never(place.field, &domain)));
    };
    let mut numbers = Numbers::of(vec![Interval::of(low + 1, high + 1)], false);
    if (low, high) == (*domain.start(), *domain.end()) {
        numbers.cautions.push((Part::Low, Caution::AlwaysHolds));
    }
    let Some(asked) = asked else {
        return Ok(numbers);
    };
    let held = held(place.field, &numbers.set, false);
    for (i, (written, value)) in is.values().zip(asked.bound.values()).enumerate() {
        if asked.is_between_places(*value, &domain) {
            let caution = Caution::BetweenSteps {
                asked: with_unit(&written.decimal(), &unit.unit),
                held: held.clone(),
            };
            let part = if i == 0 { Part::Low } else { Part::High };
            numbers.cautions.push((part, caution));
        }
    }
    Ok(numbers)
}

/// A converted bound rounded to a step, as recorded values are. A bound in the field's own
/// unit, under whatever name, stays what it is.
pub(super) fn rounded(
    is: &Bound<Amount>,
    bound: Bound<Exact>,
    unit: &Unit,
    origin: Exact,
    step: Exact,
) -> Result<Bound<Exact>, Refusal> {
    if unit.factor == Decimal::ONE && unit.offset.is_zero() {
        return Ok(bound);
    }
    let rounded = bound.try_map(|value| value.rounded(origin, step).ok_or(()));
    let first = is.values().next().copied().unwrap_or(Amount::ZERO);
    rounded.map_err(|()| imprecise(Part::Low, first))
}

fn with_unit(number: &Decimal, unit: &str) -> String {
    format!("{number} {unit}").trim_end().to_owned()
}

/// A count against a bound. An event of which none is on record counts 0.
pub(super) fn count(
    place: Place<'_>,
    is: &Bound<Amount>,
    unit: Option<&str>,
) -> Result<Numbers, Refusal> {
    if let Some(unit) = unit {
        let (field, unit) = (place.field.name.clone(), unit.to_owned());
        return Err((Part::Unit, Problem::NoUnit { field, unit }));
    }
    check_order(is)?;
    let bound = converted(is, Decimal::ONE, Decimal::ZERO)?;
    let grid = grid(is, &bound, Decimal::ZERO.into(), Decimal::ONE.into())?;
    let event = place.field.kind == Kind::Event;
    let domain = i32::from(!event)..=i32::from(u16::MAX);
    let Some((low, high)) = grid.within(&domain, &Ends::from(&grid.bound)) else {
        return Err((Part::Low, grid.never(place.field, &domain)));
    };
    let set = if high == 0 {
        Interval::NEVER
    } else {
        Interval::of(low.max(1), high)
    };
    let mut numbers = Numbers::of(vec![set], low == 0);
    if (low, high) == (*domain.start(), *domain.end()) {
        numbers.cautions.push((Part::Low, Caution::AlwaysHolds));
    }
    Ok(numbers)
}
