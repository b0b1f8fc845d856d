//! A verifying key: what it says, its content-addressed id, and who may use it.
//!
//! The canonical bytes of a key are alpha (32), beta, gamma and delta (64 each), the number of
//! input points (8, least significant byte first) and the input points (32 each), all compressed:
//! 520 bytes. A key that would accept forged proofs on its face is refused when it is loaded.

mod encoding;
mod id;

use std::fmt;

use ark_bn254::{Bn254, G1Affine};
use ark_ec::bn::G2Prepared;
use ark_groth16::PreparedVerifyingKey;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_protocol::statement::PUBLIC_INPUTS;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::point::{self, PointError};

pub use encoding::KEY_BYTES;
pub use id::{KeyId, KeyIdError};

/// The input points of a key: one for the constant and one for each public input.
const INPUT_POINTS: usize = PUBLIC_INPUTS + 1;

/// Where a key comes from, as whoever made it says. The key's id covers it, so pinning an id pins
/// this too.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    BorshSerialize,
    BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Setup {
    /// A ceremony of several parties: sound if one of them destroyed its secret.
    Ceremony,
    /// One party made it alone and could forge any proof. For development only.
    InsecureDevelopment,
}

/// What a verifier is willing to trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPolicy {
    /// Keys of a ceremony only.
    CeremonyOnly,
    /// Also keys that one party made alone. Nothing verified under such a key convinces anyone who
    /// does not trust that party.
    AllowInsecureDevelopmentKeys,
}

/// One of a key's points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPoint {
    /// alpha, of the first group.
    Alpha,
    /// beta, of the second group.
    Beta,
    /// gamma, of the second group.
    Gamma,
    /// delta, of the second group.
    Delta,
    /// An input point, of the first group: 0 for the constant, then one for each public input.
    Input(usize),
}

impl fmt::Display for KeyPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alpha => f.write_str("alpha"),
            Self::Beta => f.write_str("beta"),
            Self::Gamma => f.write_str("gamma"),
            Self::Delta => f.write_str("delta"),
            Self::Input(place) => write!(f, "IC[{place}]"),
        }
    }
}

/// Why a verifying key is refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// A circuit's name is 1 to 64 of the characters a-z, 0-9, `-`, `.`, `_` and `/`.
    #[error("not a circuit's name: {found:?}; use 1 to 64 of a-z, 0-9, '-', '.', '_' and '/'")]
    CircuitName {
        /// The name as given, cut to a readable length.
        found: String,
    },
    /// A key has one length.
    #[error("a verifying key is {KEY_BYTES} bytes long, found {found}")]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// The text is not lower-case hexadecimal.
    #[error("a verifying key is written in lower-case hexadecimal")]
    NotHex,
    /// The key is for another number of public inputs.
    #[error(
        "the key has {found} input points; {INPUT_POINTS} are needed for {PUBLIC_INPUTS} public inputs"
    )]
    InputPoints {
        /// How many input points the key has.
        found: u64,
    },
    /// A point is refused.
    #[error("the key's point {point} is refused: {source}")]
    Point {
        /// Which point.
        point: KeyPoint,
        /// Why.
        source: PointError,
    },
    /// gamma is delta, or its negation: anyone can forge proofs.
    #[error(
        "gamma and delta are the same point up to sign, so anyone can forge proofs: the setup was not finished"
    )]
    GammaIsDelta,
    /// beta is gamma or delta, or a negation: anyone can forge proofs.
    #[error(
        "beta and {other} are the same point up to sign, so anyone can forge proofs: the setup had no contributions"
    )]
    BetaIsShared {
        /// The other point.
        other: KeyPoint,
    },
    /// Two public inputs have one point up to sign, so values can be moved between them.
    #[error(
        "public inputs {first} and {second} share a point up to sign, so values can move between them"
    )]
    InputsNotApart {
        /// The first input, from 1.
        first: usize,
        /// The second input, from 1.
        second: usize,
    },
    /// The file states another id than its content has.
    #[error("the key's file states id {stated}, but its content has id {actual}: it was changed")]
    IdMismatch {
        /// As stated.
        stated: KeyId,
        /// Of the content.
        actual: KeyId,
    },
    /// The key comes from a single-party setup, and the policy does not allow that.
    #[error(
        "key {id} of {circuit} is an insecure development key: whoever made it can forge proofs; allow such keys explicitly, or use a ceremony's"
    )]
    Insecure {
        /// The key.
        id: KeyId,
        /// Its circuit.
        circuit: String,
    },
}

/// A verifying key that was checked, with its circuit's name and where it comes from. To verify
/// with it, a caller states what it is willing to trust: see [`Self::trusted`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "encoding::KeyFile", into = "encoding::KeyFile")]
pub struct VerifyingKey {
    circuit: String,
    setup: Setup,
    key: ark_groth16::VerifyingKey<Bn254>,
    id: KeyId,
}

impl VerifyingKey {
    /// Checks a key that a setup made for `circuit`, and names it.
    ///
    /// # Errors
    /// For a bad circuit name; a wrong number of input points; any point that is the identity, not
    /// on its curve or not in its group; any two of beta, gamma, delta equal
    /// up to sign; two equal input points.
    pub fn new(
        circuit: &str,
        setup: Setup,
        key: ark_groth16::VerifyingKey<Bn254>,
    ) -> Result<Self, KeyError> {
        check_circuit_name(circuit)?;
        check_points(&key)?;
        check_soundness(&key)?;
        let id = KeyId::of(circuit, setup, &encoding::to_bytes(&key));
        Ok(Self {
            circuit: circuit.to_owned(),
            setup,
            key,
            id,
        })
    }

