//! Five more cohorts of the cardiometabolic profile: differences, other units, code sets.

use jiff::civil::Date;

use super::{Cohort, Test, both, holding, known, written};
use crate::chart::Chart;
use crate::tables::{Bands, By, Table, place_in};

/// Dates against each other on either side and on one, in all four ways to say so. Between two
/// dates ten years are 3652 days, one is 365 and thirty are 10957.
pub(super) const DIABETES_OVER_DECADES: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2019-03-31",
    text: r#"
cohort "Diabetes over decades" using cardiometabolic at 2019-03-31
include all
  diabetes.first more than 2 years before index
  diabetes.first on or after 1975-01-01
  age <= 85 years
include any
  metformin.latest within 10 years of diabetes.first
  hypertension.first between 1 and 30 years after diabetes.first
  hypertension.first on or before diabetes.first
exclude any
  type1_diabetes.first recorded
  insulin.first less than 12 months before index
exclude at least 2 of
  ckd.first recorded
  stroke.first recorded
  coronary_disease.first recorded
  obesity.first > 2015-12-31
"#,
    has: |chart| DECADES.iter().all(|holds| holds(chart)),
    table: Table::Attrition(&DECADES),
};

const DECADES: [Test; 4] = [
    |chart| {
        let begun = chart
            .first("diabetes")
            .is_some_and(|day| day < chart.years_ago(2) && day >= Date::constant(1975, 1, 1));
        begun && chart.age().is_some_and(|age| age <= 85)
    },
    |chart| {
        let Some(diabetes) = chart.first("diabetes") else {
            return false;
        };
        let after = |day: Option<Date>| day.map(|day| diabetes.until(day).unwrap().get_days());
        let metformin = after(chart.latest("metformin"));
        let hypertension = after(chart.first("hypertension"));
        metformin.is_some_and(|days| (-3652..=3652).contains(&days))
            || hypertension.is_some_and(|days| (365..=10957).contains(&days) || days <= 0)
    },
    |chart| {
        let recent = |day: Date| day > chart.months_ago(12);
        !chart.has("type1_diabetes") && !chart.first("insulin").is_some_and(recent)
    },
    |chart| {
        let late = |day| day > Date::constant(2015, 12, 31);
        let against = [
            chart.has("ckd"),
            chart.has("stroke"),
            chart.has("coronary_disease"),
            chart.first("obesity").is_some_and(late),
        ];
        holding(against) < 2
    },
];

/// Numbers against each other, above, below and on either side. On a leap day.
pub(super) const PRESSURES_AND_FATS: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2016-02-29",
    text: r#"
cohort "Pressures and fats against each other" using cardiometabolic at 2016-02-29
include at least 3 of
  sbp.latest at least 45 mm[Hg] above dbp.latest
  sbp.max_365 less than 5 mm[Hg] of sbp.latest
  ldl.latest at most 50 mg/dL above hdl.latest
  cholesterol.latest between 50 and 110 mg/dL above ldl.latest
  fasting_glucose.latest >= glucose.latest
  dbp.latest more than 40 mm[Hg] below sbp.latest
  hba1c.min equal to hba1c.latest
exclude all
  hba1c.max above hba1c.latest
  hba1c.min < hba1c.latest
"#,
    has: pressures_and_fats,
    table: Table::By(&[
        By {
            field: "sbp.latest",
            // Below 120, 120 to 139, 140 and more.
            bands: Bands::Numbers(&[(1, 120), (121, 140), (141, u16::MAX)]),
            place: |chart| match chart.number("sbp", 0) {
                Some(mm) if mm < written("120") => 0,
                Some(mm) if mm < written("140") => 1,
                Some(_) => 2,
                None => 3,
            },
        },
        By {
            field: "smoking.latest",
            bands: Bands::Numbers(&[(1, 1), (2, 2), (3, 3)]),
            place: |chart| place_in(&["never", "former", "current"], chart.smoking()),
        },
    ]),
};

fn pressures_and_fats(chart: &Chart<'_>) -> bool {
    let [systolic, diastolic] = ["sbp", "dbp"].map(|name| chart.number(name, 0));
    let [ldl, hdl, cholesterol] = ["ldl", "hdl", "cholesterol"].map(|name| chart.number(name, 0));
    let [fasting, glucose] = ["fasting_glucose", "glucose"].map(|name| chart.number(name, 0));
    let highest = chart.highest_within("sbp", 0, 365);
    let latest = chart.number("hba1c", 1);
    let signs = [
        both(systolic, diastolic, |s, d| s - d >= written("45")),
        both(highest, systolic, |h, s| (h - s).abs() < written("5")),
        both(ldl, hdl, |l, h| h <= l && l - h <= written("50")),
        both(cholesterol, ldl, |c, l| {
            written("50") <= c - l && c - l <= written("110")
        }),
        both(fasting, glucose, |f, g| f >= g),
        both(diastolic, systolic, |d, s| s - d > written("40")),
        both(chart.lowest("hba1c", 1), latest, |lowest, l| lowest == l),
    ];
    let varies = both(chart.highest("hba1c", 1), latest, |highest, l| highest > l)
        && both(chart.lowest("hba1c", 1), latest, |lowest, l| lowest < l);
    holding(signs) >= 3 && !varies
}

/// Bounds in units that are not the fields' own: each converted, and rounded to the field's step.
pub(super) const IN_OTHER_UNITS: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2014-11-30",
    text: r#"
