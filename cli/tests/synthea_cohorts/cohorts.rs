//! Twenty cohorts: what is asked, and by hand the same of a patient's raw chart.
//!
//! Lives here: query texts, and plain Rust that was written from the text and from
//! docs/spec/query.md. Never here: a parsed query, a row, a proof.
//!
//! Between them they use every form of a criterion and every kind of group.

mod cardiometabolic;
mod general;
mod hearts;
mod prevention;

use rust_decimal::Decimal;

use crate::chart::Chart;
use crate::tables::Table;

/// Something that holds of a patient on an index day, or does not.
pub(crate) type Test = fn(&Chart<'_>) -> bool;

/// A cohort, asked in two ways.
pub(crate) struct Cohort {
    /// The shipped profile.
    pub(crate) profile: &'static str,
    /// The query.
    pub(crate) text: &'static str,
    /// The day that the query's first line names.
    pub(crate) index: &'static str,
    /// Whether somebody who lives on that day belongs to it.
    pub(crate) has: Test,
    /// How the count is divided.
    pub(crate) table: Table,
}

impl Cohort {
    /// The query's first line, without what it does not say of the cohort.
    pub(crate) fn title(&self) -> &'static str {
        self.text.split('"').nth(1).unwrap()
    }

    /// The same query as of another day.
    pub(crate) fn text_at(&self, index: &str) -> String {
        let own = format!(" at {}\n", self.index);
        assert_eq!(self.text.matches(&own).count(), 1);
        self.text.replacen(&own, &format!(" at {index}\n"), 1)
    }
}

/// The twenty, at as many index days.
pub(crate) const ALL: [Cohort; 20] = [
    cardiometabolic::WATCHED_DIABETES,
    cardiometabolic::KIDNEYS_AT_RISK,
    cardiometabolic::HIGH_PRESSURE,
    cardiometabolic::SMOKERS_OVER_YEARS,
    cardiometabolic::NOTHING_KNOWN_AGAINST,
    hearts::DIABETES_OVER_DECADES,
    hearts::PRESSURES_AND_FATS,
    hearts::IN_OTHER_UNITS,
    hearts::WHO_THEY_SAY_THEY_ARE,
    hearts::TREATED_AFTER_DIAGNOSIS,
    general::VACCINATED,
    general::SCREENED,
    general::MOTHERS,
    general::LUNGS_AND_ALLERGIES,
    general::FRAIL,
    prevention::DAYS_ON_RECORD,
    prevention::COUNTED_DAYS,
    prevention::DISTANCES_TO_INDEX,
    prevention::BONES_AND_BLOOD,
    prevention::NOTHING_ON_RECORD,
];

/// Whether a number is known, and of such a kind.
fn known(number: Option<Decimal>, holds: impl Fn(Decimal) -> bool) -> bool {
    number.is_some_and(holds)
}

/// A decimal number as it is written.
fn written(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Two numbers that are both known.
fn both(one: Option<Decimal>, other: Option<Decimal>, hold: fn(Decimal, Decimal) -> bool) -> bool {
    one.zip(other).is_some_and(|(one, other)| hold(one, other))
}

/// How many of these hold.
fn holding<const N: usize>(tests: [bool; N]) -> usize {
    tests.into_iter().filter(|holds| *holds).count()
}
