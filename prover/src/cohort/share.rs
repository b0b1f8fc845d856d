//! Shares: how custodians let one of them know the sums of their openings, and nothing else.
//!
//! Each masks its numbers with what it agrees on with every other custodian; masks cancel in the
//! sum. Masked numbers travel sealed to whoever combines them.
//! Spec: docs/spec/cohort.md, section "Several custodians".

use hkdf::Hkdf;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use pasta_curves::Fp;
use pasta_curves::group::ff::{Field, PrimeField};
use sha2::Sha256;
use thiserror::Error;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::secret::expand;

const INFO: &[u8] = b"salus/v1/cohort-share";

/// The public key of a tally, for the shares of its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShareKey([u8; 32]);

impl ShareKey {
    /// A key as a tally publishes it. Whether it is usable shows when a share is made.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn hpke(&self) -> Result<<Kem as hpke::Kem>::PublicKey, ShareError> {
        <Kem as hpke::Kem>::PublicKey::from_bytes(&self.0).map_err(|_| ShareError::Key {
            key: hex::encode(self.0),
        })
    }
}

/// The secret behind a [`ShareKey`]. Used for one tally.
#[derive(Clone)]
pub struct ShareSecret(Zeroizing<[u8; 32]>);

/// Why no share can be made, opened or added up.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ShareError {
    /// A published key is of no use.
    #[error("the share key {key} is not a usable X25519 key: its custodian has to tally anew")]
    Key {
        /// The key, in hexadecimal.
        key: String,
    },
    /// The own key is not among those of the release.
    #[error("the release is not of a tally with this secret")]
    NotOurs,
    /// Sealed to another key, by another custodian, for another release, or changed on the way.
    #[error(
        "the share can't be opened: it is for another custodian or another release, from another \
         custodian than it says, or was changed"
    )]
    Sealed,
    /// Not as many numbers as the release needs.
    #[error("a share holds {found} numbers, and the release needs {expected}")]
    Numbers {
        /// Numbers found.
        found: usize,
        /// Numbers needed.
        expected: usize,
    },
}

impl ShareSecret {
    /// A new secret from the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// A secret kept by its custodian.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes to keep.
    #[must_use]
    pub fn reveal(&self) -> [u8; 32] {
        *self.0
    }

    /// The key to publish.
    #[must_use]
    pub fn key(&self) -> ShareKey {
        ShareKey(PublicKey::from(&StaticSecret::from(*self.0)).to_bytes())
    }

    /// The numbers with the masks that are agreed with all other custodians of the release: `keys`
    /// are all of them, in the release's order, the own one included.
    ///
    /// # Errors
    /// [`ShareError::NotOurs`] when the own key is not one of them, [`ShareError::Key`] when another
    /// is of no use.
    pub fn mask(
        &self,
        context: &[u8; 32],
        keys: &[ShareKey],
        numbers: &[Fp],
    ) -> Result<Vec<Fp>, ShareError> {
        let own_key = self.key();
        let own = keys.iter().position(|key| *key == own_key);
        let own = own.ok_or(ShareError::NotOurs)?;
        let mut masked = numbers.to_vec();
        for (place, other) in keys.iter().enumerate() {
            if place == own {
                continue;
            }
            let seed = self.agreed(context, other, (keys[own.min(place)], keys[own.max(place)]))?;
            for (at, number) in (0u32..).zip(&mut masked) {
                let mask = expand(&seed, at);
                *number += if own < place { mask } else { -mask };
            }
        }
        Ok(masked)
    }

    /// The seed of masks that two custodians agree on for one release.
    fn agreed(
        &self,
        context: &[u8; 32],
        other: &ShareKey,
        pair: (ShareKey, ShareKey),
    ) -> Result<Zeroizing<[u8; 32]>, ShareError> {
        let shared = StaticSecret::from(*self.0).diffie_hellman(&PublicKey::from(other.0));
        if !shared.was_contributory() {
            return Err(ShareError::Key {
                key: hex::encode(other.0),
            });
        }
        let info = [
            b"salus/v1/cohort-mask".as_slice(),
            context,
            &pair.0.0,
            &pair.1.0,
        ]
        .concat();
        let mut seed = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, shared.as_bytes())
            .expand(&info, &mut *seed)
            .expect("HKDF gives 32 bytes at once");
        Ok(seed)
    }

    /// Seals masked numbers to the custodian that combines them.
    ///
    /// # Errors
    /// [`ShareError::Key`] when its key is of no use.
    pub fn seal(
        &self,
        context: &[u8; 32],
        to: &ShareKey,
        masked: &[Fp],
    ) -> Result<Vec<u8>, ShareError> {
        let plain: Zeroizing<Vec<u8>> =
            Zeroizing::new(masked.iter().flat_map(PrimeField::to_repr).collect());
        let own = (self.hpke()?, self.key().hpke()?);
        let (encapsulated, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Auth(own),
            &to.hpke()?,
            INFO,
            &plain,
            context,
        )
        .map_err(|_| ShareError::Key {
            key: hex::encode(to.0),
        })?;
        Ok([encapsulated.to_bytes().as_slice(), &sealed].concat())
    }

    /// Opens a share that another custodian sealed for this one.
    ///
    /// # Errors
    /// [`ShareError::Sealed`] when it is not such a share.
    pub fn open(
        &self,
        context: &[u8; 32],
        from: &ShareKey,
        sealed: &[u8],
    ) -> Result<Vec<Fp>, ShareError> {
        let (encapsulated, sealed) = sealed.split_at_checked(32).ok_or(ShareError::Sealed)?;
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated)
            .map_err(|_| ShareError::Sealed)?;
        let plain = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Auth(from.hpke()?),
            &self.hpke()?,
            &encapsulated,
            INFO,
            sealed,
            context,
        );
        let plain = Zeroizing::new(plain.map_err(|_| ShareError::Sealed)?);
        let (words, rest) = plain.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(ShareError::Sealed);
        }
        let number = |word: &[u8; 32]| Option::from(Fp::from_repr(*word));
        let numbers = words.iter().map(number).collect::<Option<_>>();
        numbers.ok_or(ShareError::Sealed)
    }

    fn hpke(&self) -> Result<<Kem as hpke::Kem>::PrivateKey, ShareError> {
        <Kem as hpke::Kem>::PrivateKey::from_bytes(&*self.0).map_err(|_| ShareError::NotOurs)
    }
}

