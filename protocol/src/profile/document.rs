//! The profile document: what its TOML holds, and which parts go together.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{CodeRef, ProfileError};
use crate::row::FIELDS;

/// A profile as its file holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Short name: lower-case letters, digits, `_`, `.`.
    pub name: String,
    /// Semantic version of the document.
    pub version: String,
    /// Title for people.
    pub title: String,
    /// What the profile is for, in a paragraph.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The concepts that fields draw on.
    #[serde(rename = "concept", default)]
    pub concepts: Vec<Concept>,
    /// The fields, in row order.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// A clinical idea: the codes that express it and the units its values come in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    /// Short name.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// The kind of resource that records it.
    pub resource: Resource,
    /// The codes that express it. A resource with any one of them counts.
    pub codes: Vec<CodeRef>,
    /// Accepted units, each with its conversion to the first, which needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<Unit>,
    /// Values outside (in the first unit) are reported and left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plausible: Option<Range>,
}

/// The kind of clinical resource behind a concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Diagnoses and problems.
    Condition,
    /// Measurements, and components of measurements.
    Observation,
    /// Orders, statements and administrations of medicines.
    Medication,
    /// Procedures.
    Procedure,
    /// Vaccinations.
    Immunization,
    /// Visits.
    Encounter,
    /// Allergies and intolerances.
    Allergy,
}

/// An accepted unit: value in the concept's first unit = value * factor + offset.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// UCUM code; the empty text accepts a value without a unit.
    pub unit: String,
    /// Multiplier to the first unit; 1 when absent.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub factor: Decimal,
    /// Added after the multiplication; 0 when absent.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub offset: Decimal,
}

fn one() -> Decimal {
    Decimal::ONE
}

fn is_one(d: &Decimal) -> bool {
    *d == Decimal::ONE
}

/// A closed range.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Lowest accepted value.
    pub low: Decimal,
    /// Highest accepted value.
    pub high: Decimal,
}

/// One field of the row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name as queries write it, such as `hba1c.latest`.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// What 0 means.
    pub kind: Kind,
    /// An attribute of the patient; excludes `concept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<Attribute>,
    /// The concept drawn on; excludes `attribute`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
    /// Which of the concept's resources up to the index day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<Select>,
    /// What of the selected resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
    /// Only resources of the last so many days before the index day, that day included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_days: Option<u16>,
    /// How the value becomes a 16-bit number.
    pub encoding: Encoding,
}

/// What 0, "none recorded", means in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Unknown: satisfies no comparison, in either direction.
    Measurement,
    /// None on record: `no mi` is true of it.
    Event,
}

/// An attribute of the patient itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// Date of birth.
    BirthDate,
    /// Date of death, if on or before the index day.
    DeathDate,
    /// Administrative sex.
    Sex,
    /// Race, as the US core extension holds it.
    Race,
    /// Ethnicity, as the US core extension holds it.
    Ethnicity,
}

/// Which of several resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The earliest by date.
    First,
    /// The most recent by date.
    Latest,
    /// The one with the smallest value.
    Minimum,
    /// The one with the largest value.
    Maximum,
    /// How many there are, one per day of the calendar and concept.
    Count,
    /// Whether there is any.
    Any,
}

/// What of the selected resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// Its value.
    Value,
    /// Its date.
    Date,
}

/// How a value becomes a 16-bit number other than 0.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Days since 1880-01-01.
    Date,
    /// The number itself.
    Count,
    /// 1 for yes.
    Flag,
    /// 1 + (value - origin) / step, rounded half away from zero.
    Quantity {
        /// UCUM code of the unit.
        unit: String,
        /// The value encoded as 1.
        origin: Decimal,
        /// The size of a step.
        step: Decimal,
    },
    /// 1 + place in the list.
    Code(Vec<CodedValue>),
}

/// One value of a coded field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodedValue {
    /// Name as queries write it.
    pub name: String,
    /// Name for people; the name itself when absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The codes that mean this value.
    pub codes: Vec<CodeRef>,
}

