//! From a criterion as it is asked to the numbers of a row that satisfy it.
//!
//! Lives here: names, units, values and dates, held against a profile and an index day. Never
//! here: groups, negation and the order of compiled criteria (see `compile`).

mod date;
mod difference;
mod number;

pub(crate) use difference::days_in;

use super::ast::{Bound, Criterion, Test};
use super::error::{Caution, Problem};
use super::interval::{Interval, runs};
use super::place::Part;
use super::suggest;
use crate::day::Day;
use crate::profile::{Attribute, Encoding, Field, Kind, Profile};

/// What a criterion asks of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// Position of the field.
    pub(crate) field: u8,
    /// Position of the field that is subtracted.
    pub(crate) minus: Option<u8>,
    /// The numbers, or differences, of which it holds.
    pub(crate) set: Vec<Interval>,
    /// Whether it holds when the field (or, in a difference, either) is 0.
    pub(crate) if_none: bool,
    /// What is worth a second look.
    pub(crate) cautions: Vec<(Part, Caution)>,
}

/// A problem with a part of a criterion.
pub(crate) type Refusal = (Part, Problem);

/// A field of the profile and where it stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    position: u8,
    field: &'a Field,
    profile: &'a Profile,
}

/// Holds a criterion against a profile at an index day.
pub(crate) fn resolve(
    criterion: &Criterion,
    profile: &Profile,
    index: Day,
) -> Result<Resolved, Refusal> {
    let place = find(profile, &criterion.field, Part::Field)?;
    let numbers = match &criterion.test {
        Test::Recorded => Numbers::of(vec![Interval::ALWAYS], false),
        Test::NoneRecorded => Numbers::of(vec![Interval::NEVER], true),
        Test::OneOf(values) => named(place, values, false)?,
        Test::NotOneOf(values) => named(place, values, true)?,
        Test::Value { is, unit } => value(place, is, unit.as_deref(), index)?,
        Test::Date(bound) => date::on_calendar(place, bound, index)?,
        Test::BeforeIndex { is, unit } => date::before_index(place, is, *unit, index)?,
        Test::Difference {
            is,
            unit,
            direction,
            than,
        } => {
            let than = find(profile, than, Part::Than)?;
            let numbers = difference::distance(place, than, is, unit.as_deref(), *direction)?;
            return Ok(numbers.resolved(place, Some(than.position)));
        }
    };
    Ok(numbers.resolved(place, None))
}

/// Numbers of which a criterion holds.
struct Numbers {
    set: Vec<Interval>,
    if_none: bool,
    cautions: Vec<(Part, Caution)>,
}

impl Numbers {
    const fn of(set: Vec<Interval>, if_none: bool) -> Self {
        Self {
            set,
            if_none,
            cautions: Vec::new(),
        }
    }

    fn resolved(self, place: Place<'_>, minus: Option<u8>) -> Resolved {
        Resolved {
            field: place.position,
            minus,
            set: self.set,
            if_none: self.if_none,
            cautions: self.cautions,
        }
    }
}

/// The field of this name. `age` is the field that holds the date of birth, in a profile that
/// has no field of that name.
fn find<'a>(profile: &'a Profile, name: &str, part: Part) -> Result<Place<'a>, Refusal> {
    let found = profile.field(name).or_else(|| {
        let birth = profile
            .fields()
            .iter()
            .find(|f| f.attribute == Some(Attribute::BirthDate))
            .filter(|_| name == "age")?;
        profile.field(&birth.name)
    });
    let Some((position, field)) = found else {
        let names = profile.fields().iter().map(|f| f.name.as_str());
        let problem = Problem::UnknownField {
            name: name.to_owned(),
            profile: profile.name().to_owned(),
            near: suggest::near(name, names),
        };
        return Err((part, problem));
    };
    Ok(Place {
        position,
        field,
        profile,
    })
}

/// The field that a query means by a name.
pub(crate) fn find_field<'a>(profile: &'a Profile, name: &str) -> Option<&'a Field> {
    find(profile, name, Part::Field)
        .ok()
        .map(|place| place.field)
}

/// What a field holds, for messages.
fn holds(field: &Field) -> &'static str {
    match field.encoding {
        Encoding::Date => "a date",
        Encoding::Count => "a count",
        Encoding::Flag => "yes or nothing",
        Encoding::Quantity { .. } => "a quantity",
        Encoding::Code(_) => "a coded value",
    }
}

