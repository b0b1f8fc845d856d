//! Vaccines: the childhood ones, boosters, and the yearly ones of the exported years.

use jiff::civil::date;

use super::chart::Chart;
use super::codes::{self, Code};
use super::course::Course;
use super::day::Day;
use super::draw::Draw;
use super::person::Person;

/// Years before the export that vaccines are recorded for.
const RECORDED_WITHIN: f64 = 15.0;
/// Childhood vaccines and the days of age that they are given at.
const CHILDHOOD: [(Code, &[i32]); 5] = [
    (codes::HEPATITIS_B, &[1, 45, 190]),
    (codes::DTAP, &[62, 124, 186, 480, 1_600]),
    (codes::POLIO, &[62, 124, 300, 1_600]),
    (codes::MMR, &[400, 1_600]),
    (codes::HPV, &[4_100, 4_300]),
];

/// Writes the vaccines of a patient.
pub(super) fn write(person: &Person, course: &Course, chart: &mut Chart, draw: &mut Draw) {
    let first = chart.at.plus_years(-RECORDED_WITHIN).max(person.birth);
    let willing = draw.unit() * person.diligence;
    let mut give = |vaccine: Code, day: Day, draw: &mut Draw| {
        if day >= first && day <= course.end {
            chart.immunisation(vaccine, day, draw);
        }
    };
    for (vaccine, ages) in CHILDHOOD {
        for age in ages {
            let late = draw.between(0, 40);
            give(vaccine, person.birth.plus(age + late), draw);
        }
    }
    for booster in 0..10 {
        let vaccine = if booster == 0 || draw.chance(0.5) {
            codes::TDAP
        } else {
            codes::TD
        };
        let day = person
            .birth
            .plus_years(11.0 + 10.0 * f64::from(booster))
            .plus(draw.between(0, 700));
        if draw.chance(0.3 + 0.6 * willing) {
            give(vaccine, day, draw);
        }
    }
    older(person, willing, &mut give, draw);
    yearly(person, course, willing, &mut give, draw);
    for (begin, end) in &course.pregnancies {
        // Tdap is given in the last third of each pregnancy.
        if end.0 - begin.0 > 200 && draw.chance(0.6) {
            give(codes::TDAP, begin.plus(draw.between(195, 230)), draw);
        }
    }
}

fn older(
    person: &Person,
    willing: f64,
    give: &mut impl FnMut(Code, Day, &mut Draw),
    draw: &mut Draw,
) {
    let day = person.birth.plus_years(65.0).plus(draw.between(0, 900));
    if draw.chance(0.3 + 0.5 * willing) {
        give(codes::PCV13, day, draw);
        give(codes::PPSV23, day.plus(draw.between(365, 500)), draw);
    }
    let zoster = person
        .birth
        .plus_years(50.0)
        .max(Day::of(date(2018, 1, 1)))
        .plus(draw.between(0, 1_500));
    if draw.chance(0.5 * willing) {
        give(codes::ZOSTER, zoster, draw);
        give(codes::ZOSTER, zoster.plus(draw.between(60, 180)), draw);
    }
}

fn yearly(
    person: &Person,
    course: &Course,
    willing: f64,
    give: &mut impl FnMut(Code, Day, &mut Draw),
    draw: &mut Draw,
) {
    let last = course.end.date().year();
    for year in last - RECORDED_WITHIN as i16..=last {
        let autumn = Day::of(date(year, 10, 1)).plus(draw.between(0, 70));
        let age = person.age(autumn);
        let wants = if age >= 65.0 {
            0.3 + 0.6 * willing
        } else {
            0.1 + 0.6 * willing
        };
        if age > 0.5
            && draw.chance(wants)
            && let Some(vaccine) = draw.pick(&codes::FLU)
        {
            give(vaccine, autumn, draw);
        }
        if year >= 2022
            && age > 12.0
            && draw.chance(0.7 * willing)
            && let Some(vaccine) = draw.pick(&codes::COVID)
        {
            give(vaccine, autumn.plus(7), draw);
        }
    }
    let first = Day::of(date(2021, 2, 1)).plus(draw.between(0, 150));
    if person.age(first) > 12.0
        && draw.chance(0.35 + 0.6 * willing)
        && let Some(vaccine) = draw.pick(&codes::COVID)
    {
        give(vaccine, first, draw);
        give(vaccine, first.plus(draw.between(21, 35)), draw);
    }
}
