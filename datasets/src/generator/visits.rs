//! Visits of the exported years: check-ups, with what is measured at them.

use super::chart::{Chart, Finding, Fixed};
use super::codes::{self, Code};
use super::course::Course;
use super::day::Day;
use super::draw::Draw;
use super::laboratory;
use super::person::Person;

/// Years of visits before the export that are in it.
const VISITS_WITHIN: f64 = 8.0;

/// Writes the visits of a patient.
pub(super) fn write(person: &Person, course: &Course, chart: &mut Chart, draw: &mut Draw) {
    let mut day = person
        .birth
        .plus(30)
        .max(chart.at.plus_years(-VISITS_WITHIN))
        .plus(draw.between(0, 200));
    while day <= course.end {
        visit(person, course, day, chart, draw);
        let ill = [
            course.hypertension,
            course.type_2_diabetes,
            course.type_1_diabetes,
            course.heart_failure,
            course.copd,
        ];
        let ill = ill.into_iter().any(|onset| Course::by(onset, day));
        let usual = if ill {
            draw.between(130, 260)
        } else {
            draw.between(300, 700)
        };
        day = day.plus((f64::from(usual) / person.diligence) as i32);
    }
    allergies(person, course, chart, draw);
}

fn visit(person: &Person, course: &Course, day: Day, chart: &mut Chart, draw: &mut Draw) {
    let age = person.age(day);
    let purpose = if draw.chance(0.8) {
        codes::CHECK_UP
    } else {
        codes::FOR_PROBLEM
    };
    chart.encounter("AMB", purpose, day, day, draw);
    body(person, age, day, chart, draw);
    if age >= 3.0 {
        blood_pressure(person, course, age, day, chart, draw);
    }
    if age >= 13.0 {
        let smoking = if person.smokes_at(age) {
            codes::DAILY_SMOKER
        } else if person.smoking_years(age) > 0.0 {
            codes::FORMER_SMOKER
        } else {
            codes::NEVER_SMOKER
        };
        chart.observe(&[codes::SMOKING], &Finding::Answer(smoking), day, draw);
    }
    laboratory::write(person, course, day, chart, draw);
    mood(course, age, day, chart, draw);
    lungs(person, course, age, day, chart, draw);
    bones(person, course, age, day, chart, draw);
    screening(person, age, day, chart, draw);
}

fn body(person: &Person, age: f64, day: Day, chart: &mut Chart, draw: &mut Draw) {
    let height = person.height_at(age);
    let bmi = person.bmi_at(age) + 0.5 * draw.normal();
    let weight = bmi * (height / 100.0) * (height / 100.0);
    let (height, weight) = if chart.site.imperial {
        (
            (Fixed::new(height / 2.54, 1), "[in_i]"),
            (Fixed::new(weight * 2.204_622_6, 1), "[lb_av]"),
        )
    } else {
        ((Fixed::new(height, 1), "cm"), (Fixed::new(weight, 1), "kg"))
    };
    chart.observe(
        &[codes::HEIGHT],
        &Finding::Number(height.0, Some(height.1)),
        day,
        draw,
    );
    chart.observe(
        &[codes::WEIGHT],
        &Finding::Number(weight.0, Some(weight.1)),
        day,
        draw,
    );
    if age >= 2.0 {
        chart.observe(
            &[codes::BMI],
            &Finding::Number(Fixed::new(bmi, 1), Some("kg/m2")),
            day,
            draw,
        );
    }
}

fn blood_pressure(
    person: &Person,
    course: &Course,
    age: f64,
    day: Day,
    chart: &mut Chart,
    draw: &mut Draw,
) {
    let high = if Course::by(course.hypertension, day) {
        16.0
    } else {
        0.0
    };
    let weight = 0.7 * (person.bmi_at(age) - 24.0);
    let systolic =
        100.0 + 0.32 * age.min(75.0) + weight + high + 3.0 * person.metabolic + 7.0 * draw.normal();
    let diastolic = 60.0 + 0.16 * age.min(60.0) + 0.5 * weight + 0.5 * high + 5.0 * draw.normal();
    let systolic = systolic.clamp(70.0, 230.0);
    let diastolic = diastolic.clamp(40.0, systolic - 10.0);
    // Some devices write no unit.
    let unit = (!draw.chance(0.03)).then_some("mm[Hg]");
    let panel: Code = if draw.chance(0.2) {
        codes::BLOOD_PRESSURE_OLD
    } else {
        codes::BLOOD_PRESSURE
    };
    let parts = [
        (codes::DIASTOLIC, Fixed::new(diastolic, 0), unit),
        (codes::SYSTOLIC, Fixed::new(systolic, 0), unit),
    ];
    chart.observe_parts(&[panel], &parts, day, draw);
    let rate = 72.0
        + 8.0 * draw.normal()
        + if Course::by(course.atrial_fibrillation, day) {
            10.0
        } else {
            0.0
        };
    chart.observe(
        &[codes::HEART_RATE],
        &Finding::Number(Fixed::new(rate, 0), Some("/min")),
        day,
        draw,
    );
}

