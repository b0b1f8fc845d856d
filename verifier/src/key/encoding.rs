//! A verifying key as bytes, as a JSON document, and in borsh.

use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};

use ark_bn254::Bn254;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{INPUT_POINTS, KeyError, KeyId, KeyPoint, Setup, VerifyingKey, at};
use crate::point;

/// Length of a verifying key's canonical bytes.
pub const KEY_BYTES: usize = INPUTS_AT + 32 * INPUT_POINTS;

/// Where the number of input points stands, after alpha, beta, gamma and delta.
const COUNT_AT: usize = 32 + 3 * 64;
const INPUTS_AT: usize = COUNT_AT + 8;

pub(super) fn to_bytes(key: &ark_groth16::VerifyingKey<Bn254>) -> [u8; KEY_BYTES] {
    let mut bytes = point::encode(&key.alpha_g1);
    for second in [&key.beta_g2, &key.gamma_g2, &key.delta_g2] {
        bytes.extend(point::encode(second));
    }
    bytes.extend((INPUT_POINTS as u64).to_le_bytes());
    for input in &key.gamma_abc_g1 {
        bytes.extend(point::encode(input));
    }
    bytes
        .try_into()
        .expect("a checked key has a fixed number of points")
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<ark_groth16::VerifyingKey<Bn254>, KeyError> {
    let wrong_length = KeyError::Length { found: bytes.len() };
    // A key for another number of inputs has another length; say so first.
    let Some(count) = bytes.get(COUNT_AT..INPUTS_AT) else {
        return Err(wrong_length);
    };
    let found = count.iter().rev().fold(0, |n, b| (n << 8) | u64::from(*b));
    if found != INPUT_POINTS as u64 {
        return Err(KeyError::InputPoints { found });
    }
    if bytes.len() != KEY_BYTES {
        return Err(wrong_length);
    }
    let inputs = bytes[INPUTS_AT..].chunks_exact(32).enumerate();
    Ok(ark_groth16::VerifyingKey {
        alpha_g1: point::decode(&bytes[..32]).map_err(at(KeyPoint::Alpha))?,
        beta_g2: point::decode(&bytes[32..96]).map_err(at(KeyPoint::Beta))?,
        gamma_g2: point::decode(&bytes[96..160]).map_err(at(KeyPoint::Gamma))?,
        delta_g2: point::decode(&bytes[160..COUNT_AT]).map_err(at(KeyPoint::Delta))?,
        gamma_abc_g1: inputs
            .map(|(place, input)| point::decode(input).map_err(at(KeyPoint::Input(place))))
            .collect::<Result<_, _>>()?,
    })
}

/// A key's JSON document. The id is there for readers, and checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    circuit: String,
    setup: Setup,
    id: KeyId,
    key: String,
}

impl From<VerifyingKey> for KeyFile {
    fn from(key: VerifyingKey) -> Self {
        Self {
            setup: key.setup,
            id: key.id,
            key: hex::encode(key.to_bytes()),
            circuit: key.circuit,
        }
    }
}

impl TryFrom<KeyFile> for VerifyingKey {
    type Error = KeyError;

    fn try_from(file: KeyFile) -> Result<Self, KeyError> {
        if file.key.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(KeyError::NotHex);
        }
        let bytes = hex::decode(&file.key).map_err(|_| KeyError::NotHex)?;
        let key = Self::from_bytes(&file.circuit, file.setup, &bytes)?;
        if key.id != file.id {
            return Err(KeyError::IdMismatch {
                stated: file.id,
                actual: key.id,
            });
        }
        Ok(key)
    }
}

impl BorshSerialize for VerifyingKey {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        BorshSerialize::serialize(&self.circuit, writer)?;
        BorshSerialize::serialize(&self.setup, writer)?;
        writer.write_all(&self.to_bytes())
    }
}

impl BorshDeserialize for VerifyingKey {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let circuit = String::deserialize_reader(reader)?;
        let setup = Setup::deserialize_reader(reader)?;
        let mut bytes = [0; KEY_BYTES];
        reader.read_exact(&mut bytes)?;
        Self::from_bytes(&circuit, setup, &bytes).map_err(|e| Error::new(ErrorKind::InvalidData, e))
    }
}
