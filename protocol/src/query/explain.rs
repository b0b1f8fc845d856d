//! A query in plain English: for the clinician who wrote it, and for pages and reports.

use std::fmt;

use serde::Serialize;

use super::ast::{Amount, Bound, CalendarUnit, Direction, Group, Need, Sense, Test};
use super::compile::Compiled;
use super::decompile::held;
use super::error::QueryErrors;
use super::resolve::{Resolved, days_in, find_field};
use super::suggest::list;
use super::{Asked, Query};
use crate::day::Day;
use crate::profile::{Attribute, Encoding, Field, Profile};

/// What a query asks, in words. `Display` gives it as prose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The query's title, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The profile's title.
    pub profile: String,
    /// The index day.
    pub index: Day,
    /// The groups, all of which must be satisfied.
    pub groups: Vec<GroupExplanation>,
}

/// A group in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupExplanation {
    /// What must hold of the group, such as "at least 2 of these hold".
    pub heading: String,
    /// Its criteria.
    pub criteria: Vec<CriterionExplanation>,
}

/// A criterion in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CriterionExplanation {
    /// What is asked.
    pub text: String,
    /// What it says of a patient with none recorded.
    pub none_recorded: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(title) = &self.title {
            writeln!(f, "{title}")?;
        }
        writeln!(
            f,
            "Patients of whom, by what is on record up to {} (profile: {}),",
            long_date(self.index),
            self.profile
        )?;
        if self.groups.is_empty() {
            writeln!(f, "nothing is asked: everyone matches.")?;
        }
        for (i, group) in self.groups.iter().enumerate() {
            let and = if i == 0 { "" } else { "and " };
            writeln!(f, "{and}{}:", group.heading)?;
            for criterion in &group.criteria {
                writeln!(f, "  - {}. {}", criterion.text, criterion.none_recorded)?;
            }
        }
        Ok(())
    }
}

/// A day as prose writes it: 1 January 2020.
pub(super) fn long_date(day: Day) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let date = day.date();
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    format!("{} {} {}", date.day(), MONTHS[month], date.year())
}

pub(super) fn explain(query: &Query, profile: &Profile) -> Result<Explanation, QueryErrors> {
    let compiled: Compiled = query.compile(profile)?;
    let groups = query
        .groups()
        .iter()
        .zip(&compiled.resolved)
        .map(|(group, resolved)| GroupExplanation {
            heading: heading(group),
            criteria: group
                .criteria
                .iter()
                .zip(resolved)
                .map(|(asked, resolved)| criterion(asked, resolved, group, profile))
                .collect(),
        })
        .collect();
    Ok(Explanation {
        title: Some(query.title().to_owned()).filter(|title| !title.is_empty()),
        profile: profile.document().title.clone(),
        index: query.index(),
        groups,
    })
}

fn heading(group: &Group) -> String {
    match (group.sense, group.need) {
        (Sense::Include, Need::All) => "all of these hold".to_owned(),
        (Sense::Include, Need::Any) => "at least one of these holds".to_owned(),
        (Sense::Include, Need::AtLeast(n)) => format!("at least {n} of these hold"),
        (Sense::Exclude, Need::Any) => "none of these holds".to_owned(),
        (Sense::Exclude, Need::All) => "not all of these hold".to_owned(),
        (Sense::Exclude, Need::AtLeast(n)) => format!("fewer than {n} of these hold"),
    }
}

fn criterion(
    asked: &Asked,
    resolved: &Resolved,
    group: &Group,
    profile: &Profile,
) -> CriterionExplanation {
    let excludes = group.sense == Sense::Exclude;
    let holds = resolved.if_none != excludes;
    let missing = match asked.test {
        Test::Difference { .. } => "With either not recorded",
        _ => "With none recorded",
    };
    let then = match (excludes, holds) {
        (false, true) => "this holds",
        (false, false) => "this does not hold",
        (true, true) => "this holds, which counts towards exclusion",
        (true, false) => "this does not hold, so it does not exclude",
    };
    CriterionExplanation {
        text: sentence(asked, resolved, excludes, profile),
        none_recorded: format!("{missing}, {then}."),
    }
}

