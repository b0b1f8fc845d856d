//! Makes proofs with one key, over and over.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::CurveGroup;
use ark_ff::PrimeField;
use ark_groth16::{Proof, ProvingKey};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use zeroize::Zeroizing;

use super::matrices::{AssignmentError, Matrices, MatricesDigest};
use super::queries::{Arithmetic, Cores, Preparation, Queries, lay_out};

/// Why a prover can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProverError {
    /// The key is not for these matrices.
    #[error(
        "the key's {part} has {found} points where this circuit needs {expected}; it is a key for another circuit"
    )]
    Key {
        /// Which part of the key.
        part: &'static str,
        /// Points found.
        found: usize,
        /// Points that the circuit needs.
        expected: usize,
    },
    /// The key was made for other matrices.
    #[error(
        "the key is for the matrices {expected}, not for {found}; it is a key for another circuit"
    )]
    Matrices {
        /// Digest of the matrices that the key is for.
        expected: MatricesDigest,
        /// Digest of the matrices given.
        found: MatricesDigest,
    },
    /// The circuit has more constraints than the field has roots of unity for.
    #[error("a domain of {size} is too large for this field")]
    Domain {
        /// The domain's size.
        size: usize,
    },
}

/// Why no proof was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The assignment does not satisfy the circuit.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// A key and its circuit, ready to prove.
///
/// Proofs are those of Groth16 as ark-groth16 makes them: for the same r and s, byte for byte. Each
/// proof takes fresh r and s from the operating system.
pub struct Prover {
    matrices: Matrices,
    queries: Box<dyn Queries>,
    alpha_g1: G1Affine,
    beta_g1: G1Affine,
    beta_g2: G2Affine,
    delta_g1: G1Affine,
    delta_g2: G2Affine,
}

impl std::fmt::Debug for Prover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prover")
            .field("constraints", &self.matrices.height())
            .finish_non_exhaustive()
    }
}

impl Prover {
    /// Prepares to prove with `key`, which was made for `matrices`.
    ///
    /// # Errors
    /// Where the key is for other matrices.
    pub fn for_key(
        key: &crate::key::ProvingKey,
        matrices: Matrices,
        preparation: Preparation,
    ) -> Result<Self, ProverError> {
        let (expected, found) = (key.matrices(), matrices.digest());
        if expected != found {
            return Err(ProverError::Matrices { expected, found });
        }
        Self::new(key.points(), matrices, preparation)
    }

    /// Prepares to prove with bare points. They are taken as they are: with points that were made for
    /// other matrices of the same size, no proof verifies.
    ///
    /// # Errors
    /// Where the key's size is not that of the matrices.
    pub fn new(
        key: &ProvingKey<Bn254>,
        matrices: Matrices,
        preparation: Preparation,
    ) -> Result<Self, ProverError> {
        Self::with_arithmetic(key, matrices, preparation, Arithmetic::Best)
    }

    /// Like [`Self::new`], with a choice of arithmetic: for tests and measurements.
    ///
    /// # Errors
    /// Where the key's size is not that of the matrices.
    pub fn with_arithmetic(
        key: &ProvingKey<Bn254>,
        matrices: Matrices,
        preparation: Preparation,
        arithmetic: Arithmetic,
    ) -> Result<Self, ProverError> {
        let (width, instance, domain) = (matrices.width(), matrices.instance(), matrices.domain());
        for (part, found, expected) in [
            ("A query", key.a_query.len(), width),
            ("B query in G1", key.b_g1_query.len(), width),
            ("B query in G2", key.b_g2_query.len(), width),
            ("L query", key.l_query.len(), width - instance),
            ("H query", key.h_query.len(), domain - 1),
            ("public input query", key.vk.gamma_abc_g1.len(), instance),
        ] {
            if found != expected {
                return Err(ProverError::Key {
                    part,
                    found,
                    expected,
                });
            }
        }
        let queries = lay_out(key, domain, preparation, arithmetic)
            .ok_or(ProverError::Domain { size: domain })?;
        Ok(Self {
            matrices,
            queries,
            alpha_g1: key.vk.alpha_g1,
            beta_g1: key.beta_g1,
            beta_g2: key.vk.beta_g2,
            delta_g1: key.delta_g1,
            delta_g2: key.vk.delta_g2,
        })
    }

    /// The circuit's matrices.
    pub fn matrices(&self) -> &Matrices {
        &self.matrices
    }

    /// One proof, on all cores. `assignment` is one, the public inputs, the witness.
    ///
    /// # Errors
    /// Where the assignment does not satisfy the circuit, naming the constraint.
    pub fn prove(&self, assignment: &[Fr]) -> Result<Proof<Bn254>, ProveError> {
        self.prove_on(assignment, Cores::All)
    }

    /// One proof, on the calling thread alone: for callers that make many side by side.
    ///
    /// # Errors
    /// As [`Self::prove`].
    pub fn prove_on_one_core(&self, assignment: &[Fr]) -> Result<Proof<Bn254>, ProveError> {
        self.prove_on(assignment, Cores::One)
    }

    /// Many proofs, one per core at a time, in the order of the assignments. An assignment is taken
    /// from the iterator when its turn comes, so a lazy one keeps memory small. `finished` is called
    /// after each proof or failure, from any thread, in no order.
    pub fn prove_many<I>(
        &self,
        assignments: I,
        finished: impl Fn() + Sync,
    ) -> Vec<Result<Proof<Bn254>, ProveError>>
    where
        I: IndexedParallelIterator,
        I::Item: AsRef<[Fr]>,
    {
        let prove = |assignment: I::Item| {
            let proof = self.prove_on_one_core(assignment.as_ref());
            finished();
            proof
        };
        assignments.with_max_len(1).map(prove).collect()
    }

    fn prove_on(&self, assignment: &[Fr], cores: Cores) -> Result<Proof<Bn254>, ProveError> {
        let [r, s] = [random_scalar()?, random_scalar()?];
        self.prove_with(assignment, *r, *s, cores)
    }

    /// The proof for given r and s. Proofs hide the witness only if both are fresh and secret.
    fn prove_with(
        &self,
        assignment: &[Fr],
        r: Fr,
        s: Fr,
        cores: Cores,
    ) -> Result<Proof<Bn254>, ProveError> {
        let values = self.matrices.values(assignment)?;
        let integers: Zeroizing<Vec<[u64; 4]>> = Zeroizing::new(
            assignment
                .iter()
                .map(|value| value.into_bigint().0)
                .collect(),
        );
        let sums = self.queries.sums(&integers, &values, cores);
        let a = sums.a + self.alpha_g1 + self.delta_g1 * r;
        let b_g1 = sums.b_g1 + self.beta_g1 + self.delta_g1 * s;
        let b_g2 = sums.b_g2 + self.beta_g2 + self.delta_g2 * s;
        let c = sums.c + a * s + b_g1 * r - self.delta_g1 * (r * s);
        Ok(Proof {
            a: a.into_affine(),
            b: b_g2.into_affine(),
            c: c.into_affine(),
        })
    }
}

/// A uniform scalar from the operating system. 512 bits make the bias of the reduction negligible.
fn random_scalar() -> Result<Zeroizing<Fr>, ProveError> {
    let mut bytes = Zeroizing::new([0; 64]);
    getrandom::fill(&mut *bytes).map_err(ProveError::Randomness)?;
    Ok(Zeroizing::new(Fr::from_le_bytes_mod_order(&*bytes)))
}

#[cfg(test)]
#[path = "prover_tests.rs"]
mod tests;
