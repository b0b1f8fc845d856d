//! A compiled query in plain English, from nothing but itself, the profile and the index day:
//! what a regulator reads to see what a digest means.

use rust_decimal::Decimal;
use thiserror::Error;

use super::compiled::{CYCLE, CompiledQuery, Criterion, DIFFERENCE_OFFSET};
use super::explain::{CriterionExplanation, Explanation, GroupExplanation};
use super::interval::{Interval, complement};
use super::suggest::list;
use crate::day::Day;
use crate::profile::{Edition, Encoding, Field, Profile};

/// A compiled query that asks about another profile or another index day.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("the compiled query is not about the profile {profile:?} at {index}")]
pub struct OtherEdition {
    profile: String,
    index: Day,
}

impl CompiledQuery {
    /// Says in plain English what the compiled criteria ask.
    ///
    /// # Errors
    /// [`OtherEdition`] when the query was compiled for another profile or index day: its
    /// numbers would be given a meaning that they do not have.
    pub fn explain(&self, profile: &Profile, index: Day) -> Result<Explanation, OtherEdition> {
        if Edition::of(&profile.hash(), index) != self.edition() {
            return Err(OtherEdition {
                profile: profile.name().to_owned(),
                index,
            });
        }
        let mut groups: Vec<Vec<Line>> = Vec::new();
        let mut needs = Vec::new();
        let mut previous = 0;
        for criterion in self.criteria() {
            if criterion.opens_group {
                groups.push(Vec::new());
                needs.push(0);
            }
            if let (Some(lines), Some(need)) = (groups.last_mut(), needs.last_mut()) {
                add(lines, criterion, previous);
                *need = criterion.at_least;
            }
            previous = criterion.field;
        }
        let groups = groups
            .into_iter()
            .zip(needs)
            .filter(|(_, need)| *need > 0)
            .map(|(lines, need)| group(&lines, need, profile))
            .collect();
        Ok(Explanation {
            title: None,
            profile: profile.document().title.clone(),
            index,
            groups,
        })
    }
}

/// One or more compiled criteria that read as one line.
struct Line {
    field: u8,
    minus: Option<u8>,
    set: Vec<Interval>,
    if_none: bool,
}

/// Adds a criterion to the lines of its group. Runs of one field that share no number are one
/// line: of every row, as many of them hold as the line itself, one or none.
fn add(lines: &mut Vec<Line>, criterion: &Criterion, previous: u8) {
    let interval = Interval {
        start: criterion.start,
        length: criterion.length,
    };
    let minus = criterion.minus_previous.then_some(previous);
    if minus.is_none() && numbers(interval).is_empty() && !criterion.if_none {
        // It never holds, and is there for the difference that follows.
        return;
    }
    if let Some(line) = lines.last_mut() {
        let plain = minus.is_none() && line.minus.is_none() && line.field == criterion.field;
        let none_once = !(line.if_none && criterion.if_none);
        let shared = line.set.iter().any(|other| overlap(*other, interval));
        if plain && none_once && !shared {
            line.set.push(interval);
            line.if_none |= criterion.if_none;
            return;
        }
    }
    lines.push(Line {
        field: criterion.field,
        minus,
        set: vec![interval],
        if_none: criterion.if_none,
    });
}

fn overlap(one: Interval, other: Interval) -> bool {
    let inside = |place: u32, i: Interval| (place + CYCLE - i.start) % CYCLE <= i.length;
    inside(one.start, other) || inside(other.start, one)
}

/// The numbers of a row in an interval, 1 to 65,535, as at most two ranges.
fn numbers(interval: Interval) -> Vec<(u16, u16)> {
    ranges(interval, DIFFERENCE_OFFSET + 1, CYCLE - 1)
        .into_iter()
        .filter_map(|(low, high)| {
            let number = |place: u32| u16::try_from(place - DIFFERENCE_OFFSET).ok();
            Some((number(low)?, number(high)?))
        })
        .collect()
}

/// The places of an interval between two places of the cycle, as at most two ranges.
fn ranges(interval: Interval, first: u32, last: u32) -> Vec<(u32, u32)> {
    let end = interval.start + interval.length;
    let mut ranges = Vec::new();
    // The part round the end of the cycle comes first on it.
    for (low, high) in [
        (0, end.checked_sub(CYCLE)),
        (interval.start, Some(end.min(CYCLE - 1))),
    ] {
        if let Some(high) = high {
            let (low, high) = (low.max(first), high.min(last));
            if low <= high {
                ranges.push((low, high));
            }
        }
    }
    ranges
}

fn group(lines: &[Line], need: u8, profile: &Profile) -> GroupExplanation {
    let heading = match usize::from(need) {
        n if n == lines.len() => "all of these hold".to_owned(),
        1 => "at least one of these holds".to_owned(),
        n => format!("at least {n} of these hold"),
    };
    GroupExplanation {
        heading,
        criteria: lines.iter().map(|line| explained(line, profile)).collect(),
    }
}

