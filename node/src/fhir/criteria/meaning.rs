//! What a criterion means in FHIR's terms: codes from the profile's concepts, quantities with their
//! units, spans of days. What has no such terms is left to words.

use jiff::Span as Calendar;
use salus_protocol::day::Day;
use salus_protocol::profile::{Attribute, CodeRef, Encoding, Field, Kind, Profile, Select};
use salus_protocol::query::ast::{Amount, Bound, CalendarUnit, Test};
use serde_json::Value;

use crate::fhir::datatype::{Measure, Unit, concept, concept_set, measure};

const LOINC: &str = "http://loinc.org";

/// What is asked of what a criterion looks at.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::fhir) enum Meaning {
    /// That it is recorded.
    Present,
    /// That its value is this `CodeableConcept`.
    Coded(Value),
    /// That its value lies here.
    Measured(Measure),
    /// That it is recorded so many times.
    Counted(Measure),
    /// That it is dated in these days.
    Dated(Span),
    /// An age.
    Aged(Measure),
    /// What FHIR has no terms for.
    Words,
}

/// Days from one to another, both included; open where one is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fhir) struct Span {
    pub(in crate::fhir) from: Option<Day>,
    pub(in crate::fhir) to: Option<Day>,
}

/// A field, its profile and the day that a query asks about.
pub(super) struct Subject<'a> {
    profile: &'a Profile,
    field: Option<&'a Field>,
    index: Day,
}

impl<'a> Subject<'a> {
    /// The field that a query means by a name: `age` is the date of birth where no field is so named.
    pub(super) fn of(profile: &'a Profile, name: &str, index: Day) -> Self {
        let named = profile.field(name).map(|(_, field)| field);
        let birth = |field: &&Field| field.attribute == Some(Attribute::BirthDate);
        let field = named.or_else(|| {
            let mut fields = profile.fields().iter();
            fields.find(birth).filter(|_| name == "age")
        });
        Self {
            profile,
            field,
            index,
        }
    }

    /// What is looked at, as a `CodeableConcept`.
    pub(super) fn code(&self, meaning: &Meaning) -> Value {
        let Some(field) = self.field else {
            return serde_json::json!({ "text": "unknown" });
        };
        let named = field.concept.as_deref();
        let of_concept = named.and_then(|name| self.profile.concept(name));
        if let Some(known) = of_concept {
            return concept_set(known.codes.iter(), &field.label);
        }
        match (field.attribute, meaning) {
            (Some(Attribute::BirthDate), Meaning::Aged(_)) => concept(LOINC, "30525-0", "Age"),
            (Some(Attribute::BirthDate), _) => concept(LOINC, "21112-8", &field.label),
            (Some(Attribute::DeathDate), _) => concept(LOINC, "81954-0", &field.label),
            (Some(Attribute::Sex), _) => concept(LOINC, "46098-0", &field.label),
            (Some(Attribute::Race), _) => concept(LOINC, "32624-9", &field.label),
            (Some(Attribute::Ethnicity), _) => concept(LOINC, "69490-1", &field.label),
            (None, _) => serde_json::json!({ "text": field.label }),
        }
    }

    /// What a test asks, and whether it asks for the contrary.
    pub(super) fn meaning(&self, test: &Test) -> (bool, Meaning) {
        let Some(field) = self.field else {
            return (false, Meaning::Words);
        };
        match test {
            Test::Recorded => (false, Meaning::Present),
            Test::NoneRecorded => (true, Meaning::Present),
            Test::OneOf(values) => one_of(field, values, false),
            Test::NotOneOf(values) => one_of(field, values, true),
            Test::Value { is, unit } => (false, value(field, is, unit.as_deref())),
            Test::Date(bound) => (false, on_calendar(bound)),
            Test::BeforeIndex { is, unit } => (false, before(self.index, is, *unit)),
            Test::Difference { .. } => (false, Meaning::Words),
        }
    }
}

