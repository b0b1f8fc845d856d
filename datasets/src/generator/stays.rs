//! Emergencies and hospital stays: infarctions, strokes, births.

use super::chart::Chart;
use super::codes;
use super::course::Course;
use super::draw::Draw;

/// Writes the acute events of a patient with their stays.
pub(super) fn write(course: &Course, chart: &mut Chart, draw: &mut Draw) {
    for day in &course.infarctions {
        chart.encounter("EMER", codes::EMERGENCY, *day, *day, draw);
        let leaves = day.plus(draw.between(2, 9)).min(course.end);
        chart.encounter("IMP", codes::INPATIENT, *day, leaves, draw);
        chart.condition(codes::MYOCARDIAL_INFARCTION, *day, None, draw);
        if draw.chance(0.6) {
            chart.procedure(codes::ANGIOPLASTY, *day, draw);
        }
    }
    for day in &course.strokes {
        chart.encounter("EMER", codes::EMERGENCY, *day, *day, draw);
        let leaves = day.plus(draw.between(3, 14)).min(course.end);
        chart.encounter("IMP", codes::INPATIENT, *day, leaves, draw);
        chart.condition(codes::STROKE, *day, None, draw);
    }
    for (begin, end) in &course.pregnancies {
        if end.0 - begin.0 > 100 && *end <= course.end {
            chart.encounter(
                "IMP",
                codes::INPATIENT,
                *end,
                end.plus(3).min(course.end),
                draw,
            );
            chart.procedure(codes::CHILDBIRTH, *end, draw);
        }
    }
    if draw.chance(0.15) {
        let day = course.recent_day(1_000, draw);
        chart.encounter("EMER", codes::EMERGENCY, day, day, draw);
    }
}
