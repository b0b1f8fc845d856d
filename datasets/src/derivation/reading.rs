//! Reading values: units converted exactly, implausible numbers refused, codes looked up.

use rust_decimal::Decimal;
use salus_protocol::profile::{CodeSystem, CodedValue, Concept};

use super::report::LeftOut;
use crate::fhir::{Coding, Value};

/// Why something could not be used, and what exactly it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) reason: LeftOut,
    pub(super) detail: Option<String>,
}

impl Unusable {
    pub(super) const fn new(reason: LeftOut) -> Self {
        Self {
            reason,
            detail: None,
        }
    }

    pub(super) fn because(reason: LeftOut, detail: impl std::fmt::Display) -> Self {
        Self {
            reason,
            detail: Some(detail.to_string()),
        }
    }
}

/// The number in the concept's first unit.
pub(super) fn quantity(value: Option<&Value>, concept: &Concept) -> Result<Decimal, Unusable> {
    let (number, unit) = match value {
        Some(Value::Quantity(quantity)) => {
            if quantity.comparator.is_some() {
                return Err(Unusable::because(LeftOut::Inexact, quantity.value));
            }
            (quantity.value, quantity.unit().unwrap_or_default())
        }
        Some(Value::Integer(number)) => (Decimal::from(*number), ""),
        _ => return Err(Unusable::new(LeftOut::NoNumber)),
    };
    let accepted = concept
        .units
        .iter()
        .find(|accepted| accepted.unit == unit)
        .ok_or_else(|| Unusable::because(LeftOut::UnknownUnit, format_args!("{unit:?}")))?;
    let implausible = || Unusable::because(LeftOut::Implausible, format_args!("{number} {unit}"));
    let converted = number
        .checked_mul(accepted.factor)
        .and_then(|product| product.checked_add(accepted.offset))
        .ok_or_else(implausible)?;
    match &concept.plausible {
        Some(range) if converted < range.low || converted > range.high => Err(implausible()),
        _ => Ok(converted),
    }
}

/// The place, from 1, of the one value that these codings mean.
pub(super) fn coded(values: &[CodedValue], codings: &[Coding]) -> Result<u16, Unusable> {
    let means = |value: &CodedValue| {
        codings.iter().any(|coding| {
            CodeSystem::from_uri(&coding.system)
                .is_some_and(|system| value.codes.iter().any(|c| c.matches(system, &coding.code)))
        })
    };
    let mut found = (1u16..)
        .zip(values)
        .filter(|(_, value)| means(value))
        .map(|(place, _)| place);
    match (found.next(), found.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(Unusable::because(LeftOut::Ambiguous, listed(codings))),
        (None, _) => Err(Unusable::because(LeftOut::CodeNotListed, listed(codings))),
    }
}

fn listed(codings: &[Coding]) -> String {
    let texts: Vec<_> = codings.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
