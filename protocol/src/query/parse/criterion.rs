//! One criterion: a field and what is asked of it.

use std::ops::Range;

use winnow::Parser;
use winnow::combinator::opt;
use winnow::stream::Stream;

use super::word::{
    Figure, Line, Slip, at_end, calendar_unit, choose, date, expected, figure, name, number,
    phrase, try_choose, unit,
};
use crate::query::ast::{Amount, Bound, CalendarUnit, Criterion, Direction, Test};
use crate::query::error::Problem;
use crate::query::place::{Part, Place};

/// How the test after a field's name begins.
#[derive(Clone, Copy)]
enum Opening {
    Between,
    Within,
    Compare(Comparison),
    In,
    NotIn,
    Recorded,
    NoneRecorded,
    On,
    OnOrBefore,
    OnOrAfter,
    Before,
    After,
}

#[derive(Clone, Copy)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
}

impl Comparison {
    fn bound<T>(self, value: T) -> Bound<T> {
        match self {
            Self::AtLeast => Bound::AtLeast(value),
            Self::AtMost => Bound::AtMost(value),
            Self::Above => Bound::Above(value),
            Self::Below => Bound::Below(value),
            Self::Equal => Bound::Equal(value),
        }
    }
}

/// Of phrases that begin alike, the longer stands first.
const OPENINGS: &[(&str, Opening)] = &[
    ("between", Opening::Between),
    ("at least", Opening::Compare(Comparison::AtLeast)),
    ("at most", Opening::Compare(Comparison::AtMost)),
    ("above", Opening::Compare(Comparison::Above)),
    ("below", Opening::Compare(Comparison::Below)),
    ("equal to", Opening::Compare(Comparison::Equal)),
    ("more than", Opening::Compare(Comparison::Above)),
    ("less than", Opening::Compare(Comparison::Below)),
    ("exactly", Opening::Compare(Comparison::Equal)),
    (">=", Opening::Compare(Comparison::AtLeast)),
    ("<=", Opening::Compare(Comparison::AtMost)),
    ("≥", Opening::Compare(Comparison::AtLeast)),
    ("≤", Opening::Compare(Comparison::AtMost)),
    (">", Opening::Compare(Comparison::Above)),
    ("<", Opening::Compare(Comparison::Below)),
    ("=", Opening::Compare(Comparison::Equal)),
    ("within", Opening::Within),
    ("on or before", Opening::OnOrBefore),
    ("on or after", Opening::OnOrAfter),
    ("on", Opening::On),
    ("before", Opening::Before),
    ("after", Opening::After),
    ("in", Opening::In),
    ("not in", Opening::NotIn),
    ("recorded", Opening::Recorded),
    ("none recorded", Opening::NoneRecorded),
    ("not recorded", Opening::NoneRecorded),
];

const fn part(part: Part) -> Place {
    Place::Criterion(0, 0, part)
}

/// `no FIELD`, or `FIELD TEST`. Places are noted as of the first criterion of the first group.
pub(super) fn criterion(input: &mut Line<'_>) -> Result<Criterion, Slip> {
    if opt(phrase("no")).parse_next(input)?.is_some() {
        let field = name(input, part(Part::Field))?;
        let test = Test::NoneRecorded;
        return Ok(Criterion { field, test });
    }
    let field = name(input, part(Part::Field))?;
    let test = test(input)?;
    Ok(Criterion { field, test })
}

fn test(input: &mut Line<'_>) -> Result<Test, Slip> {
    if opt(phrase("is")).parse_next(input)?.is_some() {
        if let Some(opening) = try_choose(input, OPENINGS) {
            return after(opening, input);
        }
        let negated = opt(phrase("not")).parse_next(input)?.is_some();
        let values = vec![name(input, part(Part::Value(0)))?];
        return Ok(if negated {
            Test::NotOneOf(values)
        } else {
            Test::OneOf(values)
        });
    }
    match try_choose(input, OPENINGS) {
        Some(opening) => after(opening, input),
        None => Err(expected(
            input,
            &[
                "`is`",
                "`between`",
                "`at least`",
                "`at most`",
                "`above`",
                "`below`",
                "`equal to`",
                "`within`",
                "`in`",
                "`not in`",
                "`before`",
                "`after`",
                "`on`",
                "`on or before`",
                "`on or after`",
                "`recorded`",
                "`none recorded`",
            ],
        )),
    }
}

fn after(opening: Opening, input: &mut Line<'_>) -> Result<Test, Slip> {
    match opening {
        Opening::Between => between(input),
        Opening::Within => within(input),
        Opening::Compare(comparison) => compare(comparison, input),
        Opening::In => Ok(Test::OneOf(values(input)?)),
        Opening::NotIn => Ok(Test::NotOneOf(values(input)?)),
        Opening::Recorded => Ok(Test::Recorded),
        Opening::NoneRecorded => Ok(Test::NoneRecorded),
        Opening::On => {
            let (day, span) = date(input)?;
            input.state.push((part(Part::Low), span));
            Ok(Test::Date(Bound::Equal(day)))
        }
        Opening::Before => ordered(
            input,
            Comparison::Below,
            Comparison::Above,
            Direction::Before,
        ),
        Opening::After => ordered(
            input,
            Comparison::Above,
            Comparison::Above,
            Direction::After,
        ),
        Opening::OnOrBefore => ordered(
            input,
            Comparison::AtMost,
            Comparison::AtLeast,
            Direction::Before,
        ),
        Opening::OnOrAfter => ordered(
            input,
            Comparison::AtLeast,
            Comparison::AtLeast,
            Direction::After,
        ),
    }
}

