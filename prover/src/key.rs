//! Proving keys: where they come from, what they are for, and their files.
//!
//! A key's name is that of its verifying key, [`salus_verifier::KeyId`], which covers the
//! circuit's name and where the key comes from. What proofs are and how they are made is
//! [`crate::groth16`]'s matter. No multi-party ceremony lives here yet.

mod check;
mod file;

use ark_bn254::Bn254;
use ark_groth16::Groth16;
use ark_relations::gr1cs::SynthesisError;
use ark_serialize::SerializationError;
use ark_std::rand::SeedableRng;
use ark_std::rand::rngs::StdRng;
use salus_verifier::{KeyError, KeyId, Setup, VerifyingKey};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::groth16::{Matrices, MatricesDigest};

pub use file::FileDigest;

/// Longest text of a key's provenance, in bytes.
pub const LONGEST_PROVENANCE: usize = 1024;

/// Why there is no proving key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProvingKeyError {
    /// The file is something else.
    #[error("not a Salus proving key of version 1")]
    Magic,
    /// The file ends too early, or its header makes no sense.
    #[error("the proving key's header is damaged: {0}")]
    Header(std::io::Error),
    /// The file was damaged or cut short: its content does not have the digest that it states.
    #[error(
        "the proving key's file is damaged: its content has digest {actual}, it states {stated}"
    )]
    Damaged {
        /// Digest that the file states.
        stated: FileDigest,
        /// Digest of the content.
        actual: FileDigest,
    },
    /// The file is whole, but not the one that was asked for.
    #[error("the proving key's file has digest {actual}; {expected} was expected")]
    NotExpected {
        /// Digest that the caller expected.
        expected: FileDigest,
        /// Digest of the file.
        actual: FileDigest,
    },
    /// The points could not be decoded.
    #[error("the proving key's points can't be read: {0}")]
    Points(SerializationError),
    /// The points have a second encoding, or something follows them.
    #[error("the proving key's points are not in their one canonical encoding")]
    NotCanonical,
    /// A point is not on its curve or not in its group.
    #[error("the proving key's {part} holds a point that is not of its group")]
    NotInGroup {
        /// Which part of the key.
        part: &'static str,
    },
    /// Beta or delta differs between the two groups, or is the identity.
    #[error("the proving key's beta and delta do not agree between the two groups")]
    Disagrees,
    /// The verifying key in it is refused.
    #[error("the proving key's verifying key is refused: {0}")]
    Verifying(#[from] KeyError),
    /// The provenance is too long or has control characters.
    #[error("a provenance has at most {LONGEST_PROVENANCE} bytes and no control characters")]
    Provenance,
    /// The circuit has more constraints than a key can state.
    #[error("the circuit has {found} constraints, more than a key can state")]
    Constraints {
        /// The constraints.
        found: usize,
    },
    /// The setup failed.
    #[error("the setup failed: {0}")]
    Setup(SynthesisError),
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// A proving key, with the verifying key that belongs to it.
#[derive(Clone)]
pub struct ProvingKey {
    verifying: VerifyingKey,
    constraints: u32,
    matrices: MatricesDigest,
    provenance: String,
    points: ark_groth16::ProvingKey<Bn254>,
}

impl ProvingKey {
    /// Makes a key for development, alone. **Insecure**: whoever runs this could keep the secret that
    /// it draws, and forge proofs with it. The key says so, and verifiers refuse it unless told
    /// otherwise. `circuit` is the circuit's name; the circuit has eight public inputs.
    ///
    /// # Errors
    /// For a bad circuit name or a wrong number of public inputs, and where the setup fails.
    pub fn insecure_development(
        circuit: &str,
        matrices: &Matrices,
    ) -> Result<Self, ProvingKeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(ProvingKeyError::Randomness)?;
        let mut rng = StdRng::from_seed(*seed);
        let points =
            Groth16::<Bn254>::generate_random_parameters_with_reduction(matrices, &mut rng)
                .map_err(ProvingKeyError::Setup)?;
        let provenance = "INSECURE: made by one party alone, for development".to_owned();
        Self::new(
            circuit,
            Setup::InsecureDevelopment,
            provenance,
            matrices,
            points,
        )
    }

    /// A key whose points come from a setup elsewhere. The points are checked as those of a file are.
    ///
    /// # Errors
    /// As [`Self::from_bytes`].
    pub fn new(
        circuit: &str,
        setup: Setup,
        provenance: String,
        matrices: &Matrices,
        points: ark_groth16::ProvingKey<Bn254>,
    ) -> Result<Self, ProvingKeyError> {
        check_provenance(&provenance)?;
        let found = matrices.height();
        let constraints =
            u32::try_from(found).map_err(|_| ProvingKeyError::Constraints { found })?;
        check::points(&points, check::Depth::Everything)?;
        Ok(Self {
            verifying: VerifyingKey::new(circuit, setup, points.vk.clone())?,
            constraints,
            matrices: matrices.digest(),
            provenance,
            points,
        })
    }

    /// The verifying key.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The key's name: that of the verifying key.
    pub fn id(&self) -> KeyId {
        self.verifying.id()
    }

    /// Number of constraints of the circuit.
    pub fn constraints(&self) -> u32 {
        self.constraints
    }

    /// Digest of the matrices that the key is for.
    pub fn matrices(&self) -> MatricesDigest {
        self.matrices
    }

    /// Who made the key and how, in words.
    pub fn provenance(&self) -> &str {
        &self.provenance
    }

    /// The points, as arkworks has them.
    pub fn points(&self) -> &ark_groth16::ProvingKey<Bn254> {
        &self.points
    }
}

impl std::fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProvingKey")
            .field("verifying", &self.verifying)
            .field("constraints", &self.constraints)
            .field("provenance", &self.provenance)
            .finish_non_exhaustive()
    }
}

fn check_provenance(text: &str) -> Result<(), ProvingKeyError> {
    if text.len() <= LONGEST_PROVENANCE && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(ProvingKeyError::Provenance)
    }
}
