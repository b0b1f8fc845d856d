//! Field elements as decimal texts.

use ark_ff::{BigInt, PrimeField};
use thiserror::Error;

use super::SnarkjsError;

/// Why a text is not a field element.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Not a plain decimal number.
    #[error("expected a decimal number without sign or leading zero")]
    NotDecimal,
    /// The modulus or more, so it would be a second form of a smaller number.
    #[error("the number is not below the field's modulus")]
    TooLarge,
}

/// Digits of the largest number of 256 bits.
const MOST_DIGITS: usize = 78;

/// Reads a field element; `place` says where it stands in the file.
pub(super) fn read<F>(text: &str, place: &str) -> Result<F, SnarkjsError>
where
    F: PrimeField<BigInt = BigInt<4>>,
{
    parse(text).map_err(|source| SnarkjsError::Number {
        place: place.to_owned(),
        source,
    })
}

fn parse<F>(text: &str) -> Result<F, NumberError>
where
    F: PrimeField<BigInt = BigInt<4>>,
{
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if text.is_empty() || leading_zero || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NumberError::NotDecimal);
    }
    if text.len() > MOST_DIGITS {
        return Err(NumberError::TooLarge);
    }
    let number: BigInt<4> = text.parse().map_err(|()| NumberError::TooLarge)?;
    F::from_bigint(number).ok_or(NumberError::TooLarge)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ark_bn254::{Fq, Fr};
    use ark_ff::{BigInteger, Field};
    use proptest::prelude::*;

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(parse::<Fr>("0").unwrap(), Fr::from(0u64));
        assert_eq!(parse::<Fr>("10").unwrap(), Fr::from(10u64));
        for text in [
            "", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "0x1", "1_0", "١",
        ] {
            assert_eq!(parse::<Fr>(text), Err(NumberError::NotDecimal), "{text:?}");
        }
    }

    #[test]
    fn the_modulus_and_above_are_refused() {
        let over = |mut number: BigInt<4>, by: u64| {
            number.add_with_carry(&BigInt::from(by));
            number.to_string()
        };
        assert_eq!(
            parse::<Fr>(&over(Fr::MODULUS, 0)),
            Err(NumberError::TooLarge)
        );
        assert_eq!(
            parse::<Fr>(&over(Fr::MODULUS, 7)),
            Err(NumberError::TooLarge)
        );
        assert_eq!(
            parse::<Fq>(&over(Fq::MODULUS, 0)),
            Err(NumberError::TooLarge)
        );
        // Below one modulus and above the other.
        assert!(parse::<Fq>(&over(Fr::MODULUS, 0)).is_ok());
        assert_eq!(parse::<Fr>(&(-Fr::ONE).to_string()).unwrap(), -Fr::ONE);
        let most = BigInt::<4>([u64::MAX; 4]).to_string();
        assert_eq!(most.len(), MOST_DIGITS);
        for text in [most, "9".repeat(MOST_DIGITS), "9".repeat(100_000)] {
            assert_eq!(parse::<Fr>(&text), Err(NumberError::TooLarge));
        }
    }

    proptest! {
        #[test]
        fn numbers_round_trip(wide in any::<[u8; 32]>()) {
            let element = Fr::from_be_bytes_mod_order(&wide);
            prop_assert_eq!(parse::<Fr>(&element.to_string()).unwrap(), element);
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "[0-9+-]{0,80}") {
            if let Ok(element) = parse::<Fq>(&text) {
                prop_assert_eq!(element.to_string(), text);
            }
        }
    }
}
