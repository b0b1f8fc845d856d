//! The person: birth, sex, build, habits, and the traits that everything else follows from.

use super::chart::Chart;
use super::course::Course;
use super::day::Day;
use super::draw::Draw;
use super::json::{Object, array};

/// Shares of patients by age in decades: a hospital's, older than a country's.
const AGES: [u32; 10] = [5, 6, 10, 12, 14, 17, 17, 12, 6, 1];

const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition";
const RACES: [(&str, &str); 4] = [
    ("2106-3", "White"),
    ("2054-5", "Black or African American"),
    ("2028-9", "Asian"),
    ("1002-5", "American Indian or Alaska Native"),
];

/// A person's lasting traits.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) birth: Day,
    pub(super) female: bool,
    /// Adult height in centimetres.
    pub(super) height: f64,
    /// Body mass index at 45 years.
    pub(super) adult_bmi: f64,
    /// Deviation of blood sugar, blood pressure and blood fats: they share a cause.
    pub(super) metabolic: f64,
    /// Smoking from and until, in years of age.
    pub(super) smoked: Option<(f64, Option<f64>)>,
    /// How often the person turns up: 1 is usual.
    pub(super) diligence: f64,
}

impl Person {
    pub(super) fn draw(draw: &mut Draw, at: Day) -> Self {
        let decade = draw.weighted(&AGES) as i32;
        let age_days = decade * 3_652 + draw.between(30, 3_652);
        let female = draw.chance(0.51);
        let metabolic = draw.normal();
        let height = if female { 163.0 } else { 176.5 } + 6.8 * draw.normal();
        let smoked = draw.chance(0.42).then(|| {
            let from = 15.0 + 7.0 * draw.unit();
            (
                from,
                draw.chance(0.6).then(|| from + 3.0 + 30.0 * draw.unit()),
            )
        });
        Self {
            birth: at.plus(-age_days),
            female,
            height,
            adult_bmi: (27.2 + 3.4 * metabolic + 3.0 * draw.normal()).clamp(17.0, 52.0),
            metabolic,
            smoked,
            diligence: 0.6 + 0.8 * draw.unit(),
        }
    }

    /// Age in years.
    pub(super) fn age(&self, day: Day) -> f64 {
        day.years_since(self.birth)
    }

    /// Height in centimetres at an age: children grow to 17.
    pub(super) fn height_at(&self, age: f64) -> f64 {
        let grown = (age / 17.0).min(1.0);
        50.0 + (self.height - 50.0) * (grown * (1.6 - 0.6 * grown))
    }

    /// Body mass index at an age: low in childhood, rising to 45, falling slowly after 70.
    pub(super) fn bmi_at(&self, age: f64) -> f64 {
        let grown = ((age - 4.0) / 41.0).clamp(0.0, 1.0);
        let late = (age - 70.0).max(0.0) * 0.06;
        16.0 + (self.adult_bmi - 16.0) * (0.25 + 0.75 * grown).min(1.0) - late
    }

    /// Whether the person smokes at an age.
    pub(super) fn smokes_at(&self, age: f64) -> bool {
        self.smoked
            .is_some_and(|(from, until)| age >= from && until.is_none_or(|until| age < until))
    }

    /// Years of smoking by an age.
    pub(super) fn smoking_years(&self, age: f64) -> f64 {
        self.smoked.map_or(0.0, |(from, until)| {
            (until.unwrap_or(age).min(age) - from).max(0.0)
        })
    }

    /// Writes the Patient resource.
    pub(super) fn write(&self, course: &Course, chart: &mut Chart, draw: &mut Draw) {
        let birth = self.birth.date();
        let birth = match draw.weighted(&[97, 2, 1]) {
            0 => birth.to_string(),
            1 => format!("{:04}-{:02}", birth.year(), birth.month()),
            _ => format!("{:04}", birth.year()),
        };
        let extensions = [
            self.origin("us-core-race", &RACES, &[72, 16, 9, 3], draw),
            self.birth_sex(),
        ];
        let mut resource = Object::resource("Patient", &chart.patient)
            .raw("extension", &array(&extensions))
            .text("gender", if self.female { "female" } else { "male" })
            .text("birthDate", &birth);
        if let Some(death) = course.death {
            resource = if draw.chance(0.05) {
                resource.raw("deceasedBoolean", "true")
            } else {
                let death = chart.moment(death, draw);
                resource.text("deceasedDateTime", &death)
            };
        }
        chart.add("Patient", resource);
    }

    fn origin(&self, name: &str, of: &[(&str, &str)], weights: &[u32], draw: &mut Draw) -> String {
        let (code, display) = of
            .get(draw.weighted(weights))
            .copied()
            .unwrap_or(("UNK", "Unknown"));
        let coding = Object::new()
            .text("system", "urn:oid:2.16.840.1.113883.6.238")
            .text("code", code)
            .text("display", display)
            .end();
        let part = Object::new()
            .text("url", "ombCategory")
            .raw("valueCoding", &coding)
            .end();
        Object::new()
            .text("url", &format!("{US_CORE}/{name}"))
            .raw("extension", &array(&[part]))
            .end()
    }

    fn birth_sex(&self) -> String {
        let code = if self.female { "F" } else { "M" };
        Object::new()
            .text("url", &format!("{US_CORE}/us-core-birthsex"))
            .text("valueCode", code)
            .end()
    }
}
