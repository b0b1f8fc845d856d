//! Rank-1 constraint systems with named constraints.
//!
//! One pass over a circuit gives either its [`Shape`] (every constraint as linear combinations)
//! or an [`Assignment`] (every variable's value, and both factors of every product), from the
//! same code. So a proof needs no linear combination to be built or evaluated again.

use std::collections::BTreeMap;

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_relations::gr1cs::{
    ConstraintSystemRef, LinearCombination, SynthesisError, Variable as ArkVariable,
};
pub use salus_protocol::field::Fr;

/// What a constraint is for: a name that the specification explains, and which of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label {
    /// The name, such as `consent.from`.
    pub name: &'static str,
    /// Which of several alike: a criterion, a level of the registry. 0 where there is one.
    pub index: usize,
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]", self.name, self.index)
    }
}

/// A linear combination: coefficients by variable, sorted, none zero.
/// Variable 0 is the constant one; the public inputs follow, then the witness.
pub type Terms = Vec<(usize, Fr)>;

/// A number in a circuit: its value in this pass, and in a shape pass what it is made of.
#[derive(Debug, Clone)]
pub struct Num {
    value: Fr,
    terms: Option<Terms>,
}

impl Num {
    /// A constant.
    #[must_use]
    pub fn constant(value: Fr) -> Self {
        let terms = if value == Fr::ZERO {
            Vec::new()
        } else {
            vec![(0, value)]
        };
        Self {
            value,
            terms: Some(terms),
        }
    }

    /// The value in this pass.
    #[must_use]
    pub const fn value(&self) -> Fr {
        self.value
    }

    /// This and another, added.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.plus_times(other, Fr::ONE)
    }

    /// Another, taken from this.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus_times(other, -Fr::ONE)
    }

    /// This with `factor` times another added.
    #[must_use]
    pub fn plus_times(&self, other: &Self, factor: Fr) -> Self {
        let terms = match (&self.terms, &other.terms) {
            (Some(a), Some(b)) => Some(merge(a, b, factor)),
            _ => None,
        };
        Self {
            value: self.value + other.value * factor,
            terms,
        }
    }

    /// This, multiplied by a constant.
    #[must_use]
    pub fn times(&self, factor: Fr) -> Self {
        let scale = |terms: &Terms| terms.iter().map(|(v, c)| (*v, *c * factor)).collect();
        Self {
            value: self.value * factor,
            terms: self.terms.as_ref().map(scale),
        }
    }

    /// This with a constant added.
    #[must_use]
    pub fn plus_constant(&self, constant: Fr) -> Self {
        if self.terms.is_none() {
            return Self {
                value: self.value + constant,
                terms: None,
            };
        }
        self.plus(&Self::constant(constant))
    }

    /// One minus this.
    #[must_use]
    pub fn not(&self) -> Self {
        self.times(-Fr::ONE).plus_constant(Fr::ONE)
    }
}

/// Sum of bits, each at its place: bit `i` counts 2^i.
#[must_use]
pub fn number(bits: &[Num]) -> Num {
    weighted(bits, Fr::from(2u64))
}

/// Sum of parts, part `i` times `radix^i`.
#[must_use]
pub fn weighted(parts: &[Num], radix: Fr) -> Num {
    let mut weight = Fr::ONE;
    let mut sum = Num::constant(Fr::ZERO);
    for part in parts {
        sum = sum.plus_times(part, weight);
        weight *= radix;
    }
    sum
}

fn merge(a: &Terms, b: &Terms, factor: Fr) -> Terms {
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    loop {
        let (variable, coefficient) = match (a.peek(), b.peek()) {
            (Some((va, ca)), Some((vb, cb))) if va == vb => {
                let sum = *ca + *cb * factor;
                let variable = *va;
                a.next();
                b.next();
                (variable, sum)
            }
            (Some((va, ca)), other) if other.is_none_or(|(vb, _)| va < vb) => {
                let term = (*va, *ca);
                a.next();
                term
            }
            (_, Some((vb, cb))) => {
                let term = (*vb, *cb * factor);
                b.next();
                term
            }
            (_, None) => return merged,
        };
        if coefficient != Fr::ZERO {
            merged.push((variable, coefficient));
        }
    }
}

