//! Tables: how a cohort's count is divided, asked in bands of numbers and said by hand.
//!
//! Lives here: each band twice. Once as the numbers that a field encodes, worked out from
//! docs/spec/records.md; once as plain Rust on a patient's raw chart. Never here: a row, a plan.

use jiff::ToSpan;
use jiff::civil::Date;
use salus_protocol::cohort as asked;
use salus_protocol::profile::Profile;

use crate::chart::Chart;
use crate::cohorts::Test;

/// How a cohort's count is divided.
pub(crate) enum Table {
    /// The total alone.
    Count,
    /// By what is left after each group of the query; these, in order.
    Attrition(&'static [Test]),
    /// By the bands of one field or of two.
    By(&'static [By]),
}

/// A field and its bands.
pub(crate) struct By {
    /// The field's name in the profile.
    pub(crate) field: &'static str,
    /// What is asked.
    pub(crate) bands: Bands,
    /// By hand: the place of a patient's band, or the number of bands where there is none.
    pub(crate) place: fn(&Chart<'_>) -> usize,
}

/// Bands of a field.
pub(crate) enum Bands {
    /// First and last of the numbers that the field encodes.
    Numbers(&'static [(u16, u16)]),
    /// A date of birth's, oldest first: who completed the most of these years at the index day, who
    /// completed fewer, and who did not complete the least.
    Ages(&'static [i16]),
    /// A date's: before the first of these days, from each to the next, from the last.
    Since(&'static [&'static str]),
}

impl Table {
    /// The table of a question as of an index day.
    pub(crate) fn asked(&self, profile: &Profile, index: Date) -> asked::Table {
        match self {
            Self::Count => asked::Table::Count,
            Self::Attrition(_) => asked::Table::Attrition,
            Self::By(all) => asked::Table::Strata(
                all.iter()
                    .map(|by| asked::Stratifier {
                        field: profile.field(by.field).unwrap().0,
                        bands: by.bands.asked(index),
                    })
                    .collect(),
            ),
        }
    }

    /// How many cells it has.
    pub(crate) fn cells(&self) -> usize {
        match self {
            Self::Count => 1,
            Self::Attrition(groups) => 2 + groups.len(),
            Self::By(all) => 1 + all.iter().map(By::places).product::<usize>(),
        }
    }

    /// By hand: the cells that count somebody who lives, and whose consent lets them be counted.
    pub(crate) fn cells_of(&self, chart: &Chart<'_>, belongs: bool) -> Vec<usize> {
        let total = belongs.then_some(0).into_iter();
        match self {
            Self::Count => total.collect(),
            Self::Attrition(groups) => {
                let met = groups.iter().take_while(|holds| holds(chart)).count();
                assert_eq!(met == groups.len(), belongs, "the query by hand, in groups");
                total.chain(1..=1 + met).collect()
            }
            Self::By(all) => {
                let place = |places: usize, by: &By| {
                    let place = (by.place)(chart);
                    assert!(place < by.places(), "{}", by.field);
                    places * by.places() + place
                };
                let part = 1 + all.iter().fold(0, place);
                total.flat_map(|total| [total, part]).collect()
            }
        }
    }
}

impl By {
    /// The bands and the remainder.
    fn places(&self) -> usize {
        1 + match self.bands {
            Bands::Numbers(bands) => bands.len(),
            Bands::Ages(years) => years.len() + 1,
            Bands::Since(days) => days.len() + 1,
        }
    }
}

impl Bands {
    fn asked(&self, index: Date) -> Vec<asked::Band> {
        match self {
            Self::Numbers(bands) => {
                let band = |(low, high): &(u16, u16)| asked::Band {
                    low: *low,
                    high: *high,
                };
                bands.iter().map(band).collect()
            }
            Self::Ages(years) => {
                // Born on the day so many years earlier, somebody has just completed them.
                let after = |years: &i16| number(index.saturating_sub(years.years())) + 1;
                from(years.iter().rev().map(after).collect())
            }
            Self::Since(days) => from(
                days.iter()
                    .map(|day| number(day.parse().unwrap()))
                    .collect(),
            ),
        }
    }
}

/// Bands from each of these numbers up to the next, and one below them from 1 on.
fn from(starts: Vec<u16>) -> Vec<asked::Band> {
    let mut bands = Vec::new();
    let mut low = 1;
    for start in starts {
        let high = start - 1;
        bands.push(asked::Band { low, high });
        low = start;
    }
    let high = u16::MAX;
    bands.push(asked::Band { low, high });
    bands
}

/// A day's number: how many days after 1880-01-01.
fn number(day: Date) -> u16 {
    let days = Date::constant(1880, 1, 1).until(day).unwrap().get_days();
    days.try_into().unwrap()
}

/// Women, men, others.
pub(crate) const BY_SEX: By = By {
    field: "sex",
    bands: Bands::Numbers(&[(1, 1), (2, 2), (3, 3)]),
    place: |chart| place_in(&["female", "male", "other"], chart.sex()),
};

/// Who completed 65 years, 40 years, fewer.
pub(crate) const BY_AGE: By = By {
    field: "birth",
    bands: Bands::Ages(&[40, 65]),
    place: |chart| match chart.age() {
        Some(65..) => 0,
        Some(40..) => 1,
        Some(_) => 2,
        None => 3,
    },
};

/// By hand: the place of a value among a coded field's, or after them.
pub(crate) fn place_in(values: &[&str], value: Option<&str>) -> usize {
    let place = |value| values.iter().position(|known| *known == value);
    value.and_then(place).unwrap_or(values.len())
}
