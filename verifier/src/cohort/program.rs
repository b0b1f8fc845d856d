//! A plan's polynomials, arranged so that each product is made once: in each slot by the prover,
//! and once as a commitment in the proof.

use std::collections::BTreeMap;

use pasta_curves::Fp;
use salus_protocol::cohort::{Monomial, Plan};

/// Two factors multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// A factor.
    pub left: u32,
    /// A factor.
    pub right: u32,
}

/// A sum of factors and pairs with whole coefficients.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inner {
    /// Coefficients and factors.
    pub factors: Vec<(i64, u32)>,
    /// Coefficients and pairs, by their places in [`Program::pairs`].
    pub pairs: Vec<(i64, u32)>,
}

/// A factor times an inner sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outer {
    /// The factor.
    pub factor: u32,
    /// The place of the sum in [`Program::inners`].
    pub inner: u32,
}

/// A summand of a constraint or cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// An inner sum, by its place.
    Inner(u32),
    /// An outer product, by its place.
    Outer(u32),
}

/// All polynomials of a plan.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Number of factors.
    pub factors: usize,
    /// Products of two factors.
    pub pairs: Vec<Pair>,
    /// Sums of factors and pairs.
    pub inners: Vec<Inner>,
    /// Products of a factor and a sum.
    pub outers: Vec<Outer>,
    /// For each constraint, its summands.
    pub constraints: Vec<Vec<Value>>,
    /// For each cell, its summands.
    pub cells: Vec<Vec<Value>>,
}

impl Program {
    /// Arranges a plan's polynomials.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut program = Self {
            factors: plan.factors.len(),
            ..Self::default()
        };
        let constraints = plan.constraints.iter().map(|c| &c.monomials);
        program.constraints = constraints.map(|m| program.arrange(m)).collect();
        let cells = plan.cells.iter().map(|c| &c.monomials);
        program.cells = cells.map(|m| program.arrange(m)).collect();
        program
    }

    /// Takes out the factor that most monomials of degree 3 share, until none is left.
    fn arrange(&mut self, monomials: &[Monomial]) -> Vec<Value> {
        let mut rest = monomials.to_vec();
        let mut values = Vec::new();
        while let Some(factor) = shared_factor(&rest) {
            // A monomial that is the factor alone stays behind: divided, it would be a constant.
            let (with, without): (Vec<_>, Vec<_>) = rest
                .into_iter()
                .partition(|m| m.factors.len() > 1 && m.factors.contains(&factor));
            let divided: Vec<_> = with.into_iter().map(|m| divide(m, factor)).collect();
            let inner = self.inner(&divided);
            values.push(Value::Outer(place(
                &mut self.outers,
                Outer { factor, inner },
            )));
            rest = without;
        }
        if !rest.is_empty() {
            values.push(Value::Inner(self.inner(&rest)));
        }
        values
    }

    fn inner(&mut self, monomials: &[Monomial]) -> u32 {
        let mut factors = BTreeMap::<u32, i64>::new();
        let mut pairs = BTreeMap::<u32, i64>::new();
        for monomial in monomials {
            match monomial.factors[..] {
                [factor] => *factors.entry(factor).or_default() += monomial.coefficient,
                [a, b] => {
                    let (left, right) = (a.min(b), a.max(b));
                    let pair = place(&mut self.pairs, Pair { left, right });
                    *pairs.entry(pair).or_default() += monomial.coefficient;
                }
                // `arrange` leaves nothing else, and dropping a monomial would prove another
                // polynomial than the plan's.
                _ => unreachable!("an inner sum has factors and pairs"),
            }
        }
        let listed = |map: BTreeMap<u32, i64>| map.into_iter().map(|(i, c)| (c, i)).collect();
        let inner = Inner {
            factors: listed(factors),
            pairs: listed(pairs),
        };
        place(&mut self.inners, inner)
    }

    /// Values of pairs, inner sums and outer products, from those of the factors.
    pub fn evaluate(&self, factors: &[Fp], values: &mut Evaluated) {
        values.pairs.clear();
        values.pairs.extend(
            self.pairs
                .iter()
                .map(|pair| factors[pair.left as usize] * factors[pair.right as usize]),
        );
        values.inners.clear();
        for inner in &self.inners {
            let linear = weighted(&inner.factors, factors);
            let products = weighted(&inner.pairs, &values.pairs);
            values.inners.push(linear + products);
        }
        values.outers.clear();
        values.outers.extend(
            self.outers
                .iter()
                .map(|o| factors[o.factor as usize] * values.inners[o.inner as usize]),
        );
    }
}

/// The values of a program's parts.
#[derive(Debug, Clone, Default)]
pub struct Evaluated {
    /// Of the pairs.
    pub pairs: Vec<Fp>,
    /// Of the inner sums.
    pub inners: Vec<Fp>,
    /// Of the outer products.
    pub outers: Vec<Fp>,
}

impl Evaluated {
    /// The sum of a polynomial's summands.
    #[must_use]
    pub fn sum(&self, values: &[Value]) -> Fp {
        values
            .iter()
            .map(|value| match value {
                Value::Inner(i) => self.inners[*i as usize],
                Value::Outer(o) => self.outers[*o as usize],
            })
            .sum()
    }
}

/// A whole number as a scalar.
#[must_use]
pub fn scalar(number: i64) -> Fp {
    let magnitude = Fp::from(number.unsigned_abs());
    if number < 0 { -magnitude } else { magnitude }
}

fn weighted(terms: &[(i64, u32)], values: &[Fp]) -> Fp {
    terms.iter().fold(Fp::zero(), |sum, (coefficient, i)| {
        let value = &values[*i as usize];
        match coefficient {
            1 => sum + value,
            -1 => sum - value,
            _ => sum + scalar(*coefficient) * value,
        }
    })
}

/// The factor that occurs in most monomials, the first of them; none where no monomial has three.
fn shared_factor(monomials: &[Monomial]) -> Option<u32> {
    let cubic = monomials.iter().filter(|m| m.factors.len() == 3);
    let candidates: Vec<u32> = cubic.flat_map(|m| m.factors.clone()).collect();
    let count = |f: u32| monomials.iter().filter(|m| m.factors.contains(&f)).count();
    let most = candidates.iter().map(|f| count(*f)).max()?;
    candidates.into_iter().find(|f| count(*f) == most)
}

/// Takes one occurrence of a factor out of a monomial.
fn divide(mut monomial: Monomial, factor: u32) -> Monomial {
    if let Some(i) = monomial.factors.iter().position(|f| *f == factor) {
        monomial.factors.remove(i);
    }
    monomial
}

/// The place of an item, added where it is new.
fn place<T: PartialEq>(items: &mut Vec<T>, item: T) -> u32 {
    let found = items.iter().position(|known| *known == item);
    found.unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    }) as u32
}
