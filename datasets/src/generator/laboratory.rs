//! Laboratory values: they follow from the person, the diseases and their treatment. Sites that use
//! SI units write the molar code first and the other one beside it.

use super::chart::{Chart, Finding, Fixed};
use super::codes::{self, Code};
use super::course::Course;
use super::day::Day;
use super::draw::Draw;
use super::person::Person;

/// One test, in the units of American sites and in SI units.
struct Test {
    code: Code,
    places: u32,
    unit: &'static str,
    si_code: Code,
    si_factor: f64,
    si_places: u32,
    si_unit: &'static str,
}

const fn molar(code: Code, si_code: Code, si_factor: f64) -> Test {
    Test {
        code,
        places: 0,
        unit: "mg/dL",
        si_code,
        si_factor,
        si_places: 1,
        si_unit: "mmol/L",
    }
}

const GLUCOSE: Test = molar(codes::GLUCOSE, codes::GLUCOSE_SI, 0.055_5);
const CHOLESTEROL: Test = molar(codes::CHOLESTEROL, codes::CHOLESTEROL_SI, 0.025_86);
const LDL: Test = molar(codes::LDL, codes::LDL_SI, 0.025_86);
const HDL: Test = molar(codes::HDL, codes::HDL_SI, 0.025_86);
const TRIGLYCERIDES: Test = molar(codes::TRIGLYCERIDES, codes::TRIGLYCERIDES_SI, 0.011_29);
const CREATININE: Test = Test {
    code: codes::CREATININE,
    places: 2,
    unit: "mg/dL",
    si_code: codes::CREATININE_SI,
    si_factor: 88.42,
    si_places: 0,
    si_unit: "umol/L",
};

/// Writes the tests of a visit, as far as this patient is due for them.
pub(super) fn write(
    person: &Person,
    course: &Course,
    day: Day,
    chart: &mut Chart,
    draw: &mut Draw,
) {
    let age = person.age(day);
    let diabetic =
        Course::by(course.type_2_diabetes, day) || Course::by(course.type_1_diabetes, day);
    let watched =
        diabetic || Course::by(course.hypertension, day) || Course::by(course.prediabetes, day);
    let due = if watched {
        0.85
    } else if age >= 35.0 {
        0.55
    } else {
        0.1
    };
    if age < 12.0 || !draw.chance(due) {
        return;
    }
    sugar(person, course, day, diabetic, chart, draw);
    fats(person, course, day, chart, draw);
    kidney(person, course, day, diabetic, chart, draw);
    heart(course, day, chart, draw);
    if !person.female && age >= 50.0 && draw.chance(0.25) {
        let high = if Course::by(course.prostate_cancer, day) {
            9.0
        } else {
            1.2
        };
        let psa = high * (0.4 + 1.2 * draw.unit());
        chart.observe(
            &[codes::PSA],
            &Finding::Number(Fixed::new(psa, 1), Some("ng/mL")),
            day,
            draw,
        );
    }
}

fn sugar(
    person: &Person,
    course: &Course,
    day: Day,
    diabetic: bool,
    chart: &mut Chart,
    draw: &mut Draw,
) {
    let hba1c = hba1c(person, course, day) + 0.25 * draw.normal();
    let hba1c = hba1c.clamp(4.2, 15.0);
    if diabetic || Course::by(course.prediabetes, day) || draw.chance(0.2) {
        if chart.site.si {
            // IFCC units: (HbA1c in % - 2.15) x 10.929.
            let number = Fixed::new((hba1c - 2.15) * 10.929, 0);
            chart.observe(
                &[codes::HBA1C_IFCC, codes::HBA1C],
                &Finding::Number(number, Some("mmol/mol")),
                day,
                draw,
            );
        } else {
            chart.observe(
                &[codes::HBA1C],
                &Finding::Number(Fixed::new(hba1c, 1), Some("%")),
                day,
                draw,
            );
        }
    }
    // Average glucose from HbA1c: 28.7 x HbA1c - 46.7 mg/dL.
    measure(
        &GLUCOSE,
        (28.7 * hba1c - 46.7 + 10.0 * draw.normal()).max(45.0),
        chart,
        day,
        draw,
    );
}

