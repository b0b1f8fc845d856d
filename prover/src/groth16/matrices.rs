//! The constraint matrices of a circuit, and what they say about an assignment.

use std::collections::HashMap;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, LinearCombination,
    OptimizationGoal, R1CS_PREDICATE_LABEL, SynthesisError, SynthesisMode, Variable,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Rows of coefficients and columns, as ark-relations has them.
pub type Rows = Vec<Vec<(Fr, usize)>>;

/// Why rows are not the matrices of a circuit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MatricesError {
    /// A, B and C differ in their number of rows.
    #[error("the matrices have {a}, {b} and {c} rows; they must have the same number")]
    Height {
        /// Rows of A.
        a: usize,
        /// Rows of B.
        b: usize,
        /// Rows of C.
        c: usize,
    },
    /// A row names a variable that does not exist.
    #[error("row {row} names variable {column}, but there are only {width}")]
    Column {
        /// The row.
        row: usize,
        /// The variable it names.
        column: usize,
        /// Number of variables.
        width: usize,
    },
    /// There is no variable for the constant one, or there are more than 2^26 variables or rows.
    #[error("{instance} instance variables, {width} variables and {height} rows are out of range")]
    Size {
        /// Instance variables.
        instance: usize,
        /// All variables.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The circuit could not be synthesised.
    #[error("the circuit could not be turned into constraints")]
    Synthesis(#[from] SynthesisError),
}

/// An assignment that the matrices refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignmentError {
    /// It has the wrong length.
    #[error("the assignment has {found} values, the circuit {expected} variables")]
    Length {
        /// Values found.
        found: usize,
        /// Variables of the circuit.
        expected: usize,
    },
    /// Its first value is not one.
    #[error("the assignment's first value must be one")]
    Constant,
    /// A constraint does not hold.
    #[error("constraint {row} does not hold; no proof was made")]
    Unsatisfied {
        /// The first row that does not hold.
        row: usize,
    },
}

/// Values of A·z, B·z and C·z on the domain, zero beyond their ends. [`Matrices::values`], which alone
/// makes them, has checked that A·z times B·z is C·z everywhere.
pub(crate) struct Values {
    pub(crate) a: Zeroizing<Vec<Fr>>,
    pub(crate) b: Zeroizing<Vec<Fr>>,
    pub(crate) c: Zeroizing<Vec<Fr>>,
}

/// SHA-256 that names matrices: keys carry it, so that none is used with another circuit's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatricesDigest([u8; 32]);

impl MatricesDigest {
    /// A digest read elsewhere.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for MatricesDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for MatricesDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MatricesDigest({self})")
    }
}

/// The matrices A, B and C of a rank-one constraint system: (A·z)∘(B·z) = C·z for a satisfying
/// assignment z = (1, public inputs, witness).
#[derive(Clone, Debug)]
pub struct Matrices {
    a: Sparse,
    b: Sparse,
    c: Sparse,
    instance: usize,
    width: usize,
}

const LARGEST: usize = 1 << 26;

impl Matrices {
    /// Matrices from their rows. `instance` counts the public inputs and the leading one; `witness`
    /// the other variables.
    ///
    /// # Errors
    /// Where the rows don't fit each other or the number of variables.
    pub fn new(rows: [Rows; 3], instance: usize, witness: usize) -> Result<Self, MatricesError> {
        let [a, b, c] = rows;
        let height = a.len();
        if b.len() != height || c.len() != height {
            return Err(MatricesError::Height {
                a: height,
                b: b.len(),
                c: c.len(),
            });
        }
        let width = instance.saturating_add(witness);
        if instance == 0 || width > LARGEST || height > LARGEST {
            return Err(MatricesError::Size {
                instance,
                width,
                height,
            });
        }
        for (row, terms) in a
            .iter()
            .enumerate()
            .chain(b.iter().enumerate())
            .chain(c.iter().enumerate())
        {
            if let Some(&(_, column)) = terms.iter().find(|(_, column)| *column >= width) {
                return Err(MatricesError::Column { row, column, width });
            }
        }
        Ok(Self {
            a: Sparse::new(a),
            b: Sparse::new(b),
            c: Sparse::new(c),
            instance,
            width,
        })
    }

