//! The compiled query as constraints: 16 criteria, their groups and the digest.
//!
//! Intervals are not read from the query and compared: each is *made* from the row's number and
//! two distances of 17 bits, and the digest then says whether it is the query's. So an interval
//! costs no bits of its own. Spec: docs/spec/eligibility.md, section "Criteria".

use ark_ff::{AdditiveGroup, Field};
use salus_protocol::poseidon::Domain;
use salus_protocol::query::{
    CRITERIA, CYCLE, CompiledQuery, Criterion, DIFFERENCE_OFFSET, WORD_BITS, WORDS,
};

use crate::poseidon;
use crate::r1cs::{Fr, Label, Num, System, number, weighted};
use crate::row::Row;

/// Bits of a place on the cycle.
const CYCLE_BITS: usize = 17;
/// Bits of a row position.
const POSITION_BITS: usize = 6;
/// Bits of the number of criteria that hold beyond those asked for.
const SURPLUS_BITS: usize = 4;

/// What one criterion hands to the next.
#[derive(Clone)]
struct Running {
    field: Num,
    count: Num,
}

/// Demands that the row matches the query whose digest is `digest`.
pub(crate) fn enforce(
    system: &mut System,
    query: &CompiledQuery,
    row: &Row,
    edition: &Num,
    digest: &Num,
) {
    let mut running = None;
    let mut packed = Vec::with_capacity(CRITERIA);
    for (index, criterion) in query.criteria().iter().enumerate() {
        let (word, next) = enforce_criterion(system, index, criterion, row, running);
        packed.push(word);
        running = Some(next);
    }
    let radix = Fr::from(1u64 << WORD_BITS);
    let mut inputs: Vec<Num> = packed
        .chunks_exact(CRITERIA / WORDS)
        .map(|word| weighted(word, radix))
        .collect();
    inputs.push(edition.clone());
    let hashed = poseidon::hash(system, label("query.hash", 0), Domain::Query, &inputs);
    system.equal(label("query.digest", 0), &hashed, digest);
}

const fn label(name: &'static str, index: usize) -> Label {
    Label { name, index }
}

/// One criterion: gives its packed form and what the next one needs.
fn enforce_criterion(
    system: &mut System,
    index: usize,
    criterion: &Criterion,
    row: &Row,
    running: Option<Running>,
) -> (Num, Running) {
    let position = Fr::from(criterion.field);
    let position = system.bits(label("query.field", index), position, POSITION_BITS);
    let field = row.field(system, index, &position);
    let flag = |system: &mut System, name, set: bool| system.bit(label(name, index), Fr::from(set));

    let zero = Num::constant(Fr::ZERO);
    let (minus_previous, subtracted, evidence) = match &running {
        None => (zero.clone(), zero, field.clone()),
        Some(previous) => {
            let minus = flag(system, "query.minus-previous", criterion.minus_previous);
            let name = label("query.subtracted", index);
            let subtracted = system.product(name, &previous.field, &minus);
            // Not zero exactly if every field that the criterion speaks of is recorded.
            let other = subtracted.plus(&minus.not());
            let evidence = system.product(label("query.evidence", index), &field, &other);
            (minus, subtracted, evidence)
        }
    };
    let recorded = not_zero(system, label("query.recorded", index), &evidence);
    let place = field
        .minus(&subtracted)
        .plus_constant(Fr::from(DIFFERENCE_OFFSET));
    let interval = enforce_interval(system, index, criterion, &place);

    let if_none = flag(system, "query.if-none", criterion.if_none);
    let holds = system.select(
        label("query.holds", index),
        &recorded,
        &if_none,
        &interval.inside,
    );

    let (opens_group, count) = match &running {
        None => (Num::constant(Fr::ONE), holds),
        Some(previous) => {
            let opens = flag(system, "query.opens-group", criterion.opens_group);
            let kept = system.product(label("query.count", index), &previous.count, &opens.not());
            (opens, holds.plus(&kept))
        }
    };
    let surplus = count.value() - Fr::from(criterion.at_least);
    let surplus = number(&system.bits(label("query.group", index), surplus, SURPLUS_BITS));
    let at_least = count.minus(&surplus);

    // As protocol::query::Criterion packs it.
    let parts = [
        (interval.start, 0),
        (interval.length, 20),
        (number(&position), 40),
        (minus_previous, 46),
        (if_none, 47),
        (opens_group, 48),
        (at_least, 49),
    ];
    let word = parts
        .iter()
        .fold(Num::constant(Fr::ZERO), |word, (part, bit)| {
            word.plus_times(part, Fr::from(1u64 << bit))
        });
    (word, Running { field, count })
}

/// An interval on the cycle, as far as the circuit knows it.
struct Interval {
    start: Num,
    length: Num,
    inside: Num,
}

/// Makes the interval from `place`:
/// `start = place - offset + wraps * CYCLE`, `length = offset + spare - outside * CYCLE`,
/// with offset and spare of 17 bits. So `inside` is one exactly if offset <= length.
fn enforce_interval(
    system: &mut System,
    index: usize,
    criterion: &Criterion,
    place: &Num,
) -> Interval {
    let cycle = Fr::from(CYCLE);
    let (start, length) = (Fr::from(criterion.start), Fr::from(criterion.length));
    let before = as_small(place.value()).is_none_or(|place| place < criterion.start);
    let wraps = system.bit(label("query.wraps", index), Fr::from(before));
    let offset = place.value() - start + wraps.value() * cycle;
    let within = as_small(offset).is_some_and(|offset| offset <= criterion.length);
    let offset = number(&system.bits(label("query.offset", index), offset, CYCLE_BITS));
    let inside = system.bit(label("query.inside", index), Fr::from(within));
    let spare = length - offset.value() + (Fr::ONE - inside.value()) * cycle;
    let spare = number(&system.bits(label("query.spare", index), spare, CYCLE_BITS));
    Interval {
        start: place.minus(&offset).plus_times(&wraps, cycle),
        length: offset.plus(&spare).plus_times(&inside.not(), -cycle),
        inside,
    }
}

/// The value as a number below 2^32, if it is one.
fn as_small(value: Fr) -> Option<u32> {
    use ark_ff::PrimeField;
    let [low, rest @ ..] = value.into_bigint().0;
    if rest == [0; 3] {
        u32::try_from(low).ok()
    } else {
        None
    }
}

/// One if `value` is not zero, else zero.
fn not_zero(system: &mut System, label: Label, value: &Num) -> Num {
    let inverse = system.witness(value.value().inverse().unwrap_or(Fr::ZERO));
    let not_zero = system.product(label, &inverse, value);
    system.enforce(label, &not_zero.not(), value, &Num::constant(Fr::ZERO));
    not_zero
}
