//! FHIR's own small shapes, as JSON has them: concepts, periods, quantities. Only what is used.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

use super::coding::{Coding, Concept};
use super::event::{Comparator, Quantity};
use super::partial_date::PartialDate;
use super::systems;

/// CodeableConcept.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ConceptElement {
    coding: Option<Vec<CodingElement>>,
    pub(crate) text: Option<String>,
}

/// Coding.
#[derive(Debug, Deserialize)]
pub(crate) struct CodingElement {
    system: Option<String>,
    code: Option<String>,
    pub(crate) extension: Option<Vec<ExtensionElement>>,
}

/// Extension, with the values that are read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExtensionElement {
    pub(crate) url: String,
    pub(crate) value_coding: Option<CodingElement>,
    pub(crate) value_codeable_concept: Option<ConceptElement>,
    pub(crate) value_code: Option<String>,
    pub(crate) value_string: Option<String>,
    pub(crate) extension: Option<Vec<ExtensionElement>>,
}

/// Period.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct PeriodElement {
    pub(crate) start: Option<PartialDate>,
    pub(crate) end: Option<PartialDate>,
}

/// Quantity.
#[derive(Debug, Deserialize)]
pub(crate) struct QuantityElement {
    #[serde(default, deserialize_with = "decimal")]
    value: Option<Decimal>,
    comparator: Option<ComparatorElement>,
    code: Option<String>,
    unit: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum ComparatorElement {
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = ">")]
    Greater,
}

/// R5's CodeableReference.
#[derive(Debug, Deserialize)]
pub(crate) struct ConceptOrReference {
    pub(crate) concept: Option<ConceptElement>,
    pub(crate) reference: Option<super::reference::Reference>,
}

impl ConceptElement {
    /// The codings that have a code.
    pub(crate) fn codings(&self) -> Concept {
        self.coding
            .iter()
            .flatten()
            .filter_map(CodingElement::coding)
            .collect()
    }

    /// All codings, those without a code as empty ones: they must not be taken for none.
    pub(crate) fn all_codings(&self) -> Concept {
        self.coding
            .iter()
            .flatten()
            .map(|coding| coding.coding().unwrap_or_else(|| Coding::new("", "")))
            .collect()
    }

    /// The first code, whatever its system: for FHIR's own small value sets.
    pub(crate) fn first_code(&self) -> Option<&str> {
        self.coding
            .iter()
            .flatten()
            .find_map(|coding| coding.code.as_deref())
    }
}

impl CodingElement {
    pub(crate) fn coding(&self) -> Option<Coding> {
        let code = self
            .code
            .as_deref()
            .map(str::trim)
            .filter(|code| !code.is_empty())?;
        Some(Coding::new(
            systems::canonical(self.system.as_deref().unwrap_or_default()),
            code,
        ))
    }
}

impl QuantityElement {
    /// The quantity, if it has a number.
    pub(crate) fn quantity(self) -> Option<Quantity> {
        let shared = |text: Option<String>| {
            text.map(|text| Arc::from(text.trim()))
                .filter(|text: &Arc<str>| !text.is_empty())
        };
        Some(Quantity {
            value: self.value?,
            comparator: self.comparator.map(|comparator| match comparator {
                ComparatorElement::Less => Comparator::Less,
                ComparatorElement::AtMost => Comparator::AtMost,
                ComparatorElement::AtLeast => Comparator::AtLeast,
                ComparatorElement::Greater => Comparator::Greater,
            }),
            code: shared(self.code),
            unit: shared(self.unit),
        })
    }
}

/// A JSON number in decimal, digit for digit: binary floating point would move values that lie
/// halfway between two steps.
fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let Some(raw) = Option::<&RawValue>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let text = raw.get();
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err(D::Error::custom("expected a number"));
    }
    let number = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text)
    } else {
        text.parse()
    };
    number
        .map(Some)
        .map_err(|error| D::Error::custom(format_args!("number {:.40}: {error}", text)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn quantity(json: &str) -> Result<Option<Quantity>, serde_json::Error> {
        serde_json::from_str::<QuantityElement>(json).map(QuantityElement::quantity)
    }

    #[test]
    fn numbers_are_read_digit_for_digit() {
        for (json, text) in [
            ("7.05", "7.05"),
            ("176.35499866729558", "176.35499866729558"),
            ("-1.5e1", "-15"),
            ("3E-2", "0.03"),
        ] {
            let read = quantity(&format!(r#"{{"value":{json},"code":"%"}}"#))
                .unwrap()
                .unwrap();
            assert_eq!(read.value.to_string(), text);
            assert_eq!(read.unit(), Some("%"));
        }
    }

    #[test]
    fn a_number_in_quotes_or_out_of_range_is_refused() {
        for json in [r#""7.0""#, "1e300", "true", "[1]"] {
            assert!(
                quantity(&format!(r#"{{"value":{json}}}"#)).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn a_quantity_without_a_number_is_none() {
        assert_eq!(quantity(r#"{"value":null,"unit":"kg"}"#).unwrap(), None);
        assert_eq!(quantity(r#"{"unit":"kg"}"#).unwrap(), None);
    }

    #[test]
    fn codes_without_text_are_dropped_and_systems_made_canonical() {
        let concept: ConceptElement = serde_json::from_str(
            r#"{"coding":[{"system":"urn:oid:2.16.840.1.113883.6.96","code":" 44054006 "},{"code":""},{"display":"x"},{"code":"E11"}]}"#,
        )
        .unwrap();
        assert_eq!(
            &*concept.codings(),
            &[
                Coding::new(systems::SNOMED, "44054006"),
                Coding::new("", "E11")
            ]
        );
    }
}
