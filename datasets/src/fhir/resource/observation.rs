//! Observation: measurements and answers. Components become facts of their own, with the date and
//! status of the whole; the whole is a fact only where it has a value itself.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::States;
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

/// The `value[x]` of an observation or a component: at most one is set.
struct ValueElement {
    quantity: Option<QuantityElement>,
    concept: Option<ConceptElement>,
    text: Option<String>,
    integer: Option<i64>,
    boolean: Option<bool>,
    date: Option<PartialDate>,
}

impl ValueElement {
    fn value(self) -> Option<Value> {
        let text = |text: Option<String>| {
            text.filter(|text| !text.trim().is_empty())
                .map(|text| Value::Text(Arc::from(text)))
        };
        let concept = self.concept.and_then(|concept| match concept.codings() {
            codings if codings.is_empty() => text(concept.text),
            codings => Some(Value::Coded(codings)),
        });
        self.quantity
            .and_then(QuantityElement::quantity)
            .map(Value::Quantity)
            .or(concept)
            .or_else(|| text(self.text))
            .or(self.integer.map(Value::Integer))
            .or(self.boolean.map(Value::Boolean))
            .or(self.date.map(Value::Date))
    }
}

impl ComponentElement {
    /// The codings and value, where it has both.
    fn fact(self) -> Option<Fact> {
        let codings = self.code.unwrap_or_default().codings();
        let value = ValueElement {
            quantity: self.value_quantity,
            concept: self.value_codeable_concept,
            text: self.value_string,
            integer: self.value_integer,
            boolean: self.value_boolean,
            date: self.value_date_time,
        }
        .value()?;
        (!codings.is_empty()).then(|| Fact {
            value: Some(value),
            ..Fact::new(EventKind::Observation, codings)
        })
    }
}

impl States for ObservationElement {
    fn facts(self, urls: &FullUrls) -> Result<Facts, Rejection> {
        if let Some(reason) = status::of_status(self.status.as_deref()) {
            return Err(reason.into());
        }
        let unread = [
            ("valueRange", self.value_range.is_some()),
            ("valueRatio", self.value_ratio.is_some()),
            ("valuePeriod", self.value_period.is_some()),
            ("valueSampledData", self.value_sampled_data.is_some()),
        ];
        let period = self.effective_period.unwrap_or_default();
        let effective = self
            .effective_date_time
            .or(self.effective_instant)
            .or(period.start);
        let dates = Fact {
            status: self.status,
            start: effective.or(self.issued),
            end: period.end,
            dated_by_record: effective.is_none() && self.issued.is_some(),
            ..Fact::new(EventKind::Observation, Arc::default())
        };
        let codings = self.code.unwrap_or_default().codings();
        let value = ValueElement {
            quantity: self.value_quantity,
            concept: self.value_codeable_concept,
            text: self.value_string,
            integer: self.value_integer,
            boolean: self.value_boolean,
            date: self.value_date_time,
        }
        .value();
        let has_value = value.is_some();
        let own = value.filter(|_| !codings.is_empty()).map(|value| Fact {
            codings,
            value: Some(value),
            ..dates.clone()
        });
        let components = self
            .component
            .into_iter()
            .flatten()
            .filter_map(ComponentElement::fact);
        let components = components.map(|part| Fact {
            codings: part.codings,
            value: part.value,
            ..dates.clone()
        });
        let facts: Vec<Fact> = own.into_iter().chain(components).collect();
        if facts.is_empty() {
            let detail = unread
                .iter()
                .find(|(_, present)| *present)
                .map(|(name, _)| format!("{name} is not read"));
            let reason = if has_value {
                Reason::NoCode
            } else {
                Reason::NoValue
            };
            return Err(Rejection { reason, detail });
        }
        Facts::of(self.subject.as_ref(), urls, facts)
    }
}
