//! Medicines: orders follow diagnoses, and are renewed while the exported years last.

use super::chart::Chart;
use super::codes::{self, Medicine};
use super::course::Course;
use super::day::Day;
use super::draw::Draw;
use super::person::Person;

/// Years of orders before the export that are in it, beside the first order of each medicine.
const RENEWALS_WITHIN: f64 = 6.0;

/// Writes all orders of a patient.
pub(super) fn write(person: &Person, course: &Course, chart: &mut Chart, draw: &mut Draw) {
    let mut orders = Orders {
        course,
        chart,
        draw,
    };
    diabetes(person, &mut orders);
    heart_and_vessels(course, &mut orders);
    lungs_and_mood(course, &mut orders);
    for _ in 0..2 {
        if orders.draw.chance(0.4) {
            let day = course.recent_day(2_000, orders.draw);
            orders.once(&codes::PAIN_RELIEF, day);
        }
    }
}

struct Orders<'a> {
    course: &'a Course,
    chart: &'a mut Chart,
    draw: &'a mut Draw,
}

impl Orders<'_> {
    /// A lasting medicine from a day on, with this chance: the first order, then renewals.
    fn lasting(&mut self, from: &[Medicine], start: Option<Day>, chance: f64) -> Option<Day> {
        let wanted = self.draw.chance(chance);
        let start = start.filter(|start| wanted && *start <= self.course.end)?;
        let medicine = self.draw.pick(from)?;
        let mut day = start;
        let first_renewal = self.chart.at.plus_years(-RENEWALS_WITHIN);
        loop {
            let next = day.plus(self.draw.between(330, 400));
            let last = next > self.course.end;
            let state = if last && self.course.death.is_none() {
                "active"
            } else {
                "stopped"
            };
            if day == start || day >= first_renewal {
                self.chart.order(medicine, state, day, self.draw);
            }
            if last {
                return Some(start);
            }
            day = next;
        }
    }

    fn once(&mut self, from: &[Medicine], day: Day) {
        if let Some(medicine) = self.draw.pick(from) {
            self.chart.order(medicine, "completed", day, self.draw);
        }
    }
}

fn diabetes(person: &Person, orders: &mut Orders<'_>) {
    let onset = orders.course.type_2_diabetes;
    let later = |years: f64| onset.map(|onset| onset.plus_years(years));
    let [_, stage_4, _] = orders.course.kidney;
    orders.lasting(&codes::METFORMIN, onset.filter(|_| stage_4.is_none()), 0.85);
    let newer = |day: Option<Day>, first: Day| day.map(|day| day.max(first));
    // SGLT2 inhibitors and GLP-1 agonists came to the market in 2013 and 2010.
    let sglt2 = newer(later(2.5), Day::of(jiff::civil::date(2014, 1, 1)));
    let glp1 = newer(later(4.0), Day::of(jiff::civil::date(2011, 1, 1)));
    let failing = orders.course.heart_failure.is_some();
    orders.lasting(
        &codes::SGLT2_INHIBITORS,
        sglt2,
        if failing { 0.6 } else { 0.25 },
    );
    orders.lasting(
        &codes::GLP1_AGONISTS,
        glp1,
        if person.adult_bmi > 32.0 { 0.45 } else { 0.15 },
    );
    orders.lasting(
        &codes::INSULIN,
        later(7.0 + 3.0 * (1.0 - person.metabolic).clamp(0.0, 3.0)),
        0.6,
    );
    let always = orders.course.type_1_diabetes;
    orders.lasting(&codes::INSULIN, always, 1.0);
}

fn heart_and_vessels(course: &Course, orders: &mut Orders<'_>) {
    let ace = orders.lasting(&codes::ACE_INHIBITORS, course.hypertension, 0.55);
    if ace.is_none() {
        orders.lasting(&codes::ANGIOTENSIN_BLOCKERS, course.hypertension, 0.65);
    }
    let later = |onset: Option<Day>, days| onset.map(|onset: Day| onset.plus(days));
    orders.lasting(&codes::DIURETICS, later(course.hypertension, 200), 0.35);
    orders.lasting(
        &codes::CALCIUM_BLOCKERS,
        later(course.hypertension, 500),
        0.35,
    );
    let infarction = course.infarctions.first().copied();
    let vascular = [infarction, course.strokes.first().copied()]
        .into_iter()
        .flatten()
        .min();
    let fats = [
        vascular,
        course.hyperlipidemia,
        course.type_2_diabetes.map(|onset| onset.plus(90)),
    ];
    orders.lasting(&codes::STATINS, fats.into_iter().flatten().min(), 0.75);
    let heart = [infarction, course.heart_failure, course.atrial_fibrillation];
    orders.lasting(
        &codes::BETA_BLOCKERS,
        heart.into_iter().flatten().min(),
        0.85,
    );
    orders.lasting(&codes::ANTIPLATELETS, vascular, 0.9);
    orders.lasting(
        &codes::ANTICOAGULANTS,
        later(course.atrial_fibrillation, 5),
        0.85,
    );
}

fn lungs_and_mood(course: &Course, orders: &mut Orders<'_>) {
    let lungs = [course.asthma, course.copd].into_iter().flatten().min();
    orders.lasting(&codes::BRONCHODILATORS, lungs, 0.9);
    orders.lasting(&codes::INHALED_STEROIDS, lungs.map(|day| day.plus(30)), 0.5);
    orders.lasting(&codes::ANTIDEPRESSANTS, course.depression, 0.65);
    orders.lasting(&codes::BISPHOSPHONATES, course.osteoporosis, 0.6);
    orders.lasting(
        &codes::TAMOXIFEN,
        course.breast_cancer.map(|onset| onset.plus(200)),
        0.6,
    );
}
