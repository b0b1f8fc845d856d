//! Assignments: what a plan's factors and auxiliaries are in one slot, by a dataset's openings.

use super::layout::{Layout, LayoutError};
use super::plan::{Factor, Monomial, Plan};
use crate::row::Row;

/// The value of an auxiliary in one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuxiliaryValue {
    /// A whole number.
    Integer(i64),
    /// The inverse of a number other than 0.
    Inverse(i64),
}

/// How an auxiliary's value follows from factors before it.
#[derive(Debug, Clone)]
pub(crate) enum Recipe {
    /// 1 where the value is 0, else 0.
    IsZero(Vec<Monomial>),
    /// The value's inverse; 0 where it is 0.
    Inverse(Vec<Monomial>),
    /// A bit of the value.
    Bit {
        /// The value, never below 0.
        value: Vec<Monomial>,
        /// Which bit, from 0.
        bit: u32,
    },
    /// The value.
    Value(Vec<Monomial>),
}

/// How a factor is computed.
#[derive(Debug, Clone)]
enum Step {
    /// A constant, and for some digits what each of their symbols adds.
    Form {
        constant: i32,
        digits: Vec<(u32, Vec<i32>)>,
    },
    Auxiliary(Recipe),
}

/// A plan's factors, made ready for evaluation in many slots.
#[derive(Debug, Clone)]
pub(crate) struct Evaluation(Vec<Step>);

/// A plan's values in one slot. One is made per thread and reused for every slot.
#[derive(Debug, Clone)]
pub struct Assignment {
    symbols: Vec<u16>,
    integers: Vec<i32>,
    auxiliaries: Vec<AuxiliaryValue>,
}

impl Assignment {
    /// Room for the values of a plan; all 0, as in every slot beyond the dataset's pages.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self {
            symbols: vec![0; plan.layout.digits().len()],
            integers: vec![0; plan.factors.len()],
            auxiliaries: vec![AuxiliaryValue::Integer(0); plan.auxiliaries.len()],
        }
    }

    /// One number per factor: its value; or, where the factor is the inverse of a number, that
    /// number, and 0 where the inverse is 0.
    #[must_use]
    pub fn integers(&self) -> &[i32] {
        &self.integers
    }

    /// The auxiliaries.
    #[must_use]
    pub fn auxiliaries(&self) -> &[AuxiliaryValue] {
        &self.auxiliaries
    }

    /// Each digit's symbol.
    #[must_use]
    pub fn symbols(&self) -> &[u16] {
        &self.symbols
    }
}

impl Evaluation {
    pub(crate) fn new(layout: &Layout, factors: &[Factor], recipes: &[Recipe]) -> Self {
        let step = |factor: &Factor| match factor {
            Factor::Form(form) => {
                let mut digits: Vec<(u32, Vec<i32>)> = Vec::new();
                for term in &form.terms {
                    let Some((digit, step)) = layout.column(term.column) else {
                        continue;
                    };
                    let length = layout.digits()[digit as usize].columns.len() + 1;
                    let at = digits.iter().position(|(d, _)| *d == digit);
                    let at = at.unwrap_or_else(|| {
                        digits.push((digit, vec![0; length]));
                        digits.len() - 1
                    });
                    for added in &mut digits[at].1[usize::from(step)..] {
                        *added += term.coefficient as i32;
                    }
                }
                Step::Form {
                    constant: form.constant as i32,
                    digits,
                }
            }
            Factor::Auxiliary(auxiliary) => Step::Auxiliary(recipes[*auxiliary as usize].clone()),
        };
        Self(factors.iter().map(step).collect())
    }

    /// Computes every factor from the symbols of a slot in the dataset's pages.
    fn run(&self, assignment: &mut Assignment) {
        let Assignment {
            symbols,
            integers,
            auxiliaries,
        } = assignment;
        let mut next = auxiliaries.iter_mut();
        for (i, step) in self.0.iter().enumerate() {
            let value = match step {
                Step::Form { constant, digits } => {
                    let added = digits
                        .iter()
                        .map(|(digit, table)| table[usize::from(symbols[*digit as usize])]);
                    added.fold(*constant, |sum, value| sum + value)
                }
                Step::Auxiliary(recipe) => {
                    let (integer, value) = recipe.evaluate(integers);
                    if let Some(slot) = next.next() {
                        *slot = value;
                    }
                    integer
                }
            };
            integers[i] = value;
        }
    }
}

impl Recipe {
    fn evaluate(&self, integers: &[i32]) -> (i32, AuxiliaryValue) {
        let (Self::IsZero(monomials)
        | Self::Inverse(monomials)
        | Self::Bit {
            value: monomials, ..
        }
        | Self::Value(monomials)) = self;
        let value: i64 = monomials.iter().map(|m| m.evaluate(integers)).sum();
        let integer = match self {
            Self::IsZero(_) => i64::from(value == 0),
            Self::Bit { bit, .. } => value >> bit & 1,
            Self::Inverse(_) | Self::Value(_) => value,
        };
        let is_inverse = matches!(self, Self::Inverse(_)) && value != 0;
        let auxiliary = if is_inverse {
            AuxiliaryValue::Inverse(integer)
        } else {
            AuxiliaryValue::Integer(integer)
        };
        // Values are sums of at most 2^18 in size.
        (integer as i32, auxiliary)
    }
}

impl Plan {
    /// Computes the plan's values in one slot of the dataset's pages, from the openings of its
    /// record and consent; rows of zeros stand for those that are missing.
    ///
    /// # Errors
    /// [`LayoutError`] where a number does not fit the layout.
    pub fn assign(
        &self,
        record: &Row,
        consent: &Row,
        assignment: &mut Assignment,
    ) -> Result<(), LayoutError> {
        self.layout
            .symbols(record, consent, &mut assignment.symbols)?;
        self.evaluation.run(assignment);
        Ok(())
    }
}