/// A constraint `a * b = c` over the variables.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// What it is for.
    pub label: Label,
    /// Left factor.
    pub a: Terms,
    /// Right factor. Few variables stand here, since each costs work in the larger group.
    pub b: Terms,
    /// Product.
    pub c: Terms,
}

/// A circuit's constraints, whatever the values.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The constraints, in order.
    pub constraints: Vec<Constraint>,
    /// Public inputs and the constant one before them.
    pub instance_len: usize,
    /// Witness variables.
    pub witness_len: usize,
}

/// Every variable's value, and the factors of every product, in one pass.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// One, the public inputs, the witness.
    pub variables: Vec<Fr>,
    /// Public inputs and the constant one before them.
    pub instance_len: usize,
    /// Left factors, by constraint.
    pub a: Vec<Fr>,
    /// Right factors, by constraint.
    pub b: Vec<Fr>,
    /// Labels of the constraints whose product is not what it must be.
    pub broken: Vec<Label>,
}

/// A constraint system while a circuit is being written into it.
#[derive(Debug)]
pub struct System {
    tracks_terms: bool,
    forced: BTreeMap<usize, Fr>,
    variables: Vec<Fr>,
    instance_len: usize,
    constraints: Vec<Constraint>,
    a: Vec<Fr>,
    b: Vec<Fr>,
    broken: Vec<Label>,
}

