//! Cancers and their treatment.

use super::chart::Chart;
use super::codes;
use super::course::Course;
use super::draw::Draw;
use super::person::Person;

/// Writes the cancers of a patient.
pub(super) fn write(person: &Person, course: &Course, chart: &mut Chart, draw: &mut Draw) {
    let cancers = [
        (codes::BREAST_CANCER, course.breast_cancer, 0.5),
        (codes::LUNG_CANCER, course.lung_cancer, 0.7),
        (codes::COLON_CANCER, course.colon_cancer, 0.6),
        (codes::PROSTATE_CANCER, course.prostate_cancer, 0.2),
    ];
    for (cancer, onset, treated) in cancers {
        let Some(onset) = onset else {
            continue;
        };
        chart.condition(cancer, onset, None, draw);
        if person.age(onset) > 85.0 || !draw.chance(treated) {
            continue;
        }
        let cycles = draw.between(2, 6);
        for cycle in 0..cycles {
            let day = onset.plus(30 + 21 * cycle);
            if day > course.end {
                break;
            }
            chart.procedure(codes::CHEMORADIATION, day, draw);
            if let Some(medicine) = draw.pick(&codes::CHEMOTHERAPY) {
                chart.order(medicine, "completed", day, draw);
            }
        }
    }
}
