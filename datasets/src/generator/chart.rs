//! A patient's chart: FHIR resources as they are written, one buffer for each file.

use super::codes::{Code, Disease, Medicine};
use super::day::Day;
use super::draw::Draw;
use super::json::{Object, array};
use crate::fhir::systems::{ENCOUNTER_CLASS, UCUM};

/// The resource types that are written, each into a file of its own.
pub const FILES: [&str; 10] = [
    "AllergyIntolerance",
    "Condition",
    "Consent",
    "Encounter",
    "Immunization",
    "Medication",
    "MedicationRequest",
    "Observation",
    "Patient",
    "Procedure",
];

/// One patient's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// The patient's id.
    pub patient: String,
    /// NDJSON lines for each type of [`FILES`].
    pub lines: [String; FILES.len()],
}

/// How the site that a patient goes to writes things.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    /// UTC offset as written.
    zone: &'static str,
    /// Laboratory values in SI units.
    pub(super) si: bool,
    /// Pounds and inches.
    pub(super) imperial: bool,
    /// ICD-10-CM beside SNOMED CT.
    icd: bool,
}

/// Resources of one patient being written.
pub(super) struct Chart {
    pub(super) patient: String,
    pub(super) site: Site,
    pub(super) at: Day,
    lines: [String; FILES.len()],
}

/// A number as it is written: `units` of 10 to the minus `places`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    units: i64,
    places: u32,
}

/// What an observation found.
pub(super) enum Finding {
    /// A number and its UCUM unit, or none.
    Number(Fixed, Option<&'static str>),
    /// A coded answer.
    Answer(Code),
}

impl Fixed {
    /// The nearest number with so many decimal places.
    pub(super) fn new(value: f64, places: u32) -> Self {
        let scale = (0..places).fold(1.0, |scale, _| scale * 10.0);
        Self {
            units: (value * scale).round() as i64,
            places,
        }
    }

    fn text(self) -> String {
        let scale = 10_i64.pow(self.places);
        let (sign, size) = (if self.units < 0 { "-" } else { "" }, self.units.abs());
        match self.places {
            0 => format!("{sign}{size}"),
            places => format!(
                "{sign}{}.{:0width$}",
                size / scale,
                size % scale,
                width = places as usize
            ),
        }
    }
}

impl Chart {
    pub(super) fn new(draw: &mut Draw, at: Day) -> Self {
        let site = Site {
            zone: draw
                .pick(&["-05:00", "-06:00", "Z", "+01:00"])
                .unwrap_or("Z"),
            si: draw.chance(0.2),
            imperial: draw.chance(0.15),
            icd: draw.chance(0.5),
        };
        Self {
            patient: draw.uuid(),
            site,
            at,
            lines: Default::default(),
        }
    }

    pub(super) fn finish(self) -> Resources {
        Resources {
            patient: self.patient,
            lines: self.lines,
        }
    }

    /// Adds a resource of one of the types in [`FILES`].
    pub(super) fn add(&mut self, resource_type: &str, resource: Object) {
        let place = FILES.iter().position(|name| *name == resource_type);
        if let Some(lines) = place.and_then(|place| self.lines.get_mut(place)) {
            lines.push_str(&resource.end());
            lines.push('\n');
        }
    }

    /// A moment in working hours of that day, as the site writes it.
    pub(super) fn moment(&self, day: Day, draw: &mut Draw) -> String {
        let (hour, minute, second) = (
            draw.between(7, 18),
            draw.between(0, 59),
            draw.between(0, 59),
        );
        format!(
            "{}T{hour:02}:{minute:02}:{second:02}{}",
            day.date(),
            self.site.zone
        )
    }

    /// A day as people remember it: at times only the month or the year.
    pub(super) fn remembered(&self, day: Day, draw: &mut Draw) -> String {
        let date = day.date();
        match draw.weighted(&[80, 8, 7, 5]) {
            0 => self.moment(day, draw),
            1 => date.to_string(),
            2 => format!("{:04}-{:02}", date.year(), date.month()),
            _ => format!("{:04}", date.year()),
        }
    }

    /// A diagnosis; some end. A few are later found to be in error and say so.
    pub(super) fn condition(
        &mut self,
        disease: Disease,
        onset: Day,
        end: Option<Day>,
        draw: &mut Draw,
    ) {
        let verification = if draw.chance(0.01) {
            "entered-in-error"
        } else {
            "confirmed"
        };
        self.condition_as(disease, onset, end, verification, draw);
    }

