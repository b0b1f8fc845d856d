//! Five more cohorts of the general profile: days, counts, times before the index day.

use jiff::civil::Date;

use super::{Cohort, Test, holding, known, written};
use crate::chart::Chart;
use crate::tables::{Bands, By, Table};

/// Days of the calendar, in every way to compare with one. Divided by days.
pub(super) const DAYS_ON_RECORD: Cohort = Cohort {
    profile: "general",
    index: "2018-11-30",
    text: r#"
cohort "Days on record" using general at 2018-11-30
include all
  encounter.first on or before 2014-06-30
  encounter.latest >= 2016-01-01
include any
  influenza_vaccine.latest between 2016-07-01 and 2018-06-30
  tetanus_vaccine.latest before 2012-01-01
  pneumonia.latest after 2010-01-01
  colonoscopy.latest on or after 2017-01-01
  fracture.latest at most 2014-12-31
  mammography.latest on 2017-10-05
"#,
    has: days_on_record,
    table: Table::By(&[By {
        field: "encounter.latest",
        bands: Bands::Since(&["2017-01-01", "2018-01-01", "2018-07-01"]),
        place: |chart| match chart.latest("encounter") {
            Some(day) if day < Date::constant(2017, 1, 1) => 0,
            Some(day) if day < Date::constant(2018, 1, 1) => 1,
            Some(day) if day < Date::constant(2018, 7, 1) => 2,
            Some(_) => 3,
            None => 4,
        },
    }]),
};

fn days_on_record(chart: &Chart<'_>) -> bool {
    let day = |year, month, day| Date::constant(year, month, day);
    let season = day(2016, 7, 1)..=day(2018, 6, 30);
    let latest =
        |concept: &str, holds: &dyn Fn(Date) -> bool| chart.latest(concept).is_some_and(holds);
    let reasons = [
        latest("influenza_vaccine", &|d| season.contains(&d)),
        latest("tetanus_vaccine", &|d| d < day(2012, 1, 1)),
        latest("pneumonia", &|d| d > day(2010, 1, 1)),
        latest("colonoscopy", &|d| d >= day(2017, 1, 1)),
        latest("fracture", &|d| d <= day(2014, 12, 31)),
        latest("mammography", &|d| d == day(2017, 10, 5)),
    ];
    let first = chart.first("encounter");
    first.is_some_and(|first| first <= day(2014, 6, 30))
        && latest("encounter", &|d| d >= day(2016, 1, 1))
        && holding(reasons) >= 1
}

/// Counts, of which none on record is the number 0. Divided by a count, with a band for none and a
/// gap, and by a flag.
pub(super) const COUNTED_DAYS: Cohort = Cohort {
    profile: "general",
    index: "2016-12-31",
    text: r#"
cohort "Counted days" using general at 2016-12-31
include all
  ambulatory.count_365 < 6
  emergency.count_365 <= 1
  inpatient.count_730 exactly 0
include any
  influenza_vaccine.count more than 1
  hepatitis_b_vaccine.count ≥ 2
  mmr_vaccine.any is yes
  opioid.count_365 between 1 and 3
exclude any
  hpv_vaccine.count > 2
"#,
    has: counted_days,
    table: Table::By(&[
        By {
            field: "influenza_vaccine.count",
            bands: Bands::Numbers(&[(0, 0), (1, 3), (6, 300)]),
            place: |chart| match chart.days("influenza_vaccine").len() {
                0 => 0,
                1..=3 => 1,
                6..=300 => 2,
                _ => 3,
            },
        },
        By {
            field: "mmr_vaccine.any",
            bands: Bands::Numbers(&[(1, 1)]),
            place: |chart| usize::from(!chart.has("mmr_vaccine")),
        },
    ]),
};

fn counted_days(chart: &Chart<'_>) -> bool {
    let reasons = [
        chart.days("influenza_vaccine").len() > 1,
        chart.days("hepatitis_b_vaccine").len() >= 2,
        chart.has("mmr_vaccine"),
        (1..=3).contains(&chart.count_within("opioid", 365)),
    ];
    chart.count_within("ambulatory", 365) < 6
        && chart.count_within("emergency", 365) <= 1
        && chart.count_within("inpatient", 730) == 0
        && holding(reasons) >= 1
        && chart.days("hpv_vaccine").len() <= 2
}

/// Times before the index day, in every way to give one and in every unit.
pub(super) const DISTANCES_TO_INDEX: Cohort = Cohort {
    profile: "general",
    index: "2015-08-31",
    text: r#"
cohort "Distances to the index day" using general at 2015-08-31
include at least 2 of
  encounter.latest within 10 weeks before index
  influenza_vaccine.latest at most 400 days before index
  asthma.first at least 120 months before index
  fracture.latest between 1 and 8 years before index
  depression.first more than 3 years before index
  bronchodilator.latest less than 24 months before index
  inpatient.latest exactly 1 years before index
  urinary_infection.latest before index
include all
  age < 30000 days
  age more than 900 weeks
"#,
    has: distances_to_index,
    table: Table::Count,
};

