//! Five cohorts of the cardiometabolic profile.

use super::{Cohort, holding, known, written};
use crate::chart::Chart;
use crate::tables::{BY_AGE, BY_SEX, Table};

/// Ages, a value with a unit between bounds, events excluded within years and months.
pub(super) const WATCHED_DIABETES: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2015-07-01",
    text: r#"
cohort "Watched diabetes" using cardiometabolic at 2015-07-01
include all
  age between 35 and 85 years
  hba1c.latest between 5.8 and 9.0 %
exclude any
  stroke.latest within 5 years before index
  insulin.latest within 24 months before index
"#,
    has: watched_diabetes,
    table: Table::By(&[BY_SEX]),
};

fn watched_diabetes(chart: &Chart<'_>) -> bool {
    chart.age().is_some_and(|age| (35..=85).contains(&age))
        && known(chart.number("hba1c", 1), |percent| {
            written("5.8") <= percent && percent <= written("9.0")
        })
        && !chart.has_since("stroke", chart.years_ago(5))
        && !chart.has_since("insulin", chart.months_ago(24))
}

/// eGFR comes in two units and glucose is asked for in its other unit; 18 months before the last
/// day of December end on 30 June.
pub(super) const KIDNEYS_AT_RISK: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2018-12-31",
    text: r#"
cohort "Kidneys at risk" using cardiometabolic at 2018-12-31
include all
  egfr.latest between 40.0 and 95.5 mL/min/{1.73_m2}
  egfr.latest_date within 18 months before index
include any
  creatinine.latest at least 1.50 mg/dL
  uacr.latest above 30 mg/g
  ckd.first recorded
  glucose.latest above 6.0 mmol/L
"#,
    has: kidneys_at_risk,
    table: Table::By(&[BY_SEX, BY_AGE]),
};

fn kidneys_at_risk(chart: &Chart<'_>) -> bool {
    let filtration = known(chart.number("egfr", 1), |rate| {
        written("40.0") <= rate && rate <= written("95.5")
    });
    let signs = [
        known(chart.number("creatinine", 2), |mg| mg >= written("1.50")),
        known(chart.number("uacr", 0), |ratio| ratio > written("30")),
        chart.has("ckd"),
        // 6.0 mmol/L are 108.0936 mg/dL, in whole steps 108.
        known(chart.number("glucose", 0), |mg| mg > written("108")),
    ];
    filtration && chart.has_since("egfr", chart.months_ago(18)) && holding(signs) >= 1
}

/// Components of blood pressures, with and without a unit, and a threshold; 6 months before the
/// last day of August end on the last of February.
pub(super) const HIGH_PRESSURE: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2010-08-31",
    text: r#"
cohort "High pressure" using cardiometabolic at 2010-08-31
include at least 2 of
  sbp.latest at least 130 mm[Hg]
  dbp.latest above 85 mm[Hg]
  sbp.max_365 above 139 mm[Hg]
  hypertension.first before 2009-01-01
  sex is male
include all
  age at least 18 years
  encounter.latest within 6 months before index
"#,
    has: high_pressure,
    table: Table::Count,
};

fn high_pressure(chart: &Chart<'_>) -> bool {
    let new_year = "2009-01-01".parse().unwrap();
    let signs = [
        known(chart.number("sbp", 0), |mm| mm >= written("130")),
        known(chart.number("dbp", 0), |mm| mm > written("85")),
        known(chart.highest_within("sbp", 0, 365), |mm| {
            mm > written("139")
        }),
        chart
            .first("hypertension")
            .is_some_and(|day| day < new_year),
        chart.is("male"),
    ];
    holding(signs) >= 2
        && chart.age().is_some_and(|age| age >= 18)
        && chart.has_since("encounter", chart.months_ago(6))
}

/// A code set, and differences of two dates and of two values. On a leap day.
pub(super) const SMOKERS_OVER_YEARS: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2020-02-29",
    text: r#"
cohort "Smokers over years" using cardiometabolic at 2020-02-29
include all
  smoking.latest in (former, current)
  hba1c.first_date at least 2 years before hba1c.latest_date
include any
  hba1c.max at least 0.5 % above hba1c.min
  statin.latest after hyperlipidaemia.first
"#,
    has: smokers_over_years,
    table: Table::Count,
};

fn smokers_over_years(chart: &Chart<'_>) -> bool {
    let (Some(first), Some(latest)) = (chart.first("hba1c"), chart.latest("hba1c")) else {
        return false;
    };
    let highest = chart.highest("hba1c", 1).unwrap();
    let lowest = chart.lowest("hba1c", 1).unwrap();
    let treated = match (chart.latest("statin"), chart.first("hyperlipidaemia")) {
        (Some(statin), Some(diagnosis)) => statin > diagnosis,
        _ => false,
    };
    // Between two dates a year has 365.25 days, and parts of a day are dropped.
    matches!(chart.smoking(), Some("former" | "current"))
        && first.until(latest).unwrap().get_days() >= 730
        && (highest - lowest >= written("0.5") || treated)
}

/// Exclusions that an unknown value passes, a count within a window, ages on a leap day.
pub(super) const NOTHING_KNOWN_AGAINST: Cohort = Cohort {
    profile: "cardiometabolic",
    index: "2012-02-29",
    text: r#"
cohort "Nothing known against" using cardiometabolic at 2012-02-29
include all
  age between 20 and 64 years
  encounter.count_365 between 1 and 5
exclude any
  bmi.latest below 25 kg/m2
  smoking.latest is current
  diabetes.first recorded
  fasting_glucose.latest above 110 mg/dL
"#,
    has: nothing_known_against,
    table: Table::By(&[BY_AGE]),
};

fn nothing_known_against(chart: &Chart<'_>) -> bool {
    let against = [
        known(chart.number("bmi", 1), |bmi| bmi < written("25")),
        chart.smoking() == Some("current"),
        chart.has("diabetes"),
        known(chart.number("fasting_glucose", 0), |mg| mg > written("110")),
    ];
    chart.age().is_some_and(|age| (20..=64).contains(&age))
        && (1..=5).contains(&chart.count_within("encounter", 365))
        && holding(against) == 0
}
