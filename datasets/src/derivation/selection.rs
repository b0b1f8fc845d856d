//! Selection: of a field's candidates, the one that counts for each person. Sorting and
//! deduplicating tables, eagerly, in polars.
//!
//! Candidates of one person on one day are ordered by time of day, then by value, so that `first`
//! takes the smaller and `latest` the larger of two that happened at once. Nothing is left to the
//! order in the source: two candidates equal in all columns give the same row.

use polars::frame::{DataFrame, UniqueKeepStrategy};
use polars::prelude::{Column, PolarsResult, SortMultipleOptions};
use rust_decimal::Decimal;
use salus_protocol::day::Day;
use salus_protocol::profile::{EncodeError, Encoding, Field, Select, Take};

use super::fact::{ConceptFacts, Fact, Reading};
use super::reading::{self, Unusable};
use super::report::{DerivationReport, LeftOut};
use crate::fhir::Import;

const PERSON: &str = "person";
const DAY: &str = "day";
const SECOND: &str = "second";
const CODE: &str = "code";

/// Facts that a field may select, with their encoded values, column by column.
#[derive(Default)]
pub(super) struct Candidates {
    person: Vec<u32>,
    day: Vec<u32>,
    second: Vec<u32>,
    code: Vec<u32>,
}

/// The facts inside the field's window whose value the field can hold.
pub(super) fn candidates(
    field: &Field,
    facts: &ConceptFacts<'_>,
    index: Day,
    import: &Import,
    report: &mut DerivationReport,
) -> Candidates {
    let window_start = field
        .within_days
        .map_or(0, |days| index.number().saturating_sub(days));
    let mut candidates = Candidates::default();
    for fact in facts {
        if fact.day.number() < window_start {
            continue;
        }
        match encode(field, fact) {
            Ok(code) => {
                candidates.person.push(fact.person);
                candidates.day.push(fact.day.number().into());
                candidates.second.push(fact.second);
                candidates.code.push(code.into());
            }
            Err(Unusable { reason, detail }) => {
                let place = import.report.place(fact.source);
                report.leave_out_of_field(&field.name, reason, place, detail);
            }
        }
    }
    candidates
}

/// What the field would hold if it selected this fact.
fn encode(field: &Field, fact: &Fact<'_>) -> Result<u16, Unusable> {
    if field.take == Some(Take::Date) {
        return Ok(fact.day.number());
    }
    match (&field.encoding, &fact.value) {
        // Whether and how often: every fact is as good as another.
        (Encoding::Flag, _) => Ok(1),
        (Encoding::Count, _) if field.select == Some(Select::Count) => Ok(1),
        (Encoding::Code(values), Reading::Coded(codings)) => reading::coded(values, codings),
        (Encoding::Code(_), _) => Err(Unusable::new(LeftOut::NotCoded)),
        (encoding, Reading::Number(number)) => encoding.encode_number(*number).map_err(unusable),
        _ => Err(Unusable::new(LeftOut::NoNumber)),
    }
}

fn unusable(error: EncodeError) -> Unusable {
    match error {
        EncodeError::OutOfRange { value } => Unusable::because(LeftOut::OutOfRange, value),
        EncodeError::WrongKind { .. } => Unusable::new(LeftOut::NoNumber),
    }
}

/// The place and encoded value of every person who has a candidate.
pub(super) fn select(field: &Field, candidates: Candidates) -> PolarsResult<Vec<(usize, u16)>> {
    use UniqueKeepStrategy::{First, Last};
    if candidates.person.is_empty() {
        return Ok(Vec::new());
    }
    let table = table(candidates)?;
    let by_time = [PERSON, DAY, SECOND, CODE];
    let by_value = [PERSON, CODE];
    match field.select {
        Some(Select::First) | None => one_each(&table, &by_time, First),
        Some(Select::Latest) => one_each(&table, &by_time, Last),
        Some(Select::Minimum) | Some(Select::Any) => one_each(&table, &by_value, First),
        Some(Select::Maximum) => one_each(&table, &by_value, Last),
        Some(Select::Count) => days_each(&table, &field.encoding),
    }
}

fn table(candidates: Candidates) -> PolarsResult<DataFrame> {
    let column = |name: &str, values: Vec<u32>| Column::new(name.into(), values);
    DataFrame::new_infer_height(vec![
        column(PERSON, candidates.person),
        column(DAY, candidates.day),
        column(SECOND, candidates.second),
        column(CODE, candidates.code),
    ])
}

/// Sorts, then keeps the first or last line of each person.
fn one_each(
    table: &DataFrame,
    order: &[&str],
    keep: UniqueKeepStrategy,
) -> PolarsResult<Vec<(usize, u16)>> {
    let sorted = table.sort(order, SortMultipleOptions::default())?;
    let kept = sorted.unique_stable(Some(&[PERSON.to_owned()]), keep, None)?;
    let code = kept.column(CODE)?.u32()?;
    let person = kept.column(PERSON)?.u32()?;
    Ok(person
        .into_no_null_iter()
        .zip(code.into_no_null_iter())
        .filter_map(|(person, code)| Some((person as usize, u16::try_from(code).ok()?)))
        .collect())
}

/// How many different days each person has.
fn days_each(table: &DataFrame, encoding: &Encoding) -> PolarsResult<Vec<(usize, u16)>> {
    let person_and_day = [PERSON.to_owned(), DAY.to_owned()];
    let days = table.unique_stable(Some(&person_and_day), UniqueKeepStrategy::Any, None)?;
    let by_person = days.group_by([PERSON])?;
    let counts = by_person.get_groups().group_count();
    let keys = by_person.keys();
    let person = keys[0].u32()?;
    Ok(person
        .into_no_null_iter()
        .zip(counts.into_no_null_iter())
        // There are fewer days in the calendar than numbers in 16 bits.
        .filter_map(|(person, days)| {
            let code = encoding.encode_number(Decimal::from(days)).ok()?;
            Some((person as usize, code))
        })
        .collect())
}