impl System {
    fn new(tracks_terms: bool) -> Self {
        Self {
            tracks_terms,
            forced: BTreeMap::new(),
            variables: vec![Fr::ONE],
            instance_len: 1,
            constraints: Vec::new(),
            a: Vec::new(),
            b: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Runs `circuit` for its shape.
    #[must_use]
    pub fn shape(circuit: impl FnOnce(&mut Self)) -> Shape {
        let mut system = Self::new(true);
        circuit(&mut system);
        Shape {
            witness_len: system.variables.len() - system.instance_len,
            constraints: system.constraints,
            instance_len: system.instance_len,
        }
    }

    /// Runs `circuit` for its values.
    #[must_use]
    pub fn assign(circuit: impl FnOnce(&mut Self)) -> Assignment {
        Self::assign_forced(BTreeMap::new(), circuit)
    }

    /// Runs `circuit` as a cheating prover would: these variables take these values, and all
    /// that is computed after them is computed from those. For tests of soundness.
    #[must_use]
    pub fn assign_forced(
        forced: BTreeMap<usize, Fr>,
        circuit: impl FnOnce(&mut Self),
    ) -> Assignment {
        let mut system = Self {
            forced,
            ..Self::new(false)
        };
        circuit(&mut system);
        Assignment {
            variables: system.variables,
            instance_len: system.instance_len,
            a: system.a,
            b: system.b,
            broken: system.broken,
        }
    }

    /// A public input. All of them come before the first witness variable.
    pub(crate) fn input(&mut self, value: Fr) -> Num {
        debug_assert_eq!(self.variables.len(), self.instance_len, "inputs come first");
        self.instance_len += 1;
        self.witness(value)
    }

    /// A witness variable.
    pub(crate) fn witness(&mut self, value: Fr) -> Num {
        let variable = self.variables.len();
        let value = self.forced.get(&variable).copied().unwrap_or(value);
        self.variables.push(value);
        Num {
            value,
            terms: self.tracks_terms.then(|| vec![(variable, Fr::ONE)]),
        }
    }

    /// Demands `a * b = c`.
    pub(crate) fn enforce(&mut self, label: Label, a: &Num, b: &Num, c: &Num) {
        if self.tracks_terms {
            let terms = |num: &Num| num.terms.clone().unwrap_or_default();
            self.constraints.push(Constraint {
                label,
                a: terms(a),
                b: terms(b),
                c: terms(c),
            });
        } else {
            self.a.push(a.value);
            self.b.push(b.value);
            if a.value * b.value != c.value {
                self.broken.push(label);
            }
        }
    }

    /// Demands `a = b`.
    pub(crate) fn equal(&mut self, label: Label, a: &Num, b: &Num) {
        self.enforce(
            label,
            &a.minus(b),
            &Num::constant(Fr::ONE),
            &Num::constant(Fr::ZERO),
        );
    }

    /// A new variable for `a * b`.
    pub(crate) fn product(&mut self, label: Label, a: &Num, b: &Num) -> Num {
        let product = self.witness(a.value * b.value);
        self.enforce(label, a, b, &product);
        product
    }

    /// A new variable that is 0 or 1.
    pub(crate) fn bit(&mut self, label: Label, value: Fr) -> Num {
        let bit = self.witness(value);
        self.enforce(
            label,
            &bit,
            &bit.plus_constant(-Fr::ONE),
            &Num::constant(Fr::ZERO),
        );
        bit
    }

    /// New bits whose [`number`] is `value`, lowest first.
    ///
    /// When the value does not fit, the highest "bit" takes what is left, so that exactly its
    /// own constraint breaks, and no other.
    pub(crate) fn bits(&mut self, label: Label, value: Fr, count: usize) -> Vec<Num> {
        let integer = value.into_bigint();
        let mut rest = value;
        let mut weight = Fr::ONE;
        let mut values = Vec::with_capacity(count);
        for i in 0..count - 1 {
            let set = integer.get_bit(i);
            values.push(Fr::from(set));
            if set {
                rest -= weight;
            }
            weight.double_in_place();
        }
        // The weight is a power of two below the modulus, so it has an inverse.
        values.push(if rest == Fr::ZERO {
            rest
        } else {
            rest * weight.inverse().unwrap_or_default()
        });
        values
            .into_iter()
            .map(|value| self.bit(label, value))
            .collect()
    }

    /// `if bit { high } else { low }`, as a new variable.
    pub(crate) fn select(&mut self, label: Label, bit: &Num, low: &Num, high: &Num) -> Num {
        let chosen = low.value + bit.value * (high.value - low.value);
        let chosen = self.witness(chosen);
        self.select_into(label, bit, low, high, &chosen);
        chosen
    }

    /// Demands that `chosen` is `if bit { high } else { low }`.
    pub(crate) fn select_into(
        &mut self,
        label: Label,
        bit: &Num,
        low: &Num,
        high: &Num,
        chosen: &Num,
    ) {
        self.enforce(label, &high.minus(low), bit, &chosen.minus(low));
    }

    /// Demands that `chosen` is the one of `choices` at the place that `bits` write, lowest first.
    pub(crate) fn choose_into(
        &mut self,
        label: Label,
        bits: &[Num],
        choices: &[Num],
        chosen: &Num,
    ) {
        let mut layer = choices.to_vec();
        for (level, bit) in bits.iter().enumerate() {
            if level + 1 == bits.len() {
                self.select_into(label, bit, &layer[0], &layer[1], chosen);
                return;
            }
            layer = layer
                .chunks_exact(2)
                .map(|pair| self.select(label, bit, &pair[0], &pair[1]))
                .collect();
        }
    }
}

impl Shape {
    /// Labels of the constraints that these variables break.
    ///
    /// `variables` are one, the public inputs and the witness, in the shape's order.
    #[must_use]
    pub fn broken(&self, variables: &[Fr]) -> Vec<Label> {
        let value = |terms: &Terms| terms.iter().map(|(v, c)| variables[*v] * c).sum::<Fr>();
        self.constraints
            .iter()
            .filter(|k| value(&k.a) * value(&k.b) != value(&k.c))
            .map(|k| k.label)
            .collect()
    }

    /// Writes the shape into an arkworks constraint system, with these values.
    ///
    /// # Errors
    /// Those of arkworks.
    pub fn write_into(
        &self,
        system: &ConstraintSystemRef<Fr>,
        variables: &[Fr],
    ) -> Result<(), SynthesisError> {
        let value = |i: usize| {
            variables
                .get(i)
                .copied()
                .ok_or(SynthesisError::AssignmentMissing)
        };
        let mut names = vec![ArkVariable::One];
        for i in 1..self.instance_len {
            names.push(system.new_input_variable(|| value(i))?);
        }
        for i in self.instance_len..self.instance_len + self.witness_len {
            names.push(system.new_witness_variable(|| value(i))?);
        }
        let combination =
            |terms: &Terms| LinearCombination(terms.iter().map(|(v, c)| (*c, names[*v])).collect());
        for k in &self.constraints {
            system.enforce_r1cs_constraint(
                || combination(&k.a),
                || combination(&k.b),
                || combination(&k.c),
            )?;
        }
        Ok(())
    }
}
