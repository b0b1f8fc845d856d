//! People: who has a row on the index day, and what their Patient resource says.

use salus_protocol::day::Day;
use salus_protocol::profile::{Attribute, CodedValue, Encoding, Field};

use super::reading::{self, Unusable};
use super::report::{DerivationReport, LeftOut, PatientLeftOut};
use crate::fhir::{Coding, Import, PartialDate, Patient, Sex};

/// Someone alive on the index day.
pub(super) struct Person {
    /// The place in [`Import::patients`].
    pub(super) patient: usize,
}

/// Everyone born by the index day and not dead before it, in the order of the import.
pub(super) fn alive_at(import: &Import, index: Day, report: &mut DerivationReport) -> Vec<Person> {
    let mut people = Vec::new();
    for (place, patient) in import.patients.iter().enumerate() {
        match absence(patient, index) {
            None => people.push(Person { patient: place }),
            Some(reason) => {
                report.leave_out_patient(reason, import.report.place(patient.source));
            }
        }
    }
    report.count_rows(people.len());
    people
}

/// Why a patient has no row. Where a date leaves it open, the patient has none: to be counted,
/// one must be known to live.
fn absence(patient: &Patient, index: Day) -> Option<PatientLeftOut> {
    if patient
        .birth
        .is_some_and(|birth| birth.latest() > index.date())
    {
        return Some(PatientLeftOut::NotBorn);
    }
    match patient.death {
        Some(death) if death.earliest() < index.date() => Some(PatientLeftOut::Died),
        None if patient.deceased => Some(PatientLeftOut::DiedOnUnknownDay),
        _ => None,
    }
}

/// The values of a field that is an attribute of the patient.
pub(super) fn attribute(
    attribute: Attribute,
    field: &Field,
    import: &Import,
    people: &[Person],
    report: &mut DerivationReport,
) -> Vec<(usize, u16)> {
    let mut values = Vec::new();
    for (number, person) in people.iter().enumerate() {
        let patient = &import.patients[person.patient];
        match read(attribute, field, patient, report.index) {
            Ok(Some(code)) => values.push((number, code)),
            Ok(None) => {}
            Err(Unusable { reason, detail }) => {
                let place = import.report.place(patient.source);
                report.leave_out_of_field(&field.name, reason, place, detail);
            }
        }
    }
    values
}

fn read(
    attribute: Attribute,
    field: &Field,
    patient: &Patient,
    index: Day,
) -> Result<Option<u16>, Unusable> {
    let values: &[CodedValue] = match &field.encoding {
        Encoding::Code(values) => values,
        _ => &[],
    };
    match attribute {
        Attribute::BirthDate => match patient.birth {
            Some(birth) => day(birth).map(Some),
            None => Err(Unusable::new(LeftOut::NoDate)),
        },
        Attribute::DeathDate => match patient.death {
            Some(death) if death.latest() <= index.date() => day(death).map(Some),
            _ => Ok(None),
        },
        Attribute::Sex => match patient.sex {
            Some(sex) => reading::coded(values, &[sex_coding(sex)]).map(Some),
            None => Ok(None),
        },
        Attribute::Race => codes(values, &patient.race),
        Attribute::Ethnicity => codes(values, &patient.ethnicity),
    }
}

fn day(date: PartialDate) -> Result<u16, Unusable> {
    Day::from_date(date.earliest())
        .map(Day::number)
        .map_err(|_| Unusable::because(LeftOut::OutsideCalendar, date))
}

fn codes(values: &[CodedValue], codings: &[Coding]) -> Result<Option<u16>, Unusable> {
    if codings.is_empty() {
        return Ok(None);
    }
    reading::coded(values, codings).map(Some)
}

fn sex_coding(sex: Sex) -> Coding {
    let code = match sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Other => "other",
        Sex::Unknown => "unknown",
    };
    Coding::new(salus_protocol::profile::CodeSystem::Sex.uri(), code)
}