fn explained(line: &Line, profile: &Profile) -> CriterionExplanation {
    let field = profile.fields().get(usize::from(line.field));
    let other = |minus| profile.fields().get(usize::from(minus));
    let name = |field: Option<&Field>, position| match field {
        Some(field) => format!("{} ({})", field.label, field.name),
        None => format!("the unused field {position}"),
    };
    let this = name(field, line.field);
    let text = match (line.minus, field) {
        (Some(minus), field) => {
            let than = name(other(minus), minus);
            let words = difference(field, other(minus), &line.set);
            format!("{this} minus {than} is {words}")
        }
        (None, Some(field)) => format!("{this} is {}", held(field, &line.set, false)),
        (None, None) => format!("{this} is {}", raw(&line.set)),
    };
    let missing = if line.minus.is_some() {
        "With either not recorded"
    } else {
        "With none recorded"
    };
    let then = if line.if_none {
        "this holds"
    } else {
        "this does not hold"
    };
    CriterionExplanation {
        text,
        none_recorded: format!("{missing}, {then}."),
    }
}

/// The numbers of a field in a set (or, negated, outside it), in words of the field.
pub(super) fn held(field: &Field, set: &[Interval], negated: bool) -> String {
    let set = if negated {
        complement(set)
    } else {
        set.to_vec()
    };
    let mut found: Vec<(u16, u16)> = set.into_iter().flat_map(numbers).collect();
    found.sort_unstable();
    if found == [(1, u16::MAX)] {
        return "recorded, whatever it is".to_owned();
    }
    if found.is_empty() {
        return "nothing that can be recorded".to_owned();
    }
    let words: Vec<String> = match &field.encoding {
        Encoding::Code(values) => {
            let within = |number: u16| found.iter().any(|(l, h)| (*l..=*h).contains(&number));
            let named = (1u16..).zip(values).filter(|(number, _)| within(*number));
            let mut words: Vec<String> = named
                .map(|(_, v)| {
                    if v.label.is_empty() {
                        &v.name
                    } else {
                        &v.label
                    }
                    .clone()
                })
                .collect();
            if found
                .last()
                .is_some_and(|(_, high)| usize::from(*high) > values.len())
            {
                words.push("a number that the field does not define".to_owned());
            }
            words
        }
        encoding => found
            .iter()
            .map(|range| range_words(encoding, *range))
            .collect(),
    };
    list(&words, "or")
}

fn range_words(encoding: &Encoding, (low, high): (u16, u16)) -> String {
    let shown = |number| {
        encoding
            .display(number)
            .unwrap_or_else(|| number.to_string())
    };
    let date = matches!(encoding, Encoding::Date);
    match (low, high) {
        (low, high) if low == high => shown(low),
        (1, high) if date => format!("on or before {}", shown(high)),
        (low, u16::MAX) if date => format!("on or after {}", shown(low)),
        (1, high) => format!("{} or less", shown(high)),
        (low, u16::MAX) => format!("{} or more", shown(low)),
        (low, high) => format!("from {} to {}", shown(low), shown(high)),
    }
}

/// A set of differences between two fields, in words.
fn difference(field: Option<&Field>, than: Option<&Field>, set: &[Interval]) -> String {
    let unit = match (field.map(|f| &f.encoding), than.map(|f| &f.encoding)) {
        (Some(Encoding::Date), Some(Encoding::Date)) => Some((Decimal::ZERO, Decimal::ONE, "days")),
        (Some(Encoding::Count), Some(Encoding::Count)) => Some((Decimal::ZERO, Decimal::ONE, "")),
        (
            Some(Encoding::Quantity { unit, origin, step }),
            Some(Encoding::Quantity {
                unit: other_unit,
                origin: other_origin,
                step: other_step,
            }),
        ) if unit == other_unit && step == other_step => origin
            .checked_sub(*other_origin)
            .map(|apart| (apart, *step, unit.as_str())),
        _ => None,
    };
    let Some((apart, step, unit)) = unit else {
        return raw(set);
    };
    let shown = |place: u32| {
        let steps = Decimal::from(i64::from(place) - i64::from(DIFFERENCE_OFFSET));
        let value = step.checked_mul(steps).and_then(|s| s.checked_add(apart));
        let value = value.map_or_else(|| format!("{steps} steps"), |v| v.normalize().to_string());
        format!("{value} {unit}").trim_end().to_owned()
    };
    let words: Vec<String> = set
        .iter()
        .flat_map(|interval| ranges(*interval, 2, CYCLE - 2))
        .map(|range| match range {
            (2, high) if high == CYCLE - 2 => "anything".to_owned(),
            (low, high) if low == high => shown(low),
            (2, high) => format!("{} or less", shown(high)),
            (low, high) if high == CYCLE - 2 => format!("{} or more", shown(low)),
            (low, high) => format!("from {} to {}", shown(low), shown(high)),
        })
        .collect();
    if words.is_empty() {
        return "nothing that can be".to_owned();
    }
    list(&words, "or")
}

/// A set as the numbers of a row or their differences.
fn raw(set: &[Interval]) -> String {
    let number = |place: u32| i64::from(place) - i64::from(DIFFERENCE_OFFSET);
    let words: Vec<String> = set
        .iter()
        .flat_map(|interval| ranges(*interval, 1, CYCLE - 1))
        .map(|(low, high)| format!("from {} to {}", number(low), number(high)))
        .collect();
    list(&words, "or")
}