impl Document {
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        check_name(&self.name)?;
        if self.fields.len() > FIELDS {
            return Err(ProfileError::TooManyFields {
                found: self.fields.len(),
            });
        }
        check_unique("concept", self.concepts.iter().map(|c| &c.name))?;
        check_unique("field", self.fields.iter().map(|f| &f.name))?;
        for concept in &self.concepts {
            check_concept(concept).map_err(|problem| ProfileError::Concept {
                concept: concept.name.clone(),
                problem,
            })?;
        }
        self.fields
            .iter()
            .try_for_each(|field| self.check_field(field))
    }

    fn check_field(&self, field: &Field) -> Result<(), ProfileError> {
        let problem = |problem: String| ProfileError::Field {
            field: field.name.clone(),
            problem,
        };
        let concept = match (&field.attribute, &field.concept) {
            (Some(_), None) => None,
            (None, Some(name)) => {
                let found = self.concepts.iter().find(|c| c.name == *name);
                Some(found.ok_or_else(|| ProfileError::UnknownConcept {
                    field: field.name.clone(),
                    concept: name.clone(),
                })?)
            }
            _ => return Err(problem("give it either `attribute` or `concept`".into())),
        };
        if concept.is_none()
            && (field.select.is_some() || field.take.is_some() || field.within_days.is_some())
        {
            return Err(problem(
                "`select`, `take` and `within_days` go with `concept` only".into(),
            ));
        }
        if concept.is_some() && field.select.is_none() {
            return Err(problem("a field with a concept needs `select`".into()));
        }
        match &field.encoding {
            Encoding::Quantity { unit, origin, step } => {
                if step.is_sign_negative() || step.is_zero() {
                    return Err(problem(format!("the step {step} must be above 0")));
                }
                check_size("origin", *origin).map_err(problem)?;
                check_size("step", *step).map_err(problem)?;
                let first = concept.and_then(|c| c.units.first()).map(|u| &u.unit);
                if first != Some(unit) {
                    return Err(problem(format!(
                        "its unit {unit:?} must be the first unit of its concept, {first:?}"
                    )));
                }
            }
            Encoding::Code(values) => {
                check_unique("value", values.iter().map(|v| &v.name))?;
                if values.is_empty() || values.len() > usize::from(u16::MAX) {
                    return Err(problem("a coded field needs 1 to 65,535 values".into()));
                }
                if concept.is_some_and(|c| !c.units.is_empty()) {
                    return Err(problem(
                        "its concept has units, so it has no coded values".into(),
                    ));
                }
            }
            Encoding::Date | Encoding::Count | Encoding::Flag => {}
        }
        check_shape(field).map_err(problem)
    }
}

/// The largest origin or step of a quantity, either way from 0.
const LARGEST: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);
/// The most decimals that an origin or a step may have.
const DECIMALS: u32 = 9;

/// Keeps a quantity's numbers so small that all its 65,535 values are exact in 28 digits.
fn check_size(what: &str, number: Decimal) -> Result<(), String> {
    if number.abs() <= LARGEST && number.normalize().scale() <= DECIMALS {
        return Ok(());
    }
    Err(format!(
        "the {what} {number} must lie from -{LARGEST} to {LARGEST} and have at most {DECIMALS} \
         decimals: choose another unit"
    ))
}

/// Whether a concept can be expressed, and its values be read without doubt.
fn check_concept(concept: &Concept) -> Result<(), String> {
    if concept.codes.is_empty() {
        return Err("it has no codes, so nothing expresses it".into());
    }
    if concept.resource != Resource::Observation && !concept.units.is_empty() {
        return Err("only observations have values, so it can have no units".into());
    }
    let mut seen = BTreeSet::new();
    for unit in &concept.units {
        if !seen.insert(&unit.unit) {
            return Err(format!("its unit {:?} is listed twice", unit.unit));
        }
        if unit.factor.is_zero() {
            return Err(format!("the factor of {:?} must not be 0", unit.unit));
        }
    }
    if let Some(first) = concept.units.first()
        && (!is_one(&first.factor) || !first.offset.is_zero())
    {
        return Err("its first unit is what the others convert to, and converts to itself".into());
    }
    match &concept.plausible {
        Some(_) if concept.units.is_empty() => {
            Err("a plausible range needs units, the first of which it is in".into())
        }
        Some(range) if range.low > range.high => Err(format!(
            "its plausible range runs from {} down to {}",
            range.low, range.high
        )),
        _ => Ok(()),
    }
}

/// Which selectors go with which encodings.
fn check_shape(field: &Field) -> Result<(), String> {
    use {Encoding as E, Select as S, Take as T};
    let (Some(select), encoding) = (field.select, &field.encoding) else {
        return match (field.attribute, &field.encoding) {
            (Some(Attribute::BirthDate | Attribute::DeathDate), E::Date)
            | (Some(Attribute::Sex | Attribute::Race | Attribute::Ethnicity), E::Code(_)) => Ok(()),
            _ => Err("this attribute does not have this encoding".into()),
        };
    };
    match (select, field.take, encoding) {
        (S::Count, None, E::Count) | (S::Any, None, E::Flag) => Ok(()),
        (S::First | S::Latest, Some(T::Date), E::Date) => Ok(()),
        (S::First | S::Latest | S::Minimum | S::Maximum, Some(T::Value), E::Quantity { .. }) => {
            Ok(())
        }
        (S::Minimum | S::Maximum, Some(T::Value), E::Count) => Ok(()),
        (S::First | S::Latest, Some(T::Value), E::Code(_) | E::Count) => Ok(()),
        _ => Err(format!(
            "select {select:?}, take {:?} and this encoding do not go together: `count` goes with \
             the encoding `count`, `any` with `flag`, take = \"date\" with `date`, take = \"value\" \
             with `quantity`, `code` or `count`",
            field.take
        )),
    }
}

fn check_unique<'a>(
    what: &'static str,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), ProfileError> {
    let mut seen = BTreeSet::new();
    for name in names {
        check_name(name)?;
        if !seen.insert(name) {
            return Err(ProfileError::Duplicate {
                what,
                name: name.clone(),
            });
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), ProfileError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    let starts = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if starts && name.bytes().all(plain) && !name.ends_with('.') && name.len() <= 64 {
        Ok(())
    } else {
        Err(ProfileError::Name {
            name: name.to_owned(),
        })
    }
}
