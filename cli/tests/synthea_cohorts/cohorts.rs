//! Ten cohorts: what is asked, and by hand the same of a patient's raw chart.
//!
//! Lives here: query texts, and plain Rust that was written from the text and from
//! docs/spec/query.md. Never here: a parsed query, a row, a proof.

mod cardiometabolic;
mod general;

use rust_decimal::Decimal;

use crate::chart::Chart;

/// A cohort, asked in two ways.
pub(crate) struct Cohort {
    /// The shipped profile.
    pub(crate) profile: &'static str,
    /// The query.
    pub(crate) text: &'static str,
    /// The day that the query's first line names.
    pub(crate) index: &'static str,
    /// Whether somebody who lives on that day belongs to it.
    pub(crate) has: fn(&Chart<'_>) -> bool,
}

/// The ten, at ten index days.
pub(crate) const ALL: [Cohort; 10] = [
    cardiometabolic::WATCHED_DIABETES,
    cardiometabolic::KIDNEYS_AT_RISK,
    cardiometabolic::HIGH_PRESSURE,
    cardiometabolic::SMOKERS_OVER_YEARS,
    cardiometabolic::NOTHING_KNOWN_AGAINST,
    general::VACCINATED,
    general::SCREENED,
    general::MOTHERS,
    general::LUNGS_AND_ALLERGIES,
    general::FRAIL,
];

/// Whether a number is known, and of such a kind.
fn known(number: Option<Decimal>, holds: impl Fn(Decimal) -> bool) -> bool {
    number.is_some_and(holds)
}

/// A decimal number as it is written.
fn written(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// How many of these hold.
fn holding<const N: usize>(tests: [bool; N]) -> usize {
    tests.into_iter().filter(|holds| *holds).count()
}