    /// The matrices of a circuit, synthesised once. The circuit needs no witness for it.
    ///
    /// # Errors
    /// Where the circuit can't be synthesised.
    pub fn of(circuit: impl ConstraintSynthesizer<Fr>) -> Result<Self, MatricesError> {
        let system = ConstraintSystem::new_ref();
        system.set_optimization_goal(OptimizationGoal::Constraints);
        system.set_mode(SynthesisMode::Setup);
        circuit.generate_constraints(system.clone())?;
        system.finalize();
        let rows = system
            .to_matrices()?
            .remove(R1CS_PREDICATE_LABEL)
            .unwrap_or_default();
        let rows: [Rows; 3] = rows.try_into().map_err(|_| SynthesisError::Unsatisfiable)?;
        Self::new(
            rows,
            system.num_instance_variables(),
            system.num_witness_variables(),
        )
    }

    /// Number of instance variables: the leading one and the public inputs.
    pub fn instance(&self) -> usize {
        self.instance
    }

    /// Number of all variables.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of constraints.
    pub fn height(&self) -> usize {
        self.a.height()
    }

    /// Size of the evaluation domain: a power of two, at least constraints plus instance variables.
    pub fn domain(&self) -> usize {
        (self.height() + self.instance).next_power_of_two()
    }

    /// The matrices' name: SHA-256 over `salus/v1/matrices` and a zero byte, then, as numbers of 8
    /// bytes, least significant first, the instance variables and all variables, then for A, B and C
    /// the number of rows, and for each row the number of terms and each term's column and
    /// coefficient (32 bytes), in the order they are in.
    pub fn digest(&self) -> MatricesDigest {
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/matrices\0");
        let mut number = |n: usize| hasher.update((n as u64).to_le_bytes());
        number(self.instance);
        number(self.width);
        for matrix in [&self.a, &self.b, &self.c] {
            matrix.hash_into(&mut hasher);
        }
        MatricesDigest(hasher.finalize().into())
    }

    /// Number of variables that occur in B. Each costs an addition in G2, the dearest part of a proof.
    pub fn variables_in_b(&self) -> usize {
        self.b
            .uses(self.width)
            .iter()
            .filter(|uses| **uses > 0)
            .count()
    }

    /// A, B and C as rows.
    pub fn rows(&self) -> [Rows; 3] {
        [&self.a, &self.b, &self.c]
            .map(|matrix| (0..self.height()).map(|row| matrix.row(row)).collect())
    }

    /// The same constraints with A and B exchanged in the rows where that leaves fewer variables in
    /// B. Keys must be made for the matrices that come out of it.
    #[must_use]
    pub fn with_sparse_b(self) -> Self {
        // A variable in B costs a base in G1 and one in G2, in A only one in G1.
        const COST_IN_A: i64 = 1;
        const COST_IN_B: i64 = 4;
        let [mut a, mut b, c] = self.rows();
        let (mut in_a, mut in_b) = (self.a.uses(self.width), self.b.uses(self.width));
        loop {
            let mut exchanged = false;
            for (left, right) in a.iter_mut().zip(&mut b) {
                // A negative result is a saving.
                let moving =
                    |from: &mut [u32], to: &mut [u32], terms: &[(Fr, usize)], cost: [i64; 2]| {
                        let mut change = 0;
                        for &(_, column) in terms {
                            from[column] -= 1;
                            to[column] += 1;
                            change -= if from[column] == 0 { cost[0] } else { 0 };
                            change += if to[column] == 1 { cost[1] } else { 0 };
                        }
                        change
                    };
                let change = moving(&mut in_a, &mut in_b, left, [COST_IN_A, COST_IN_B])
                    + moving(&mut in_b, &mut in_a, right, [COST_IN_B, COST_IN_A]);
                if change < 0 {
                    std::mem::swap(left, right);
                    exchanged = true;
                } else {
                    moving(&mut in_b, &mut in_a, left, [0, 0]);
                    moving(&mut in_a, &mut in_b, right, [0, 0]);
                }
            }
            if !exchanged {
                break;
            }
        }
        Self {
            a: Sparse::new(a),
            b: Sparse::new(b),
            c: Sparse::new(c),
            ..self
        }
    }

    /// Checks that `assignment` satisfies every constraint.
    ///
    /// # Errors
    /// Names the first constraint that does not hold, or what else is wrong.
    pub fn check(&self, assignment: &[Fr]) -> Result<(), AssignmentError> {
        self.values(assignment).map(drop)
    }