fn mood(course: &Course, age: f64, day: Day, chart: &mut Chart, draw: &mut Draw) {
    let depressed = Course::by(course.depression, day);
    if age < 13.0 || !draw.chance(if depressed { 0.7 } else { 0.15 }) {
        return;
    }
    let score = if depressed {
        12.0 + 4.5 * draw.normal()
    } else {
        2.5 + 2.5 * draw.normal()
    };
    chart.procedure(codes::DEPRESSION_SCREENING, day, draw);
    chart.observe(
        &[codes::PHQ9],
        &Finding::Number(Fixed::new(score.clamp(0.0, 27.0), 0), Some("{score}")),
        day,
        draw,
    );
}

fn lungs(person: &Person, course: &Course, age: f64, day: Day, chart: &mut Chart, draw: &mut Draw) {
    let obstructed = Course::by(course.copd, day);
    let asthma = Course::by(course.asthma, day);
    if age < 6.0 || !(obstructed || asthma) || !draw.chance(0.5) {
        return;
    }
    let ratio = if obstructed { 58.0 } else { 74.0 } + 5.0 * draw.normal();
    let healthy =
        0.037 * person.height_at(age) - 0.025 * age - if person.female { 2.0 } else { 1.5 };
    let years = course
        .copd
        .map_or(0.0, |onset| day.years_since(onset).max(0.0));
    let volume = healthy * ratio / 80.0 - 0.03 * years;
    chart.procedure(codes::SPIROMETRY, day, draw);
    chart.observe(
        &[codes::FEV1],
        &Finding::Number(Fixed::new(volume.clamp(0.4, 6.0), 2), Some("L")),
        day,
        draw,
    );
    chart.observe(
        &[codes::FEV1_FVC],
        &Finding::Number(Fixed::new(ratio.clamp(25.0, 95.0), 0), Some("%")),
        day,
        draw,
    );
}

fn bones(person: &Person, course: &Course, age: f64, day: Day, chart: &mut Chart, draw: &mut Draw) {
    let thin = Course::by(course.osteoporosis, day);
    let due = if thin { 0.4 } else { 0.1 };
    if age < if person.female { 55.0 } else { 68.0 } || !draw.chance(due) {
        return;
    }
    let score = if thin {
        -3.0 + 0.4 * draw.normal()
    } else {
        -0.9 + 0.7 * draw.normal()
    };
    chart.procedure(codes::BONE_SCAN, day, draw);
    chart.observe(
        &[codes::T_SCORE],
        &Finding::Number(Fixed::new(score.clamp(-5.0, 3.0), 1), Some("{T-score}")),
        day,
        draw,
    );
}

fn screening(person: &Person, age: f64, day: Day, chart: &mut Chart, draw: &mut Draw) {
    if (45.0..80.0).contains(&age) && draw.chance(0.07) {
        chart.procedure(codes::COLONOSCOPY, day, draw);
    }
    if person.female && (40.0..75.0).contains(&age) && draw.chance(0.3) {
        chart.procedure(codes::MAMMOGRAPHY, day, draw);
    }
}

fn allergies(person: &Person, course: &Course, chart: &mut Chart, draw: &mut Draw) {
    let count = draw.weighted(&[72, 20, 8]);
    let days = course.end.0 - person.birth.0;
    for _ in 0..count {
        let day = person.birth.plus(draw.between(1, days.max(2) - 1));
        if let Some(allergy) = draw.pick(&codes::ALLERGIES) {
            chart.allergy(allergy, day, draw);
        }
    }
}