/// How to ask of a field of this encoding.
fn how_to_ask(field: &Field) -> &'static str {
    match (&field.encoding, field.attribute) {
        (Encoding::Date, Some(Attribute::BirthDate)) => {
            "write `age at least 18 years`, or `before 2020-01-31`"
        }
        (Encoding::Date, _) => {
            "write `at least 3 years before index`, `before 2020-01-31`, or name another date"
        }
        (Encoding::Count, _) => "write `at least 2`",
        (Encoding::Flag, _) => "write `is yes`",
        (Encoding::Quantity { .. }, _) => "write a number and its unit",
        (Encoding::Code(_), _) => "write `is NAME` or `in (NAME, NAME)`",
    }
}

fn mismatch(field: &Field, asked: &'static str) -> Refusal {
    let problem = Problem::Mismatch {
        field: field.name.clone(),
        holds: holds(field),
        asked,
        instead: how_to_ask(field),
    };
    (Part::Whole, problem)
}

/// A coded field or a flag against names.
fn named(place: Place<'_>, values: &[String], negated: bool) -> Result<Numbers, Refusal> {
    let names: Vec<&str> = match &place.field.encoding {
        Encoding::Code(values) => values.iter().map(|v| v.name.as_str()).collect(),
        Encoding::Flag => vec!["yes", "no"],
        _ => return Err(mismatch(place.field, "compared with names")),
    };
    let mut numbers = Vec::with_capacity(values.len());
    for (i, value) in values.iter().enumerate() {
        let found = (1u16..).zip(&names).find(|(_, name)| **name == value);
        let Some((number, _)) = found else {
            let problem = Problem::UnknownValue {
                value: value.clone(),
                field: place.field.name.clone(),
                known: names.iter().map(|&n| n.to_owned()).collect(),
                near: suggest::nearest(value, names.iter().copied()),
            };
            return Err((Part::Value(i), problem));
        };
        numbers.push(number);
    }
    numbers.sort_unstable();
    numbers.dedup();
    if matches!(place.field.encoding, Encoding::Flag) {
        return flag(place, &numbers, negated);
    }
    let mut set = runs(&numbers);
    // "None on record" is a fact about an event, so it is none of the values asked for.
    let if_none = negated && place.field.kind == Kind::Event;
    let mut cautions = Vec::new();
    if numbers.len() == names.len() {
        if negated && !if_none {
            let reason = "the list holds every value of the field".to_owned();
            return Err((Part::Whole, Problem::NeverHolds { reason }));
        }
        if !negated {
            cautions.push((Part::Whole, Caution::AlwaysHolds));
        }
    }
    if negated {
        set = super::interval::complement(&set);
    }
    Ok(Numbers {
        set,
        if_none,
        cautions,
    })
}

/// A flag holds 1 for yes. That it is not recorded means "no" of an event, and nothing of a
/// measurement.
fn flag(place: Place<'_>, asked: &[u16], negated: bool) -> Result<Numbers, Refusal> {
    let wanted = |answer: u16| asked.contains(&answer) != negated;
    let event = place.field.kind == Kind::Event;
    match (wanted(1), wanted(2)) {
        (true, false) => Ok(Numbers::of(vec![Interval::of(1, 1)], false)),
        (false, true) if event => Ok(Numbers::of(vec![Interval::NEVER], true)),
        (yes, no) => {
            let reason = if yes && no {
                return Ok(Numbers {
                    set: vec![Interval::of(1, 1)],
                    if_none: event,
                    cautions: vec![(Part::Whole, Caution::AlwaysHolds)],
                });
            } else if no {
                "the field says yes or is unknown, never no"
            } else {
                "it is neither yes nor no"
            };
            let reason = reason.to_owned();
            Err((Part::Whole, Problem::NeverHolds { reason }))
        }
    }
}

/// A number against a bound: a quantity, a count or an age.
fn value(
    place: Place<'_>,
    is: &Bound<super::ast::Amount>,
    unit: Option<&str>,
    index: Day,
) -> Result<Numbers, Refusal> {
    match &place.field.encoding {
        Encoding::Quantity { .. } => number::quantity(place, is, unit),
        Encoding::Count => number::count(place, is, unit),
        Encoding::Date if place.field.attribute == Some(Attribute::BirthDate) => {
            date::age(place, is, unit, index)
        }
        _ => Err(mismatch(place.field, "compared with a number")),
    }
}