fn distances_to_index(chart: &Chart<'_>) -> bool {
    let between = chart.years_ago(8)..=chart.years_ago(1);
    let signs = [
        chart.has_since("encounter", chart.days_ago(70)),
        chart.has_since("influenza_vaccine", chart.days_ago(400)),
        (chart.first("asthma")).is_some_and(|day| day <= chart.months_ago(120)),
        (chart.latest("fracture")).is_some_and(|day| between.contains(&day)),
        (chart.first("depression")).is_some_and(|day| day < chart.years_ago(3)),
        (chart.latest("bronchodilator")).is_some_and(|day| day > chart.months_ago(24)),
        chart.latest("inpatient") == Some(chart.years_ago(1)),
        (chart.latest("urinary_infection")).is_some_and(|day| day < chart.index),
    ];
    // 900 weeks are 6300 days; more of them than that are 901 completed weeks.
    let of_age = chart
        .birth()
        .is_some_and(|born| born > chart.days_ago(30_000) && born <= chart.days_ago(901 * 7));
    holding(signs) >= 2 && of_age
}

/// Values below zero, and units by another name. Divided by two ranges of numbers.
pub(super) const BONES_AND_BLOOD: Cohort = Cohort {
    profile: "general",
    index: "2019-06-15",
    text: r#"
cohort "Bones and blood" using general at 2019-06-15
include any
  bone_density.latest <= -1.0 {T-score}
  leukocytes.latest > 8000 /uL
  haemoglobin.latest between 110 and 145 g/L
  psa.latest at least 2 ug/L
exclude any
  phq9.latest at least 15 {score}
  dementia.first recorded
"#,
    has: bones_and_blood,
    table: Table::By(&[
        By {
            field: "bmi.latest",
            // Below 18.5, 25 to 29.9, 30 and more: between the first two lies the remainder.
            bands: Bands::Numbers(&[(1, 185), (251, 300), (301, u16::MAX)]),
            place: |chart| match chart.number("bmi", 1) {
                Some(bmi) if bmi < written("18.5") => 0,
                Some(bmi) if written("25") <= bmi && bmi < written("30") => 1,
                Some(bmi) if bmi >= written("30") => 2,
                _ => 3,
            },
        },
        By {
            field: "bone_density.latest",
            // Up to -2.5, then up to -1.0, above; the lowest number stands for -10.
            bands: Bands::Numbers(&[(1, 76), (77, 91), (92, u16::MAX)]),
            place: |chart| match chart.number("bone_density", 1) {
                Some(score) if score <= written("-2.5") => 0,
                Some(score) if score <= written("-1.0") => 1,
                Some(_) => 2,
                None => 3,
            },
        },
    ]),
};

fn bones_and_blood(chart: &Chart<'_>) -> bool {
    let signs = [
        known(chart.number("bone_density", 1), |score| {
            score <= written("-1.0")
        }),
        known(chart.number("leukocytes", 1), |count| {
            count > written("8.0")
        }),
        known(chart.number("haemoglobin", 1), |g| {
            written("11.0") <= g && g <= written("14.5")
        }),
        known(chart.number("psa", 1), |ng| ng >= written("2")),
    ];
    holding(signs) >= 1
        && !known(chart.number("phq9", 0), |score| score >= written("15"))
        && !chart.has("dementia")
}

/// None recorded, of measurements and of events, and negations of what may be unknown.
pub(super) const NOTHING_ON_RECORD: Cohort = Cohort {
    profile: "general",
    index: "2018-08-31",
    text: r#"
cohort "Nothing on record" using general at 2018-08-31
include all
  bmi.latest is recorded
  no cancer.first
  diabetes.first none recorded
include any
  psa.latest not recorded
  psa.latest below 2 ng/mL
exclude any
  hiv.first recorded
  haemoglobin.latest above 15 g/dL
exclude at least 2 of
  smoking.latest not in (never)
  drug_allergy.any is yes
  food_allergy.any is not yes
  opioid_use_disorder.first recorded
exclude all
  race is not white
  ethnicity is not hispanic
"#,
    has: |chart| NOTHING.iter().all(|holds| holds(chart)),
    table: Table::Attrition(&NOTHING),
};

const NOTHING: [Test; 5] = [
    |chart| chart.number("bmi", 1).is_some() && !chart.has("cancer") && !chart.has("diabetes"),
    |chart| chart.number("psa", 1).is_none_or(|ng| ng < written("2")),
    |chart| !chart.has("hiv") && !known(chart.number("haemoglobin", 1), |g| g > written("15")),
    |chart| {
        let against = [
            matches!(chart.smoking(), Some("former" | "current")),
            chart.has("drug_allergy"),
            !chart.has("food_allergy"),
            chart.has("opioid_use_disorder"),
        ];
        holding(against) < 2
    },
    |chart| {
        let not_white = chart.race().is_some_and(|race| race != "white");
        !(not_white && chart.ethnicity() == Some("not_hispanic"))
    },
];
