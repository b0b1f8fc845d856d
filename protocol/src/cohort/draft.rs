//! Drafts: a plan while it is made. Each building block here (zero test, sign, outcome) adds the
//! auxiliaries it needs, the constraints that leave them one value, and how to compute it.

use std::collections::BTreeMap;

use super::assignment::Recipe;
use super::form::{Form, Indicator};
use super::layout::{Layout, Place};
use super::numbers::Numbers;
use super::plan::{Auxiliary, AuxiliaryKind, Constraint, Factor, Monomial};

/// A plan while it is made.
pub(crate) struct Draft<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) factors: Vec<Factor>,
    pub(crate) auxiliaries: Vec<Auxiliary>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) recipes: Vec<Recipe>,
    forms: BTreeMap<Form, u32>,
}

/// Numbers that a value never leaves, both ends included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(layout: &'a Layout) -> Self {
        Self {
            layout,
            factors: Vec::new(),
            auxiliaries: Vec::new(),
            constraints: Vec::new(),
            recipes: Vec::new(),
            forms: BTreeMap::new(),
        }
    }

    /// The factor that is this form; one for equal forms.
    fn form(&mut self, form: &Form) -> u32 {
        if let Some(factor) = self.forms.get(form) {
            return *factor;
        }
        let factor = self.factors.len() as u32;
        self.factors.push(Factor::Form(form.clone()));
        self.forms.insert(form.clone(), factor);
        factor
    }

    fn one(&mut self) -> u32 {
        self.form(&Form::constant(1))
    }

    fn auxiliary(&mut self, name: String, kind: AuxiliaryKind, recipe: Recipe) -> u32 {
        let auxiliary = self.auxiliaries.len() as u32;
        let factor = self.factors.len() as u32;
        self.factors.push(Factor::Auxiliary(auxiliary));
        self.auxiliaries.push(Auxiliary { name, kind, factor });
        self.recipes.push(recipe);
        auxiliary
    }

    fn factor_of(&self, auxiliary: u32) -> u32 {
        self.auxiliaries[auxiliary as usize].factor
    }

    fn constrain(&mut self, name: String, monomials: Vec<Monomial>) {
        let monomials = collected(monomials);
        self.constraints.push(Constraint { name, monomials });
    }

    /// An indicator over factors: of degree 1, or 2 where it has products.
    pub(crate) fn monomials(&mut self, indicator: &Indicator) -> Vec<Monomial> {
        let mut monomials = Vec::new();
        let linear = &indicator.linear;
        if linear.terms.is_empty() && linear.constant != 0 {
            let factors = vec![self.one()];
            monomials.push(Monomial::new(linear.constant, factors));
        } else if !linear.is_zero() {
            let factors = vec![self.form(linear)];
            monomials.push(Monomial::new(1, factors));
        }
        for product in &indicator.products {
            let factors = vec![self.form(&product.left), self.form(&product.right)];
            monomials.push(Monomial::new(1, factors));
        }
        for (coefficient, auxiliary) in &indicator.auxiliaries {
            let factors = vec![self.factor_of(*auxiliary)];
            monomials.push(Monomial::new(*coefficient, factors));
        }
        monomials
    }

    /// An indicator times an auxiliary.
    pub(crate) fn times(&mut self, indicator: &Indicator, auxiliary: u32) -> Vec<Monomial> {
        let factor = self.factor_of(auxiliary);
        let monomials = self.monomials(indicator);
        self.multiplied(monomials, factor)
    }

    /// Monomials times a factor. The constant 1 is left out of products: a factor is 0 beyond the
    /// dataset's pages as it is.
    fn multiplied(&mut self, mut monomials: Vec<Monomial>, factor: u32) -> Vec<Monomial> {
        let one = self.one();
        for monomial in &mut monomials {
            monomial.factors.retain(|f| *f != one);
            monomial.factors.push(factor);
        }
        monomials
    }

    /// The auxiliary that is 1 where a value is 0, and 0 elsewhere.
    pub(crate) fn zero_test(&mut self, name: &str, value: &Indicator) -> u32 {
        let monomials = self.monomials(value);
        let recipe = Recipe::IsZero(monomials.clone());
        let z = self.auxiliary(format!("{name}.is-zero"), AuxiliaryKind::Bit, recipe);
        let recipe = Recipe::Inverse(monomials.clone());
        let inverse = self.auxiliary(format!("{name}.inverse"), AuxiliaryKind::Inverse, recipe);
        let [z_factor, inverse] = [z, inverse].map(|a| self.factor_of(a));
        let product = self.multiplied(monomials.clone(), z_factor);
        self.constrain(format!("{name}.zero"), product);
        let mut sum = self.multiplied(monomials, inverse);
        sum.push(Monomial::new(1, vec![z_factor]));
        sum.push(Monomial::new(-1, vec![self.one()]));
        self.constrain(format!("{name}.nonzero"), sum);
        z
    }

    /// Whether a value is 0 or more: the top bit of value + 2^b, which the bounds keep between 0
    /// and 2^(b+1) - 1.
    pub(crate) fn sign(&mut self, name: &str, value: &Indicator, bounds: Bounds) -> Indicator {
        if bounds.low >= 0 {
            return Indicator::constant(1);
        }
        if bounds.high < 0 {
            return Indicator::constant(0);
        }
        let reach = (-bounds.low).max(bounds.high + 1) as u64;
        let top = reach.next_power_of_two().trailing_zeros();
        let shifted = Indicator::constant(1 << top).plus(1, value);
        let monomials = self.monomials(&shifted);
        let mut sum = monomials.clone();
        let mut last = 0;
        for bit in 0..=top {
            let value = monomials.clone();
            let recipe = Recipe::Bit { value, bit };
            last = self.auxiliary(format!("{name}.bit-{bit}"), AuxiliaryKind::Bit, recipe);
            let factor = self.factor_of(last);
            let square = Monomial::new(1, vec![factor, factor]);
            let itself = Monomial::new(-1, vec![factor]);
            self.constrain(format!("{name}.bit-{bit}"), vec![square, itself]);
            sum.push(Monomial::new(-(1 << bit), vec![factor]));
        }
        self.constrain(format!("{name}.sum"), sum);
        Indicator::auxiliary(last)
    }

    /// An auxiliary that is `fixed` unless both forms are 1, and there the value given. The value
    /// has no products.
    pub(crate) fn outcome(
        &mut self,
        name: &str,
        both: [&Form; 2],
        value: &Indicator,
        fixed: bool,
    ) -> Indicator {
        let above = value
            .clone()
            .plus(-i64::from(fixed), &Indicator::constant(1));
        let factors = both.map(|form| self.form(form));
        let mut monomials = self.monomials(&above);
        for factor in factors {
            monomials = self.multiplied(monomials, factor);
        }
        if fixed {
            monomials.push(Monomial::new(1, vec![self.one()]));
        }
        self.defined(name, monomials)
    }

    /// The indicator itself where it is linear, else an auxiliary that equals it.
    pub(crate) fn linear(&mut self, name: &str, indicator: Indicator) -> Indicator {
        if indicator.is_linear() {
            return indicator;
        }
        let monomials = self.monomials(&indicator);
        self.defined(name, monomials)
    }

    /// An auxiliary bit that equals a polynomial.
    fn defined(&mut self, name: &str, monomials: Vec<Monomial>) -> Indicator {
        let recipe = Recipe::Value(monomials.clone());
        let auxiliary = self.auxiliary(name.to_owned(), AuxiliaryKind::Bit, recipe);
        let mut difference = monomials;
        difference.push(Monomial::new(-1, vec![self.factor_of(auxiliary)]));
        self.constrain(name.to_owned(), difference);
        Indicator::auxiliary(auxiliary)
    }

    /// The product of two linear indicators and an auxiliary.
    pub(crate) fn cross(&mut self, a: &Indicator, b: &Indicator, auxiliary: u32) -> Vec<Monomial> {
        let rows = self.times(a, auxiliary);
        let mut product = Vec::new();
        for column in self.monomials(b) {
            let mut part = rows.clone();
            for monomial in &mut part {
                monomial.coefficient *= column.coefficient;
            }
            for factor in column.factors {
                part = self.multiplied(part, factor);
            }
            product.extend(part);
        }
        product
    }

    /// The form that is 1 where a field has a number.
    pub(crate) fn recorded(&self, place: &Place) -> Form {
        self.first(place).map_or_else(Form::default, Form::column)
    }

    fn first(&self, place: &Place) -> Option<u32> {
        let digit = match place {
            Place::One(digit) | Place::Two { high: digit, .. } => *digit,
            Place::Absent | Place::Bits(_) => return None,
        };
        self.layout.digits()[digit as usize]
            .columns
            .first()
            .copied()
    }

    /// Whether a field's number is at least `least`, which is 1 or more.
    pub(crate) fn at_least(&self, place: &Place, least: u32) -> Indicator {
        let digits = self.layout.digits();
        let step = |digit: u32, step: usize| {
            let column = digits[digit as usize].columns.get(step);
            column.map_or_else(Form::default, |column| Form::column(*column))
        };
        let below = least as usize - 1;
        match place {
            Place::Absent | Place::Bits(_) => Indicator::default(),
            Place::One(digit) => step(*digit, below).into(),
            Place::Two { high, low } => {
                let (h, l) = (below >> 8, below & 0xff);
                if l == 0 {
                    return step(*high, h).into();
                }
                let next = step(*high, h + 1);
                let exactly = step(*high, h).plus(-1, &next);
                Indicator::product(exactly, step(*low, l)).plus(1, &next.into())
            }
        }
    }

    /// Whether a field's number is in a set.
    pub(crate) fn inside(&self, place: &Place, numbers: &Numbers) -> Indicator {
        numbers
            .runs()
            .iter()
            .fold(Indicator::default(), |sum, run| {
                let start = if run.low == 0 {
                    Indicator::constant(1)
                } else {
                    self.at_least(place, u32::from(run.low))
                };
                let end = self.at_least(place, u32::from(run.high) + 1);
                sum.plus(1, &start).plus(-1, &end)
            })
    }
}

/// Monomials with ascending factors, one for each product; none that are 0.
pub(crate) fn collected(monomials: Vec<Monomial>) -> Vec<Monomial> {
    let mut sums: BTreeMap<Vec<u32>, i64> = BTreeMap::new();
    for mut monomial in monomials {
        monomial.factors.sort_unstable();
        *sums.entry(monomial.factors).or_default() += monomial.coefficient;
    }
    sums.into_iter()
        .filter(|(_, coefficient)| *coefficient != 0)
        .map(|(factors, coefficient)| Monomial::new(coefficient, factors))
        .collect()
}
