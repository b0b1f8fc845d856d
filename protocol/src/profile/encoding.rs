//! From values to 16-bit numbers and back. 0 is never the encoding of a value.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use thiserror::Error;

use super::Encoding;
use crate::day::Day;

/// Why a value has no encoding. Such values are reported and left out, never clamped.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum EncodeError {
    /// The value lies outside what 16 bits hold at the field's origin and step.
    #[error("{value} is outside the field's range")]
    OutOfRange {
        /// The value, as text.
        value: String,
    },
    /// The field has another encoding.
    #[error("the field is not encoded as a {expected}")]
    WrongKind {
        /// What was to be encoded.
        expected: &'static str,
    },
}

impl Encoding {
    /// Encodes a quantity, given in the field's own unit, or a count.
    ///
    /// # Errors
    /// [`EncodeError`] when it does not fit.
    pub fn encode_number(&self, value: Decimal) -> Result<u16, EncodeError> {
        let out_of_range = || EncodeError::OutOfRange {
            value: value.normalize().to_string(),
        };
        let steps = match self {
            Self::Quantity { origin, step, .. } => value
                .checked_sub(*origin)
                .and_then(|above| above.checked_div(*step))
                .map(|steps| {
                    steps.round_dp_with_strategy(
                        0,
                        rust_decimal::RoundingStrategy::MidpointAwayFromZero,
                    )
                })
                .and_then(|steps| steps.checked_add(Decimal::ONE)),
            Self::Count => Some(value.round_dp(0)).filter(|rounded| *rounded == value),
            _ => return Err(EncodeError::WrongKind { expected: "number" }),
        };
        steps
            .and_then(|steps| steps.to_u16())
            .filter(|code| *code != 0)
            .ok_or_else(out_of_range)
    }

    /// Encodes a date.
    ///
    /// # Errors
    /// [`EncodeError::WrongKind`] when the field is no date.
    pub fn encode_day(&self, day: Day) -> Result<u16, EncodeError> {
        match self {
            Self::Date => Ok(day.number()),
            _ => Err(EncodeError::WrongKind { expected: "date" }),
        }
    }

    /// What an encoded number means, for people: `7.2 %`, `2019-04-01`, `female`, `3`, `yes`.
    /// `None` for 0 and for numbers that encode nothing in this field.
    #[must_use]
    pub fn display(&self, code: u16) -> Option<String> {
        if code == 0 {
            return None;
        }
        match self {
            Self::Date => Day::from_number(code).map(|day| day.to_string()),
            Self::Count => Some(code.to_string()),
            Self::Flag => (code == 1).then(|| "yes".to_owned()),
            Self::Quantity { unit, .. } => {
                let value = self.quantity(code)?;
                Some(if unit.is_empty() {
                    value.to_string()
                } else {
                    format!("{value} {unit}")
                })
            }
            Self::Code(values) => values
                .get(usize::from(code) - 1)
                .map(|value| value.name.clone()),
        }
    }

    /// The quantity that an encoded number stands for; `None` for 0 and other encodings, and beyond
    /// what a decimal number holds, which no checked profile's quantities are.
    #[must_use]
    pub fn quantity(&self, code: u16) -> Option<Decimal> {
        match self {
            Self::Quantity { origin, step, .. } if code != 0 => {
                let above = step.checked_mul(Decimal::from(code - 1))?;
                Some(origin.checked_add(above)?.normalize())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn hba1c() -> Encoding {
        Encoding::Quantity {
            unit: "%".into(),
            origin: "2".parse().unwrap(),
            step: "0.1".parse().unwrap(),
        }
    }

    #[test]
    fn steps_from_the_origin() {
        assert_eq!(hba1c().encode_number("2".parse().unwrap()).unwrap(), 1);
        assert_eq!(hba1c().encode_number("7.04".parse().unwrap()).unwrap(), 51);
        assert_eq!(hba1c().encode_number("7.05".parse().unwrap()).unwrap(), 52);
        assert_eq!(hba1c().display(51).unwrap(), "7 %");
        assert!(
            hba1c().encode_number("1.9".parse().unwrap()).is_err(),
            "below the origin"
        );
        assert!(
            hba1c().encode_number("6555.7".parse().unwrap()).is_err(),
            "above 16 bits"
        );
        assert!(hba1c().encode_number(Decimal::MAX).is_err());
        assert_eq!(Encoding::Count.encode_number(3.into()).unwrap(), 3);
        assert!(
            Encoding::Count
                .encode_number("3.5".parse().unwrap())
                .is_err()
        );
        assert!(
            Encoding::Count.encode_number(0.into()).is_err(),
            "0 is none recorded"
        );
    }

    #[test]
    fn what_no_decimal_holds_is_no_quantity() {
        let huge = Encoding::Quantity {
            unit: String::new(),
            origin: Decimal::MAX,
            step: Decimal::MAX,
        };
        assert_eq!(huge.quantity(1), Some(Decimal::MAX));
        assert_eq!(huge.display(2), None);
        assert_eq!(huge.display(u16::MAX), None);
    }

    proptest! {
        #[test]
        fn what_a_number_means_encodes_to_it(code in 1u16..) {
            let value = hba1c().quantity(code).unwrap();
            prop_assert_eq!(hba1c().encode_number(value).unwrap(), code);
        }
    }
}
