//! Observation: measurements and answers. Components become facts of their own, with the date and
//! status of the whole; the whole is a fact only where it has a value itself.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::States;
use crate::fhir::coding::Concept;
use crate::fhir::element::{ConceptElement, PeriodElement, QuantityElement};
use crate::fhir::event::{EventKind, Value};
use crate::fhir::fact::{Fact, Facts, Rejection};
use crate::fhir::partial_date::PartialDate;
use crate::fhir::reference::{FullUrls, Reference};
use crate::fhir::report::Reason;
use crate::fhir::status;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObservationElement {
    status: Option<String>,
    code: Option<ConceptElement>,
    subject: Option<Reference>,
    effective_date_time: Option<PartialDate>,
    effective_instant: Option<PartialDate>,
    effective_period: Option<PeriodElement>,
    issued: Option<PartialDate>,
    value_quantity: Option<QuantityElement>,
    value_codeable_concept: Option<ConceptElement>,
    value_string: Option<String>,
    value_integer: Option<i64>,
    value_boolean: Option<bool>,
    value_date_time: Option<PartialDate>,
    value_range: Option<IgnoredAny>,
    value_ratio: Option<IgnoredAny>,
    value_period: Option<IgnoredAny>,
    value_sampled_data: Option<IgnoredAny>,
    component: Option<Vec<ComponentElement>>,
}

/// A code and a `value[x]`, of which at most one is set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ComponentElement {
    code: Option<ConceptElement>,
    value_quantity: Option<QuantityElement>,
    value_codeable_concept: Option<ConceptElement>,
    value_string: Option<String>,
    value_integer: Option<i64>,
    value_boolean: Option<bool>,
    value_date_time: Option<PartialDate>,
}

impl ComponentElement {
    fn codings_and_value(self) -> (Concept, Option<Value>) {
        let text = |text: Option<String>| {
            text.filter(|text| !text.trim().is_empty())
                .map(|text| Value::Text(Arc::from(text)))
        };
        let concept = self
            .value_codeable_concept
            .and_then(|concept| match concept.codings() {
                codings if codings.is_empty() => text(concept.text),
                codings => Some(Value::Coded(codings)),
            });
        let quantity = self.value_quantity.and_then(QuantityElement::quantity);
        let value = quantity
            .map(Value::Quantity)
            .or(concept)
            .or_else(|| text(self.value_string))
            .or(self.value_integer.map(Value::Integer))
            .or(self.value_boolean.map(Value::Boolean))
            .or(self.value_date_time.map(Value::Date));
        (self.code.unwrap_or_default().codings(), value)
    }
}

impl ObservationElement {
    /// The value of a type that is not read, if there is one.
    fn unread(&self) -> Option<&'static str> {
        let unread = [
            ("valueRange", self.value_range.is_some()),
            ("valueRatio", self.value_ratio.is_some()),
            ("valuePeriod", self.value_period.is_some()),
            ("valueSampledData", self.value_sampled_data.is_some()),
        ];
        unread
            .into_iter()
            .find(|(_, present)| *present)
            .map(|(name, _)| name)
    }
}

impl States for ObservationElement {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        if let Some(reason) = status::of_status(self.status.as_deref()) {
            return Err(reason.into());
        }
        let unread = self.unread();
        let period = self.effective_period.unwrap_or_default();
        let effective = self
            .effective_date_time
            .or(self.effective_instant)
            .or(period.start);
        let dated = Fact {
            status: self.status,
            start: effective.or(self.issued),
            end: period.end,
            dated_by_record: effective.is_none() && self.issued.is_some(),
            ..Fact::new(EventKind::Observation, Concept::default())
        };
        let whole = ComponentElement {
            code: self.code,
            value_quantity: self.value_quantity,
            value_codeable_concept: self.value_codeable_concept,
            value_string: self.value_string,
            value_integer: self.value_integer,
            value_boolean: self.value_boolean,
            value_date_time: self.value_date_time,
        };
        let mut reason = Reason::NoValue;
        let mut facts = Vec::new();
        for part in std::iter::once(whole).chain(self.component.into_iter().flatten()) {
            match part.codings_and_value() {
                (_, None) => {}
                (codings, Some(_)) if codings.is_empty() => reason = Reason::NoCode,
                (codings, value) => facts.push(Fact {
                    codings,
                    value,
                    ..dated.clone()
                }),
            }
        }
        if facts.is_empty() {
            let detail = unread.map(|name| format!("{name} is not read"));
            return Err(Rejection { reason, detail });
        }
        Facts::of(self.subject.as_ref(), urls, facts)
    }
}
