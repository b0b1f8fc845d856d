//! Differencing: two counts whose queries are nearly alike say together what neither says alone.
//! Spec: docs/spec/ledger.md, section "Budget and differencing".

use std::collections::BTreeMap;

use salus_protocol::query::{CYCLE, CompiledQuery, Criterion};

/// What a group asks of one field, or of the difference of two: the field, and that subtracted.
type About = (u8, Option<u8>);
/// The intervals asked for, sorted: start, length, outcome if none is recorded.
type Intervals = Vec<(u32, u32, bool)>;

/// Whether two queries that are not equal differ in at most one condition.
///
/// A *condition* is all that one group asks of one field, or of the difference of two. Groups are
/// compared as if they all asked for the same number, so that it is no way around the rule to
/// change this number, or the order of groups; likewise criteria that always or never hold count
/// for nothing. Two queries are near when one has one condition more than the other, or one each
/// that the other lacks and both are about the same field, or none.
pub(super) fn are_near(a: &CompiledQuery, b: &CompiledQuery) -> bool {
    if a == b {
        return false;
    }
    let mut surplus = BTreeMap::<(About, Intervals), i32>::new();
    for condition in conditions(a) {
        *surplus.entry(condition).or_default() += 1;
    }
    for condition in conditions(b) {
        *surplus.entry(condition).or_default() -= 1;
    }
    let of = |sign: i32| {
        let differing = surplus.iter().filter(move |(_, count)| **count * sign > 0);
        differing.flat_map(|((about, _), count)| {
            std::iter::repeat_n(*about, count.unsigned_abs() as usize)
        })
    };
    let (mut only_a, mut only_b) = (of(1), of(-1));
    let left = (only_a.next(), only_b.next());
    if only_a.next().is_some() || only_b.next().is_some() {
        return false;
    }
    match left {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// A query's conditions, group by group.
fn conditions(query: &CompiledQuery) -> Vec<(About, Intervals)> {
    let mut all = Vec::new();
    let mut group = BTreeMap::<About, Intervals>::new();
    let mut previous = 0;
    for criterion in query.criteria() {
        if criterion.opens_group {
            all.extend(std::mem::take(&mut group));
        }
        if !is_constant(criterion) {
            let subtracted = criterion.minus_previous.then_some(previous);
            group
                .entry((criterion.field, subtracted))
                .or_default()
                .push((criterion.start, criterion.length, criterion.if_none));
        }
        previous = criterion.field;
    }
    all.extend(group);
    for (_, intervals) in &mut all {
        intervals.sort_unstable();
    }
    all
}

/// Whether a criterion never holds, as unused ones and carriers, or always does.
const fn is_constant(criterion: &Criterion) -> bool {
    let never = criterion.start == 0 && criterion.length == 0 && !criterion.if_none;
    let always = criterion.length == CYCLE - 1 && criterion.if_none;
    never || always
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use salus_protocol::field::Fr;
    use salus_protocol::profile::Edition;
    use salus_protocol::query::DIFFERENCE_OFFSET;

    fn between(field: u8, low: u32, high: u32) -> Criterion {
        Criterion {
            field,
            minus_previous: false,
            start: low + DIFFERENCE_OFFSET,
            length: high - low,
            if_none: false,
            opens_group: true,
            at_least: 1,
        }
    }

    fn query(criteria: &[Criterion]) -> CompiledQuery {
        CompiledQuery::new(Edition::new(Fr::from(1u64)), criteria).unwrap()
    }

    /// A group of criteria, of which so many must hold.
    fn group(mut criteria: Vec<Criterion>, at_least: u8) -> Vec<Criterion> {
        let last = criteria.len() - 1;
        for (i, criterion) in criteria.iter_mut().enumerate() {
            criterion.opens_group = i == 0;
            criterion.at_least = if i == last { at_least } else { 0 };
        }
        criteria
    }

    #[track_caller]
    fn expect(near: bool, a: &[Criterion], b: &[Criterion]) {
        let (a, b) = (query(a), query(b));
        assert_eq!((are_near(&a, &b), are_near(&b, &a)), (near, near));
    }

    #[test]
    fn one_condition_more_less_or_changed_is_near() {
        let (age, sex, hba1c) = (between(0, 18, 75), between(1, 1, 1), between(2, 5, 9));
        expect(true, &[age, sex], &[age, sex, hba1c]);
        expect(true, &[age, sex], &[age]);
        expect(true, &[age], &[]);
        expect(true, &[age, sex], &[between(0, 18, 74), sex]);
        // In another order too.
        expect(true, &[age, sex], &[sex, between(0, 19, 75)]);
    }

    #[test]
    fn equal_and_different_queries_are_not_near() {
        let (age, sex, hba1c) = (between(0, 18, 75), between(1, 1, 1), between(2, 5, 9));
        expect(false, &[age, sex], &[age, sex]);
        expect(false, &[age], &[sex]);
        expect(false, &[age, sex], &[hba1c]);
        expect(false, &[age], &[age, sex, hba1c]);
        expect(false, &[age, sex], &[between(0, 18, 74), between(1, 2, 2)]);
    }

    #[test]
    fn order_grouping_and_padding_are_no_way_around() {
        let (age, sex, hba1c) = (between(0, 18, 75), between(1, 1, 1), between(2, 5, 9));
        expect(true, &[age, sex], &[sex, age]);
        let all = group(vec![age, sex, hba1c], 3);
        let two = group(vec![age, sex, hba1c], 2);
        expect(true, &all, &two);
        expect(true, &all, &[age, sex, hba1c]);
        let always = Criterion {
            start: 7,
            length: CYCLE - 1,
            if_none: true,
            ..between(9, 0, 0)
        };
        expect(true, &[age, sex], &[between(0, 18, 74), sex, always]);
        expect(true, &[age, sex], &[age, sex, hba1c, always]);
    }

    #[test]
    fn the_runs_of_a_code_set_are_one_condition() {
        let codes = |runs: &[(u32, u32)]| {
            group(
                runs.iter()
                    .map(|(low, high)| between(4, *low, *high))
                    .collect(),
                1,
            )
        };
        let age = between(0, 18, 75);
        let with = |set: Vec<Criterion>| [vec![age], set].concat();
        let (a, b) = (codes(&[(1, 2), (5, 5), (9, 9)]), codes(&[(1, 3), (7, 8)]));
        expect(true, &with(a.clone()), &with(b));
        expect(true, &with(a), &[age]);
    }
}
