//! From a query to its text: one way to write each query.

use std::fmt::Write;

use super::Query;
use super::ast::{Amount, Bound, Criterion, Direction, Group, Need, Sense, Test};

/// The query's canonical text.
pub(super) fn write(query: &Query) -> String {
    let mut text = format!("cohort {}", quote(&query.title));
    if let Some(profile) = &query.profile {
        text.push_str(" using ");
        text.push_str(profile);
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, " at {}", query.index);
    for group in &query.groups {
        let _ = writeln!(text, "{}", heading(group));
        for criterion in &group.criteria {
            let _ = writeln!(text, "  {}", criterion_text(criterion));
        }
    }
    text
}

fn quote(title: &str) -> String {
    format!("\"{}\"", title.replace('\\', "\\\\").replace('"', "\\\""))
}

fn heading(group: &Group) -> String {
    let sense = match group.sense {
        Sense::Include => "include",
        Sense::Exclude => "exclude",
    };
    match group.need {
        Need::All => format!("{sense} all"),
        Need::Any => format!("{sense} any"),
        Need::AtLeast(n) => format!("{sense} at least {n} of"),
    }
}

/// A criterion as its line holds it.
pub(crate) fn criterion_text(criterion: &Criterion) -> String {
    let field = &criterion.field;
    match &criterion.test {
        Test::Recorded => format!("{field} recorded"),
        Test::NoneRecorded => format!("no {field}"),
        Test::OneOf(values) => match values.as_slice() {
            [value] => format!("{field} is {value}"),
            values => format!("{field} in ({})", values.join(", ")),
        },
        Test::NotOneOf(values) => match values.as_slice() {
            [value] => format!("{field} is not {value}"),
            values => format!("{field} not in ({})", values.join(", ")),
        },
        Test::Value { is, unit } => {
            format!("{field} {}", with_unit(&value_bound(is), unit.as_deref()))
        }
        Test::Date(is) => format!("{field} {}", date_bound(is)),
        Test::BeforeIndex { is, unit } => {
            format!(
                "{field} {} {} before index",
                distance_bound(is),
                unit.name()
            )
        }
        Test::Difference {
            is,
            unit,
            direction,
            than,
        } => match (without_number(is, *direction), unit) {
            (Some(words), None) => format!("{field} {words} {than}"),
            _ => format!(
                "{field} {} {} {than}",
                with_unit(&distance_bound(is), unit.as_deref()),
                direction_word(*direction)
            ),
        },
    }
}

fn with_unit(bound: &str, unit: Option<&str>) -> String {
    match unit {
        Some(unit) => format!("{bound} {unit}"),
        None => bound.to_owned(),
    }
}

fn value_bound(is: &Bound<Amount>) -> String {
    match is {
        Bound::Between(low, high) => format!("between {low} and {high}"),
        Bound::AtLeast(low) => format!("at least {low}"),
        Bound::AtMost(high) => format!("at most {high}"),
        Bound::Above(low) => format!("above {low}"),
        Bound::Below(high) => format!("below {high}"),
        Bound::Equal(value) => format!("equal to {value}"),
    }
}

fn distance_bound(is: &Bound<Amount>) -> String {
    match is {
        Bound::Between(low, high) => format!("between {low} and {high}"),
        Bound::AtLeast(low) => format!("at least {low}"),
        Bound::AtMost(high) => format!("within {high}"),
        Bound::Above(low) => format!("more than {low}"),
        Bound::Below(high) => format!("less than {high}"),
        Bound::Equal(value) => format!("exactly {value}"),
    }
}

fn date_bound(is: &Bound<crate::day::Day>) -> String {
    match is {
        Bound::Between(low, high) => format!("between {low} and {high}"),
        Bound::AtLeast(low) => format!("on or after {low}"),
        Bound::AtMost(high) => format!("on or before {high}"),
        Bound::Above(low) => format!("after {low}"),
        Bound::Below(high) => format!("before {high}"),
        Bound::Equal(value) => format!("on {value}"),
    }
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Before => "before",
        Direction::After => "after",
        Direction::Above => "above",
        Direction::Below => "below",
        Direction::Of => "of",
    }
}

/// The words of a difference that names no number, where there are such words.
fn without_number(is: &Bound<Amount>, direction: Direction) -> Option<&'static str> {
    let or_equal = match is {
        Bound::AtLeast(zero) if *zero == Amount::ZERO => true,
        Bound::Above(zero) if *zero == Amount::ZERO => false,
        Bound::Equal(zero) if *zero == Amount::ZERO && direction == Direction::Of => {
            return Some("equal to");
        }
        _ => return None,
    };
    Some(match (direction, or_equal) {
        (Direction::Before, true) => "on or before",
        (Direction::Before, false) => "before",
        (Direction::After, true) => "on or after",
        (Direction::After, false) => "after",
        (Direction::Above, true) => "at least",
        (Direction::Above, false) => "above",
        (Direction::Below, true) => "at most",
        (Direction::Below, false) => "below",
        (Direction::Of, _) => return None,
    })
}