impl std::fmt::Debug for ShareSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShareSecret(redacted)")
    }
}

/// Adds up the masked numbers of all custodians of a release, after which no mask is left.
///
/// # Errors
/// [`ShareError::Numbers`] when one has more or fewer than `expected`.
pub fn add_up(expected: usize, shares: &[Vec<Fp>]) -> Result<Vec<Fp>, ShareError> {
    let mut sums = vec![Fp::ZERO; expected];
    for share in shares {
        let found = share.len();
        if found != expected {
            return Err(ShareError::Numbers { found, expected });
        }
        sums.iter_mut()
            .zip(share)
            .for_each(|(sum, number)| *sum += number);
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CONTEXT: [u8; 32] = [3; 32];

    fn custodians(count: usize) -> (Vec<ShareSecret>, Vec<ShareKey>) {
        let secrets: Vec<_> = (0..count).map(|_| ShareSecret::random().unwrap()).collect();
        let keys = secrets.iter().map(ShareSecret::key).collect();
        (secrets, keys)
    }

    fn numbers(of: usize) -> Vec<Fp> {
        (0..6).map(|n| Fp::from((100 * of + n) as u64)).collect()
    }

    #[test]
    fn masks_cancel_in_the_sum_and_hide_each_part() {
        for count in [2, 3, 7] {
            let (secrets, keys) = custodians(count);
            let masked: Vec<_> = (0..count)
                .map(|of| secrets[of].mask(&CONTEXT, &keys, &numbers(of)).unwrap())
                .collect();
            let sums = add_up(6, &masked).unwrap();
            let plain: Vec<_> = (0..count).map(numbers).collect();
            assert_eq!(sums, add_up(6, &plain).unwrap());
            for (masked, plain) in masked.iter().zip(&plain) {
                assert!(masked.iter().zip(plain).all(|(a, b)| a != b));
            }
            // All but one tell nothing of it: their sum is still masked.
            let most = add_up(6, &masked[1..]).unwrap();
            assert_ne!(most, add_up(6, &plain[1..]).unwrap());
        }
    }

    #[test]
    fn masks_are_of_one_release_and_one_list_of_custodians() {
        let (secrets, keys) = custodians(3);
        let mask = |context: [u8; 32], keys: &[ShareKey]| {
            secrets[0].mask(&context, keys, &numbers(0)).unwrap()
        };
        assert_ne!(mask(CONTEXT, &keys), mask([4; 32], &keys));
        assert_ne!(mask(CONTEXT, &keys), mask(CONTEXT, &keys[..2]));
        assert_eq!(
            secrets[0].mask(&CONTEXT, &keys[1..], &numbers(0)),
            Err(ShareError::NotOurs)
        );
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let (secrets, mut keys) = custodians(2);
        keys[1] = ShareKey::from_bytes([0; 32]);
        assert!(matches!(
            secrets[0].mask(&CONTEXT, &keys, &numbers(0)),
            Err(ShareError::Key { .. })
        ));
        assert!(secrets[0].seal(&CONTEXT, &keys[1], &numbers(0)).is_err());
    }

    #[test]
    fn a_share_opens_for_its_receiver_sender_and_release_only() {
        let (secrets, keys) = custodians(3);
        let sealed = secrets[0].seal(&CONTEXT, &keys[1], &numbers(0)).unwrap();
        assert_eq!(secrets[1].open(&CONTEXT, &keys[0], &sealed), Ok(numbers(0)));
        let refused = Err(ShareError::Sealed);
        assert_eq!(secrets[2].open(&CONTEXT, &keys[0], &sealed), refused);
        assert_eq!(secrets[1].open(&CONTEXT, &keys[2], &sealed), refused);
        assert_eq!(secrets[1].open(&[4; 32], &keys[0], &sealed), refused);
        for at in [0, 40, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(secrets[1].open(&CONTEXT, &keys[0], &changed), refused);
        }
        assert_eq!(secrets[1].open(&CONTEXT, &keys[0], &sealed[..31]), refused);
    }

    #[test]
    fn shares_of_another_length_are_refused() {
        let shares = [numbers(0), numbers(1)[..5].to_vec()];
        let refused = ShareError::Numbers {
            found: 5,
            expected: 6,
        };
        assert_eq!(add_up(6, &shares), Err(refused));
    }
}