    /// Decodes a key's canonical bytes.
    ///
    /// # Errors
    /// As [`Self::new`], and for missing or trailing bytes or an encoding that is not canonical.
    pub fn from_bytes(circuit: &str, setup: Setup, bytes: &[u8]) -> Result<Self, KeyError> {
        Self::new(circuit, setup, encoding::from_bytes(bytes)?)
    }

    /// The key's canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; KEY_BYTES] {
        encoding::to_bytes(&self.key)
    }

    /// The key's content-addressed name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Name of the circuit that the key is for.
    #[must_use]
    pub fn circuit(&self) -> &str {
        &self.circuit
    }

    /// Where the key comes from.
    #[must_use]
    pub const fn setup(&self) -> Setup {
        self.setup
    }

    /// The key as arkworks writes it.
    #[must_use]
    pub const fn as_ark(&self) -> &ark_groth16::VerifyingKey<Bn254> {
        &self.key
    }

    /// The key made ready for verification, if `policy` allows it.
    ///
    /// # Errors
    /// [`KeyError::Insecure`] for a development key under [`KeyPolicy::CeremonyOnly`].
    pub fn trusted(&self, policy: KeyPolicy) -> Result<TrustedKey, KeyError> {
        match (self.setup, policy) {
            (Setup::Ceremony, _)
            | (Setup::InsecureDevelopment, KeyPolicy::AllowInsecureDevelopmentKeys) => {}
            (Setup::InsecureDevelopment, KeyPolicy::CeremonyOnly) => {
                let circuit = self.circuit.clone();
                return Err(KeyError::Insecure {
                    id: self.id,
                    circuit,
                });
            }
        }
        Ok(TrustedKey {
            id: self.id,
            setup: self.setup,
            prepared: ark_groth16::prepare_verifying_key(&self.key),
            beta: self.key.beta_g2.into(),
        })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("circuit", &self.circuit)
            .field("setup", &self.setup)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A key that a policy allowed, made ready for verification. Make it once and keep it.
#[derive(Clone)]
pub struct TrustedKey {
    id: KeyId,
    setup: Setup,
    prepared: PreparedVerifyingKey<Bn254>,
    beta: G2Prepared<ark_bn254::Config>,
}

impl TrustedKey {
    /// The key's content-addressed name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Where the key comes from.
    #[must_use]
    pub const fn setup(&self) -> Setup {
        self.setup
    }

    pub(crate) const fn prepared(&self) -> &PreparedVerifyingKey<Bn254> {
        &self.prepared
    }

    pub(crate) const fn prepared_beta(&self) -> &G2Prepared<ark_bn254::Config> {
        &self.beta
    }

    /// Exactly one more than there are public inputs: [`VerifyingKey::new`] saw to it.
    pub(crate) fn input_points(&self) -> &[G1Affine] {
        &self.prepared.vk.gamma_abc_g1
    }
}

impl fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedKey")
            .field("id", &self.id)
            .field("setup", &self.setup)
            .finish_non_exhaustive()
    }
}

fn check_circuit_name(name: &str) -> Result<(), KeyError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._/".contains(&b);
    if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(KeyError::CircuitName {
        found: name.chars().take(80).collect(),
    })
}

fn at(point: KeyPoint) -> impl FnOnce(PointError) -> KeyError {
    move |source| KeyError::Point { point, source }
}

fn check_points(key: &ark_groth16::VerifyingKey<Bn254>) -> Result<(), KeyError> {
    if key.gamma_abc_g1.len() != INPUT_POINTS {
        return Err(KeyError::InputPoints {
            found: key.gamma_abc_g1.len() as u64,
        });
    }
    point::check(&key.alpha_g1).map_err(at(KeyPoint::Alpha))?;
    point::check(&key.beta_g2).map_err(at(KeyPoint::Beta))?;
    point::check(&key.gamma_g2).map_err(at(KeyPoint::Gamma))?;
    point::check(&key.delta_g2).map_err(at(KeyPoint::Delta))?;
    for (place, input) in key.gamma_abc_g1.iter().enumerate() {
        point::check(input).map_err(at(KeyPoint::Input(place)))?;
    }
    Ok(())
}

/// Refuses what an honest setup yields with negligible probability only, and under which forging
/// is easy. With gamma = ±delta, A = alpha, B = beta, C = ∓X is a proof of anything. With
/// gamma = beta, so is A = alpha + X, B = beta + delta, C = A; with delta = beta, so is A = X,
/// B = beta + gamma, C = X - alpha.
fn check_soundness(key: &ark_groth16::VerifyingKey<Bn254>) -> Result<(), KeyError> {
    // On these curves two points have one x coordinate when they are equal up to sign.
    if key.gamma_g2.x == key.delta_g2.x {
        return Err(KeyError::GammaIsDelta);
    }
    let others = [
        (KeyPoint::Gamma, &key.gamma_g2),
        (KeyPoint::Delta, &key.delta_g2),
    ];
    if let Some((other, _)) = others
        .into_iter()
        .find(|(_, point)| point.x == key.beta_g2.x)
    {
        return Err(KeyError::BetaIsShared { other });
    }
    let inputs = &key.gamma_abc_g1;
    for first in 1..inputs.len() {
        for second in first + 1..inputs.len() {
            if inputs[first].x == inputs[second].x {
                return Err(KeyError::InputsNotApart { first, second });
            }
        }
    }
    Ok(())
}
