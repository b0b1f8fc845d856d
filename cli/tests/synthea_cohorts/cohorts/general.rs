//! Five cohorts of the general profile.

use super::{Cohort, holding, known, written};
use crate::chart::Chart;
use crate::tables::{BY_AGE, BY_SEX, Table};

/// Immunisations: counts, the latest within years, none on record.
pub(super) const VACCINATED: Cohort = Cohort {
    profile: "general",
    index: "2017-06-30",
    text: r#"
cohort "Vaccinated" using general at 2017-06-30
include all
  influenza_vaccine.count at least 3
  tetanus_vaccine.latest within 10 years before index
  no zoster_vaccine.latest
include any
  pneumococcal_vaccine.latest recorded
  hpv_vaccine.count between 1 and 2
  age below 50 years
"#,
    has: vaccinated,
    table: Table::By(&[BY_AGE, BY_SEX]),
};

fn vaccinated(chart: &Chart<'_>) -> bool {
    let reasons = [
        chart.has("pneumococcal_vaccine"),
        (1..=2).contains(&chart.days("hpv_vaccine").len()),
        chart.age().is_some_and(|age| age < 50),
    ];
    chart.days("influenza_vaccine").len() >= 3
        && chart.has_since("tetanus_vaccine", chart.years_ago(10))
        && !chart.has("zoster_vaccine")
        && holding(reasons) >= 1
}

/// Cancers and screening; excluded only if all of a group holds.
pub(super) const SCREENED: Cohort = Cohort {
    profile: "general",
    index: "2019-01-01",
    text: r#"
cohort "Cancer or screened for it" using general at 2019-01-01
include any
  cancer.first recorded
  colonoscopy.latest within 5 years before index
  mammography.latest within 30 months before index
  psa.latest above 4 ng/mL
include all
  age above 49 years
exclude all
  sex is female
  osteoporosis.first recorded
"#,
    has: screened,
    table: Table::Count,
};

fn screened(chart: &Chart<'_>) -> bool {
    let reasons = [
        chart.has("cancer"),
        chart.has_since("colonoscopy", chart.years_ago(5)),
        chart.has_since("mammography", chart.months_ago(30)),
        known(chart.number("psa", 1), |ng| ng > written("4")),
    ];
    holding(reasons) >= 1
        && chart.age().is_some_and(|age| age > 49)
        && !(chart.is("female") && chart.has("osteoporosis"))
}

/// The latest of many pregnancies; excluded if two or more of a group hold.
pub(super) const MOTHERS: Cohort = Cohort {
    profile: "general",
    index: "2016-05-15",
    text: r#"
cohort "Mothers" using general at 2016-05-15
include all
  sex is female
  pregnancy.latest within 36 months before index
  no depression.first
exclude at least 2 of
  smoking.latest in (former, current)
  bmi.latest above 28.0 kg/m2
  anaemia.first recorded
  ethnicity is hispanic
"#,
    has: mothers,
    table: Table::By(&[BY_AGE]),
};

fn mothers(chart: &Chart<'_>) -> bool {
    let against = [
        matches!(chart.smoking(), Some("former" | "current")),
        known(chart.number("bmi", 1), |bmi| bmi > written("28.0")),
        chart.has("anaemia"),
        chart.ethnicity() == Some("hispanic"),
    ];
    chart.is("female")
        && chart.has_since("pregnancy", chart.months_ago(36))
        && !chart.has("depression")
        && holding(against) < 2
}

/// Flags, a lowest value, a code set that is negated, and a threshold.
pub(super) const LUNGS_AND_ALLERGIES: Cohort = Cohort {
    profile: "general",
    index: "2005-09-30",
    text: r#"
cohort "Lungs and allergies" using general at 2005-09-30
include at least 2 of
  asthma.first recorded
  copd.first recorded
  food_allergy.any is yes
  fev1_fvc.min below 70 %
  bronchodilator.latest within 12 months before index
  emergency.count_365 at least 1
  race not in (white, black)
"#,
    has: lungs_and_allergies,
    table: Table::Count,
};

fn lungs_and_allergies(chart: &Chart<'_>) -> bool {
    let signs = [
        chart.has("asthma"),
        chart.has("copd"),
        chart.has("food_allergy"),
        known(chart.lowest("fev1_fvc", 1), |ratio| ratio < written("70")),
        chart.has_since("bronchodilator", chart.months_ago(12)),
        chart.count_within("emergency", 365) >= 1,
        // Of an unknown race nothing is said. Synthea also writes 2135-2, Hispanic, as a race: that
        // is in no list, and so unknown.
        !matches!(chart.race(), None | Some("white" | "black")),
    ];
    holding(signs) >= 2
}

/// Counts within windows of one and two years, none of an event, a flag that says no.
pub(super) const FRAIL: Cohort = Cohort {
    profile: "general",
    index: "2020-12-31",
    text: r#"
cohort "Frail" using general at 2020-12-31
include all
  ambulatory.count_365 at least 1
  opioid.count_365 equal to 0
  drug_allergy.any is no
include any
  emergency.count_365 at least 1
  inpatient.count_730 at least 1
  fracture.latest within 10 years before index
  osteoarthritis.first after 2000-12-31
exclude any
  haemoglobin.latest below 12 g/dL
  platelets.latest above 400 10*3/uL
"#,
    has: frail,
    table: Table::By(&[BY_SEX]),
};

fn frail(chart: &Chart<'_>) -> bool {
    let millennium = "2000-12-31".parse().unwrap();
    let signs = [
        chart.count_within("emergency", 365) >= 1,
        chart.count_within("inpatient", 730) >= 1,
        chart.has_since("fracture", chart.years_ago(10)),
        chart
            .first("osteoarthritis")
            .is_some_and(|day| day > millennium),
    ];
    let against = [
        known(chart.number("haemoglobin", 1), |g| g < written("12")),
        known(chart.number("platelets", 0), |count| count > written("400")),
    ];
    chart.count_within("ambulatory", 365) >= 1
        && chart.count_within("opioid", 365) == 0
        && !chart.has("drug_allergy")
        && holding(signs) >= 1
        && holding(against) == 0
}