/// After `[on or] before|after`: a date, `index`, or another field.
fn ordered(
    input: &mut Line<'_>,
    dates: Comparison,
    distance: Comparison,
    direction: Direction,
) -> Result<Test, Slip> {
    let start = input.checkpoint();
    match figure(input)? {
        Some(Figure::Date(day, span)) => {
            input.state.push((part(Part::Low), span));
            return Ok(Test::Date(dates.bound(day)));
        }
        // A number says nothing here, and must not be passed over.
        Some(Figure::Number(..)) => {
            input.reset(&start);
            return Err(expected(input, &["a date", "a field"]));
        }
        None => {}
    }
    let is = distance.bound(Amount::ZERO);
    if matches!(direction, Direction::Before) && try_choose(input, &[("index", ())]).is_some() {
        let unit = CalendarUnit::Days;
        return Ok(Test::BeforeIndex { is, unit });
    }
    other_field(input, is, direction)
}

/// The distance to another field, without a number.
fn other_field(
    input: &mut Line<'_>,
    is: Bound<Amount>,
    direction: Direction,
) -> Result<Test, Slip> {
    if at_end(input) {
        return Err(expected(input, &["a number", "a date", "a field"]));
    }
    let than = name(input, part(Part::Than))?;
    Ok(Test::Difference {
        is,
        unit: None,
        direction,
        than,
    })
}

fn compare(comparison: Comparison, input: &mut Line<'_>) -> Result<Test, Slip> {
    match figure(input)? {
        Some(Figure::Date(day, span)) => {
            input.state.push((part(Part::Low), span));
            Ok(Test::Date(comparison.bound(day)))
        }
        Some(Figure::Number(amount, span)) => {
            input.state.push((part(Part::Low), span));
            let unit = unit(input)?;
            tail(input, comparison.bound(amount), unit)
        }
        None => {
            let (is, direction) = match comparison {
                Comparison::AtLeast => (Bound::AtLeast(Amount::ZERO), Direction::Above),
                Comparison::AtMost => (Bound::AtLeast(Amount::ZERO), Direction::Below),
                Comparison::Above => (Bound::Above(Amount::ZERO), Direction::Above),
                Comparison::Below => (Bound::Above(Amount::ZERO), Direction::Below),
                Comparison::Equal => (Bound::Equal(Amount::ZERO), Direction::Of),
            };
            other_field(input, is, direction)
        }
    }
}

/// `between X [UNIT] and Y [UNIT]`: the unit may stand at both bounds, if it is the same.
fn between(input: &mut Line<'_>) -> Result<Test, Slip> {
    let first = figure(input)?;
    let Some(first) = first else {
        return Err(expected(input, &["a number", "a date"]));
    };
    let (low, span) = match first {
        Figure::Number(amount, span) => (amount, span),
        Figure::Date(low, span) => {
            input.state.push((part(Part::Low), span));
            choose(input, &[("and", ())])?;
            let (high, span) = date(input)?;
            input.state.push((part(Part::High), span));
            return Ok(Test::Date(Bound::Between(low, high)));
        }
    };
    input.state.push((part(Part::Low), span));
    let low_unit = unit(input)?;
    choose(input, &[("and", ())])?;
    let (high, span) = number(input)?;
    input.state.push((part(Part::High), span));
    let high_unit = unit(input)?;
    let unit = match (low_unit, high_unit) {
        (Some(low), Some(high)) if low != high => {
            let problem = Problem::Expected {
                expected: vec![format!("`{low}`")],
                found: format!("`{high}`"),
                near: None,
            };
            let span = noted(input, Part::Unit);
            return Err(Slip { span, problem });
        }
        (low, high) => high.or(low),
    };
    tail(input, Bound::Between(low, high), unit)
}

/// Where a part of this line was last noted.
fn noted(input: &Line<'_>, wanted: Part) -> Range<usize> {
    let mut spans = input.state.iter().rev();
    spans
        .find(|(place, _)| *place == part(wanted))
        .map_or(0..0, |(_, span)| span.clone())
}

/// `within N UNIT before index`, `within N UNIT before|after|above|below|of FIELD`
fn within(input: &mut Line<'_>) -> Result<Test, Slip> {
    let (amount, span) = number(input)?;
    input.state.push((part(Part::Low), span));
    let unit = unit(input)?;
    if at_end(input) {
        return Err(expected(
            input,
            &["`before`", "`after`", "`above`", "`below`", "`of`"],
        ));
    }
    tail(input, Bound::AtMost(amount), unit)
}

/// What follows a number and its unit: nothing, `before index`, or a direction and a field.
fn tail(input: &mut Line<'_>, is: Bound<Amount>, unit: Option<String>) -> Result<Test, Slip> {
    if at_end(input) {
        return Ok(Test::Value { is, unit });
    }
    if try_choose(input, &[("before index", ())]).is_some() {
        let unit = calendar_unit(input, unit.as_deref())?;
        return Ok(Test::BeforeIndex { is, unit });
    }
    let direction = choose(
        input,
        &[
            ("before", Direction::Before),
            ("after", Direction::After),
            ("above", Direction::Above),
            ("below", Direction::Below),
            ("of", Direction::Of),
        ],
    )?;
    let than = name(input, part(Part::Than))?;
    Ok(Test::Difference {
        is,
        unit,
        direction,
        than,
    })
}

/// `(NAME, NAME, ...)`
fn values(input: &mut Line<'_>) -> Result<Vec<String>, Slip> {
    choose(input, &[("(", ())])?;
    let mut values = Vec::new();
    loop {
        values.push(name(input, part(Part::Value(values.len())))?);
        if !choose(input, &[(",", true), (")", false)])? {
            return Ok(values);
        }
    }
}