/// HbA1c in percent: high at diagnosis, lowered by treatment, drifting up with the years.
fn hba1c(person: &Person, course: &Course, day: Day) -> f64 {
    let healthy = 5.2 + 0.1 * person.metabolic + 0.004 * (person.age(day) - 40.0);
    let years = |onset: Option<Day>| {
        onset
            .map(|onset| day.years_since(onset))
            .filter(|years| *years >= 0.0)
    };
    if let Some(years) = years(course.type_2_diabetes) {
        let treated = if years > 0.3 { 0.9 } else { 0.0 };
        let drift = 0.13 * years.min(8.0) - 0.05 * (years - 8.0).max(0.0);
        return 7.7 + 0.7 * person.metabolic - treated + drift;
    }
    if years(course.type_1_diabetes).is_some() {
        return 7.8 + 0.5 * person.metabolic;
    }
    if years(course.prediabetes).is_some() {
        6.0 + 0.1 * person.metabolic
    } else {
        healthy
    }
}

fn fats(person: &Person, course: &Course, day: Day, chart: &mut Chart, draw: &mut Draw) {
    let high = if Course::by(course.hyperlipidemia, day) {
        35.0
    } else {
        0.0
    };
    let onset = [course.hyperlipidemia, course.infarctions.first().copied()]
        .into_iter()
        .flatten()
        .min();
    let treated = if onset.is_some_and(|onset| day.0 - onset.0 > 60) {
        45.0
    } else {
        0.0
    };
    let ldl = (112.0 + 12.0 * person.metabolic + high - treated + 18.0 * draw.normal()).max(35.0);
    let hdl = (if person.female { 57.0 } else { 48.0 } - 4.0 * person.metabolic
        + 8.0 * draw.normal())
    .max(22.0);
    let triglycerides =
        (120.0 + 30.0 * person.metabolic + 0.6 * high + 30.0 * draw.normal()).max(40.0);
    measure(&LDL, ldl, chart, day, draw);
    measure(&HDL, hdl, chart, day, draw);
    measure(&TRIGLYCERIDES, triglycerides, chart, day, draw);
    measure(
        &CHOLESTEROL,
        ldl + hdl + triglycerides / 5.0,
        chart,
        day,
        draw,
    );
}

fn kidney(
    person: &Person,
    course: &Course,
    day: Day,
    diabetic: bool,
    chart: &mut Chart,
    draw: &mut Draw,
) {
    let rate = (course.filtration(person, day) + 4.0 * draw.normal()).clamp(4.0, 130.0);
    // Near enough the inverse of the usual estimate.
    let creatinine = if person.female { 72.0 } else { 92.0 } / rate;
    measure(&CREATININE, creatinine, chart, day, draw);
    let unit = if draw.chance(0.3) {
        "mL/min"
    } else {
        "mL/min/{1.73_m2}"
    };
    chart.observe(
        &[codes::EGFR],
        &Finding::Number(Fixed::new(rate, 0), Some(unit)),
        day,
        draw,
    );
    if (diabetic || rate < 60.0) && draw.chance(0.6) {
        let leak = (8.0 + (90.0 - rate).max(0.0) * 2.0) * (0.3 + 1.4 * draw.unit());
        chart.observe(
            &[codes::ALBUMIN_RATIO],
            &Finding::Number(Fixed::new(leak, 1), Some("mg/g")),
            day,
            draw,
        );
    }
    let potassium = (4.2 + (60.0 - rate).max(0.0) * 0.012 + 0.3 * draw.normal()).clamp(2.8, 6.8);
    chart.observe(
        &[codes::POTASSIUM],
        &Finding::Number(Fixed::new(potassium, 1), Some("mmol/L")),
        day,
        draw,
    );
}

fn heart(course: &Course, day: Day, chart: &mut Chart, draw: &mut Draw) {
    if !Course::by(course.heart_failure, day) || !draw.chance(0.6) {
        return;
    }
    let ejection = (38.0 + 9.0 * draw.normal()).clamp(12.0, 65.0);
    let peptide = 60_000.0 / (ejection + 5.0) * (0.5 + draw.unit());
    chart.observe(
        &[codes::EJECTION_FRACTION],
        &Finding::Number(Fixed::new(ejection, 0), Some("%")),
        day,
        draw,
    );
    chart.observe(
        &[codes::NT_PRO_BNP],
        &Finding::Number(Fixed::new(peptide, 0), Some("pg/mL")),
        day,
        draw,
    );
}

fn measure(test: &Test, value: f64, chart: &mut Chart, day: Day, draw: &mut Draw) {
    if chart.site.si {
        let number = Fixed::new(value * test.si_factor, test.si_places);
        chart.observe(
            &[test.si_code, test.code],
            &Finding::Number(number, Some(test.si_unit)),
            day,
            draw,
        );
    } else {
        chart.observe(
            &[test.code],
            &Finding::Number(Fixed::new(value, test.places), Some(test.unit)),
            day,
            draw,
        );
    }
}
