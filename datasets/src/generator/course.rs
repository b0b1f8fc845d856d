//! The course of a life: which diseases begin when, drawn year by year from the risks of that year.

use super::chart::Chart;
use super::codes::{self, Disease};
use super::day::Day;
use super::draw::Draw;
use super::person::Person;

/// Years before the export in which a patient may have died: the dead of long ago are in no export.
const DEATHS_WITHIN: f64 = 10.0;

/// When each disease began, and when life ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    pub(super) hypertension: Option<Day>,
    pub(super) prediabetes: Option<Day>,
    pub(super) type_2_diabetes: Option<Day>,
    pub(super) type_1_diabetes: Option<Day>,
    pub(super) hyperlipidemia: Option<Day>,
    pub(super) obesity: Option<Day>,
    pub(super) infarctions: Vec<Day>,
    pub(super) strokes: Vec<Day>,
    pub(super) heart_failure: Option<Day>,
    pub(super) atrial_fibrillation: Option<Day>,
    /// Stages 3, 4 and 5.
    pub(super) kidney: [Option<Day>; 3],
    pub(super) asthma: Option<Day>,
    pub(super) copd: Option<Day>,
    pub(super) depression: Option<Day>,
    pub(super) osteoporosis: Option<Day>,
    pub(super) breast_cancer: Option<Day>,
    pub(super) lung_cancer: Option<Day>,
    pub(super) colon_cancer: Option<Day>,
    pub(super) prostate_cancer: Option<Day>,
    /// Begin and end; a short one was a miscarriage.
    pub(super) pregnancies: Vec<(Day, Day)>,
    /// Short illnesses: begin and end.
    minor: Vec<(Disease, Day, Day)>,
    pub(super) death: Option<Day>,
    pub(super) birth: Day,
    /// The last day that anything can happen: death, or the export.
    pub(super) end: Day,
}

/// One year of a life.
struct Year {
    age: f64,
    bmi: f64,
    smokes: bool,
    day: Day,
}

impl Course {
    pub(super) fn draw(draw: &mut Draw, person: &Person, at: Day) -> Self {
        let mut course = Self {
            birth: person.birth,
            end: at,
            ..Self::default()
        };
        let years = person.age(at) as i32;
        for age in 0..=years {
            let day = person
                .birth
                .plus(age * 365 + age / 4 + draw.between(1, 364));
            if day > at {
                break;
            }
            let age = person.age(day);
            let year = Year {
                age,
                bmi: person.bmi_at(age),
                smokes: person.smokes_at(age),
                day,
            };
            course.metabolic_year(person, &year, draw);
            course.heart_year(person, &year, draw);
            course.kidney_year(person, &year);
            course.general_year(person, &year, draw);
            course.cancer_year(person, &year, draw);
            course.pregnancy_year(person, &year, draw);
            if at.years_since(day) < DEATHS_WITHIN && draw.chance(course.mortality(&year)) {
                course.death = Some(day);
                course.end = day;
                break;
            }
        }
        course
    }

    /// Whether this diagnosis was made by that day.
    pub(super) fn by(onset: Option<Day>, day: Day) -> bool {
        onset.is_some_and(|onset| onset <= day)
    }

    /// A day in the last so many days of life or export, never before birth.
    pub(super) fn recent_day(&self, within: i32, draw: &mut Draw) -> Day {
        self.end.plus(-draw.between(1, within)).max(self.birth)
    }

    fn metabolic_year(&mut self, person: &Person, year: &Year, draw: &mut Draw) {
        let weight = (1.0 + 0.15 * (year.bmi - 25.0)).max(0.3);
        let trait_factor = (1.0 + 0.5 * person.metabolic).max(0.1);
        let mut begin = |onset: &mut Option<Day>, risk: f64| {
            // The draw is made in any case, so that one disease does not shift all others.
            let happens = draw.chance(risk);
            if happens && onset.is_none() {
                *onset = Some(year.day);
            }
        };
        let decades_after = |age: f64| ((year.age - age) / 10.0).max(0.0);
        begin(
            &mut self.hypertension,
            0.006 * decades_after(20.0) * weight.min(2.5) * trait_factor.max(0.5),
        );
        begin(
            &mut self.hyperlipidemia,
            0.006 * decades_after(25.0) * trait_factor,
        );
        if self.type_2_diabetes.is_none() && self.type_1_diabetes.is_none() {
            begin(
                &mut self.prediabetes,
                0.004 * decades_after(25.0) * weight * trait_factor,
            );
        }
        let from_prediabetes = if self.prediabetes.is_some_and(|onset| onset < year.day) {
            9.0
        } else {
            1.0
        };
        if self.type_1_diabetes.is_none() {
            begin(
                &mut self.type_2_diabetes,
                0.0007 * decades_after(25.0) * weight * trait_factor * from_prediabetes,
            );
        }
        let young = if (5.0..25.0).contains(&year.age) {
            0.0003
        } else {
            0.0
        };
        begin(&mut self.type_1_diabetes, young);
        begin(
            &mut self.obesity,
            if year.age >= 18.0 && year.bmi >= 30.0 {
                0.6
            } else {
                0.0
            },
        );
    }