    /// A·z, B·z and C·z for a satisfying z.
    pub(crate) fn values(&self, assignment: &[Fr]) -> Result<Values, AssignmentError> {
        if assignment.len() != self.width {
            let (found, expected) = (assignment.len(), self.width);
            return Err(AssignmentError::Length { found, expected });
        }
        if assignment[0] != Fr::ONE {
            return Err(AssignmentError::Constant);
        }
        // Beyond the constraints, A has one row for each instance variable: it keeps the public
        // inputs linearly independent. B and C are zero there.
        let instance = &assignment[..self.instance];
        let a = Zeroizing::new(self.a.times(assignment, instance));
        let [b, c] = [&self.b, &self.c].map(|matrix| Zeroizing::new(matrix.times(assignment, &[])));
        let mut rows = a.iter().zip(b.iter()).zip(c.iter());
        match rows.position(|((a, b), c)| *a * b != *c) {
            Some(row) => Err(AssignmentError::Unsatisfied { row }),
            None => Ok(Values { a, b, c }),
        }
    }
}

/// A matrix as a circuit again, so that a key can be made for exactly these rows.
impl ConstraintSynthesizer<Fr> for &Matrices {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let missing = || Err(SynthesisError::AssignmentMissing);
        let mut variables = vec![Variable::One];
        for _ in 1..self.instance {
            variables.push(system.new_input_variable(missing)?);
        }
        for _ in self.instance..self.width {
            variables.push(system.new_witness_variable(missing)?);
        }
        let [a, b, c] = self.rows();
        let combine = |terms: &[(Fr, usize)]| {
            LinearCombination(
                terms
                    .iter()
                    .map(|&(k, column)| (k, variables[column]))
                    .collect(),
            )
        };
        for ((a, b), c) in a.iter().zip(&b).zip(&c) {
            system.enforce_r1cs_constraint(|| combine(a), || combine(b), || combine(c))?;
        }
        Ok(())
    }
}

/// One matrix, row after row; each distinct coefficient is kept once.
#[derive(Clone, Debug)]
struct Sparse {
    coefficients: Vec<Fr>,
    /// Column and place of the coefficient.
    terms: Vec<(u32, u32)>,
    /// Where each row ends.
    ends: Vec<u32>,
}

/// Places of the coefficients 1 and -1, which need no multiplication.
const PLUS: u32 = 0;
const MINUS: u32 = 1;

impl Sparse {
    fn new(rows: Rows) -> Self {
        let mut coefficients = vec![Fr::ONE, -Fr::ONE];
        let mut places = HashMap::from([(Fr::ONE, PLUS), (-Fr::ONE, MINUS)]);
        let mut terms = Vec::new();
        let mut ends = Vec::with_capacity(rows.len());
        for row in rows {
            for (coefficient, column) in row {
                let place = *places.entry(coefficient).or_insert_with(|| {
                    coefficients.push(coefficient);
                    coefficients.len() as u32 - 1
                });
                terms.push((column as u32, place));
            }
            ends.push(terms.len() as u32);
        }
        Self {
            coefficients,
            terms,
            ends,
        }
    }

    fn height(&self) -> usize {
        self.ends.len()
    }

    fn terms(&self, row: usize) -> &[(u32, u32)] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.terms[start as usize..self.ends[row] as usize]
    }

    fn hash_into(&self, hasher: &mut Sha256) {
        let coefficients: Vec<Vec<u8>> = self
            .coefficients
            .iter()
            .map(|k| k.into_bigint().to_bytes_le())
            .collect();
        let number = |n: usize| (n as u64).to_le_bytes();
        hasher.update(number(self.height()));
        for row in 0..self.height() {
            let terms = self.terms(row);
            hasher.update(number(terms.len()));
            for &(column, place) in terms {
                hasher.update(number(column as usize));
                hasher.update(&coefficients[place as usize]);
            }
        }
    }

    fn row(&self, row: usize) -> Vec<(Fr, usize)> {
        let term =
            |&(column, place): &(u32, u32)| (self.coefficients[place as usize], column as usize);
        self.terms(row).iter().map(term).collect()
    }

    /// How often each variable occurs.
    fn uses(&self, width: usize) -> Vec<u32> {
        let mut uses = vec![0; width];
        for &(column, _) in &self.terms {
            uses[column as usize] += 1;
        }
        uses
    }

    /// The product with an assignment, and `more` after it.
    fn times(&self, assignment: &[Fr], more: &[Fr]) -> Vec<Fr> {
        let value = |row| {
            let mut sum = Fr::ZERO;
            for &(column, place) in self.terms(row) {
                let value = assignment[column as usize];
                match place {
                    PLUS => sum += value,
                    MINUS => sum -= value,
                    _ => sum += self.coefficients[place as usize] * value,
                }
            }
            sum
        };
        (0..self.height())
            .map(value)
            .chain(more.iter().copied())
            .collect()
    }
}