fn sentence(asked: &Asked, resolved: &Resolved, negated: bool, profile: &Profile) -> String {
    // The query compiled, so its fields are there.
    let Some(field) = find_field(profile, &asked.field) else {
        return super::text::criterion_text(asked);
    };
    let label = &field.label;
    // What the bound comes to, as the row holds it; of a group that excludes, before negation.
    let as_held = || held(field, &resolved.set, negated);
    match &asked.test {
        Test::Recorded => format!("{label}: there is a record"),
        Test::NoneRecorded => format!("{label}: none is recorded"),
        Test::OneOf(values) => format!("{label} is {}", list(&labels(field, values), "or")),
        Test::NotOneOf(values) => {
            format!("{label} is not {}", list(&labels(field, values), "or"))
        }
        Test::Value { is, unit } if field.attribute == Some(Attribute::BirthDate) => {
            let unit = unit.as_deref().unwrap_or_default();
            format!(
                "the age is {} completed {} on the index day (born {})",
                value_words(is),
                unit_word(is, unit),
                as_held()
            )
        }
        Test::Value { is, unit } => {
            let words = spaced(&value_words(is), unit.as_deref());
            match &field.encoding {
                Encoding::Quantity { unit: own, .. } if unit.as_ref().is_some_and(|u| u != own) => {
                    format!("{label} is {words} (as held: {})", as_held())
                }
                _ => format!("{label} is {words}"),
            }
        }
        Test::Date(_) => format!("{label} is {}", as_held()),
        // `before index`: no number was named, so none is said.
        Test::BeforeIndex {
            is: Bound::Above(none),
            ..
        } if *none == Amount::ZERO => format!("{label} is before the index day ({})", as_held()),
        Test::BeforeIndex { is, unit } => format!(
            "{label} is {} {} before the index day ({})",
            distance_words(is),
            unit_word(is, unit.name()),
            as_held()
        ),
        Test::Difference {
            is,
            unit,
            direction,
            than,
        } => {
            let other = find_field(profile, than);
            let other = other.map_or_else(|| than.clone(), |f| within_sentence(&f.label));
            let distance = distance(is, unit.as_deref(), *direction);
            format!(
                "{label} is {distance} {other}{}",
                in_days(field, is, unit.as_deref())
            )
        }
    }
}

/// A label as it stands in the midst of a sentence; one that begins with an abbreviation keeps it.
fn within_sentence(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().collect::<String>() + &label[first.len_utf8()..]
        }
        _ => label.to_owned(),
    }
}

fn labels(field: &Field, values: &[String]) -> Vec<String> {
    let label = |name: &String| match &field.encoding {
        Encoding::Code(list) => {
            let found = list.iter().find(|v| v.name == *name);
            found.map_or("", |v| v.label.as_str()).to_owned()
        }
        _ => String::new(),
    };
    let named = values.iter().map(|name| match label(name) {
        label if label.is_empty() => name.clone(),
        label => label,
    });
    named.collect()
}

/// A unit as it goes with a bound: those of the calendar have a singular.
fn unit_word<'a>(is: &Bound<Amount>, unit: &'a str) -> &'a str {
    let one = is.values().last().and_then(|amount| amount.whole()) == Some(1);
    match CalendarUnit::from_name(unit) {
        Some(known) if one => known.name().trim_end_matches('s'),
        Some(known) => known.name(),
        None => unit,
    }
}

fn spaced(words: &str, unit: Option<&str>) -> String {
    format!("{words} {}", unit.unwrap_or_default())
        .trim_end()
        .to_owned()
}

fn value_words(is: &Bound<Amount>) -> String {
    match is {
        Bound::Between(low, high) => format!("from {low} to {high}"),
        Bound::AtLeast(low) => format!("at least {low}"),
        Bound::AtMost(high) => format!("at most {high}"),
        Bound::Above(low) => format!("above {low}"),
        Bound::Below(high) => format!("below {high}"),
        Bound::Equal(value) => format!("exactly {value}"),
    }
}

fn distance_words(is: &Bound<Amount>) -> String {
    match is {
        Bound::Above(low) => format!("more than {low}"),
        Bound::Below(high) => format!("less than {high}"),
        is => value_words(is),
    }
}

fn distance(is: &Bound<Amount>, unit: Option<&str>, direction: Direction) -> String {
    let words = match (is, unit) {
        // `X before Y`: no number was named, so none is said.
        (Bound::Above(_), None) => String::new(),
        (Bound::AtLeast(_), None) => "equal to or".to_owned(),
        _ => spaced(&distance_words(is), unit.map(|unit| unit_word(is, unit))),
    };
    match (direction, is) {
        (Direction::Of, Bound::Equal(_)) => "equal to".to_owned(),
        (Direction::Of, _) => format!("{words} away, either way, from"),
        (direction, is) => {
            let way = match direction {
                Direction::Before => "before",
                Direction::After => "after",
                Direction::Above => "above",
                Direction::Below | Direction::Of => "below",
            };
            // An upper bound alone could be read as the other side too; it is not meant so.
            match is {
                Bound::AtMost(_) | Bound::Below(_) => {
                    let other = match direction {
                        Direction::Before => "after",
                        Direction::After => "before",
                        Direction::Above => "below",
                        Direction::Below | Direction::Of => "above",
                    };
                    format!("{words} {way}, and not {other},")
                }
                _ => format!("{words} {way}").trim_start().to_owned(),
            }
        }
    }
}

/// The days that a distance in months or years comes to.
fn in_days(field: &Field, is: &Bound<Amount>, unit: Option<&str>) -> String {
    let unit = unit.and_then(CalendarUnit::from_name);
    let Some(unit @ (CalendarUnit::Months | CalendarUnit::Years)) = unit else {
        return String::new();
    };
    if !matches!(field.encoding, Encoding::Date) {
        return String::new();
    }
    let days: Vec<String> = is
        .values()
        .filter_map(|amount| amount.whole())
        .map(|n| days_in(n, unit).to_string())
        .collect();
    format!(" (counted as {} days)", list(&days, "and"))
}