cohort "In other units" using cardiometabolic at 2014-11-30
include at least 2 of
  hba1c.latest between 39 and 64 mmol/mol
  cholesterol.latest at most 5.0 mmol/L
  triglycerides.latest more than 1.7 mmol/L
  creatinine.latest <= 100 umol/L
  weight.latest less than 200 [lb_av]
include all
  height.latest ≥ 1.50 m
exclude any
  heart_rate.latest = 72 /min
  potassium.latest exactly 4.2 mmol/L
"#,
    has: in_other_units,
    table: Table::Count,
};

fn in_other_units(chart: &Chart<'_>) -> bool {
    let signs = [
        // 5.71972 and 8.00672 %.
        known(chart.number("hba1c", 1), |percent| {
            written("5.7") <= percent && percent <= written("8.0")
        }),
        // 193.325 mg/dL.
        known(chart.number("cholesterol", 0), |mg| mg <= written("193")),
        // 150.569 mg/dL.
        known(chart.number("triglycerides", 0), |mg| mg > written("151")),
        known(chart.number("creatinine", 2), |mg| mg <= written("1.13")),
        // 90.718474 kg.
        known(chart.number("weight", 1), |kg| kg < written("90.7")),
    ];
    holding(signs) >= 2
        && known(chart.number("height", 1), |cm| cm >= written("150"))
        && !known(chart.number("heart_rate", 0), |beats| {
            beats == written("72")
        })
        && !known(chart.number("potassium", 1), |mmol| mmol == written("4.2"))
}

/// Lists of values with gaps, what is not a value, and what has none. Divided into as many cells as
/// an answer holds.
pub(super) const WHO_THEY_SAY_THEY_ARE: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2020-12-31",
    text: r#"
cohort "Who they say they are" using cardiometabolic at 2020-12-31
include any
  race in (american_indian, black, white)
  ethnicity is hispanic
include any
  smoking.latest is not never
  smoking.latest not recorded
  sex is female
exclude all
  sex is not female
  no encounter.latest
"#,
    has: who_they_say_they_are,
    table: Table::By(&[
        By {
            field: "race",
            bands: Bands::Numbers(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)]),
            place: |chart| place_in(&RACES, chart.race()),
        },
        By {
            field: "birth",
            bands: Bands::Ages(&[10, 20, 30, 40, 50, 60, 70]),
            place: |chart| match chart.age() {
                Some(70..) => 0,
                Some(age) => usize::try_from(7 - age / 10).unwrap(),
                None => 8,
            },
        },
    ]),
};

const RACES: [&str; 6] = [
    "american_indian",
    "asian",
    "black",
    "pacific_islander",
    "white",
    "other",
];

fn who_they_say_they_are(chart: &Chart<'_>) -> bool {
    let listed = matches!(chart.race(), Some("american_indian" | "black" | "white"));
    let smoking = matches!(chart.smoking(), Some("former" | "current") | None);
    // Of an unknown sex nothing is said, not even that it is not female.
    let not_female = matches!(chart.sex(), Some("male" | "other"));
    let excluded = not_female && !chart.has("encounter");
    (listed || chart.ethnicity() == Some("hispanic"))
        && (smoking || chart.sex() == Some("female"))
        && !excluded
}

/// As many criteria as a query holds: three are paired with a second that never holds, to subtract
/// from. Months of age, and times before the index day.
pub(super) const TREATED_AFTER_DIAGNOSIS: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2017-05-31",
    text: r#"
cohort "Treated after diagnosis" using cardiometabolic at 2017-05-31
include all
  age at least 420 months
include any
  hypertension.first at most 20 years before index
  hyperlipidaemia.first before index
  coronary_disease.first recorded
include any
  ace_inhibitor.latest after hypertension.first
  statin.latest at least 2 weeks after hyperlipidaemia.first
  beta_blocker.latest on or after hypertension.first
  diuretic.latest within 5 years after hypertension.first
  calcium_blocker.latest recorded
exclude any
  mi.latest within 180 days before index
  afib.first on or before index
exclude any
  heart_failure.first at least 30 days before hypertension.first
"#,
    has: |chart| TREATED.iter().all(|holds| holds(chart)),
    table: Table::Attrition(&TREATED),
};

const TREATED: [Test; 5] = [
    |chart| {
        chart
            .birth()
            .is_some_and(|born| born <= chart.months_ago(420))
    },
    |chart| {
        let recent = |day: Date| day >= chart.years_ago(20);
        let earlier = |day: Date| day < chart.index;
        chart.first("hypertension").is_some_and(recent)
            || chart.first("hyperlipidaemia").is_some_and(earlier)
            || chart.has("coronary_disease")
    },
    |chart| {
        let since = |drug: &str, diagnosis: &str| {
            let (drug, diagnosis) = (chart.latest(drug)?, chart.first(diagnosis)?);
            Some(diagnosis.until(drug).unwrap().get_days())
        };
        since("ace_inhibitor", "hypertension").is_some_and(|days| days > 0)
            || since("statin", "hyperlipidaemia").is_some_and(|days| days >= 14)
            || since("beta_blocker", "hypertension").is_some_and(|days| days >= 0)
            || since("diuretic", "hypertension").is_some_and(|days| (0..=1826).contains(&days))
            || chart.has("calcium_blocker")
    },
    |chart| !chart.has_since("mi", chart.days_ago(180)) && !chart.has("afib"),
    |chart| {
        let failing = match (chart.first("heart_failure"), chart.first("hypertension")) {
            (Some(failure), Some(pressure)) => failure.until(pressure).unwrap().get_days() >= 30,
            _ => false,
        };
        !failing
    },
];
