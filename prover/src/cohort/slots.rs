//! A plan's factors in every slot of a page, as whole numbers or inverses of such.

use pasta_curves::Fp;
use pasta_curves::group::ff::Field;
use salus_protocol::cohort::{Assignment, AuxiliaryKind, Factor, LayoutError, PAGE, Plan};
use salus_protocol::row::{FIELDS, Row};
use salus_verifier::cohort::program::{Program, Value, scalar};

use super::publication::Subject;

/// Numbers up to this, and down to its negative, are looked up.
const KNOWN: i32 = 64;

/// The values of a plan's factors in a page.
#[derive(Clone)]
pub(crate) struct FactorValues {
    /// By factor, then slot.
    pub(crate) numbers: Vec<Vec<i32>>,
    /// Whether a factor's numbers stand for their inverses.
    inverse: Vec<bool>,
}

/// One factor's values.
#[derive(Clone, Copy)]
pub(crate) struct FactorColumn<'a> {
    pub(crate) numbers: &'a [i32],
    pub(crate) inverse: bool,
}

impl FactorValues {
    /// Evaluates the plan in each slot; slots beyond the subjects are empty.
    ///
    /// # Errors
    /// [`LayoutError`] where a number does not fit the plan's layout.
    pub(crate) fn of(plan: &Plan, subjects: &[Subject]) -> Result<Self, LayoutError> {
        let empty = Row::new([0; FIELDS]);
        let mut numbers = vec![vec![0i32; PAGE]; plan.factors.len()];
        let mut assignment = Assignment::new(plan);
        let mut fill = |slot: usize, record: &Row, consent: &Row| {
            plan.assign(record, consent, &mut assignment)?;
            for (column, number) in numbers.iter_mut().zip(assignment.integers()) {
                column[slot] = *number;
            }
            Ok(())
        };
        for (slot, subject) in subjects.iter().enumerate() {
            let record = subject.record.as_ref().map_or(&empty, |(row, _)| row);
            let consent = subject.consent.as_ref().map_or(&empty, |(row, _)| row);
            fill(slot, record, consent)?;
        }
        for slot in subjects.len()..PAGE {
            fill(slot, &empty, &empty)?;
        }
        let inverse = |factor: &Factor| match factor {
            Factor::Form(_) => false,
            Factor::Auxiliary(i) => plan.auxiliaries[*i as usize].kind == AuxiliaryKind::Inverse,
        };
        Ok(Self {
            numbers,
            inverse: plan.factors.iter().map(inverse).collect(),
        })
    }

    pub(crate) fn factor(&self, place: usize) -> FactorColumn<'_> {
        FactorColumn {
            numbers: &self.numbers[place],
            inverse: self.inverse[place],
        }
    }

    /// The cells' counts in this page. Cells hold no inverse, and are 0 or 1 in each slot.
    pub(crate) fn count(&self, program: &Program) -> Vec<u64> {
        let at = |factor: u32, slot: usize| i64::from(self.numbers[factor as usize][slot]);
        let inner = |place: u32, slot: usize| -> i64 {
            let inner = &program.inners[place as usize];
            let linear = inner.factors.iter().map(|(c, f)| c * at(*f, slot));
            let products = inner.pairs.iter().map(|(c, p)| {
                let pair = program.pairs[*p as usize];
                c * at(pair.left, slot) * at(pair.right, slot)
            });
            linear.chain(products).sum()
        };
        let value = |value: &Value, slot: usize| match value {
            Value::Inner(i) => inner(*i, slot),
            Value::Outer(o) => {
                let outer = program.outers[*o as usize];
                at(outer.factor, slot) * inner(outer.inner, slot)
            }
        };
        program
            .cells
            .iter()
            .map(|cell| {
                (0..PAGE)
                    .filter(|slot| cell.iter().map(|v| value(v, *slot)).sum::<i64>() == 1)
                    .count() as u64
            })
            .collect()
    }
}

/// Small numbers and their inverses as scalars.
pub(crate) struct Inverses(Vec<Fp>);

impl Inverses {
    pub(crate) fn new() -> Self {
        let inverse = |k: i32| scalar(i64::from(k)).invert().unwrap_or(Fp::zero());
        Self((0..=KNOWN).map(inverse).collect())
    }

    /// What a number stands for; 0 stands for 0 in any case.
    pub(crate) fn value(&self, number: i32, inverse: bool) -> Fp {
        if !inverse {
            return scalar(i64::from(number));
        }
        let known = usize::try_from(number).ok().and_then(|k| self.0.get(k));
        known
            .copied()
            .unwrap_or_else(|| scalar(i64::from(number)).invert().unwrap_or(Fp::zero()))
    }
}

/// A scalar times every small number, and times every small number's inverse.
pub(crate) struct Multiples {
    by: Fp,
    numbers: Vec<Fp>,
    inverses: Vec<Fp>,
}

impl Multiples {
    pub(crate) fn of(by: Fp, inverses: &Inverses) -> Self {
        let numbers = (-KNOWN..=KNOWN).map(|k| by * scalar(i64::from(k)));
        Self {
            by,
            numbers: numbers.collect(),
            inverses: (0..=KNOWN).map(|k| by * inverses.value(k, true)).collect(),
        }
    }

    /// The scalar times what a number stands for.
    pub(crate) fn times(&self, number: i32, inverse: bool, inverses: &Inverses) -> Fp {
        let table = if inverse {
            &self.inverses
        } else {
            &self.numbers
        };
        let place = if inverse { number } else { number + KNOWN };
        let known = usize::try_from(place)
            .ok()
            .and_then(|place| table.get(place));
        known
            .copied()
            .unwrap_or_else(|| self.by * inverses.value(number, inverse))
    }
}