/// Whether a coded field or a flag is one of these values, or is none of them.
fn one_of(field: &Field, values: &[String], negated: bool) -> (bool, Meaning) {
    let asked = |name: &str| values.iter().any(|value| value == name);
    // Of a measurement, "none of these" holds only where one is recorded: so it is one of the others.
    // An exclusion would take in those of whom nothing is known.
    let others = negated && field.kind == Kind::Measurement;
    match &field.encoding {
        Encoding::Flag => match (asked("yes"), asked("no")) {
            (true, false) => (negated, Meaning::Present),
            (false, true) => (!negated, Meaning::Present),
            _ => (false, Meaning::Words),
        },
        Encoding::Code(known) => {
            let found = known.iter().filter(|value| asked(&value.name) != others);
            let found: Vec<_> = found.collect();
            let codes = found.iter().flat_map(|value| &value.codes);
            let labels: Vec<&str> = found
                .iter()
                .map(|value| match value.label.as_str() {
                    "" => value.name.as_str(),
                    label => label,
                })
                .collect();
            let codes: Vec<&CodeRef> = codes.collect();
            let coded = concept_set(codes.into_iter(), &labels.join(" or "));
            (negated && !others, Meaning::Coded(coded))
        }
        _ => (false, Meaning::Words),
    }
}

/// A number against a bound: a quantity, a count or an age.
fn value(field: &Field, is: &Bound<Amount>, unit: Option<&str>) -> Meaning {
    let known = match &field.encoding {
        Encoding::Quantity { unit: own, .. } => {
            let code = unit.unwrap_or(own);
            measure(is, Unit { name: code, code }).map(Meaning::Measured)
        }
        Encoding::Count => {
            let count = measure(is, ONE);
            if field.select == Some(Select::Count) {
                count.map(Meaning::Counted)
            } else {
                count.map(Meaning::Measured)
            }
        }
        Encoding::Date if field.attribute == Some(Attribute::BirthDate) => unit
            .and_then(CalendarUnit::from_name)
            .and_then(|unit| measure(is, calendar(unit)))
            .map(Meaning::Aged),
        _ => None,
    };
    known.unwrap_or(Meaning::Words)
}

/// UCUM's unit of what is only counted.
const ONE: Unit<'_> = Unit {
    name: "times",
    code: "1",
};

const fn calendar(unit: CalendarUnit) -> Unit<'static> {
    match unit {
        CalendarUnit::Days => Unit {
            name: "days",
            code: "d",
        },
        CalendarUnit::Weeks => Unit {
            name: "weeks",
            code: "wk",
        },
        CalendarUnit::Months => Unit {
            name: "months",
            code: "mo",
        },
        CalendarUnit::Years => Unit {
            name: "years",
            code: "a",
        },
    }
}

fn on_calendar(bound: &Bound<Day>) -> Meaning {
    let (from, to) = match *bound {
        Bound::Between(low, high) => (Some(low), Some(high)),
        Bound::AtLeast(low) => (Some(low), None),
        Bound::AtMost(high) => (None, Some(high)),
        Bound::Above(low) => (moved(low, 1), None),
        Bound::Below(high) => (None, moved(high, -1)),
        Bound::Equal(day) => (Some(day), Some(day)),
    };
    dated(from, to)
}

/// Dates at a distance from the index day, by the calendar, as the query language counts it.
fn before(index: Day, is: &Bound<Amount>, unit: CalendarUnit) -> Meaning {
    let back = |amount: &Amount| earlier(index, amount.whole()?, unit);
    let after = |amount: &Amount| back(amount).and_then(|day| moved(day, 1));
    // A day before the calendar begins leaves the span open at that end.
    let (from, to) = match is {
        Bound::Between(near, far) => (back(far), back(near)),
        Bound::AtLeast(near) => (None, back(near)),
        Bound::AtMost(far) => (back(far), Some(index)),
        Bound::Above(near) => (None, back(near).and_then(|day| moved(day, -1))),
        Bound::Below(far) => (after(far), Some(index)),
        Bound::Equal(at) => (back(at), back(at)),
    };
    dated(from, to)
}

/// A span that is open at both ends says nothing that a date alone does not.
fn dated(from: Option<Day>, to: Option<Day>) -> Meaning {
    match (from, to) {
        (None, None) => Meaning::Words,
        (from, to) => Meaning::Dated(Span { from, to }),
    }
}