    /// A diagnosis with a stated `verificationStatus`.
    pub(super) fn condition_as(
        &mut self,
        disease: Disease,
        onset: Day,
        end: Option<Day>,
        verification: &str,
        draw: &mut Draw,
    ) {
        let codes = if self.site.icd {
            vec![disease.0, disease.1]
        } else {
            vec![disease.0]
        };
        let clinical = if end.is_some() { "resolved" } else { "active" };
        let recorded = self.moment(onset, draw);
        let mut resource = Object::resource("Condition", &draw.uuid());
        if verification != "entered-in-error" {
            resource = resource.raw("clinicalStatus", &status("condition-clinical", clinical));
        }
        resource = resource
            .raw(
                "verificationStatus",
                &status("condition-ver-status", verification),
            )
            .raw("code", &concept(&codes))
            .reference("subject", "Patient", &self.patient);
        resource = match draw.weighted(&[94, 3, 3]) {
            0 => {
                let onset = self.remembered(onset, draw);
                resource.text("onsetDateTime", &onset)
            }
            1 => resource.raw("onsetPeriod", &Object::new().text("start", &recorded).end()),
            // Only the date of recording is known.
            _ => resource,
        };
        if let Some(end) = end {
            let end = self.moment(end, draw);
            resource = resource.text("abatementDateTime", &end);
        }
        self.add("Condition", resource.text("recordedDate", &recorded));
    }

    /// A measurement. One in a hundred is first entered wrongly, and the wrong entry marked so.
    pub(super) fn observe(&mut self, codes: &[Code], finding: &Finding, day: Day, draw: &mut Draw) {
        if draw.chance(0.01)
            && let Finding::Number(number, unit) = finding
        {
            let wrong = Fixed {
                units: number.units * 10,
                ..*number
            };
            let resource = self
                .observation("entered-in-error", codes, day, draw)
                .raw("valueQuantity", &quantity(wrong, *unit));
            self.add("Observation", resource);
        }
        let state = draw
            .pick(&["final", "final", "final", "amended"])
            .unwrap_or("final");
        let resource = self.observation(state, codes, day, draw);
        let resource = match finding {
            Finding::Number(number, unit) => {
                resource.raw("valueQuantity", &quantity(*number, *unit))
            }
            Finding::Answer(answer) => resource.raw("valueCodeableConcept", &concept(&[*answer])),
        };
        self.add("Observation", resource);
    }

