//! The relation of a cohort answer, natively: which slots count, and in which cells.
//!
//! It knows nothing of columns or polynomials. Spec: docs/spec/cohort.md, section "Statement".

use super::question::{Question, QuestionError, Table};
use crate::consent::{GRANTS, Grant, MODIFIERS, PERMISSIONS, TERM_BITS};
use crate::query::{CRITERIA, CompiledQuery};
use crate::row::Row;

/// The counts of all cells, the total first, over the records and consents of a dataset. A row of
/// zeros stands for a record or consent that is missing.
///
/// # Errors
/// [`QuestionError`] for a table that has no answer.
pub fn counts<'a>(
    question: &Question,
    slots: impl IntoIterator<Item = (&'a Row, &'a Row)>,
) -> Result<Vec<u64>, QuestionError> {
    let mut counts = vec![0u64; question.cells()?];
    for (record, consent) in slots {
        for cell in cells(question, record, consent) {
            counts[cell] += 1;
        }
    }
    Ok(counts)
}

/// The cells in which one slot counts, of a question whose table has an answer.
fn cells(question: &Question, record: &Row, consent: &Row) -> Vec<usize> {
    if !covers(question, consent) {
        return Vec::new();
    }
    let matches = question.query.matches(record);
    let total = matches.then_some(0);
    match &question.table {
        Table::Count => total.into_iter().collect(),
        Table::Attrition => {
            let met = groups_met(&question.query, record);
            total.into_iter().chain(1..=met + 1).collect()
        }
        Table::Strata(stratifiers) => total
            .into_iter()
            .flat_map(|total| {
                let pair = stratifiers.iter().fold(0, |pair, stratifier| {
                    let number = record.values()[usize::from(stratifier.field)];
                    pair * (stratifier.bands.len() + 1) + stratifier.band(number)
                });
                [total, 1 + pair]
            })
            .collect(),
    }
}

/// Whether a consent, as a row, covers the study on the question's day and grants *be counted*.
fn covers(question: &Question, consent: &Row) -> bool {
    let [a, b, c, d, from, until, ..] = *consent.values();
    let bits = [a, b, c, d]
        .into_iter()
        .rev()
        .fold(0u64, |bits, part| bits << 16 | u64::from(part));
    let part = |from: usize, count: usize| bits >> from & ((1 << count) - 1);
    let permitted = part(0, PERMISSIONS) & question.masks.covering != 0;
    let denied = part(PERMISSIONS, MODIFIERS) & question.masks.denying != 0;
    let granted = part(PERMISSIONS + MODIFIERS, GRANTS) >> Grant::Counted.bit() & 1 == 1;
    let limited = bits >> TERM_BITS != 0;
    let day = question.day.number();
    permitted && !denied && granted && !limited && from <= day && day <= until
}

/// How many of a query's groups a record meets before the first that it does not.
fn groups_met(query: &CompiledQuery, record: &Row) -> usize {
    let criteria = query.criteria();
    let (mut previous, mut count, mut met) = (0, 0, 0);
    for criterion in criteria.iter().take(CRITERIA) {
        if criterion.opens_group {
            count = 0;
        }
        count += u8::from(criterion.holds(record, previous));
        previous = record.values()[usize::from(criterion.field)];
        if criterion.at_least != 0 {
            if count < criterion.at_least {
                break;
            }
            met += 1;
        }
    }
    met
}