fn moved(day: Day, by: i32) -> Option<Day> {
    let number = i32::from(day.number()) + by;
    u16::try_from(number).ok().and_then(Day::from_number)
}

fn earlier(index: Day, count: u32, unit: CalendarUnit) -> Option<Day> {
    let count = i64::from(count);
    let span = match unit {
        CalendarUnit::Days => Calendar::new().try_days(count),
        CalendarUnit::Weeks => Calendar::new().try_weeks(count),
        CalendarUnit::Months => Calendar::new().try_months(count),
        CalendarUnit::Years => Calendar::new().try_years(count),
    };
    let date = index.date().checked_sub(span.ok()?).ok()?;
    Day::from_date(date).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use salus_protocol::query::{DIFFERENCE_OFFSET, Query};

    fn profile() -> Profile {
        Profile::from_toml(include_str!("../../../../profiles/cardiometabolic.toml")).unwrap()
    }

    /// The meaning of a query's one criterion, and the numbers that the compiled query accepts; none
    /// where the query can never hold.
    fn meaning_and_numbers(criterion: &str, index: &str) -> Option<((bool, Meaning), [u32; 2])> {
        let profile = profile();
        let text = format!("cohort \"C\" at {index}\ninclude all\n  {criterion}\n");
        let query = Query::parse(&text).unwrap();
        let compiled = query.compile(&profile).ok()?;
        let asked = &query.groups()[0].criteria[0];
        let subject = Subject::of(&profile, &asked.field, query.index());
        let held = &compiled.query.criteria()[0];
        let low = held.start - DIFFERENCE_OFFSET;
        Some((subject.meaning(&asked.test), [low, low + held.length]))
    }

    /// A span covers the very days that the compiled query accepts.
    #[test]
    fn spans_are_those_of_the_compiled_query() {
        let mut compared = 0;
        let bounds = [
            "at least N",
            "at most N",
            "more than N",
            "less than N",
            "exactly N",
            "between N and 200",
        ];
        for index in ["2020-02-29", "2020-01-01", "1880-06-01"] {
            for unit in ["days", "weeks", "months", "years"] {
                for count in ["0", "1", "6", "31"] {
                    for bound in bounds {
                        let bound = bound.replace('N', count);
                        let asked = format!("mi.latest {bound} {unit} before index");
                        compared += usize::from(is_the_same_span(&asked, index));
                    }
                }
            }
            for bound in [
                "before D",
                "after D",
                "on or after D",
                "on or before D",
                "on D",
            ] {
                let asked = format!("mi.latest {}", bound.replace('D', "1881-03-01"));
                compared += usize::from(is_the_same_span(&asked, index));
            }
        }
        assert!(compared > 150, "{compared}");
    }

    fn is_the_same_span(asked: &str, index: &str) -> bool {
        let Some(((negated, meaning), numbers)) = meaning_and_numbers(asked, index) else {
            return false;
        };
        let Meaning::Dated(Span { from, to }) = meaning else {
            // Every day of the calendar: nothing to be said but in words.
            assert_eq!(
                (negated, numbers),
                (false, [1, u32::from(u16::MAX)]),
                "{asked} at {index}"
            );
            return true;
        };
        let number = |day: Option<Day>, open: u16| u32::from(day.map_or(open, Day::number));
        let span = [number(from, 1), number(to, u16::MAX)];
        assert_eq!((negated, span), (false, numbers), "{asked} at {index}");
        true
    }

    #[test]
    fn none_of_some_values_is_one_of_the_others() {
        for (asked, number) in [
            ("smoking.latest not in (never, former)", 3),
            ("smoking.latest is never", 1),
        ] {
            let ((negated, meaning), numbers) = meaning_and_numbers(asked, "2020-01-01").unwrap();
            assert_eq!(numbers[0], number, "{asked}");
            let profile = profile();
            let (_, field) = profile.field("smoking.latest").unwrap();
            let Encoding::Code(values) = &field.encoding else {
                panic!("a coded field")
            };
            let label = &values[number as usize - 1].label;
            let Meaning::Coded(concept) = meaning else {
                panic!("{meaning:?}")
            };
            assert_eq!(
                (negated, &concept["text"]),
                (false, &Value::from(label.as_str()))
            );
        }
    }
}