    /// A measurement of several parts.
    pub(super) fn observe_parts(
        &mut self,
        codes: &[Code],
        parts: &[(Code, Fixed, Option<&'static str>)],
        day: Day,
        draw: &mut Draw,
    ) {
        let part = |(code, number, unit): &(Code, Fixed, Option<&'static str>)| {
            Object::new()
                .raw("code", &concept(&[*code]))
                .raw("valueQuantity", &quantity(*number, *unit))
                .end()
        };
        let parts: Vec<String> = parts.iter().map(part).collect();
        let resource = self
            .observation("final", codes, day, draw)
            .raw("component", &array(&parts));
        self.add("Observation", resource);
    }

    fn observation(&self, state: &str, codes: &[Code], day: Day, draw: &mut Draw) -> Object {
        Object::resource("Observation", &draw.uuid())
            .text("status", state)
            .raw("code", &concept(codes))
            .reference("subject", "Patient", &self.patient)
            .text("effectiveDateTime", &self.moment(day, draw))
    }

    /// An order. The medicine stands in the order, inside it, or beside it, as systems differ.
    pub(super) fn order(&mut self, medicine: Medicine, state: &str, day: Day, draw: &mut Draw) {
        let codes: Vec<Code> = match medicine.product {
            Some(product) if draw.chance(0.8) => vec![product],
            Some(product) => vec![product, medicine.ingredient],
            None => vec![medicine.ingredient],
        };
        let mut resource = Object::resource("MedicationRequest", &draw.uuid());
        match draw.weighted(&[92, 5, 3]) {
            0 => resource = resource.raw("medicationCodeableConcept", &concept(&codes)),
            1 => {
                let inside = Object::resource("Medication", "medicine")
                    .raw("code", &concept(&codes))
                    .end();
                let link = Object::new().text("reference", "#medicine").end();
                resource = resource
                    .raw("contained", &array(&[inside]))
                    .raw("medicationReference", &link);
            }
            _ => {
                let id = draw.uuid();
                self.add(
                    "Medication",
                    Object::resource("Medication", &id).raw("code", &concept(&codes)),
                );
                resource = resource.reference("medicationReference", "Medication", &id);
            }
        }
        let state = match draw.weighted(&[965, 15, 10]) {
            0 => state,
            1 => "cancelled",
            _ => "entered-in-error",
        };
        resource = resource.text("status", state).text("intent", "order");
        if draw.chance(0.005) {
            resource = resource.raw("doNotPerform", "true");
        }
        let authored = self.moment(day, draw);
        self.add(
            "MedicationRequest",
            resource
                .reference("subject", "Patient", &self.patient)
                .text("authoredOn", &authored),
        );
    }

    /// A procedure; a few were planned and not done.
    pub(super) fn procedure(&mut self, code: Code, day: Day, draw: &mut Draw) {
        let state = if draw.chance(0.02) {
            "not-done"
        } else {
            "completed"
        };
        let start = self.moment(day, draw);
        let resource = Object::resource("Procedure", &draw.uuid())
            .text("status", state)
            .raw("code", &concept(&[code]))
            .reference("subject", "Patient", &self.patient);
        let resource = if draw.chance(0.3) {
            resource.text("performedDateTime", &start)
        } else {
            resource.raw(
                "performedPeriod",
                &Object::new().text("start", &start).end(),
            )
        };
        self.add("Procedure", resource);
    }

    /// A visit (class `AMB` or `EMER`) or a stay (`IMP`) from one day to another.
    pub(super) fn encounter(
        &mut self,
        class: &str,
        code: Code,
        from: Day,
        until: Day,
        draw: &mut Draw,
    ) {
        let state = if draw.chance(0.01) {
            "cancelled"
        } else {
            "finished"
        };
        let mut moments = [self.moment(from, draw), self.moment(until, draw)];
        // Of one site, moments order as texts.
        moments.sort();
        let [start, end] = &moments;
        let period = Object::new().text("start", start).text("end", end).end();
        let class = Object::new()
            .text("system", ENCOUNTER_CLASS)
            .text("code", class)
            .end();
        let resource = Object::resource("Encounter", &draw.uuid())
            .text("status", state)
            .raw("class", &class)
            .raw("type", &array(&[concept(&[code])]))
            .reference("subject", "Patient", &self.patient)
            .raw("period", &period);
        self.add("Encounter", resource);
    }

    /// A vaccine given, or refused.
    pub(super) fn immunisation(&mut self, vaccine: Code, day: Day, draw: &mut Draw) {
        let state = if draw.chance(0.01) {
            "not-done"
        } else {
            "completed"
        };
        let when = if draw.chance(0.03) {
            self.remembered(day, draw)
        } else {
            self.moment(day, draw)
        };
        let resource = Object::resource("Immunization", &draw.uuid())
            .text("status", state)
            .raw("vaccineCode", &concept(&[vaccine]))
            .reference("patient", "Patient", &self.patient)
            .text("occurrenceDateTime", &when);
        self.add("Immunization", resource);
    }

    /// An allergy; a few are refuted.
    pub(super) fn allergy(&mut self, code: Code, day: Day, draw: &mut Draw) {
        let verification = draw
            .pick(&[
                "confirmed",
                "confirmed",
                "confirmed",
                "unconfirmed",
                "refuted",
            ])
            .unwrap_or("confirmed");
        let resource = Object::resource("AllergyIntolerance", &draw.uuid())
            .raw(
                "clinicalStatus",
                &status("allergyintolerance-clinical", "active"),
            )
            .raw(
                "verificationStatus",
                &status("allergyintolerance-verification", verification),
            )
            .raw("code", &concept(&[code]))
            .reference("patient", "Patient", &self.patient)
            .text("recordedDate", &self.moment(day, draw));
        self.add("AllergyIntolerance", resource);
    }
}

/// A CodeableConcept.
pub(super) fn concept(codes: &[Code]) -> String {
    let codings: Vec<String> = codes
        .iter()
        .map(|code| {
            Object::new()
                .text("system", code.system)
                .text("code", code.code)
                .text("display", code.display)
                .end()
        })
        .collect();
    let concept = Object::new().raw("coding", &array(&codings));
    concept
        .maybe_text("text", codes.first().map(|code| code.display))
        .end()
}

fn status(system: &str, code: &str) -> String {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    let coding = Object::new()
        .text("system", &system)
        .text("code", code)
        .end();
    Object::new().raw("coding", &array(&[coding])).end()
}

fn quantity(number: Fixed, unit: Option<&str>) -> String {
    let quantity = Object::new().raw("value", &number.text());
    match unit {
        Some(unit) => quantity
            .text("unit", unit)
            .text("system", UCUM)
            .text("code", unit)
            .end(),
        None => quantity.end(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_point_is_written_in_full() {
        for (value, places, text) in [
            (7.25, 1, "7.3"),
            (-2.449, 2, "-2.45"),
            (120.4, 0, "120"),
            (0.04, 2, "0.04"),
            (-0.3, 1, "-0.3"),
            (5.0, 1, "5.0"),
        ] {
            assert_eq!(Fixed::new(value, places).text(), text);
        }
    }
}