    fn heart_year(&mut self, person: &Person, year: &Year, draw: &mut Draw) {
        let has = |onset: Option<Day>| if onset.is_some() { 1.0 } else { 0.0 };
        let diabetes = has(self.type_2_diabetes.or(self.type_1_diabetes));
        let pressure = has(self.hypertension);
        let smokes = if year.smokes { 1.0 } else { 0.0 };
        let male = if person.female { 0.0 } else { 0.6 };
        let risk = 1.0
            + 0.9 * pressure
            + 1.1 * diabetes
            + 1.1 * smokes
            + 0.6 * has(self.hyperlipidemia)
            + male;
        let decades_after = |age: f64| ((year.age - age) / 10.0).max(0.0);
        let again = if self.infarctions.is_empty() {
            1.0
        } else {
            4.0
        };
        if draw.chance(0.0006 * decades_after(35.0) * risk * again) {
            self.infarctions.push(year.day);
        }
        let fibrillation = 1.0 + 2.0 * has(self.atrial_fibrillation);
        if draw.chance(0.0005 * decades_after(40.0) * risk * fibrillation) {
            self.strokes.push(year.day);
        }
        let damaged = if self.infarctions.is_empty() {
            0.0
        } else {
            5.0
        };
        if draw.chance(0.0005 * decades_after(45.0) * (risk + damaged))
            && self.heart_failure.is_none()
        {
            self.heart_failure = Some(year.day);
        }
        let strained = 1.0 + pressure + 3.0 * has(self.heart_failure);
        if draw.chance(0.0014 * decades_after(50.0) * strained)
            && self.atrial_fibrillation.is_none()
        {
            self.atrial_fibrillation = Some(year.day);
        }
    }

    /// Kidney disease is diagnosed when the filtration rate passes a stage's bound.
    fn kidney_year(&mut self, person: &Person, year: &Year) {
        let rate = self.filtration(person, year.day);
        for (stage, bound) in self.kidney.iter_mut().zip([58.0, 29.0, 14.0]) {
            if rate < bound && stage.is_none() {
                *stage = Some(year.day);
            }
        }
    }

    /// The true filtration rate on a day, in mL/min/1.73 m2.
    pub(super) fn filtration(&self, person: &Person, day: Day) -> f64 {
        let years = |onset: Option<Day>| onset.map_or(0.0, |onset| day.years_since(onset).max(0.0));
        let aging = (person.age(day) - 35.0).max(0.0) * 0.75;
        let sugar = years(self.type_2_diabetes.or(self.type_1_diabetes))
            * (0.9 + 0.5 * person.metabolic.max(0.0));
        let pressure = years(self.hypertension) * (0.35 + 0.25 * person.metabolic.max(0.0));
        let heart = years(self.heart_failure) * 1.5;
        (112.0 - 6.0 * person.metabolic - aging - sugar - pressure - heart).clamp(6.0, 125.0)
    }

    fn general_year(&mut self, person: &Person, year: &Year, draw: &mut Draw) {
        let mut begin = |onset: &mut Option<Day>, risk: f64| {
            let happens = draw.chance(risk);
            if happens && onset.is_none() {
                *onset = Some(year.day);
            }
        };
        begin(
            &mut self.asthma,
            if (3.0..13.0).contains(&year.age) {
                0.006
            } else {
                0.0008
            },
        );
        let pack = person.smoking_years(year.age);
        begin(
            &mut self.copd,
            if year.age < 40.0 {
                0.0
            } else {
                0.0004
                    + if pack > 12.0 {
                        0.0005 * (pack - 10.0)
                    } else {
                        0.0
                    }
            },
        );
        let mood = if person.female { 0.008 } else { 0.005 };
        begin(
            &mut self.depression,
            if year.age >= 15.0 { mood } else { 0.0 },
        );
        let bones = match (person.female, year.age) {
            (true, age) if age >= 55.0 => 0.010 + 0.0008 * (age - 55.0),
            (false, age) if age >= 68.0 => 0.003,
            _ => 0.0,
        };
        begin(&mut self.osteoporosis, bones);
        if draw.chance(0.10)
            && let Some(illness) = draw.pick(&codes::MINOR)
        {
            let days = draw.between(7, 28);
            self.minor.push((illness, year.day, year.day.plus(days)));
        }
    }

    fn cancer_year(&mut self, person: &Person, year: &Year, draw: &mut Draw) {
        let mut begin = |onset: &mut Option<Day>, risk: f64| {
            let happens = draw.chance(risk);
            if happens && onset.is_none() {
                *onset = Some(year.day);
            }
        };
        let decades_after = |age: f64| ((year.age - age) / 10.0).max(0.0);
        begin(
            &mut self.breast_cancer,
            if person.female {
                0.0009 * decades_after(32.0)
            } else {
                0.0
            },
        );
        begin(
            &mut self.prostate_cancer,
            if person.female {
                0.0
            } else {
                0.0020 * decades_after(47.0)
            },
        );
        begin(&mut self.colon_cancer, 0.0006 * decades_after(42.0));
        let smoke = 0.1 + person.smoking_years(year.age) / 12.0;
        begin(&mut self.lung_cancer, 0.0005 * decades_after(42.0) * smoke);
    }

