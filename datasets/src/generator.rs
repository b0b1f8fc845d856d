//! Synthetic patients as FHIR R4: seeded, correlated, and as uneven as real exports.
//!
//! The same options give the same bytes on every platform: draws are ChaCha20, each patient has a
//! stream of its own (so patient 7 is the same among ten or ten thousand), arithmetic is confined to
//! operations that IEEE 754 defines exactly, and numbers are written in fixed point.
//!
//! The world is plausible, not epidemiology: risks rise with age, weight, smoking and earlier
//! disease; treatment follows diagnosis; laboratory values follow both. Two worlds overlap in each
//! patient: a cardiometabolic one and a general one (vaccines, cancers, lungs, bones, mood,
//! pregnancy, allergies). Every patient is invented.
//!
//! Like real exports, some orders are cancelled, some entries are in error, some dates are partial,
//! some sites write SI units, pounds or no unit at all, and some concepts carry two codings.

mod cancers;
mod chart;
mod codes;
mod course;
mod day;
mod draw;
mod folder;
mod immunisations;
mod json;
mod laboratory;
mod medicines;
mod person;
mod research_consent;
mod stays;
mod visits;

use jiff::civil::Date;

pub use chart::{FILES, Resources};
pub use folder::{Generated, GeneratorError, write_folder};

use chart::Chart;
use course::Course;
use day::Day;
use draw::Draw;
use person::Person;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratorOptions {
    /// How many patients. Default 200.
    pub patients: u32,
    /// The seed. Default 1.
    pub seed: u64,
    /// The day of the export: nothing is dated after it, and consents are in force or expired by
    /// it. Default 2025-01-01.
    pub at: Date,
}

impl Default for GeneratorOptions {
    fn default() -> Self {
        Self {
            patients: 200,
            seed: 1,
            at: jiff::civil::date(2025, 1, 1),
        }
    }
}

/// Generates the patient of this number (from 0) with all resources.
#[must_use]
pub fn patient(options: &GeneratorOptions, number: u32) -> Resources {
    let mut draw = Draw::new(options.seed, u64::from(number));
    let at = Day::of(options.at);
    let person = Person::draw(&mut draw, at);
    let course = Course::draw(&mut draw, &person, at);
    let mut chart = Chart::new(&mut draw, at);
    person.write(&course, &mut chart, &mut draw);
    course.write(&mut chart, &mut draw);
    medicines::write(&person, &course, &mut chart, &mut draw);
    visits::write(&person, &course, &mut chart, &mut draw);
    stays::write(&course, &mut chart, &mut draw);
    cancers::write(&person, &course, &mut chart, &mut draw);
    immunisations::write(&person, &course, &mut chart, &mut draw);
    research_consent::write(&course, &mut chart, &mut draw);
    chart.finish()
}