    fn pregnancy_year(&mut self, person: &Person, year: &Year, draw: &mut Draw) {
        if !person.female || !(18.0..43.0).contains(&year.age) || !draw.chance(0.085) {
            return;
        }
        // A year apart at the least; an unfinished one has no end yet.
        if self
            .pregnancies
            .last()
            .is_some_and(|(_, end)| end.plus(120) > year.day)
        {
            return;
        }
        let days = if draw.chance(0.13) {
            draw.between(40, 84)
        } else {
            draw.between(255, 288)
        };
        self.pregnancies.push((year.day, year.day.plus(days)));
    }

    /// The chance to die in a year.
    fn mortality(&self, year: &Year) -> f64 {
        let base = match year.age as i32 {
            ..40 => 0.001,
            40..50 => 0.002,
            50..60 => 0.005,
            60..70 => 0.011,
            70..80 => 0.027,
            80..90 => 0.08,
            _ => 0.2,
        };
        let count = |onset: Option<Day>, weight: f64| if onset.is_some() { weight } else { 0.0 };
        let [_, stage_4, stage_5] = self.kidney;
        let factor = 1.0
            + count(self.heart_failure, 1.5)
            + count(self.lung_cancer, 8.0)
            + count(self.colon_cancer.or(self.breast_cancer), 1.5)
            + count(self.copd, 1.0)
            + count(stage_4, 1.0)
            + count(stage_5, 2.0)
            + self.infarctions.len() as f64;
        base * factor
    }

    /// Writes the diagnoses that have nothing else to them.
    pub(super) fn write(&self, chart: &mut Chart, draw: &mut Draw) {
        let pressure = if draw.chance(0.2) {
            codes::HYPERTENSION_OLD
        } else {
            codes::HYPERTENSION
        };
        let lasting = [
            (pressure, self.hypertension),
            (codes::TYPE_2_DIABETES, self.type_2_diabetes),
            (codes::TYPE_1_DIABETES, self.type_1_diabetes),
            (codes::HYPERLIPIDEMIA, self.hyperlipidemia),
            (codes::OBESITY, self.obesity),
            (codes::HEART_FAILURE, self.heart_failure),
            (codes::ATRIAL_FIBRILLATION, self.atrial_fibrillation),
            (codes::KIDNEY_STAGE_3, self.kidney[0]),
            (codes::KIDNEY_STAGE_4, self.kidney[1]),
            (codes::KIDNEY_STAGE_5, self.kidney[2]),
            (codes::ASTHMA, self.asthma),
            (codes::COPD, self.copd),
            (codes::OSTEOPOROSIS, self.osteoporosis),
        ];
        for (disease, onset) in lasting {
            if let Some(onset) = onset {
                chart.condition(disease, onset, None, draw);
            }
        }
        self.write_episodes(chart, draw);
        self.write_doubts(chart, draw);
    }

    /// Diagnoses that end.
    fn write_episodes(&self, chart: &mut Chart, draw: &mut Draw) {
        if let Some(onset) = self.prediabetes {
            chart.condition(
                codes::PREDIABETES,
                onset,
                self.type_2_diabetes.filter(|end| *end > onset),
                draw,
            );
        }
        if let Some(onset) = self.depression {
            let end = onset.plus(draw.between(120, 1_500));
            chart.condition(
                codes::DEPRESSION,
                onset,
                Some(end).filter(|end| *end <= self.end),
                draw,
            );
        }
        for (illness, begin, end) in &self.minor {
            chart.condition(
                *illness,
                *begin,
                Some(*end).filter(|end| *end <= self.end),
                draw,
            );
        }
        for (begin, end) in &self.pregnancies {
            let short = end.0 - begin.0 < 100;
            chart.condition(
                codes::PREGNANCY,
                *begin,
                Some(*end).filter(|end| *end <= self.end),
                draw,
            );
            if short && *end <= self.end {
                chart.condition(codes::MISCARRIAGE, *end, Some(*end), draw);
            }
        }
    }

    /// Diagnoses that were never made: suspicions, and what was refuted.
    fn write_doubts(&self, chart: &mut Chart, draw: &mut Draw) {
        if !draw.chance(0.05) {
            return;
        }
        let verification = draw.pick(&["refuted", "provisional", "differential", "unconfirmed"]);
        if let (Some(disease), Some(verification)) = (draw.pick(&codes::SUSPECTED), verification) {
            let day = self.recent_day(1_500, draw);
            chart.condition_as(disease, day, None, verification, draw);
        }
    }
}
